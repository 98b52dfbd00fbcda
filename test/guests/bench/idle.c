/* Ten of the guest's seconds asleep, with a tick each millisecond, as of a kernel at 1000 Hz: what idling costs. */
#include "guest.h"

#define TICKS 10000
#define TIMEBASE_HZ 10000000

u64 work(void) {
  u64 sum = CHECKSUM_START;
#ifndef HOST
  volatile u64 *mtimecmp = (volatile u64 *)0x02004000, *mtime = (volatile u64 *)0x0200bff8;
  u64 due = *mtime;
  __asm__ volatile("csrw mie, %0" ::"r"(1 << 7)); /* MTI; mstatus.MIE stays clear: wfi wakes and goes on */
#endif
  for (u32 tick = 0; tick < TICKS; tick++) {
#ifndef HOST
    due += TIMEBASE_HZ / 1000;
    *mtimecmp = due;
    while (*mtime < due) __asm__ volatile("wfi");
#endif
    sum = mixed(sum, tick);
  }
  return sum;
}
