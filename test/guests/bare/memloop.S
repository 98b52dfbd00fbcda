# Loads, stores and branches that depend on data: 20 million turns over a buffer of 64 KiB.
# The address comes from a linear congruence, so neither a page nor a branch is easy to guess. The buffer's sum is in s0.

        .include "platform.inc"
        .equ TURNS, 20000000
        .equ BUFFER_BYTES, 65536

        .section .text.start
        .globl _start
_start:
        li      a0, TURNS
        la      s1, buffer
        li      s2, BUFFER_BYTES - 8
        li      s3, 1
        li      s4, 6364136223846793005
        li      s0, 0
loop:
        mul     s3, s3, s4
        addi    s3, s3, 1
        srli    t0, s3, 40
        and     t0, t0, s2                      # an offset, a multiple of eight
        add     t0, t0, s1
        ld      t1, (t0)
        add     s0, s0, t1
        andi    t2, s3, 0x400
        beqz    t2, even
        addi    t1, t1, 3
        sd      t1, (t0)
        addi    a0, a0, -1
        bnez    a0, loop
        j       done
even:
        xor     t1, t1, s3
        sw      t1, 4(t0)
        addi    a0, a0, -1
        bnez    a0, loop
done:
        pass

        .bss
        .globl buffer
        .balign 4096
buffer: .space BUFFER_BYTES
