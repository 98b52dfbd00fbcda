# The way into user mode and back. sscratch holds the kernel's stack while user mode runs.

        .equ FRAME, 33 * 8

        .text
        # a0: the program, a1: its stack. Comes back when user_trap() says so.
        .globl user_enter
user_enter:
        addi    sp, sp, -112
        sd      ra, 0(sp)
        sd      s0, 8(sp)
        sd      s1, 16(sp)
        sd      s2, 24(sp)
        sd      s3, 32(sp)
        sd      s4, 40(sp)
        sd      s5, 48(sp)
        sd      s6, 56(sp)
        sd      s7, 64(sp)
        sd      s8, 72(sp)
        sd      s9, 80(sp)
        sd      s10, 88(sp)
        sd      s11, 96(sp)
        la      t0, user_vector
        csrw    stvec, t0
        csrw    sscratch, sp
        csrw    sepc, a0
        mv      sp, a1
        sret

        .balign 4
user_vector:
        csrrw   sp, sscratch, sp
        addi    sp, sp, -FRAME
        sd      x1, 8(sp)
        .irp    n, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16, 17, 18, 19, 20, 21, 22, 23, 24, 25, 26, 27, 28, 29, 30, 31
        sd      x\n, 8 * \n(sp)
        .endr
        csrr    t0, sscratch
        sd      t0, 16(sp)
        csrr    t0, sepc
        sd      t0, 256(sp)
        mv      a0, sp
        call    user_trap
        bnez    a0, leave
        ld      t0, 256(sp)
        csrw    sepc, t0
        ld      t0, 16(sp)
        csrw    sscratch, t0
        ld      x1, 8(sp)
        .irp    n, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16, 17, 18, 19, 20, 21, 22, 23, 24, 25, 26, 27, 28, 29, 30, 31
        ld      x\n, 8 * \n(sp)
        .endr
        addi    sp, sp, FRAME
        csrrw   sp, sscratch, sp
        sret
leave:
        addi    sp, sp, FRAME
        ld      ra, 0(sp)
        ld      s0, 8(sp)
        ld      s1, 16(sp)
        ld      s2, 24(sp)
        ld      s3, 32(sp)
        ld      s4, 40(sp)
        ld      s5, 48(sp)
        ld      s6, 56(sp)
        ld      s7, 64(sp)
        ld      s8, 72(sp)
        ld      s9, 80(sp)
        ld      s10, 88(sp)
        ld      s11, 96(sp)
        addi    sp, sp, 112
        ret

        .bss
        .balign 16
        .space  4096
        .globl user_stack_top
user_stack_top:
