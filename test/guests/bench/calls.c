/* A program in user mode and a kernel in supervisor mode play ping-pong with system calls. */
#include "board.h"

#define CALLS 2600000

static u64 kernel_sum = CHECKSUM_START;

u64 system_call(u64 number, u64 one, u64 other) {
  switch (number) {
    case 0: return kernel_sum;
    case 1: return kernel_sum = mixed(kernel_sum, one + other);
    default: return one ^ (other << 3);
  }
}

static void program(void) {
  u64 value = 1;
  for (u32 i = 0; i < CALLS; i++) value = user_call(i % 3, value, i);
  user_leave();
}

u64 work(void) {
  paging_start(1);
  user_run(program);
  return kernel_sum;
}
