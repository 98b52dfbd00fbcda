# Prints numbered lines for a long time, writing to 64 pages in turn, then says that it panics and waits for ever.

        .include "platform.inc"

        .equ LINES, 3000

        .section .text.start
        .globl _start
_start:
        la      sp, stack_top
        li      s0, 0
        li      s1, LINES
again:
        addi    s0, s0, 1
        la      t0, pages
        andi    t1, s0, 63
        slli    t1, t1, 12
        add     t0, t0, t1
        sd      s0, (t0)
        la      a0, line
        call    puts
        mv      a0, s0
        call    putdec
        la      a0, newline
        call    puts
        bltu    s0, s1, again
        la      a0, panic
        call    puts
rest:
        wfi
        j       rest

        .text
        .include "uart.inc"

        .section .rodata
line:   .asciz "line "
newline: .asciz "\n"
panic:  .asciz "Kernel panic - not syncing: out of words\n"

        .bss
        .balign 4096
pages:  .space  64 * 4096
        .space  256
stack_top:
