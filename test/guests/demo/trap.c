// What happens on each kind of trap: system calls, the timer, the console, and faults of user programs.
// Interrupts are taken in user mode and, when nothing is ready to run, looked at by the scheduler. Never in the kernel.

#include "kernel.h"

enum { CAUSE_USER_CALL = 8 };
#define CAUSE_INTERRUPT (1UL << 63)

#define PLIC_PRIORITY(source) ((volatile u32 *)(PLIC + 4 * (source)))
#define PLIC_ENABLE ((volatile u32 *)(PLIC + 0x2080))    // context 1: hart 0, supervisor mode
#define PLIC_THRESHOLD ((volatile u32 *)(PLIC + 0x201000))
#define PLIC_CLAIM ((volatile u32 *)(PLIC + 0x201004))
#define UART_SOURCE 10

extern char trap_vector[];

u64 tick_count;
u64 timer_has_sstc;

static void timer_interrupt(void);
static void external_interrupt(void);

void trap_initialise(void)
{
  csr_write(stvec, trap_vector);
  csr_write(sscratch, 0);
  *PLIC_PRIORITY(UART_SOURCE) = 1;
  *PLIC_ENABLE = 1 << UART_SOURCE;
  *PLIC_THRESHOLD = 0;
  csr_write(sie, SIE_TIMER | SIE_EXTERNAL);
  timer_arm();
}

void trap_from_user(struct trap_frame *frame)
{
  u64 cause = frame->scause;

  if (cause == CAUSE_USER_CALL) {
    frame->sepc += 4;
    system_call(frame);
  } else if (cause & CAUSE_INTERRUPT) {
    interrupts_take_pending();
    process_yield();
  } else {
    print("pid %d (%s): trap %d at %p, stval %p\n", current->pid, current->name, cause, frame->sepc, frame->stval);
    process_exit(-1);
  }
}

void trap_from_kernel(u64 cause, u64 pc, u64 value)
{
  print("kernel: trap %x at %p, stval %p\n", cause, pc, value);
  panic("trap in the kernel");
}

void interrupts_take_pending(void)
{
  u64 pending = csr_read(sip);

  if (pending & SIE_TIMER)
    timer_interrupt();
  if (pending & SIE_EXTERNAL)
    external_interrupt();
}

// With Sstc the kernel sets its own deadline; without, it asks machine mode (start.S).
void timer_arm(void)
{
  u64 deadline = csr_read(time) + TICK_TIME;

  if (timer_has_sstc) {
    csr_write(0x14d, deadline);
  } else {
    register u64 a0 asm("a0") = deadline;
    asm volatile("ecall" : "+r"(a0) : : "memory");
  }
}

static void timer_interrupt(void)
{
  tick_count++;
  timer_arm();
  processes_wake_sleepers();
}

static void external_interrupt(void)
{
  u32 source = *PLIC_CLAIM;

  if (source == UART_SOURCE)
    console_interrupt();
  if (source != 0)
    *PLIC_CLAIM = source;
}
