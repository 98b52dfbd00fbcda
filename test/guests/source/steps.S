# Machine mode opens memory to supervisor mode and enters it; there, low code maps memory and goes on high.
        .section .text.start, "ax"
        .globl _start
_start:
        li      t0, -1
        srli    t0, t0, 10
        csrw    pmpaddr0, t0
        li      t0, 0x0f
        csrw    pmpcfg0, t0
        li      t0, 1 << 11
        csrw    mstatus, t0
        la      t0, low
        csrw    mepc, t0
        mret
low:
        la      sp, stack_top
        la      a0, _start
        call    map_memory
        la      t0, table
        srli    t0, t0, 12
        li      t1, 8 << 60
        or      t0, t0, t1
        sfence.vma
        csrw    satp, t0
        sfence.vma
        ld      t0, high_address
        jr      t0
high:
        la      sp, stack_top
        call    kernel_main
        li      t0, 0x100000                    # the finisher of QEMU's virt
        li      t1, 0x5555
        sw      t1, (t0)
        j       .
        .balign 8
high_address:
        .dword  high
        .section .bss
        .balign 16
        .space  8192
stack_top:
