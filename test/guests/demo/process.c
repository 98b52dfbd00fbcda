// Processes: the table, their kernel stacks, and a round-robin scheduler.
// The scheduler has a stack of its own (the one that the kernel booted on); each process has a kernel stack on which
// its traps are handled, with interrupts off.

#include "kernel.h"
#include "user/programs.h"

extern char _user_text_load[], _user_text_size[], _user_data_load[], _user_data_start[], _user_data_size[];

struct process processes[PROCESSES];
struct process *current;
__attribute__((section(".bss.page.stacks"), aligned(PAGE_BYTES)))
char kernel_stacks[PROCESSES][KERNEL_STACK_BYTES];

static const struct program {
  const char *name;
  void (*entry)(void);
} programs[] = {
  {"init", init_main}, {"clock", clock_main}, {"sieve", sieve_main},
  {"pong", pong_main}, {"ping", ping_main},   {"indexer", indexer_main},
};
#define PROGRAMS (sizeof programs / sizeof programs[0])

static struct context scheduler_context;
static u32 next_pid = 1;

static struct process *free_slot(void);
static void load_program(struct process *process, const struct program *program);
static void run(struct process *process);

void processes_initialise(void)
{
  print("processes: %d slots, kernel stacks of %d bytes at %p\n", (u64)PROCESSES, (u64)KERNEL_STACK_BYTES,
        kernel_stacks);
  process_spawn("init");
}

// The new process's pid, or -1.
int process_spawn(const char *name)
{
  struct process *process = free_slot();

  for (u64 i = 0; process && i < PROGRAMS; i++) {
    if (!strings_equal(programs[i].name, name))
      continue;
    process->pid = next_pid++;
    process->parent_pid = current ? current->pid : 0;
    process->name = programs[i].name;
    process->system_calls = 0;
    process->mailbox_head = process->mailbox_tail = 0;
    load_program(process, &programs[i]);
    process->state = READY;
    print("process: pid %d (%s) in slot %d\n", process->pid, process->name, process - processes);
    return process->pid;
  }
  return -1;
}

struct process *process_find(u32 pid)
{
  for (int i = 0; i < PROCESSES; i++)
    if (processes[i].state != FREE && processes[i].pid == pid)
      return &processes[i];
  return 0;
}

void process_list(void)
{
  static const char *const names[] = {"free", "ready", "running", "sleeping", "waiting", "receiving", "ended"};

  for (int i = 0; i < PROCESSES; i++)
    if (processes[i].state != FREE)
      print("slot %d: pid %d %s %s, %d system calls\n", (u64)i, processes[i].pid, processes[i].name,
            names[processes[i].state], processes[i].system_calls);
}

void process_exit(int status)
{
  struct process *parent = process_find(current->parent_pid);

  print("process: pid %d (%s) ended with %d\n", current->pid, current->name, (long)status);
  current->exit_status = status;
  if (parent && parent->state == WAITING)
    parent->state = READY;
  process_block(ENDED);
  panic("an ended process ran");
}

// Leaves the processor in the given state; returns when the scheduler runs this process again.
void process_block(enum process_state state)
{
  current->state = state;
  context_switch(&current->context, &scheduler_context);
}

void process_yield(void)
{
  process_block(READY);
}

void processes_wake_sleepers(void)
{
  for (int i = 0; i < PROCESSES; i++)
    if (processes[i].state == SLEEPING && processes[i].wake_tick <= tick_count)
      processes[i].state = READY;
}

// Runs ready processes in turn, from the highest slot down. With none ready it waits for an interrupt, which wfi
// notices although interrupts are off (Privileged, 3.3.3).
void scheduler(void)
{
  for (;;) {
    int ran = 0;
    for (int i = PROCESSES - 1; i >= 0; i--) {
      if (processes[i].state == READY) {
        run(&processes[i]);
        ran = 1;
      }
    }
    if (!ran) {
      asm volatile("wfi");
      interrupts_take_pending();
    }
  }
}

static void run(struct process *process)
{
  current = process;
  process->state = RUNNING;
  address_space_activate(process->address_space);
  context_switch(&scheduler_context, &process->context);
  address_space_activate(kernel_address_space());
  current = 0;
}

static struct process *free_slot(void)
{
  for (int i = PROCESSES - 1; i >= 0; i--)
    if (processes[i].state == FREE)
      return &processes[i];
  return 0;
}

// An address space with the shared text, a copy of the data, and a stack; and a frame that user_return can pop.
static void load_program(struct process *process, const struct program *program)
{
  page_table root = address_space_create();
  u64 text_bytes = (u64)_user_text_size, data_bytes = (u64)_user_data_size, data_start = (u64)_user_data_start;

  for (u64 offset = 0; offset < text_bytes; offset += PAGE_BYTES)
    page_map(root, USER_BASE + offset, (u64)_user_text_load + offset, PTE_R | PTE_X | PTE_U);
  for (u64 offset = 0; offset < data_bytes; offset += PAGE_BYTES) {
    void *page = page_allocate();
    memcpy(page, _user_data_load + offset, PAGE_BYTES);
    page_map(root, data_start + offset, (u64)page, PTE_R | PTE_W | PTE_U);
  }
  page_map(root, USER_STACK_TOP - PAGE_BYTES, (u64)page_allocate(), PTE_R | PTE_W | PTE_U);

  char *stack_top = kernel_stacks[process - processes] + KERNEL_STACK_BYTES;
  struct trap_frame *frame = (struct trap_frame *)stack_top - 1;
  memset(frame, 0, sizeof *frame);
  frame->x[2] = USER_STACK_TOP;
  frame->sepc = (u64)program->entry;
  frame->sstatus = SSTATUS_SPIE; // previous privilege: user; interrupts on

  process->address_space = root;
  process->heap_end = data_start + data_bytes;
  process->trap_frame = frame;
  memset(&process->context, 0, sizeof process->context);
  process->context.ra = (u64)user_return;
  process->context.sp = (u64)frame;
}
