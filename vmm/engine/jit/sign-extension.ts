/**
 * Which integer registers of a region hold a 32-bit number, sign-extended to 64 bits, as W instructions, `lw` and comparisons
 * leave them (unprivileged specification, RV64I). Bitwise operations and comparisons of such are the same done with 32 bits, where the
 * host's optimiser finds rotations and needs no widening in between.
 */

import type { XField } from '../../isa/meaning.ts';
import { isSignExtended } from '../narrow-values.ts';
import { type Instruction, type Region, successorsOf } from './region.ts';
import { fieldsOf } from './row-facts.ts';
import type { Structure } from './structure.ts';

/** Registers as bits; x0 always holds such a number. */
const zero = 1;

/** The registers, as bits, that hold such a number after an instruction, from those before it. */
export const signExtendedAfter = (before: number, { row, word }: Instruction): number => {
  if (!fieldsOf(row).rd) return before;
  const rd = 1 << ((word >>> 7) & 31);
  const { meaning } = row;
  const holds = (field: XField): boolean => ((before >>> ((word >>> fieldBit[field]) & 31)) & 1) !== 0;
  const isOne = meaning.k === 'setX' && isSignExtended(meaning.value, holds);
  return (isOne ? before | rd : before & ~rd) | zero;
};

const fieldBit: Record<XField, number> = { rs1: 15, rs2: 20 };

/** By block of a region, the registers that hold such a number where it begins, whatever way control comes there. */
export const signExtendedRegisters = (region: Region, { order, isInside }: Structure): ReadonlyMap<number, number> => {
  // From all registers downwards, but for where control comes in from outside.
  const known = new Map([...order.keys()].map((block) => [block, block === 0 ? zero : -1]));
  for (let changed = true; changed; ) {
    changed = false;
    for (const from of order.keys()) {
      const { terminator, instructions } = region.blocks.get(from)!;
      const after = terminator.kind === 'call' ? zero : instructions.reduce(signExtendedAfter, known.get(from)!);
      for (const to of successorsOf(terminator)) {
        if (!isInside(from, to) || (known.get(to)! & after) === known.get(to)!) continue;
        known.set(to, known.get(to)! & after);
        changed = true;
      }
    }
  }
  return known;
};
