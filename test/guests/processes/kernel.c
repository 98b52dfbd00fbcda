// A kernel of two processes: page tables of their own, system calls, a timer that takes turns, and pages that are given when
// they are first touched. Both programs are linked to the same address.

typedef unsigned long u64;

// The frame of a trap, as trap_vector leaves it at the top of the kernel's stack of a process.
struct trap_frame {
  u64 epc, ra, sp, gp, tp, t0, t1, t2, s0, s1;
  u64 a0, a1, a2, a3, a4, a5, a6, a7;
  u64 s2, s3, s4, s5, s6, s7, s8, s9, s10, s11, t3, t4, t5, t6;
  u64 status, spare;
};

struct context { u64 ra, sp, s[12]; };

struct process {
  struct context context;
  u64 satp;
  u64 ended;
  u64 calls;
  u64 stack[512];
} __attribute__((aligned(16)));

enum { PAGES = 16, STACK_PAGE = 32, USER = 0x40000000 };
enum { VALID = 1, READ = 2, WRITE = 4, EXECUTE = 8, USER_PAGE = 16, TOUCHED = 0xc0 };

static struct process processes[2];
static struct process *current = &processes[0];
static u64 tables[2][3][512] __attribute__((aligned(4096)));
static unsigned char pages[2][2 * PAGES][4096] __attribute__((aligned(4096)));
volatile u64 ticks;

extern char one_image[], one_end[], two_image[], two_end[];
void trap_vector(void);
void trap_return(void);
void switch_context(struct context *from, struct context *to);

static inline __attribute__((always_inline)) u64 entry_of(void *page, u64 flags)
{
  return ((u64)page >> 12 << 10) | flags | TOUCHED | VALID;
}

static void put(char c)
{
  *(volatile char *)0x10000000 = c;
}

static void map(int number, u64 page)
{
  u64 at = page < PAGES ? page : PAGES + page - STACK_PAGE;
  tables[number][2][page] = entry_of(pages[number][at], READ | WRITE | EXECUTE | USER_PAGE);
  __asm__ volatile("sfence.vma" ::: "memory");
}

static void prepare(int number, char *image, char *end)
{
  struct process *process = &processes[number];
  u64 (*table)[512] = tables[number];
  table[0][0] = entry_of(0, READ | WRITE);
  table[0][1] = (u64)table[1] >> 12 << 10 | VALID;
  table[0][2] = entry_of((void *)0x80000000, READ | WRITE | EXECUTE);
  table[1][0] = (u64)table[2] >> 12 << 10 | VALID;
  for (long at = 0; at < end - image; at++) pages[number][0][at] = image[at];
  for (u64 page = 0; page < ((u64)(end - image) + 4095) >> 12; page++) map(number, page);
  struct trap_frame *frame = (struct trap_frame *)&process->stack[512] - 1;
  frame->epc = USER;
  frame->sp = USER + (STACK_PAGE + PAGES) * 4096;
  frame->status = 1 << 5;
  process->context.ra = (u64)trap_return;
  process->context.sp = (u64)frame;
  process->satp = 8UL << 60 | (u64)table[0] >> 12;
}

static void run(struct process *next)
{
  struct process *last = current;
  if (next == last)
    return;
  current = next;
  __asm__ volatile("csrw satp, %0\n\tsfence.vma" :: "r"(next->satp) : "memory");
  switch_context(&last->context, &next->context);
}

static struct process *other(void)
{
  struct process *next = current == &processes[0] ? &processes[1] : &processes[0];
  return next->ended ? current : next;
}

static void set_timer(void)
{
  u64 now;
  __asm__ volatile("csrr %0, time" : "=r"(now));
  __asm__ volatile("csrw 0x14d, %0" :: "r"(now + 150));
}

static void power_off(void)
{
  *(volatile unsigned *)0x100000 = 0x5555;
  for (;;);
}

__attribute__((noinline)) u64 add_digits(u64 number)
{
  u64 sum = 0;
  for (; number; number /= 10) sum += number % 10;
  return sum;
}

__attribute__((noinline)) u64 system_call(struct trap_frame *frame)
{
  current->calls += 1;
  switch (frame->a7) {
  case 1:
    put(frame->a0);
    return 0;
  case 2:
    return add_digits(frame->a0);
  case 3:
    run(other());
    return current->calls;
  default:
    current->ended = 1;
    if (other() == current)
      power_off();
    run(other());
    return 0;
  }
}

void trap_from_user(struct trap_frame *frame)
{
  u64 cause, value;
  __asm__ volatile("csrr %0, scause" : "=r"(cause));
  __asm__ volatile("csrr %0, stval" : "=r"(value));
  if (cause == 8) {
    frame->epc += 4;
    frame->a0 = system_call(frame);
  } else if (cause >> 63) {
    ticks += 1;
    set_timer();
    run(other());
  } else if (value - USER < 48 * 4096) {
    map(current == &processes[1], (value - USER) >> 12);
  } else
    power_off();
}

void kernel_main(void)
{
  prepare(0, one_image, one_end);
  prepare(1, two_image, two_end);
  __asm__ volatile("csrw stvec, %0" :: "r"(trap_vector));
  __asm__ volatile("csrs sie, %0" :: "r"(1 << 5));
  set_timer();
  struct context boot;
  __asm__ volatile("csrw satp, %0\n\tsfence.vma" :: "r"(current->satp) : "memory");
  switch_context(&boot, &current->context);
}
