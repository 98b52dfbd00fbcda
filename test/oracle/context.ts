/**
 * What the dispatcher and the trap handlers know of the block under way, as a record in the guest's memory, and the
 * registers that a block leaves to them.
 */

/**
 * Each block reserves three integer registers, so that over the blocks every register is tested: `log` points at the
 * current record in the alias that the block runs in; `t` and `u` are scratch that no slot keeps anything in.
 */
export interface Reserved {
  readonly log: number;
  readonly t: number;
  readonly u: number;
}

/** x1, x2 and x8 to x15 are never among them: compressed instructions need those. */
export const reservations: readonly Reserved[] = [
  { log: 31, t: 30, u: 29 },
  { log: 3, t: 4, u: 5 },
  { log: 6, t: 7, u: 16 },
  { log: 17, t: 18, u: 19 },
  { log: 20, t: 21, u: 22 },
  { log: 23, t: 24, u: 25 },
  { log: 26, t: 27, u: 28 },
];

// The context's fields, offsets in bytes. From `entry` on it is a copy of the block's descriptor.
export const context = {
  cursor: 0,
  iterationLog: 8,
  poolPointer: 16,
  iterationsLeft: 24,
  descriptor: 32,
  entry: 64,
  slotTable: 72,
  slotBytes: 80,
  mstatus: 88,
  sstatus: 96,
  alias: 104,
  satp: 112,
  medeleg: 120,
  mideleg: 128,
  mcounteren: 136,
  scounteren: 144,
  iterations: 152,
  mtvec: 160,
  stvec: 168,
  start: 176,
} as const;
export const descriptorBytes = context.start + 8 - context.entry;

/** Offset of the pointer to the pool, in the block's alias, for slots that fetch fresh operands. */
export const poolPointerOffset = context.poolPointer;
