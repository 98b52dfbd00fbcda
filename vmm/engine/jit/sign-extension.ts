/**
 * Which integer registers of a region hold a 32-bit number, sign-extended to 64 bits, as W instructions, `lw` and comparisons
 * leave them (unprivileged specification, RV64I). Bitwise operations and comparisons of such are the same done with 32 bits, where the
 * host's optimiser finds rotations and needs no widening in between.
 */

import type { Decoded } from './decoded.ts';
import type { Region } from './region.ts';
import type { ByBlock, QuietLoops, Structure } from './structure.ts';

/** Registers as bits; x0 always holds such a number. */
const zero = 1;

/** The registers, as bits, that hold such a number after an instruction, from those before it. */
export const signExtendedAfter = (before: number, { writes, mayBeSignExtended, signExtendedFrom }: Decoded): number =>
  mayBeSignExtended && (before & signExtendedFrom) === signExtendedFrom ? before | writes : before & ~writes;

/** By block of a region, the registers that hold such a number where it begins, whatever way control comes there. */
export const signExtendedRegisters = ({ blocks, instructions }: Region, { list, edges }: Structure): ByBlock => {
  // From all registers downwards, but for where control comes in from outside.
  const known = new Int32Array(blocks.length).fill(-1);
  known[0] = zero;
  /** What was known of a block when its instructions were last gone through; 0, which is never known, before. */
  const gone = new Int32Array(blocks.length);
  for (let changed = true; changed; ) {
    changed = false;
    for (let at = 0; at < list.length; at += 1) {
      const from = list[at]!;
      if (known[from] === gone[from]) continue;
      gone[from] = known[from]!;
      const { first, count, ending } = blocks[from]!;
      let after = known[from]!;
      if (ending === 'call') after = zero;
      else
        for (let next = first; next < first + count; next += 1)
          after = signExtendedAfter(after, instructions[next]!.is);
      for (let edge = edges.begin[from]!; edge < edges.end[from]!; edge += 1) {
        const to = edges.to[edge]!;
        if ((known[to]! & after) === known[to]) continue;
        known[to] = known[to]! & after;
        changed = true;
      }
    }
  }
  return known;
};

/**
 * By block, the registers that hold such a number all through the innermost quiet loop that it belongs to, or one around it, and are
 * written there: 32 bits of them are enough. From one turn to the next that widens nothing, and spills half. Not so where one is had
 * in all 64 bits anyway, for another block or turn to read.
 */
export const narrowRegisters = (
  { blocks, instructions }: Region,
  { list, edges }: Structure,
  { of, around }: QuietLoops,
  known: ByBlock,
): ByBlock => {
  const narrow = new Int32Array(blocks.length);
  if (around.length === 1) return narrow;
  /** By loop: registers that hold such a number all the time, and that are written. */
  const always = new Int32Array(around.length).fill(~zero);
  const written = new Int32Array(around.length);
  /** By loop: registers that get all 64 bits at once, and those that some block reads before it writes them. */
  const wide = new Int32Array(around.length);
  const exposed = new Int32Array(around.length);
  for (let at = 0; at < list.length; at += 1) {
    const block = list[at]!;
    const { first, count, ending, reads, writes, wide: widely } = blocks[block]!;
    if (ending === 'hub') {
      // It goes to all of its targets by one instruction, with nothing widened in between.
      for (let loop = of[block]!; loop !== 0; loop = around[loop]!) always[loop] = 0;
      for (let edge = edges.begin[block]!; edge < edges.end[block]!; edge += 1)
        for (let loop = of[edges.to[edge]!]!; loop !== 0; loop = around[loop]!) always[loop] = 0;
    }
    if (of[block] === 0) continue;
    let now = known[block]!;
    let all = now;
    for (let next = first; next < first + count; next += 1) {
      now = signExtendedAfter(now, instructions[next]!.is);
      all &= now;
    }
    for (let loop = of[block]!; loop !== 0; loop = around[loop]!) {
      always[loop] = always[loop]! & all;
      written[loop] = written[loop]! | writes;
      wide[loop] = wide[loop]! | widely;
      exposed[loop] = exposed[loop]! | reads;
    }
  }
  const inLoop = new Int32Array(around.length);
  for (let loop = 1; loop < around.length; loop += 1)
    inLoop[loop] = always[loop]! & (written[loop]! | inLoop[around[loop]!]!) & ~(wide[loop]! & exposed[loop]!);
  for (let at = 0; at < list.length; at += 1) narrow[list[at]!] = inLoop[of[list[at]!]!]!;
  return narrow;
};
