/**
 * Which integer registers may differ from the hart's record at a block's end, because the region has written them since
 * it began or since its last call. Those must be stored before others run; the rest need not be.
 */

import { type Block, type Region, successorsOf } from './region.ts';
import { fieldsOf } from './row-facts.ts';
import type { Structure } from './structure.ts';

/** By block, a set of registers as bits. */
export const dirtyRegisters = (region: Region, { order, isInside }: Structure): ReadonlyMap<number, number> => {
  const atStart = new Map<number, number>();
  const atEnd = new Map<number, number>();
  const writes = new Map([...order.keys()].map((block) => [block, writtenBy(region.blocks.get(block)!)]));
  for (let changed = true; changed; ) {
    changed = false;
    for (const from of order.keys()) {
      const { terminator } = region.blocks.get(from)!;
      const end = (atStart.get(from) ?? 0) | writes.get(from)!;
      if (end === atEnd.get(from)) continue;
      atEnd.set(from, end);
      changed = true;
      const handedOn = terminator.kind === 'call' ? 0 : end;
      for (const to of successorsOf(terminator))
        if (isInside(from, to)) atStart.set(to, (atStart.get(to) ?? 0) | handedOn);
    }
  }
  return atEnd;
};

const writtenBy = ({ instructions }: Block): number => {
  let registers = 0;
  for (const { row, word } of instructions) if (fieldsOf(row).rd) registers |= 1 << ((word >>> 7) & 31);
  return registers;
};
