/** States of a machine as what changed since the one before: how one machine of a history tells another where it has been. */

import type { Moment } from '../../traces/time.ts';
import { pageBytes, pageFlag, pageFlagsBase, ramOffset } from '../engine/layout.ts';
import type { Machine, MachineRecord } from '../machine/machine.ts';

export interface CheckpointDelta {
  readonly at: Moment;
  /** How many inputs of the log had been applied. */
  readonly cursor: number;
  readonly record: MachineRecord;
  /** RAM pages that changed, and what is in them, one after another. */
  readonly pages: Uint32Array<ArrayBuffer>;
  readonly contents: Uint8Array<ArrayBuffer>;
}

/** The present state, as it differs from the one that was told before. The machine's timeline takes no checkpoints itself. */
export const takeDelta = (machine: Machine, cursor: number): CheckpointDelta => {
  const { u8, ramPages } = machine.memory;
  const pages: number[] = [];
  for (let page = 0; page < ramPages; page += 1) {
    const flags = u8[pageFlagsBase + page]!;
    if ((flags & pageFlag.dirtySinceCheckpoint) === 0) continue;
    u8[pageFlagsBase + page] = flags & ~pageFlag.dirtySinceCheckpoint;
    pages.push(page);
  }
  const contents = new Uint8Array(pages.length * pageBytes);
  for (const [index, page] of pages.entries()) {
    const start = ramOffset + page * pageBytes;
    contents.set(u8.subarray(start, start + pageBytes), index * pageBytes);
  }
  machine.translations.dropWrites();
  return { at: machine.now, cursor, record: machine.save(), pages: Uint32Array.from(pages), contents };
};
