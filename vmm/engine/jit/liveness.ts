/**
 * Which integer registers a block of a region may read before it writes them: those that must be in locals when control
 * comes to it from outside. Nothing is live where the region is left or calls, since every register is in the hart's
 * record there.
 */

import { type Block, type Region, successorsOf } from './region.ts';
import { fieldsOf } from './row-facts.ts';
import type { Structure } from './structure.ts';

/**
 * By block, the registers that were written on some way there and are not stored yet, if that is left to the ways out of a set of
 * blocks that has no calls.
 */
export const dirtyRegisters = (
  region: Region,
  { isInside }: Structure,
  late: ReadonlySet<number>,
): ReadonlyMap<number, number> => {
  const dirty = new Map([...late].map((block) => [block, 0]));
  for (let changed = true; changed; ) {
    changed = false;
    for (const from of late) {
      const { terminator, instructions } = region.blocks.get(from)!;
      const after = dirty.get(from)! | writtenBy(instructions);
      for (const to of successorsOf(terminator)) {
        if (!late.has(to) || !isInside(from, to) || (dirty.get(to)! | after) === dirty.get(to)!) continue;
        dirty.set(to, dirty.get(to)! | after);
        changed = true;
      }
    }
  }
  return dirty;
};

const writtenBy = (instructions: Block['instructions']): number => {
  let written = 0;
  for (const { row, word } of instructions) if (fieldsOf(row).rd) written |= 1 << ((word >>> 7) & 31);
  return written & ~1;
};

/**
 * By block, a set of registers as bits; x0 is never in it. Those that a block may have to store (`dirty`) must be in their locals,
 * too.
 */
export const liveRegisters = (
  region: Region,
  { order, isInside }: Structure,
  dirty: ReadonlyMap<number, number>,
): ReadonlyMap<number, number> => {
  const facts = new Map([...order.keys()].map((block) => [block, factsOf(region.blocks.get(block)!)]));
  const live = new Map<number, number>();
  const backwards = [...order.keys()].reverse();
  for (let changed = true; changed; ) {
    changed = false;
    for (const from of backwards) {
      const { terminator } = region.blocks.get(from)!;
      const { reads, writes } = facts.get(from)!;
      let after = 0;
      if (terminator.kind !== 'call')
        for (const to of successorsOf(terminator)) if (isInside(from, to)) after |= live.get(to) ?? 0;
      const before = reads | (after & ~writes) | (dirty.get(from) ?? 0);
      if (before === live.get(from)) continue;
      live.set(from, before);
      changed = true;
    }
  }
  return live;
};

/** What a block reads before it writes it, and what it writes. */
const factsOf = ({ instructions }: Block): { readonly reads: number; readonly writes: number } => {
  let [reads, writes] = [0, 0];
  for (const { row, word } of instructions) {
    const fields = fieldsOf(row);
    if (fields.rs1) reads |= (1 << ((word >>> 15) & 31)) & ~writes;
    if (fields.rs2) reads |= (1 << ((word >>> 20) & 31)) & ~writes;
    if (fields.rd) writes |= 1 << ((word >>> 7) & 31);
  }
  return { reads: reads & ~1, writes: writes & ~1 };
};
