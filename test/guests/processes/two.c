// Another user program at the same addresses: other code, other names.
#include "user.h"

struct pair { long left, right; };

static volatile struct pair pair = { 1, 2 };
static volatile long rounds;

static inline __attribute__((always_inline)) void swap(volatile struct pair *it)
{
  long left = it->left;
  it->left = it->right;
  it->right = left;
}

__attribute__((noinline)) void letter(char c)
{
  call_kernel(1, c);
  rounds += 1;
}

__attribute__((noinline)) long mix(long times)
{
  long sum = 0;
  for (long round = 0; round < times; round++) {
    swap(&pair);
    sum += pair.left * round;
  }
  return sum;
}

int main(void)
{
  letter('t');
  rounds += mix(12);
  letter('w');
  letter('o');
  rounds += call_kernel(2, 99);
  rounds += mix(60);
  call_kernel(3, 0);
  letter('\n');
  rounds = mix(5);
  return 0;
}
