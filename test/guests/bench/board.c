/* Page tables and system calls of the workloads that run in supervisor mode: Sv39, 4 KiB pages. See board.h. */
#include "board.h"

/*
 *   0x00000000  devices, one gigapage
 *   0x40000000  PAGED: what a workload maps, 4 KiB pages; while user_run() is under way, the guest once more, for user mode
 *   0x80000000  the guest, to itself: 2 MiB of 4 KiB pages, then large pages (tables and frames)
 */
#define GUEST_BASE 0x80000000u
#define GUEST_BYTES (2u << 20)
#define FRAMES_BASE (GUEST_BASE + (32u << 20))
#define ENTRIES 512
#define TABLES 256
#define SPACES 8

/* Page table entries (privileged architecture, section "Sv39"). */
#define PTE_V 0x01
#define PTE_R 0x02
#define PTE_W 0x04
#define PTE_X 0x08
#define PTE_U 0x10
#define PTE_G 0x20
#define PTE_A 0x40
#define PTE_D 0x80
#define PTE_DATA (PTE_V | PTE_R | PTE_W | PTE_A | PTE_D)
#define SATP_SV39 (8ull << 60)
#define SSTATUS_SPP (1 << 8)
#define USER_OFFSET 0x40000000u

static u64 tables[TABLES][ENTRIES] __attribute__((aligned(PAGE_BYTES)));
static u32 tables_used, kernel_tables;
static u64 *roots[SPACES];
static u32 current;

static u64 entry_of(const void *address, u64 flags) { return ((u64)address >> 12) << 10 | flags; }
static u64 *table_of(u64 entry) { return (u64 *)(entry >> 10 << 12); }
static u64 *new_table(void) { return tables[tables_used++]; }
static void fence(void) { __asm__ volatile("sfence.vma" ::: "memory"); }

static void map(u64 *root, u64 address, u64 physical, u64 flags) {
  u64 *table = root;
  for (int level = 2; level > 0; level--) {
    u64 *entry = &table[(address >> (12 + 9 * level)) % ENTRIES];
    if (!(*entry & PTE_V)) *entry = entry_of(new_table(), PTE_V);
    table = table_of(*entry);
  }
  table[(address >> 12) % ENTRIES] = entry_of((void *)physical, flags);
}

void space_enter(u32 space) {
  current = space;
  u64 satp = SATP_SV39 | (u64)(space + 1) << 44 | (u64)roots[space] >> 12;
  __asm__ volatile("csrw satp, %0" ::"r"(satp) : "memory");
}

void paging_start(u32 count) {
  for (u32 space = 0; space < count; space++) {
    u64 *root = roots[space] = new_table();
    root[0] = entry_of(0, PTE_DATA | PTE_G);
    if (space > 0) {
      root[2] = roots[0][2]; /* one kernel for all */
      continue;
    }
    for (u64 at = 0; at < GUEST_BYTES; at += PAGE_BYTES) map(root, GUEST_BASE + at, GUEST_BASE + at, PTE_DATA | PTE_X | PTE_G);
    u64 *middle = table_of(root[2]);
    for (u64 i = 1; i < 64; i++) middle[i] = entry_of((void *)(GUEST_BASE + (i << 21)), PTE_DATA | PTE_G);
  }
  kernel_tables = tables_used;
  fence();
  space_enter(0);
}

void page_map(u32 page, u32 frame) {
  map(roots[current], (u64)PAGED + (u64)page * PAGE_BYTES, FRAMES_BASE + (u64)frame * PAGE_BYTES, PTE_DATA);
  /* A processor may remember that there was no page. */
  __asm__ volatile("sfence.vma %0, zero" ::"r"((u64)PAGED + (u64)page * PAGE_BYTES) : "memory");
}

void page_unmap(u32 page) {
  map(roots[current], (u64)PAGED + (u64)page * PAGE_BYTES, 0, 0);
  __asm__ volatile("sfence.vma %0, zero" ::"r"((u64)PAGED + (u64)page * PAGE_BYTES) : "memory");
}

void tables_free(void) {
  roots[current][1] = 0;
  fence();
  for (; tables_used > kernel_tables; tables_used--)
    for (u32 i = 0; i < ENTRIES; i++) tables[tables_used - 1][i] = 0;
}

/* trap.S */
void user_enter(void (*program)(void), void *stack);
extern char user_stack_top[];

void user_run(void (*program)(void)) {
  for (u64 at = 0; at < GUEST_BYTES; at += PAGE_BYTES)
    map(roots[current], (u64)PAGED + at, GUEST_BASE + at, PTE_DATA | PTE_X | PTE_U);
  fence();
  __asm__ volatile("csrc sstatus, %0" ::"r"(SSTATUS_SPP));
  user_enter((void (*)(void))((u64)program - USER_OFFSET), (void *)((u64)user_stack_top - USER_OFFSET));
}

/* Registers as trap.S saves them: x1 to x31, then sepc. */
struct frame {
  u64 x[32];
  u64 sepc;
};
#define SCAUSE_USER_CALL 8
#define LEAVE ((u64)-1)

/* Gives whether user mode is to be left. */
int user_trap(struct frame *frame) {
  u64 cause;
  __asm__ volatile("csrr %0, scause" : "=r"(cause));
  if (cause != SCAUSE_USER_CALL) {
    print("unexpected trap, scause ");
    print_decimal(cause);
    print("\n");
    finish();
  }
  frame->sepc += 4;
  if (frame->x[17] == LEAVE) return 1;
  frame->x[10] = system_call(frame->x[17], frame->x[10], frame->x[11]);
  return 0;
}

/* In user mode. */
u64 user_call(u64 number, u64 one, u64 other) {
  register u64 a7 __asm__("a7") = number;
  register u64 a0 __asm__("a0") = one;
  register u64 a1 __asm__("a1") = other;
  __asm__ volatile("ecall" : "+r"(a0) : "r"(a1), "r"(a7) : "memory");
  return a0;
}
void user_leave(void) {
  user_call(LEAVE, 0, 0);
  for (;;) {
  }
}
