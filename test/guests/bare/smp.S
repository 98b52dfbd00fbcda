# Every hart adds to two counters a thousand times, one by lr/sc and one by amoadd; hart 0 prints both and ends
# with success when nothing was lost. Works for 1 to 8 harts.
#
# All harts start here at reset. Hart 0 finds the others by their msip registers: a bit that can be set belongs to
# a hart. Raising it is also what wakes that hart from wfi; the hart lowers it only after `go`, so the bit holds
# still while hart 0 looks.

        .include "platform.inc"
        .equ HARTS_MAX, 8
        .equ TURNS, 1000

        .section .text.start
        .globl _start
_start:
        csrr    s0, mhartid
        csrw    mstatus, zero                   # wfi wakes on a pending interrupt; none is taken
        li      t0, MIP_MSI
        csrw    mie, t0
        beqz    s0, first

sleep:
        wfi
        csrr    t0, mip
        andi    t0, t0, MIP_MSI
        beqz    t0, sleep
1:      lw      t0, go
        beqz    t0, 1b
        fence   rw, rw
        li      t0, CLINT_MSIP
        slli    t1, s0, 2
        add     t0, t0, t1
        sw      zero, (t0)
        jal     count
park:   wfi
        j       park

first:
        la      sp, stack_top
        li      s1, 1                           # harts, this one included
        li      t0, CLINT_MSIP
        li      t1, 1
        li      t2, HARTS_MAX
1:      slli    t3, t1, 2
        add     t3, t3, t0
        li      t4, 1
        sw      t4, (t3)
        lw      t4, (t3)
        add     s1, s1, t4
        addi    t1, t1, 1
        bltu    t1, t2, 1b

        fence   rw, rw
        la      t0, go
        li      t1, 1
        sw      t1, (t0)
        jal     count
        la      t0, finished
1:      lw      t1, (t0)
        bne     t1, s1, 1b
        fence   rw, rw

        la      a0, harts_text
        mv      s3, s1
        jal     line
        la      a0, lrsc_text
        ld      s3, by_lrsc
        jal     line
        la      a0, amo_text
        ld      s3, by_amo
        jal     line

        li      t0, TURNS
        mul     t0, t0, s1
        ld      t1, by_lrsc
        bne     t0, t1, lost
        ld      t1, by_amo
        bne     t0, t1, lost
        pass
lost:
        quit_with 1

        # Adds TURNS to both counters, then one to `finished`.
count:
        li      t0, TURNS
        la      t1, by_lrsc
        la      t2, by_amo
1:      lr.d    t3, (t1)
        addi    t3, t3, 1
        sc.d    t4, t3, (t1)
        bnez    t4, 1b
        li      t3, 1
        amoadd.d zero, t3, (t2)
        addi    t0, t0, -1
        bnez    t0, 1b
        la      t0, finished
        li      t1, 1
        amoadd.w.aqrl zero, t1, (t0)
        ret

        # a0: text, s3: number.
line:
        mv      s4, ra
        call    puts
        mv      a0, s3
        call    putdec
        li      a0, '\n'
        call    putchar
        jr      s4

        .text
        .include "uart.inc"

        .section .rodata
harts_text: .asciz "harts: "
lrsc_text:  .asciz "lr/sc: "
amo_text:   .asciz "amoadd: "

        .data
        .balign 64
by_lrsc:  .dword 0
        .balign 64
by_amo:   .dword 0
        .balign 64
finished: .word 0
go:       .word 0

        .bss
        .balign 16
        .space  1024
stack_top:
