# The first instructions, and the only ones in machine mode: opens memory to supervisor mode, delegates traps,
# finds out which timer there is, and enters kernel_main. Without the Sstc extension a small machine-mode trap
# handler stays behind and turns CLINT timer interrupts into supervisor ones.

        .equ CLINT_MTIMECMP,    0x02004000
        .equ MSTATUS_MPP_S,     1 << 11
        .equ MIP_STIP,          1 << 5
        .equ MIE_MTIE,          1 << 7
        .equ DELEGATED_TRAPS,   0xb1ff          # all but the environment call from supervisor mode
        .equ DELEGATED_INTERRUPTS, 0x222

        .equ menvcfg,           0x30a
        .equ stimecmp,          0x14d

        .section .text.start, "ax"
        .globl _start
_start:
        csrr    t0, mhartid
        bnez    t0, park                        # this kernel runs on one hart
        la      sp, boot_stack_top

        # One PMP region over everything (Privileged, 3.7.1): top of range, RWX.
        li      t0, -1
        srli    t0, t0, 10
        csrw    pmpaddr0, t0
        li      t0, 0x0f
        csrw    pmpcfg0, t0

        li      t0, DELEGATED_TRAPS
        csrw    medeleg, t0
        li      t0, DELEGATED_INTERRUPTS
        csrw    mideleg, t0
        li      t0, 7                           # cycle, time and instret may be read below machine mode
        csrw    mcounteren, t0

        # Sstc is there if menvcfg is, and if its bit STCE sticks.
        la      t0, no_menvcfg
        csrw    mtvec, t0
        li      t0, 1 << 63
        csrs    menvcfg, t0
        csrr    t1, menvcfg
        and     t1, t1, t0
        beqz    t1, no_menvcfg
        li      t1, -1
        csrw    stimecmp, t1
        li      t1, 1
        la      t0, timer_has_sstc
        sd      t1, (t0)

        .balign 4
no_menvcfg:
        la      t0, machine_trap
        csrw    mtvec, t0
        la      t0, machine_scratch
        csrw    mscratch, t0
        li      t0, 3 << 11
        csrc    mstatus, t0
        li      t0, MSTATUS_MPP_S
        csrs    mstatus, t0
        la      t0, kernel_main
        csrw    mepc, t0
        csrw    satp, zero
        mret

park:   wfi
        j       park

        # Two reasons to come here: a CLINT timer interrupt, passed on as a supervisor one; and an environment call
        # from the kernel with the next deadline in a0.
        .balign 4
machine_trap:
        csrrw   t0, mscratch, t0
        sd      t1, 0(t0)
        csrr    t1, mcause
        bltz    t1, 1f
        li      t1, CLINT_MTIMECMP
        sd      a0, (t1)
        li      t1, MIP_STIP
        csrc    mip, t1
        li      t1, MIE_MTIE
        csrs    mie, t1
        csrr    t1, mepc
        addi    t1, t1, 4
        csrw    mepc, t1
        j       2f
1:      li      t1, MIE_MTIE
        csrc    mie, t1
        li      t1, MIP_STIP
        csrs    mip, t1
2:      ld      t1, 0(t0)
        csrrw   t0, mscratch, t0
        mret

        .bss
        .balign 16
machine_scratch:
        .space  8
        .balign 16
        .globl boot_stack
boot_stack:
        .space  4096
        .globl boot_stack_top
boot_stack_top:
