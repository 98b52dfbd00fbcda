# Sv39 and the traps that it makes. Goes from machine to supervisor to user mode, provokes one fault after the other, and
# prints what scause and stval (at last mcause) say; then ends with success.
#
#   virtual                     physical      permissions
#   0x0000_0000 (gigapage)      the same      RW    devices
#   0x4000_0000 (page)          user_page     R X U
#   0x4000_1000 (page)          data_page     RW  U
#   0x8000_0000 (gigapage)      the same      RWX   this program
#
# Before each fault the program puts where to go on into s11.

        .include "platform.inc"
        .equ PTE_V, 1
        .equ PTE_RW, 0x07 | 0xc0                # V R W, and A and D, so that none has to be set by hardware
        .equ PTE_RWX, 0x0f | 0xc0
        .equ PTE_RX_U, 0x1b | 0xc0
        .equ PTE_RW_U, 0x17 | 0xc0
        .equ USER, 0x40000000
        .equ UNMAPPED, 0x50000000

        .macro map table, entry, address, permissions
        la      t0, \table
        la      t1, \address
        srli    t1, t1, 12
        slli    t1, t1, 10
        ori     t1, t1, \permissions
        sd      t1, \entry * 8(t0)
        .endm

        .section .text.start
        .globl _start
_start:
        csrr    t0, mhartid
        bnez    t0, park
        la      sp, stack_top

        la      t0, root
        li      t1, PTE_RW
        sd      t1, 0(t0)
        li      t1, (0x80000000 >> 12 << 10) | PTE_RWX
        sd      t1, 2 * 8(t0)
        map     root, 1, middle, PTE_V
        map     middle, 0, leaves, PTE_V
        map     leaves, 0, user_page, PTE_RX_U
        map     leaves, 1, data_page, PTE_RW_U

        la      t0, user_code
        la      t1, user_code_end
        la      t2, user_page
1:      lw      t3, (t0)
        sw      t3, (t2)
        addi    t0, t0, 4
        addi    t2, t2, 4
        bltu    t0, t1, 1b
        fence.i

        li      t0, -1                          # PMP: everything is allowed
        srli    t0, t0, 10
        csrw    pmpaddr0, t0
        li      t0, 0x0f
        csrw    pmpcfg0, t0
        li      t0, 0xb1ff                      # every exception but the call from supervisor mode
        csrw    medeleg, t0
        la      t0, machine_trap
        csrw    mtvec, t0
        la      t0, supervisor_trap
        csrw    stvec, t0

        li      t0, 3 << 11
        csrc    mstatus, t0
        li      t0, 1 << 11                     # MPP: supervisor
        csrs    mstatus, t0
        la      t0, supervisor
        csrw    mepc, t0
        mret
park:   wfi
        j       park

supervisor:
        la      t0, root
        srli    t0, t0, 12
        li      t1, 8 << 60                     # Sv39
        or      t0, t0, t1
        csrw    satp, t0
        sfence.vma
        la      a0, user_text
        call    puts
        li      t0, 1 << 8                      # SPP: user
        csrc    sstatus, t0
        li      t0, USER
        csrw    sepc, t0
        sret

        # Prints scause and stval, and goes on at s11 in the mode that trapped.
        .balign 4
supervisor_trap:
        la      sp, stack_top
        la      a0, scause_text
        csrr    s2, scause
        csrr    s3, stval
        li      t0, 3                           # ebreak leaves either zero or the pc there; print one of them
        bne     s2, t0, 1f
        li      s3, 0
1:      jal     report
        csrw    sepc, s11
        li      t0, 8                           # the user's call ends its part
        beq     s2, t0, after_user
        sret

after_user:
        la      a0, supervisor_text
        call    puts
        la      s11, 1f                         # a user page without SUM
        li      t0, USER + 0x1000
        ld      t0, (t0)
1:      li      t0, 1 << 18                     # SUM: now it is allowed
        csrs    sstatus, t0
        li      t0, USER + 0x1000
        ld      t1, (t0)
        la      s11, 1f                         # but running user code never is
        li      t0, USER
        jr      t0
1:      ecall

        .balign 4
machine_trap:
        la      a0, mcause_text
        csrr    s2, mcause
        csrr    s3, mtval
        jal     report
        li      t0, 9
        bne     s2, t0, unexpected
        pass
unexpected:
        quit_with 1

        # a0: text, s2: cause, s3: value.
report:
        mv      s4, ra
        call    puts
        mv      a0, s2
        call    putdec
        la      a0, value_text
        call    puts
        li      s5, 32                          # eight digits
1:      addi    s5, s5, -4
        srl     a0, s3, s5
        andi    a0, a0, 15
        addi    a0, a0, '0'
        li      t0, '9'
        bleu    a0, t0, 2f
        addi    a0, a0, 'a' - '0' - 10
2:      call    putchar
        bnez    s5, 1b
        li      a0, '\n'
        call    putchar
        jr      s4

        .text
        .include "uart.inc"

        # Copied into user_page and run at USER, so it is position-independent.
        .balign 4
user_code:
        lla     s11, 1f
        li      t0, UNMAPPED
        lw      t0, (t0)                        # load page fault, 13
1:      lla     s11, 1f
        li      t0, UNMAPPED + 0x1000
        jr      t0                              # instruction page fault, 12
1:      lla     s11, 1f
        li      t0, USER + 8
        sw      zero, (t0)                      # store page fault, 15: the page is not writable
1:      lla     s11, 1f
        li      t0, 0x80000000
        ld      t0, (t0)                        # load page fault, 13: mapped, but not for user mode
1:      lla     s11, 1f
        li      t0, USER + 0x1ffc
        sd      t0, (t0)                        # a misaligned store, of which half is not mapped
1:      lla     s11, 1f
        csrr    t0, sstatus                     # illegal instruction, 2
1:      lla     s11, 1f
        ebreak                                  # 3
1:      ecall                                   # 8
        .balign 4
user_code_end:

        .section .rodata
user_text:       .asciz "from user mode\n"
supervisor_text: .asciz "from supervisor mode\n"
scause_text:     .asciz "scause "
mcause_text:     .asciz "mcause "
value_text:      .asciz " value "

        .bss
        .balign 4096
root:      .space 4096
middle:    .space 4096
leaves:    .space 4096
user_page: .space 4096
data_page: .space 4096
        .space  1024
stack_top:
