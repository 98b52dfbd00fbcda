/*
 * An interrupt storm: every 2000 steps or so a machine timer interrupt that is due at once when it is asked for, so
 * that every machine takes as many of them, whatever its clock does.
 */
#include "guest.h"

#define INTERRUPTS 650000
#define WORK_BETWEEN 380

static volatile u64 taken;
static u64 handler_sum = CHECKSUM_START;

#ifdef HOST
static void interrupt_ask(void) {
  taken++;
  handler_sum = mixed(handler_sum, taken);
}
static void interrupts_start(void) {}
#else
#define CLINT_MTIMECMP ((volatile u64 *)0x02004000)
#define MIP_MTI (1 << 7)
#define MSTATUS_MIE (1 << 3)

static __attribute__((interrupt("machine"), aligned(4))) void handler(void) {
  *CLINT_MTIMECMP = (u64)-1;
  taken++;
  handler_sum = mixed(handler_sum, taken);
}
static void interrupts_start(void) {
  *CLINT_MTIMECMP = (u64)-1;
  __asm__ volatile("csrw mtvec, %0" ::"r"(handler));
  __asm__ volatile("csrw mie, %0" ::"r"(MIP_MTI));
  __asm__ volatile("csrs mstatus, %0" ::"r"(MSTATUS_MIE));
}
static void interrupt_ask(void) { *CLINT_MTIMECMP = 0; }
#endif

u64 work(void) {
  u64 sum = CHECKSUM_START;
  interrupts_start();
  for (u32 n = 0; n < INTERRUPTS; n++) {
    u64 before = taken;
    interrupt_ask();
    for (u32 i = 0; i < WORK_BETWEEN; i++) sum = mixed(sum, i);
    while (taken == before) {
    }
    sum = mixed(sum, taken);
  }
  return mixed(sum, handler_sum);
}
