/*
 * What the workloads about traps and paging do to a machine, as calls. board.c does it with CSRs and page tables, the
 * host (host_board.c) with plain arrays; the values that come back are the same.
 */
#pragma once
#include "guest.h"

#define PAGE_BYTES 4096

#ifdef HOST
#define PAGED_BYTES (48 << 20)
extern u8 host_paged[];
#define PAGED host_paged
#else
/* Where the pages lie that a workload maps, in virtual memory. */
#define PAGED ((u8 *)0x40000000)
#endif

/* Frames to map, counted from the first one behind the guest. */
#define FRAMES 16384

/* Paging on, with `count` address spaces in which all but PAGED is mapped to itself, for good. The first is entered. */
void paging_start(u32 count);
/* Maps page `page` of PAGED to a frame in the address space that is entered; the tables grow as needed. */
void page_map(u32 page, u32 frame);
/* Takes a page away and tells the processor (sfence.vma with its address). */
void page_unmap(u32 page);
/* Frees the tables of PAGED in the address space that is entered: they are cleared, and grow again. */
void tables_free(void);
/* Enters another address space, without a fence: each has its own ASID. */
void space_enter(u32 space);
/* Enters user mode there, and comes back when it is left with user_leave. */
void user_run(void (*program)(void));
/* From user mode, through a trap that saves and restores all registers: gives what system_call() makes of it. */
u64 user_call(u64 number, u64 one, u64 other);
/* The last thing that a user program does. */
void user_leave(void);
/* The workload's own. */
u64 system_call(u64 number, u64 one, u64 other);
