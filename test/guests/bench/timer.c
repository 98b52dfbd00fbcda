/*
 * Timer interrupts that come by themselves about every 2000 steps of a machine that counts its steps, while the same
 * work goes on; how many come depends on the machine's clock, so it is not printed, and is no part of the checksum.
 */
#include "guest.h"

#define WORK 120000000
#define CALIBRATION 40000 /* rounds of 5 steps */

#ifndef HOST
#define CLINT_MTIMECMP ((volatile u64 *)0x02004000)
#define CLINT_MTIME ((volatile u64 *)0x0200bff8)
#define MIP_MTI (1 << 7)
#define MSTATUS_MIE (1 << 3)

static volatile u64 taken;
static volatile u64 period;

static __attribute__((interrupt("machine"), aligned(4))) void handler(void) {
  taken++;
  *CLINT_MTIMECMP = *CLINT_MTIME + period;
}
#endif

static u64 sum = CHECKSUM_START;
static void worked(u32 rounds) {
  for (u32 i = 0; i < rounds; i++) sum = mixed(sum, i);
}

u64 work(void) {
#ifndef HOST
  u64 start = *CLINT_MTIME;
  worked(CALIBRATION);
  u64 ticks = (*CLINT_MTIME - start) / (CALIBRATION * 5 / 2000);
  period = ticks > 0 ? ticks : 1;
  *CLINT_MTIMECMP = *CLINT_MTIME + period;
  __asm__ volatile("csrw mtvec, %0" ::"r"(handler));
  __asm__ volatile("csrw mie, %0" ::"r"(MIP_MTI));
  __asm__ volatile("csrs mstatus, %0" ::"r"(MSTATUS_MIE));
#else
  worked(CALIBRATION);
#endif
  worked(WORK);
#ifndef HOST
  __asm__ volatile("csrc mstatus, %0" ::"r"(MSTATUS_MIE));
  if (taken == 0) sum = 0; /* a wrong checksum: none came */
#endif
  return sum;
}
