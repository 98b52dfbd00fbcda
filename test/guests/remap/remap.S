# One virtual address that means three pages, one after the other, in supervisor mode with Sv39. Each store and each change of
# the mapping has a label of its own, which the tests name.

        .include "platform.inc"

        .equ V,         0x40000000              # entry 1 of the root: what the guest maps and maps anew
        .equ RWX_AD,    0xcf                    # V R W X A D
        .equ RW_AD,     0xc7
        .equ POINTER,   0x01

        .macro spin steps
        li      t6, \steps
9:      addi    t6, t6, -1
        bnez    t6, 9b
        .endm

        # The entry that leads to a page: in \entry.
        .macro entry_of entry, page, flags
        la      \entry, \page
        srli    \entry, \entry, 12
        slli    \entry, \entry, 10
        ori     \entry, \entry, \flags
        .endm

        .section .text.start
        .globl _start
_start:
        li      t0, -1
        csrw    pmpaddr0, t0
        li      t0, 0x1f                        # all of memory, NAPOT, RWX
        csrw    pmpcfg0, t0
        la      s0, root
        li      t0, RW_AD                       # the first gigabyte: devices
        sd      t0, 0(s0)
        entry_of t0, middle, POINTER
        sd      t0, 8(s0)
        li      t0, (0x80000000 >> 12 << 10) | RWX_AD
        sd      t0, 16(s0)
        la      s1, middle
        entry_of t0, last, POINTER
        sd      t0, 0(s1)
        la      s2, last
        la      s3, page_a
        la      s4, page_b
        la      s5, page_c

        spin    300000
        entry_of t0, page_a, RW_AD
map_a:  sd      t0, 0(s2)
        li      t0, 8
        slli    t0, t0, 60
        srli    t1, s0, 12
        or      t0, t0, t1
        csrw    satp, t0
        li      t0, 3 << 11
        csrc    mstatus, t0
        li      t0, 1 << 11                     # MPP: S
        csrs    mstatus, t0
        la      t0, supervisor
        csrw    mepc, t0
        mret

supervisor:
        li      s6, V
        li      t0, 0x11
write_a:
        sd      t0, 0(s6)
        spin    300000
        ld      t0, 0(s3)
copy_b: sd      t0, 0(s4)                       # by its physical address
        entry_of t0, page_b, RW_AD
map_b:  sd      t0, 0(s2)
        sfence.vma
        .globl  mapped_b
mapped_b:
        spin    300000
        li      t0, 0x33
fill_c: sd      t0, 0(s5)                       # by its physical address
unmap:  sd      zero, 0(s2)
        sfence.vma
        spin    300000
        entry_of t0, page_c, RW_AD
map_c:  sd      t0, 0(s2)
        sfence.vma
mapped_c:
        spin    300000
        li      t0, 0x44
write_c:
        sw      t0, 4(s6)
written_c:
        spin    300000
        pass

        .bss
        .align  12
root:   .space  4096
middle: .space  4096
last:   .space  4096
page_a: .space  4096
page_b: .space  4096
page_c: .space  4096
