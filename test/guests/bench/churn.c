/* Page tables at work: pages are mapped, touched and taken away again, with tables that come and go as after fork. */
#include "board.h"

#define PAGES 2048
#define ROUNDS 240

u64 system_call(u64 number, u64 one, u64 other) { return number + one + other; }

u64 work(void) {
  paging_start(1);
  u64 sum = CHECKSUM_START;
  for (u32 round = 0; round < ROUNDS; round++) {
    for (u32 page = 0; page < PAGES; page++) page_map(page, (page + round * 37) % (PAGES + 512));
    for (u32 page = 0; page < PAGES; page++) {
      u64 *word = (u64 *)(PAGED + page * PAGE_BYTES) + (page & 511);
      *word = mixed(*word, page + round);
      sum = mixed(sum, *word);
    }
    for (u32 page = 0; page < PAGES; page++) page_unmap(page);
    if (round % 4 == 3) tables_free();
  }
  return sum;
}
