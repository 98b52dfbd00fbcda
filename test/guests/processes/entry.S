# Machine mode opens memory and delegates all traps; supervisor mode enters kernel_main. Then the way in and out of the kernel,
# and the switch from one process to another.
        .equ FRAME, 34 * 8

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
        li      t0, 0x222
        csrw    mideleg, t0
        li      t0, 7
        csrw    mcounteren, t0
        li      t0, 1 << 63                     # Sstc
        csrs    0x30a, t0                       # menvcfg
        li      t0, 1 << 11
        csrw    mstatus, t0
        la      t0, kernel_main
        csrw    mepc, t0
        la      sp, boot_stack
        mret

# sscratch: 0 in the kernel; in user mode, where the frame of the process goes.
        .text
        .balign 4
        .globl trap_vector
        .type trap_vector, @function
trap_vector:
        csrrw   sp, sscratch, sp
        .irp    n, 1, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16, 17, 18, 19, 20, 21, 22, 23, 24, 25, 26, 27, 28, 29, 30, 31
        sd      x\n, \n * 8(sp)
        .endr
        csrrw   t0, sscratch, zero
        sd      t0, 2 * 8(sp)
        csrr    t0, sepc
        sd      t0, 0(sp)
        csrr    t0, sstatus
        sd      t0, 32 * 8(sp)
        mv      a0, sp
        call    trap_from_user
        .globl trap_return
trap_return:
        ld      t0, 0(sp)
        csrw    sepc, t0
        ld      t0, 32 * 8(sp)
        csrw    sstatus, t0
        csrw    sscratch, sp
        .irp    n, 1, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16, 17, 18, 19, 20, 21, 22, 23, 24, 25, 26, 27, 28, 29, 30, 31
        ld      x\n, \n * 8(sp)
        .endr
        ld      sp, 2 * 8(sp)
        sret
        .size trap_vector, . - trap_vector

# switch_context(from, to): ra, sp, s0-s11
        .globl switch_context
        .type switch_context, @function
switch_context:
        sd      ra, 0(a0)
        sd      sp, 8(a0)
        .irp    n, 0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11
        sd      s\n, 16 + \n * 8(a0)
        .endr
        ld      ra, 0(a1)
        ld      sp, 8(a1)
        .irp    n, 0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11
        ld      s\n, 16 + \n * 8(a1)
        .endr
        ret
        .size switch_context, . - switch_context

        .section .rodata
        .balign 8
        .globl one_image, one_end, two_image, two_end
one_image:
        .incbin ONE
one_end:
        .balign 8
two_image:
        .incbin TWO
two_end:
        .section .bss
        .balign 16
        .space  4096
boot_stack:
