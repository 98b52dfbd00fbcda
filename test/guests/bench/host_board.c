/* board.h on the host: an address space is an array of frame numbers; a page of PAGED is copied in and out of its frame. */
#include <string.h>

#include "board.h"

#define SPACES 8
#define PAGES (PAGED_BYTES / PAGE_BYTES)

u8 host_paged[PAGED_BYTES + 8] __attribute__((aligned(PAGE_BYTES)));
static u8 frames[FRAMES][PAGE_BYTES];
static i32 mapped[SPACES][PAGES]; /* frame + 1, or 0 */
static u32 current;

static u8 *page_of(u32 page) { return host_paged + (u64)page * PAGE_BYTES; }

void paging_start(u32 count) { (void)count; }

void page_map(u32 page, u32 frame) {
  mapped[current][page] = (i32)frame + 1;
  memcpy(page_of(page), frames[frame], PAGE_BYTES);
}
void page_unmap(u32 page) {
  memcpy(frames[mapped[current][page] - 1], page_of(page), PAGE_BYTES);
  mapped[current][page] = 0;
}
void tables_free(void) {}

void space_enter(u32 space) {
  for (u32 page = 0; page < 32; page++)
    if (mapped[current][page]) memcpy(frames[mapped[current][page] - 1], page_of(page), PAGE_BYTES);
  current = space;
  for (u32 page = 0; page < 32; page++)
    if (mapped[current][page]) memcpy(page_of(page), frames[mapped[current][page] - 1], PAGE_BYTES);
}

void user_run(void (*program)(void)) { program(); }
u64 user_call(u64 number, u64 one, u64 other) { return system_call(number, one, other); }
void user_leave(void) {}
