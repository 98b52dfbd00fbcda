// Two harts that run the same functions over and over, each with its own numbers and one that they share, and that at times wait
// for one another. Machine mode, no traps.

typedef unsigned long u64;

volatile u64 shared;
volatile u64 turns[2];
static volatile u64 own[2][8];

static inline __attribute__((always_inline)) u64 mixed(u64 value)
{
  u64 low = value & 0xff;
  u64 high = value >> 8;
  return low * 3 + high;
}

__attribute__((noinline)) u64 add(u64 hart, u64 value)
{
  u64 found = __atomic_fetch_add(&shared, value, __ATOMIC_RELAXED);
  own[hart][value & 7] += mixed(found);
  return found;
}

__attribute__((noinline)) u64 sum(u64 hart, u64 count)
{
  u64 total = 0;
  for (u64 at = 0; at < count; at++)
    total += add(hart, at);
  if (count > 1)
    total += sum(hart, count / 2);
  return total;
}

__attribute__((noinline)) void meet(u64 hart)
{
  turns[hart] += 1;
  while (turns[!hart] < turns[hart])
    ;
}

void run(u64 hart)
{
  for (u64 round = 0; round < 40; round++) {
    u64 found = sum(hart, round % 7);
    own[hart][0] += found;
    if (round % 3 == 0)
      meet(hart);
  }
  meet(hart);
  if (hart == 0)
    *(volatile unsigned *)0x100000 = 0x5555;
  for (;;);
}
