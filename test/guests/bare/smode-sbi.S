# A supervisor-mode guest that does everything through SBI: console, timer, other harts, shutdown. For firmware such as
# OpenSBI, which starts it at 0x80200000 with the hart's number in a0 and the device tree in a1.
# SBI specification 1.0: 4 (base), 6 (timer), 9 (hart state management), 10 (system reset); 2.0: 12 (debug console).

        .equ SBI_BASE,          0x10
        .equ SBI_TIME,          0x54494d45
        .equ SBI_HSM,           0x48534d
        .equ SBI_SRST,          0x53525354
        .equ SBI_DBCN,          0x4442434e
        .equ SBI_PUTCHAR,       1               # legacy

        .equ BASE_PROBE,        3
        .equ HSM_START,         0
        .equ HSM_STOP,          1
        .equ HSM_STATUS,        2
        .equ HSM_STATUS_STOPPED, 1
        .equ DBCN_WRITE,        0

        .equ SIE_STI,           1 << 5
        .equ PERIOD,            1000000         # of time; a tenth of a second on QEMU
        .equ TICKS,             3
        .equ HARTS_MAX,         8

        .macro sbi extension, function
        li      a7, \extension
        li      a6, \function
        ecall
        .endm

        .section .text.start
        .globl _start
_start:
        mv      s0, a0                          # this hart's number
        la      sp, stack_top
        la      t0, unexpected
        csrw    stvec, t0
        csrw    sie, zero

        li      a0, SBI_DBCN
        sbi     SBI_BASE, BASE_PROBE
        la      t0, has_dbcn
        sd      a1, (t0)
        la      a0, hello_text
        call    puts

        # Each tick: a deadline, a sleep, and the time must have come. wfi wakes on a pending interrupt although
        # none is taken.
        li      t0, SIE_STI
        csrw    sie, t0
        li      s1, TICKS
        rdtime  s2
1:      li      t0, PERIOD
        add     s2, s2, t0
        mv      a0, s2
        sbi     SBI_TIME, 0
2:      wfi
        csrr    t0, sip
        andi    t0, t0, SIE_STI
        beqz    t0, 2b
        rdtime  t0
        bltu    t0, s2, early
        la      a0, tick_text
        call    puts
        addi    s1, s1, -1
        bnez    s1, 1b
        li      a0, -1                          # no further interrupt
        sbi     SBI_TIME, 0

        # Starts every hart that is stopped, and waits until each has said so.
        li      s1, 0                           # the hart in question
        li      s3, 0                           # how many were started
3:      mv      a0, s1
        sbi     SBI_HSM, HSM_STATUS
        bnez    a0, 4f                          # there is no such hart
        li      t0, HSM_STATUS_STOPPED
        bne     a1, t0, 4f
        mv      a0, s1
        la      a1, other_hart
        li      a2, 7                           # comes back in that hart's a1
        sbi     SBI_HSM, HSM_START
        bnez    a0, 4f
        addi    s3, s3, 1
4:      addi    s1, s1, 1
        li      t0, HARTS_MAX
        bltu    s1, t0, 3b
        li      t0, 7
        mul     t0, t0, s3
5:      ld      t1, started
        bne     t0, t1, 5b

        addi    t0, s3, '0'
        la      a0, harts_text
        sb      t0, (a0)
        call    puts
        li      a0, 0                           # shutdown
        li      a1, 0                           # no reason
        sbi     SBI_SRST, 0
6:      j       6b

other_hart:
        la      t0, started
        amoadd.d zero, a1, (t0)
        sbi     SBI_HSM, HSM_STOP
        j       6b

early:
        la      a0, early_text
        j       complain
        .balign 4
unexpected:
        la      a0, trap_text
complain:
        call    puts
        li      a0, 0
        li      a1, 1                           # system failure
        sbi     SBI_SRST, 0
        j       6b

        # a0: a string that ends in a zero byte. By the debug console if there is one, which takes it whole.
puts:
        mv      t0, a0
        ld      t1, has_dbcn
        beqz    t1, 2f
        mv      a1, a0
1:      lbu     t2, (t0)
        addi    t0, t0, 1
        bnez    t2, 1b
        addi    t0, t0, -1
        sub     a0, t0, a1
        li      a2, 0                           # upper half of the address
        sbi     SBI_DBCN, DBCN_WRITE
        ret
2:      lbu     a0, (t0)
        beqz    a0, 3f
        sbi     SBI_PUTCHAR, 0                  # keeps all registers but a0 and a1
        addi    t0, t0, 1
        j       2b
3:      ret

        .section .rodata
hello_text: .asciz "sbi: hello from supervisor mode\n"
tick_text:  .asciz "sbi: tick\n"
early_text: .asciz "sbi: the timer came too early\n"
trap_text:  .asciz "sbi: unexpected trap\n"

        .data
harts_text: .asciz "? other harts started\n"
        .balign 8
has_dbcn:   .dword 0
started:    .dword 0

        .bss
        .balign 16
        .space  1024
stack_top:
