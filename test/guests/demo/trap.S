# Entry from user mode, return to it, and the switch between two kernel stacks.
# The kernel itself runs with interrupts off, so a trap out of supervisor mode is always a bug in the kernel.
#
# While a process runs in user mode, sscratch holds the top of its kernel stack; while the kernel runs, zero.
#
#   kernel stack top ->  +-----------------------+
#                        | struct trap_frame     |  288 bytes
#                        +-----------------------+
#                        | frames of C functions |  grow down

        .equ FRAME_BYTES, 36 * 8
        .equ FRAME_SEPC, 32 * 8
        .equ FRAME_SSTATUS, 33 * 8
        .equ FRAME_SCAUSE, 34 * 8
        .equ FRAME_STVAL, 35 * 8

        .altmacro
        .macro save number
        sd      x\number, \number * 8(sp)
        .cfi_offset \number, \number * 8 - FRAME_BYTES
        .endm
        .macro restore number
        ld      x\number, \number * 8(sp)
        .endm

        .cfi_sections .debug_frame
        .text
        .balign 4
        .globl trap_vector
        .type trap_vector, @function
trap_vector:
        .cfi_startproc
        .cfi_signal_frame
        .cfi_return_column 64                   # the interrupted pc is kept in sepc, not in ra
        csrrw   sp, sscratch, sp
        beqz    sp, from_kernel
        addi    sp, sp, -FRAME_BYTES
        .cfi_def_cfa sp, FRAME_BYTES
        save    1
        .set    i, 3
        .rept   29
        save    %i
        .set    i, i + 1
        .endr
        csrrw   t0, sscratch, zero
        sd      t0, 2 * 8(sp)
        .cfi_offset 2, 2 * 8 - FRAME_BYTES
        csrr    t0, sepc
        sd      t0, FRAME_SEPC(sp)
        .cfi_offset 64, FRAME_SEPC - FRAME_BYTES
        csrr    t0, sstatus
        sd      t0, FRAME_SSTATUS(sp)
        csrr    t0, scause
        sd      t0, FRAME_SCAUSE(sp)
        csrr    t0, stval
        sd      t0, FRAME_STVAL(sp)
        mv      a0, sp
        call    trap_from_user

        # A new process starts its life here, with sp at the frame that process_spawn has made.
        .globl user_return
user_return:
        ld      t0, FRAME_SEPC(sp)
        csrw    sepc, t0
        ld      t0, FRAME_SSTATUS(sp)
        csrw    sstatus, t0
        addi    t0, sp, FRAME_BYTES
        csrw    sscratch, t0
        restore 1
        .set    i, 3
        .rept   29
        restore %i
        .set    i, i + 1
        .endr
        restore 2
        sret

from_kernel:
        csrrw   sp, sscratch, sp
        csrr    a0, scause
        csrr    a1, sepc
        csrr    a2, stval
        call    trap_from_kernel
        .cfi_endproc
        .size trap_vector, . - trap_vector

        # void context_switch(struct context *from, struct context *to)
        .globl context_switch
        .type context_switch, @function
context_switch:
        .cfi_startproc
        sd      ra, 0(a0)
        sd      sp, 8(a0)
        sd      s0, 16(a0)
        sd      s1, 24(a0)
        sd      s2, 32(a0)
        sd      s3, 40(a0)
        sd      s4, 48(a0)
        sd      s5, 56(a0)
        sd      s6, 64(a0)
        sd      s7, 72(a0)
        sd      s8, 80(a0)
        sd      s9, 88(a0)
        sd      s10, 96(a0)
        sd      s11, 104(a0)
        ld      ra, 0(a1)
        ld      sp, 8(a1)
        ld      s0, 16(a1)
        ld      s1, 24(a1)
        ld      s2, 32(a1)
        ld      s3, 40(a1)
        ld      s4, 48(a1)
        ld      s5, 56(a1)
        ld      s6, 64(a1)
        ld      s7, 72(a1)
        ld      s8, 80(a1)
        ld      s9, 88(a1)
        ld      s10, 96(a1)
        ld      s11, 104(a1)
        ret
        .cfi_endproc
        .size context_switch, . - context_switch
