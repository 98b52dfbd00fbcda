/* Context switches: four address spaces with their own ASIDs take turns, each with its own pages at the same addresses. */
#include "board.h"

#define SPACES 4
#define PAGES 16
#define SWITCHES 500000

u64 system_call(u64 number, u64 one, u64 other) { return number + one + other; }

u64 work(void) {
  paging_start(SPACES);
  for (u32 space = 0; space < SPACES; space++) {
    space_enter(space);
    for (u32 page = 0; page < PAGES; page++) page_map(page, space * PAGES + page);
  }
  u64 carried = 1;
  for (u32 n = 0; n < SWITCHES; n++) {
    space_enter((u32)(carried >> 7 ^ n) % SPACES);
    for (u32 page = 0; page < PAGES; page++) {
      u64 *word = (u64 *)(PAGED + page * PAGE_BYTES) + n % 512;
      *word = mixed(*word, carried + page);
      carried += *word;
    }
  }
  return carried;
}
