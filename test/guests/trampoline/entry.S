# Machine mode opens memory and delegates all exceptions; supervisor mode enters kernel_main.
        .section .text.start, "ax"
        .globl _start
_start:
        li      t0, -1
        srli    t0, t0, 10
        csrw    pmpaddr0, t0
        li      t0, 0x0f
        csrw    pmpcfg0, t0
        li      t0, 0xb1ff
        csrw    medeleg, t0
        li      t0, 1 << 11
        csrw    mstatus, t0
        la      t0, kernel_main
        csrw    mepc, t0
        la      sp, boot_stack
        mret

# The page that all page tables have at one address: the way from a process into the kernel, and back. Here the page tables are
# exchanged. struct trapframe has x1 at 32 and the others behind it by their numbers.
        .equ    TRAPFRAME, 0x3fffffe000
        .section .text.trampoline, "ax"
        .balign 4096
        .globl trampoline, way_in, way_out
        .type way_in, @function
        .type way_out, @function
trampoline:
way_in:
        csrw    sscratch, a0
        li      a0, TRAPFRAME
        .irp    n, 1, 2, 3, 4, 5, 6, 7, 8, 9, 11, 12, 13, 14, 15, 16, 17, 18, 19, 20, 21, 22, 23, 24, 25, 26, 27, 28, 29, 30, 31
        sd      x\n, 24 + \n * 8(a0)
        .endr
        csrr    t0, sscratch
        sd      t0, 24 + 10 * 8(a0)
        csrw    sscratch, a0
        ld      sp, 8(a0)
        ld      t0, 16(a0)
        ld      t1, 0(a0)
        csrw    satp, t1
        sfence.vma
        jr      t0
        .size way_in, . - way_in
# way_out(satp)
way_out:
        csrw    satp, a0
        sfence.vma
        li      a0, TRAPFRAME
        .irp    n, 1, 2, 3, 4, 5, 6, 7, 8, 9, 11, 12, 13, 14, 15, 16, 17, 18, 19, 20, 21, 22, 23, 24, 25, 26, 27, 28, 29, 30, 31
        ld      x\n, 24 + \n * 8(a0)
        .endr
        ld      a0, 24 + 10 * 8(a0)
        sret
        .size way_out, . - way_out
        .balign 4096

        .section .rodata
        .balign 8
        .globl one_image, one_end, two_image, two_end
one_image:
        .incbin "one.bin"
one_end:
        .balign 8
two_image:
        .incbin "two.bin"
two_end:
        .section .bss
        .balign 16
        .space  4096
boot_stack:
