# Both harts begin here, each with a stack of its own.
        .section .text.start, "ax"
        .globl _start
        .type _start, @function
_start:
        csrr    a0, mhartid
        la      sp, stacks
        addi    t0, a0, 1
        slli    t0, t0, 12
        add     sp, sp, t0
        call    run
        j       .
        .size _start, . - _start
        .section .bss
        .balign 16
stacks:
        .space  2 * 4096
