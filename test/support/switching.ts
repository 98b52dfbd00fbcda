/** Another engine, other caches and another mode of running, drawn at random: none of it may show. Not a test. */

import { pageBytes, pageFlag, pageFlagsBase } from '../../vmm/engine/layout.ts';
import type { Machine } from '../../vmm/machine/machine.ts';
import { ramBase } from '../../vmm/machine/memory.ts';
import type { RunOptions } from '../../vmm/machine/stops.ts';
import type { Random } from '../oracle/random.ts';

/** How seldom what is slow is done: once in so many draws. */
export interface Seldom {
  readonly eager: number;
  readonly dropped: number;
  readonly restored: number;
  /** With breakpoints, for which translated code is made anew. */
  readonly armed: number;
}

/** Changes the machine's engine; gives options for its next run. */
export const switchEngine = (machine: Machine, random: Random, seldom: Seldom): RunOptions => {
  const { engine, translations } = machine;
  engine.translating = !random.oneIn(3);
  if (random.oneIn(seldom.eager)) engine.translateEagerly();
  if (random.oneIn(seldom.dropped)) translations.dropAll();
  if (random.oneIn(seldom.restored)) machine.restore(machine.save());
  if (random.oneIn(2)) return {};
  const armed = random.oneIn(seldom.armed);
  if (armed) engine.arm(machine.harts.map((hart) => hart.get('pc') + BigInt(2 * random.below(12) - 8)));
  const isWatching = random.oneIn(3);
  return {
    armed,
    traps: random.oneIn(2),
    ...(isWatching && { watch: [{ address: writtenPlace(machine, random), sizeBytes: 1 << random.below(7) }] }),
  };
};

/** A place in a page that was written since the last digest, if there is one: it may well be written again. */
const writtenPlace = ({ memory }: Machine, random: Random): number => {
  const start = random.below(memory.ramPages);
  let page = start;
  const isWritten = (): boolean => (memory.u8[pageFlagsBase + page]! & pageFlag.dirtySinceDigest) !== 0;
  for (let looked = 0; looked < memory.ramPages && !isWritten(); looked += 1) page = (page + 1) % memory.ramPages;
  return ramBase + page * pageBytes + 64 * random.below(pageBytes / 64);
};
