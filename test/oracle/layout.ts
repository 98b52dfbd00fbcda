/**
 * The memory map of a generated program and the shape of its log. Physical addresses.
 *
 *     0x8000_0000  code, block descriptors, literals            (in the image)
 *     0x8010_0000  page tables                                  (in the image)
 *     0x8011_0000  pool of register values                      (in the image; the image ends behind it)
 *     0x8012_0000  context: what the dispatcher and the trap handlers know of the block under way
 *     0x8060_0000  region A: data that loads and stores reach; also through the window's data half
 *     0x8080_0000  region B: pages full of `c.jr ra`, the fetch targets of the window's other half
 *     0x80a0_0000  region C: data behind random PMP entries, which region B meets as well
 *     0x8100_0000  the log
 *
 * Supervisor and user code under paging see RAM twice, so that one program text serves every mode:
 *
 *     virtual 0x8000_0000 -> 0x8000_0000  gigapage, U=0
 *     virtual 0xc000_0000 -> 0x8000_0000  gigapage, U=1
 *     virtual 0x1_0000_0000               the window: every page-table entry on its path may be edited
 */

export const codeBase = 0x8000_0000;
export const tablesBase = 0x8010_0000;
export const poolBase = 0x8011_0000;
export const poolDwords = 8192;
export const contextBase = 0x8012_0000;
export const regionA = 0x8060_0000;
export const regionB = 0x8080_0000;
export const regionC = 0x80a0_0000;
export const regionPages = 8;
export const logBase = 0x8100_0000;
export const ramMiB = 128;
/** The device tree that QEMU lays into RAM begins above this. */
export const logEnd = 0x87c0_0000;
export const userAlias = 0x4000_0000;
export const finisher = 0x10_0000;
/** Ends the program: a reset that is not carried out. (On the value for success, QEMU 7.2 exits and its RAM is gone.) */
export const finisherReset = 0x7777;
export const mtimecmp = 0x0200_4000;

/** One 4 KiB page each. */
export const tables = {
  sv57: tablesBase,
  sv48: tablesBase + 0x1000,
  sv39: tablesBase + 0x2000, // entries 2 and 3 are the gigapages, 4 is the window
  middle: tablesBase + 0x3000, // entry 3 is the data half, 4 the fetch half
  data: tablesBase + 0x4000,
  fetch: tablesBase + 0x5000,
} as const;
export const tablesPages = 6;

/** Registers of the pool that a block's iteration loads: 31 integers, 32 floating-point ones; then it moves on. */
export const poolStrideBytes = 0x1f8;

/**
 * A record of the log: what one slot did. An untrapped slot writes results into the words it needs; a trap writes
 * cause, epc, tval and status of the mode that took it, the cause with `supervisorMark` added in supervisor mode.
 */
export const recordBytes = 32;
export const supervisorMark = 0x100;
/** x1 to x31, f0 to f31, fcsr. */
export const dumpBytes = 512;

/** Log bytes of one iteration of a block: a record a slot, the dump, the record of the ecall that ends it. */
export const iterationBytes = (slots: number): number => slots * recordBytes + dumpBytes + recordBytes;
/** After a block's iterations: sums over region A and the page tables. */
export const blockTailBytes = 32;
