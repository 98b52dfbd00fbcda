# Functions that never return and save no return address, as compilers make them: the call that each of them makes
# overwrites it, so that nobody knows who called.
#include "platform.inc"
        .text
        .globl  _start
        .type   _start, @function
_start:
        .cfi_startproc
        .cfi_undefined ra
        la      sp, stack_end
        call    work
0:      j       0b
        .cfi_endproc
        .size   _start, . - _start

        .type   work, @function
work:
        .cfi_startproc
        addi    sp, sp, -16
        .cfi_def_cfa_offset 16
        sd      ra, 8(sp)
        .cfi_offset ra, -8
        call    give_up
        .cfi_endproc
        .size   work, . - work

        .type   give_up, @function
give_up:
        .cfi_startproc
        addi    sp, sp, -32
        .cfi_def_cfa_offset 32
        call    end
        .cfi_endproc
        .size   give_up, . - give_up

        .type   end, @function
end:
        .cfi_startproc
        li      t0, 1
0:      j       0b
        .cfi_endproc
        .size   end, . - end

        .bss
        .balign 16
        .skip   256
stack_end:
