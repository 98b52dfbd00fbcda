# The plainest thing to run fast: 50 million turns of nine register-register and register-immediate
# instructions, no memory, no device. The benchmarks' upper bound. Ends with success, and with
# a known sum in s0 so that a wrong instruction shows.

        .include "platform.inc"
        .equ TURNS, 50000000

        .section .text.start
        .globl _start
_start:
        li      a0, TURNS
        li      s0, 0
        li      s1, 0x9e3779b97f4a7c15
loop:
        add     s0, s0, s1
        slli    t0, s0, 13
        xor     s0, s0, t0
        srli    t1, s0, 7
        xor     s0, s0, t1
        andi    t2, s0, 255
        sub     s0, s0, t2
        addi    a0, a0, -1
        bnez    a0, loop
done:
        pass
