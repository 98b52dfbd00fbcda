// The system calls. The number comes in a7, arguments in a0 to a2, the result goes back in a0; -1 is a refusal.

#include "kernel.h"
#include "user/library.h"

#define PATH_BYTES 64
#define WRITE_BYTES 80

static long call_write(u64 text, u64 size_bytes);
static long call_sleep(u64 ticks);
static long call_spawn(u64 name);
static long call_grow(u64 size_bytes);
static long call_wait(void);
static long call_send(u32 pid, u64 body, u64 size_bytes);
static long call_receive(u64 body, u64 size_bytes_max);
static long call_lookup(u64 path);

void system_call(struct trap_frame *frame)
{
  u64 a0 = frame->x[10], a1 = frame->x[11], a2 = frame->x[12];
  long result = -1;

  current->system_calls++;
  switch (frame->x[17]) {
  case CALL_WRITE:
    result = call_write(a0, a1);
    break;
  case CALL_YIELD:
    process_yield();
    result = 0;
    break;
  case CALL_GETPID:
    result = current->pid;
    break;
  case CALL_SLEEP:
    result = call_sleep(a0);
    break;
  case CALL_EXIT:
    process_exit(a0);
  case CALL_SPAWN:
    result = call_spawn(a0);
    break;
  case CALL_SBRK:
    result = call_grow(a0);
    break;
  case CALL_WAIT:
    result = call_wait();
    break;
  case CALL_SEND:
    result = call_send(a0, a1, a2);
    break;
  case CALL_RECEIVE:
    result = call_receive(a0, a1);
    break;
  case CALL_LOOKUP:
    result = call_lookup(a0);
    break;
  case CALL_POWER_OFF:
    print("kernel: powering off\n");
    power_off();
  }
  frame->x[10] = result;
}

static long call_write(u64 text, u64 size_bytes)
{
  char line[WRITE_BYTES];

  if (size_bytes > WRITE_BYTES || copy_from_user(current->address_space, line, text, size_bytes) < 0)
    return -1;
  for (u64 i = 0; i < size_bytes; i++)
    put_character(line[i]);
  return size_bytes;
}

static long call_sleep(u64 ticks)
{
  current->wake_tick = tick_count + ticks;
  process_block(SLEEPING);
  return 0;
}

static long call_spawn(u64 name)
{
  char copy[16];

  if (copy_string_from_user(current->address_space, copy, name, sizeof copy) < 0)
    return -1;
  return process_spawn(copy);
}

// Returns the old end of the heap, as sbrk does.
static long call_grow(u64 size_bytes)
{
  u64 old_end = current->heap_end;

  for (u64 page = (old_end + PAGE_BYTES - 1) / PAGE_BYTES * PAGE_BYTES; page < old_end + size_bytes;
       page += PAGE_BYTES)
    page_map(current->address_space, page, (u64)page_allocate(), PTE_R | PTE_W | PTE_U);
  current->heap_end = old_end + size_bytes;
  asm volatile("sfence.vma" ::: "memory");
  return old_end;
}

// Waits until a child ends, and gives its pid; -1 when there are no children.
static long call_wait(void)
{
  for (;;) {
    int children = 0;
    for (int i = 0; i < PROCESSES; i++) {
      struct process *child = &processes[i];
      if (child->state == FREE || child->parent_pid != current->pid)
        continue;
      children++;
      if (child->state == ENDED) {
        address_space_destroy(child->address_space);
        child->state = FREE;
        return child->pid;
      }
    }
    if (children == 0)
      return -1;
    process_block(WAITING);
  }
}

// Puts a copy of a message into another process's mailbox; -1 when there is no such process or no free buffer.
static long call_send(u32 pid, u64 body, u64 size_bytes)
{
  static u64 sequence;
  struct process *receiver = process_find(pid);

  if (!receiver || receiver->state == ENDED || size_bytes > BUFFER_BODY_BYTES)
    return -1;
  struct buffer *buffer = buffer_allocate();
  if (!buffer)
    return -1;
  if (copy_from_user(current->address_space, buffer->body, body, size_bytes) < 0) {
    buffer_free(buffer);
    return -1;
  }
  buffer->sender = current->pid;
  buffer->size_bytes = size_bytes;
  buffer->sequence = sequence++;

  if (receiver->mailbox_tail)
    receiver->mailbox_tail->next = buffer;
  else
    receiver->mailbox_head = buffer;
  receiver->mailbox_tail = buffer;
  if (receiver->state == RECEIVING)
    receiver->state = READY;
  return 0;
}

// Waits for a message and takes it out of the mailbox. Gives the sender's pid.
static long call_receive(u64 body, u64 size_bytes_max)
{
  while (!current->mailbox_head)
    process_block(RECEIVING);

  struct buffer *buffer = current->mailbox_head;
  u64 size_bytes = buffer->size_bytes < size_bytes_max ? buffer->size_bytes : size_bytes_max;
  long sender = buffer->sender;
  current->mailbox_head = buffer->next;
  if (!buffer->next)
    current->mailbox_tail = 0;
  int refused = copy_to_user(current->address_space, body, buffer->body, size_bytes);
  buffer_free(buffer);
  return refused ? -1 : sender;
}

static long call_lookup(u64 path)
{
  char copy[PATH_BYTES];

  if (copy_string_from_user(current->address_space, copy, path, sizeof copy) < 0)
    return -1;
  return file_lookup(copy);
}
