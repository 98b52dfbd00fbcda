/**
 * Which integer registers a block of a region may read before it writes them: those that must be in locals when control
 * comes to it from outside. Nothing is live where the region is left or calls, since every register is in the hart's
 * record there. Sets of registers are bits of a number.
 */

import type { Region } from './region.ts';
import type { ByBlock, QuietLoops, Structure } from './structure.ts';

/**
 * The registers that were written on some way to a block and are not stored yet, where that is left to the ways out of quiet
 * loops.
 */
export const dirtyRegisters = ({ blocks }: Region, { edges }: Structure, { of: late, around }: QuietLoops): ByBlock => {
  const dirty = new Int32Array(late.length);
  if (around.length === 1) return dirty;
  for (let changed = true; changed; ) {
    changed = false;
    for (let edge = 0; edge < edges.count; edge += 1) {
      const from = edges.from[edge]!;
      const to = edges.to[edge]!;
      if (late[from] === 0 || late[to] === 0) continue;
      const after = dirty[to]! | dirty[from]! | blocks[from]!.writes;
      if (after === dirty[to]) continue;
      dirty[to] = after;
      changed = true;
    }
  }
  return dirty;
};

/**
 * x0 is never live. Those that a block may have to store (`dirty`) must be in their locals, too.
 */
export const liveRegisters = ({ blocks }: Region, { list, edges }: Structure, dirty: ByBlock): ByBlock => {
  const live = new Int32Array(blocks.length);
  for (let at = 0; at < list.length; at += 1) live[list[at]!] = blocks[list[at]!]!.reads | dirty[list[at]!]!;
  for (let changed = true; changed; ) {
    changed = false;
    for (let edge = edges.count - 1; edge >= 0; edge -= 1) {
      const from = edges.from[edge]!;
      const { ending, writes } = blocks[from]!;
      if (ending === 'call') continue;
      const before = live[from]! | (live[edges.to[edge]!]! & ~writes);
      if (before === live[from]) continue;
      live[from] = before;
      changed = true;
    }
  }
  return live;
};
