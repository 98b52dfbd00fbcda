/**
 * Which integer registers of a region hold a 32-bit number, sign-extended to 64 bits, as W instructions, `lw` and comparisons
 * leave them (unprivileged specification, RV64I). Bitwise operations and comparisons of such are the same done with 32 bits, where the
 * host's optimiser finds rotations and needs no widening in between.
 */

import type { Decoded } from './decoded.ts';
import { writtenBy } from './liveness.ts';
import type { Region } from './region.ts';
import type { ByBlock, Structure } from './structure.ts';

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
  for (let changed = true; changed; ) {
    changed = false;
    for (let at = 0; at < list.length; at += 1) {
      const from = list[at]!;
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
 * By block of a quiet loop, the registers that hold such a number all through the outermost one, and are written there: 32 bits of
 * them are enough. From one block to the next that widens nothing, and it spills half. `loops`: see quietLoops.
 */
export const narrowRegisters = (
  region: Region,
  { list, edges }: Structure,
  loops: ByBlock,
  known: ByBlock,
): ByBlock => {
  const { blocks, instructions } = region;
  const narrow = new Int32Array(blocks.length);
  const [always, written] = [new Int32Array(blocks.length + 1).fill(~zero), new Int32Array(blocks.length + 1)];
  for (let at = 0; at < list.length; at += 1) {
    const block = list[at]!;
    const loop = loops[block]!;
    const { first, count, ending } = blocks[block]!;
    if (ending === 'hub') {
      // Where it goes is decided at once for all: nothing could be widened in between.
      always[loop] = 0;
      for (let edge = edges.begin[block]!; edge < edges.end[block]!; edge += 1) always[loops[edges.to[edge]!]!] = 0;
    }
    if (loop === 0) continue;
    let now = known[block]!;
    always[loop] = always[loop]! & now;
    for (let next = first; next < first + count; next += 1) {
      now = signExtendedAfter(now, instructions[next]!.is);
      always[loop] = always[loop]! & now;
    }
    written[loop] = written[loop]! | writtenBy(region, block);
  }
  for (let at = 0; at < list.length; at += 1) {
    const loop = loops[list[at]!]!;
    if (loop !== 0) narrow[list[at]!] = always[loop]! & written[loop]!;
  }
  return narrow;
};
