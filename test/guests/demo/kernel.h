// Everything that one file of the demo kernel needs to know of another, and the layout of memory.
// Not an interface for user programs: they see user/library.h alone.
//
//   0x0010_0000   finisher          device, kernel only
//   0x0c00_0000   PLIC              device, kernel only
//   0x1000_0000   UART              device, kernel only
//   0x4000_0000   user image        text shared, data and heap private to each process
//   0x7fff_f000   user stack        one page
//   0x8000_0000   kernel image      text, data, the buffer pool, the kernel stacks
//   _end          page pool         up to MEMORY_END
//
// Physical and kernel addresses are the same numbers; every address space holds the kernel, without the U bit.
#pragma once

typedef unsigned char u8;
typedef unsigned int u32;
typedef unsigned long u64;

#define FINISHER 0x00100000UL
#define CLINT 0x02000000UL
#define PLIC 0x0c000000UL
#define UART 0x10000000UL
#define USER_BASE 0x40000000UL
#define USER_STACK_TOP 0x80000000UL
#define MEMORY_BASE 0x80000000UL
#define MEMORY_END 0x80400000UL

#define PAGE_BYTES 4096
#define PROCESSES 6
#define KERNEL_STACK_BYTES 2048
#define TICK_TIME 100000 // of mtime, which runs at 10 MHz: 10 ms

// ---- console.c: UART, printing, the end of the machine ----------------------------------------------------------

void console_initialise(void);
void console_interrupt(void);
void put_character(char character);
void print(const char *format, ...); // %s %d %x %p %c
__attribute__((noreturn)) void panic(const char *message);
__attribute__((noreturn)) void power_off(void);

// ---- memory.c: pages and Sv39 -----------------------------------------------------------------------------------

typedef u64 *page_table;

enum { PTE_V = 1, PTE_R = 2, PTE_W = 4, PTE_X = 8, PTE_U = 16, PTE_A = 64, PTE_D = 128 };

u64 memory_initialise(void); // the number of free pages
void *page_allocate(void);   // zeroed
void page_free(void *page);
page_table address_space_create(void);
void address_space_destroy(page_table root);
void address_space_activate(page_table root);
page_table kernel_address_space(void);
void page_map(page_table root, u64 virtual_address, u64 physical_address, u64 permissions);
int copy_from_user(page_table root, void *to, u64 from, u64 size_bytes); // 0, or -1 when not mapped
int copy_to_user(page_table root, u64 to, const void *from, u64 size_bytes);
int copy_string_from_user(page_table root, char *to, u64 from, u64 size_bytes_max);

// ---- trap.S, trap.c: the ways into the kernel and out of it -----------------------------------------------------

// What trap_vector leaves at the top of a process's kernel stack.
struct trap_frame {
  u64 x[32]; // x[0] is never used
  u64 sepc;
  u64 sstatus;
  u64 scause;
  u64 stval;
};

// What context_switch keeps: the registers that a C function must preserve.
struct context {
  u64 ra;
  u64 sp;
  u64 s[12];
};

void trap_initialise(void);
void interrupts_take_pending(void);
void timer_arm(void);
void context_switch(struct context *from, struct context *to);
extern char user_return[];
extern u64 tick_count;
extern u64 timer_has_sstc;

// ---- buffer.c: the pool of message buffers ----------------------------------------------------------------------

#define BUFFERS 16
#define BUFFER_BODY_BYTES 232

struct buffer {
  char body[BUFFER_BODY_BYTES];
  u32 sender;
  u32 size_bytes;
  u64 sequence;
  struct buffer *next; // the next free one, or the next one in the same mailbox
};

void buffers_initialise(void);
struct buffer *buffer_allocate(void); // null when all are in use
void buffer_free(struct buffer *buffer);

// ---- files.c: the file tree -------------------------------------------------------------------------------------

void files_initialise(void);
int file_lookup(const char *path); // the node's number, or -1

// ---- process.c --------------------------------------------------------------------------------------------------

enum process_state { FREE, READY, RUNNING, SLEEPING, WAITING, RECEIVING, ENDED };

struct process {
  enum process_state state;
  u32 pid;
  u32 parent_pid;
  int exit_status;
  const char *name;
  page_table address_space;
  u64 heap_end;
  u64 wake_tick;
  u64 system_calls;
  struct trap_frame *trap_frame;
  struct buffer *mailbox_head;
  struct buffer *mailbox_tail;
  struct context context;
};

extern struct process processes[PROCESSES];
extern struct process *current;

void processes_initialise(void);
int process_spawn(const char *name);
struct process *process_find(u32 pid);
void process_list(void);
__attribute__((noreturn)) void process_exit(int status);
void process_block(enum process_state state);
void process_yield(void);
void processes_wake_sleepers(void);
__attribute__((noreturn)) void scheduler(void);

// ---- system_call.c ----------------------------------------------------------------------------------------------

void system_call(struct trap_frame *frame);

// ---- Strings ----------------------------------------------------------------------------------------------------

void *memcpy(void *to, const void *from, u64 size_bytes);
void *memset(void *to, int value, u64 size_bytes);
int strings_equal(const char *a, const char *b);

// ---- Control and status registers -------------------------------------------------------------------------------

#define csr_read(name) ({ u64 value_; asm volatile("csrr %0, " #name : "=r"(value_)); value_; })
#define csr_write(name, value) asm volatile("csrw " #name ", %0" ::"r"((u64)(value)) : "memory")
#define csr_set(name, bits) asm volatile("csrs " #name ", %0" ::"r"((u64)(bits)) : "memory")

#define SIE_TIMER (1UL << 5)
#define SIE_EXTERNAL (1UL << 9)
#define SSTATUS_SPP (1UL << 8)
#define SSTATUS_SPIE (1UL << 5)
