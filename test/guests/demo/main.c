// The kernel's first C function, in supervisor mode and still without paging: brings up each part, then schedules.

#include "kernel.h"

void kernel_main(void)
{
  console_initialise();
  print("\ndemo: a small kernel for RV64, in supervisor mode on hart 0\n");
  print("timer: %s, a tick is %d of mtime\n", timer_has_sstc ? "Sstc" : "CLINT", (u64)TICK_TIME);
  u64 pages = memory_initialise();
  print("memory: %p to %p, %d pages free\n", MEMORY_BASE, MEMORY_END, pages);
  print("paging: Sv39, kernel root table at %p\n", kernel_address_space());
  trap_initialise();
  print("traps: stvec %p, console input by PLIC source 10\n", csr_read(stvec));
  files_initialise();
  buffers_initialise();
  processes_initialise();
  scheduler();
}
