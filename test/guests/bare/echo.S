# Echoes what the UART receives, by interrupt: UART -> PLIC -> machine external interrupt. Sleeps in wfi
# between bytes. A carriage return is echoed as a new line; 'q' ends the machine with success.

        .include "platform.inc"

        .section .text.start
        .globl _start
_start:
        csrr    t0, mhartid
        bnez    t0, idle                        # one hart is enough for an echo
        la      sp, stack_top
        la      a0, prompt
        call    puts

        la      t0, trap
        csrw    mtvec, t0

        li      t0, PLIC_PRIORITY
        li      t1, 1
        sw      t1, UART_IRQ * 4(t0)
        li      t0, PLIC_ENABLE
        li      t1, 1 << UART_IRQ
        sw      t1, (t0)
        li      t0, PLIC_THRESHOLD
        sw      zero, (t0)

        li      t0, UART
        li      t1, 3
        sb      t1, UART_LCR(t0)
        li      t1, 1
        sb      t1, UART_FCR(t0)
        sb      t1, UART_IER(t0)

        li      t0, MIP_MEI
        csrw    mie, t0
        csrsi   mstatus, MSTATUS_MIE
idle:
        wfi
        j       idle

        .balign 4
trap:
        csrr    t0, mcause
        li      t1, (1 << 63) | 11              # machine external interrupt
        bne     t0, t1, unexpected
        li      s0, PLIC_CLAIM
        lw      s1, (s0)
        li      t0, UART_IRQ
        bne     s1, t0, complete
next_byte:
        li      t0, UART
        lbu     t1, UART_LSR(t0)
        andi    t1, t1, UART_LSR_RX
        beqz    t1, complete
        lbu     s2, UART_RBR(t0)
        li      t1, 'q'
        beq     s2, t1, leave
        li      t1, '\r'
        mv      a0, s2
        bne     s2, t1, 1f
        li      a0, '\n'
1:      call    putchar
        j       next_byte
complete:
        beqz    s1, 1f
        sw      s1, (s0)
1:      mret

leave:
        la      a0, goodbye
        call    puts
        pass

unexpected:
        quit_with 1

        .text
        .include "uart.inc"

        .section .rodata
prompt:  .asciz "echo: type, q ends\n"
goodbye: .asciz "\nbye\n"

        .bss
        .balign 16
        .space  1024
stack_top:
