/* Copying 16 MiB through 4 KiB pages whose frames lie in no order, there and back, by words and by bytes. */
#include "board.h"

#define PAGES 4096
#define WORDS (PAGES * PAGE_BYTES / 8)
#define ROUNDS 26

u64 system_call(u64 number, u64 one, u64 other) { return number + one + other; }

u64 work(void) {
  paging_start(1);
  for (u32 page = 0; page < 2 * PAGES; page++) page_map(page, page * 4099 % (2 * PAGES));
  u64 *from = (u64 *)PAGED, *to = (u64 *)(PAGED + PAGES * PAGE_BYTES);
  u64 state = 3, sum = CHECKSUM_START;
  for (u32 i = 0; i < WORDS; i++) from[i] = random_u32(&state) * 0x9e3779b97f4a7c15u;
  for (u32 round = 0; round < ROUNDS; round++) {
    for (u32 i = 0; i < WORDS; i += 4) to[i] = from[i], to[i + 1] = from[i + 1], to[i + 2] = from[i + 2], to[i + 3] = from[i + 3];
    u8 *bytes = (u8 *)to;
    for (u32 i = 0; i < 64 * PAGE_BYTES; i++) bytes[i] = (u8)(bytes[i] + bytes[i + 1] + round);
    u64 *swap = from;
    from = to, to = swap;
  }
  /* A column of each page: every access another page. */
  for (u32 i = 0; i < 64; i++)
    for (u32 page = 0; page < PAGES; page++) sum = mixed(sum, from[(u64)page * (PAGE_BYTES / 8) + i * 7]);
  return sum;
}
