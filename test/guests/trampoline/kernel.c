// A kernel whose processes save their registers in a page of their own, at an address that is not on any stack. The kernel has
// its own page tables; with SHARED, each process's tables have the kernel, too. Its programs are those of ../processes.

typedef unsigned long u64;

struct trapframe {
  u64 kernel_satp, kernel_sp, kernel_trap, epc;
  u64 ra, sp, gp, tp, t0, t1, t2, s0, s1, a0, a1, a2, a3, a4, a5, a6, a7;
  u64 s2, s3, s4, s5, s6, s7, s8, s9, s10, s11, t3, t4, t5, t6;
};

struct process {
  u64 *pagetable;
  struct trapframe *trapframe;
  u64 calls;
  u64 stack[512];
} __attribute__((aligned(16)));

enum { PAGES = 16, STACK_PAGE = 32, USER = 0x40000000 };
enum { VALID = 1, READ = 2, WRITE = 4, EXECUTE = 8, USER_PAGE = 16, TOUCHED = 0xc0 };
#define TRAMPOLINE 0x3ffffff000UL
#define TRAPFRAME 0x3fffffe000UL

static struct process processes[2];
static struct process *current = &processes[0];
// The root, the tables of the user's part, and those of the last pages.
static u64 tables[2][5][512] __attribute__((aligned(4096)));
static u64 kernel_tables[3][512] __attribute__((aligned(4096)));
static unsigned char pages[2][2 * PAGES][4096] __attribute__((aligned(4096)));
static unsigned char frames[2][4096] __attribute__((aligned(4096)));

extern char one_image[], one_end[], two_image[], two_end[];
extern char trampoline[], way_in[], way_out[];

static u64 entry_of(void *page, u64 flags)
{
  return ((u64)page >> 12 << 10) | flags | TOUCHED | VALID;
}

static u64 satp_of(u64 *table)
{
  return 8UL << 60 | (u64)table >> 12;
}

static void map(int number, u64 page)
{
  u64 at = page < PAGES ? page : PAGES + page - STACK_PAGE;
  tables[number][2][page] = entry_of(pages[number][at], READ | WRITE | EXECUTE | USER_PAGE);
  __asm__ volatile("sfence.vma" ::: "memory");
}

static void map_kernel(u64 *root)
{
  root[0] = entry_of(0, READ | WRITE);
  root[2] = entry_of((void *)0x80000000, READ | WRITE | EXECUTE);
}

// The last pages: the trampoline, which all page tables have there, and below it the frame of a process.
static void map_last(u64 (*table)[512], u64 *root, unsigned char *frame)
{
  root[255] = (u64)table[0] >> 12 << 10 | VALID;
  table[0][511] = (u64)table[1] >> 12 << 10 | VALID;
  table[1][511] = entry_of(trampoline, READ | EXECUTE);
  if (frame)
    table[1][510] = entry_of(frame, READ | WRITE);
}

void trap_from_user(void);

static void prepare(int number, char *image, char *end)
{
  struct process *process = &processes[number];
  u64 (*table)[512] = tables[number];
#ifdef SHARED
  map_kernel(table[0]);
#endif
  table[0][1] = (u64)table[1] >> 12 << 10 | VALID;
  table[1][0] = (u64)table[2] >> 12 << 10 | VALID;
  map_last(table + 3, table[0], frames[number]);
  for (long at = 0; at < end - image; at++) pages[number][0][at] = image[at];
  for (u64 page = 0; page < ((u64)(end - image) + 4095) >> 12; page++) map(number, page);
  process->pagetable = table[0];
  process->trapframe = (struct trapframe *)frames[number];
  process->trapframe->epc = USER;
  process->trapframe->sp = USER + (STACK_PAGE + PAGES) * 4096;
  process->trapframe->kernel_satp = satp_of(kernel_tables[0]);
#ifdef SHARED
  process->trapframe->kernel_satp = satp_of(table[0]);
#endif
  process->trapframe->kernel_sp = (u64)&process->stack[512];
  process->trapframe->kernel_trap = (u64)trap_from_user;
}

__attribute__((noreturn)) static void power_off(void)
{
  *(volatile unsigned *)0x100000 = 0x5555;
  for (;;);
}

__attribute__((noreturn)) static void return_to_user(void)
{
  void (*leave)(u64) = (void (*)(u64))(TRAMPOLINE + (u64)(way_out - trampoline));
  __asm__ volatile("csrw sepc, %0" :: "r"(current->trapframe->epc));
  leave(satp_of(current->pagetable));
  for (;;);
}

__attribute__((noinline)) u64 add_digits(u64 number)
{
  u64 sum = 0;
  for (; number; number /= 10) sum += number % 10;
  return sum;
}

__attribute__((noinline)) u64 system_call(u64 number, u64 argument)
{
  current->calls += 1;
  switch (number) {
  case 1:
    *(volatile char *)0x10000000 = argument;
    return 0;
  case 2:
    return add_digits(argument);
  case 3:
    return current->calls;
  default:
    if (current != &processes[0])
      power_off();
    current = &processes[1];
    return_to_user();
  }
}

#ifdef SHARED
#define p self // nothing that anybody would look for
#endif

__attribute__((noreturn)) void trap_from_user(void)
{
  struct process *p = current;
  u64 cause, value;
  __asm__ volatile("csrr %0, scause" : "=r"(cause));
  __asm__ volatile("csrr %0, stval" : "=r"(value));
  __asm__ volatile("csrr %0, sepc" : "=r"(p->trapframe->epc));
  if (cause == 8) {
    p->trapframe->epc += 4;
    p->trapframe->a0 = system_call(p->trapframe->a7, p->trapframe->a0);
  } else if (value - USER < 48 * 4096) {
    map(p == &processes[1], (value - USER) >> 12);
  } else
    power_off();
  return_to_user();
}

__attribute__((noreturn)) void kernel_main(void)
{
  prepare(0, one_image, one_end);
  prepare(1, two_image, two_end);
  map_kernel(kernel_tables[0]);
  map_last(kernel_tables + 1, kernel_tables[0], 0);
  u64 first = processes[0].trapframe->kernel_satp;
  __asm__ volatile("csrw satp, %0\n\tsfence.vma" :: "r"(first) : "memory");
  __asm__ volatile("csrw stvec, %0" :: "r"(TRAMPOLINE + (u64)(way_in - trampoline)));
  __asm__ volatile("csrc sstatus, %0" :: "r"(1 << 8));
  return_to_user();
}
