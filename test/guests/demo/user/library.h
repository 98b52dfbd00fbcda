// What a user program may use: the system calls, and small helpers that live in the user image.
// Shared with the kernel for the numbers alone.
#pragma once

enum {
  CALL_WRITE = 1,
  CALL_YIELD,
  CALL_GETPID,
  CALL_SLEEP,
  CALL_EXIT,
  CALL_SPAWN,
  CALL_SBRK,
  CALL_WAIT,
  CALL_SEND,
  CALL_RECEIVE,
  CALL_LOOKUP,
  CALL_POWER_OFF,
};

static inline long call3(long number, long first, long second, long third)
{
  register long a0 asm("a0") = first;
  register long a1 asm("a1") = second;
  register long a2 asm("a2") = third;
  register long a7 asm("a7") = number;
  asm volatile("ecall" : "+r"(a0) : "r"(a1), "r"(a2), "r"(a7) : "memory");
  return a0;
}

static inline long user_write(const char *text, long size_bytes) { return call3(CALL_WRITE, (long)text, size_bytes, 0); }
static inline long user_yield(void) { return call3(CALL_YIELD, 0, 0, 0); }
static inline long user_getpid(void) { return call3(CALL_GETPID, 0, 0, 0); }
static inline long user_sleep(long ticks) { return call3(CALL_SLEEP, ticks, 0, 0); }
static inline long user_exit(int status) { return call3(CALL_EXIT, status, 0, 0); }
static inline long user_spawn(const char *name) { return call3(CALL_SPAWN, (long)name, 0, 0); }
static inline void *user_sbrk(long size_bytes) { return (void *)call3(CALL_SBRK, size_bytes, 0, 0); }
static inline long user_wait(void) { return call3(CALL_WAIT, 0, 0, 0); }
static inline long user_send(long pid, const void *body, long size_bytes) { return call3(CALL_SEND, pid, (long)body, size_bytes); }
static inline long user_receive(void *body, long size_bytes_max) { return call3(CALL_RECEIVE, (long)body, size_bytes_max, 0); }
static inline long user_lookup(const char *path) { return call3(CALL_LOOKUP, (long)path, 0, 0); }
static inline long user_power_off(void) { return call3(CALL_POWER_OFF, 0, 0, 0); }

// Prints one line in one system call, so that lines of two processes never mix. %s and %d.
void say(const char *format, ...);
