# From the reset of hart 0 to main(), in machine mode, or in supervisor mode where SUPERVISOR is defined. Other harts
# sleep. Loaders zero the part of a segment that the file does not hold, so .bss is not cleared here.

        .equ FINISHER,          0x00100000
        .equ FINISHER_FAIL,     0x3333          # the exit code goes into the upper half word
        .equ MSTATUS_FS,        3 << 13
        .equ MSTATUS_MPP,       3 << 11
        .equ MSTATUS_MPP_S,     1 << 11

        .section .text.start
        .globl _start
_start:
        csrr    t0, mhartid
        bnez    t0, sleep
        la      sp, stack_top
        la      t0, unexpected
        csrw    mtvec, t0
        li      t0, MSTATUS_FS
        csrs    mstatus, t0
#ifdef SUPERVISOR
        li      t0, -1                          # one entry over all of memory, or supervisor mode reaches nothing
        csrw    pmpaddr0, t0
        li      t0, 0x1f                        # NAPOT, readable, writable, executable
        csrw    pmpcfg0, t0
        li      t0, 0xb1ff                      # every exception but those that only firmware takes
        csrw    medeleg, t0
        csrw    satp, zero
        li      t0, MSTATUS_MPP
        csrc    mstatus, t0
        li      t0, MSTATUS_MPP_S
        csrs    mstatus, t0
        la      t0, main
        csrw    mepc, t0
        la      t0, unexpected
        csrw    stvec, t0
        la      ra, unexpected
        mret
#else
        call    main
#endif

        # A trap that no workload asked for: ends the machine with code 1.
        .balign 4
unexpected:
        li      t0, FINISHER
        li      t1, (1 << 16) | FINISHER_FAIL
        sw      t1, (t0)
sleep:
        wfi
        j       sleep

        .bss
        .balign 16
        .space  32768
stack_top:
