// A user program: calls, inlined calls, a recursion, system calls, pages that are not there yet, and a jump out of calls.
#include "user.h"

static char text[] = "one\n";
static volatile long total;
static volatile char far[3 * 4096];
static long buffer[14];

static inline __attribute__((always_inline)) long half(long number)
{
  long result = number / 2;
  total += result;
  return result;
}

static inline __attribute__((always_inline)) long halves(long number)
{
  long first = half(number);
  total += 1;
  return first + half(first);
}

__attribute__((noinline)) long fibonacci(long number)
{
  if (number < 2) return number;
  return fibonacci(number - 1) + fibonacci(number - 2);
}

__attribute__((noinline)) void deep(long depth)
{
  if (depth == 0)
    jump_back(buffer, 5);
  else
    deep(depth - 1);
  total += depth;
}

__attribute__((noinline)) void print(const char *line)
{
  while (*line) call_kernel(1, *line++);
}

__attribute__((noinline)) long wait(long number)
{
  long index = 0;
  for (index = 0; index < number; index++) total += index;
  return total;
}

int main(void)
{
  print(text);
  total = 3;
  total += halves(40);
  far[4096] = 1;
  far[8192] = 2;
  long digits = call_kernel(2, 12345);
  total += digits;
  total += fibonacci(6);
  long back = keep(buffer);
  if (back == 0)
    deep(3);
  total += back;
  wait(300);
  call_kernel(3, 0);
  total += wait(40) + wait(20);
  print(text);
  return 0;
}
