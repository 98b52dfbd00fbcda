# Ten machine timer interrupts from the CLINT, a tenth of a second apart: prints a dot for each, sleeps in wfi
# between them, then ends with success. mtvec is in vectored mode, so the handler sits at 4 * 7.

        .include "platform.inc"
        .equ PERIOD, TIMEBASE_HZ / 10
        .equ TICKS, 10

        .section .text.start
        .globl _start
_start:
        csrr    t0, mhartid
        bnez    t0, idle
        la      sp, stack_top
        li      s0, TICKS
        la      t0, vectors
        ori     t0, t0, 1
        csrw    mtvec, t0

        li      t0, CLINT_MTIME
        ld      s1, (t0)
        call    arm
        li      t0, MIP_MTI
        csrw    mie, t0
        csrsi   mstatus, MSTATUS_MIE
idle:
        wfi
        j       idle

        # Sets the next interrupt one period after the last one, so that no tick drifts.
arm:
        li      t0, PERIOD
        add     s1, s1, t0
        li      t0, CLINT_MTIMECMP
        sd      s1, (t0)
        ret

        .balign 64
vectors:
        .option push
        .option norvc
        .rept   7
        j       unexpected
        .endr
        j       tick
        .option pop

unexpected:
        quit_with 1

tick:
        call    arm
        li      a0, '.'
        call    putchar
        addi    s0, s0, -1
        bnez    s0, 1f
        li      a0, '\n'
        call    putchar
        pass
1:      mret

        .text
        .include "uart.inc"

        .bss
        .balign 16
        .space  256
stack_top:
