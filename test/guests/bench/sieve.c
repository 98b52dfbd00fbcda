/* Eratosthenes over the odd numbers below four million, a few times, each time with another seed of crossed-out ones. */
#include "guest.h"

#define COUNT 2000000
#define ROUNDS 18

static u8 composite[COUNT];

u64 work(void) {
  u64 sum = CHECKSUM_START;
  for (u32 round = 0; round < ROUNDS; round++) {
    for (u32 i = 0; i < COUNT; i++) composite[i] = 0;
    u32 primes = 0, last = 0;
    for (u32 i = 1; i < COUNT; i++) {
      if (composite[i]) continue;
      u32 prime = 2 * i + 1;
      primes++;
      last = prime;
      for (u64 multiple = (u64)i * 3 + 1 + round; multiple < COUNT; multiple += prime) composite[multiple] = 1;
    }
    sum = mixed(mixed(sum, primes), last);
  }
  return sum;
}
