# Prints one line by polling the UART, then ends with success.

        .include "platform.inc"

        .section .text.start
        .globl _start
_start:
        la      sp, stack_top
        la      a0, message
        call    puts
done:
        pass

        .text
        .include "uart.inc"

        .section .rodata
message: .asciz "hello\n"

        .bss
        .balign 16
        .space  256
stack_top:
