/** The translator's side of what the interpreter counts at jump targets (arrivals.ts): what is hot, and where jumps went. */

import type { MachineMemory } from '../../machine/memory.ts';
import { hashOf } from '../hash.ts';
import { arrivalsBase, arrivalsBits, hotSteps, jumpTargetsBase, jumpTargetsEntries, pageBytes } from '../layout.ts';

/**
 * After so many steps all counts are halved: a place that is come to now and then never gets hot. Otherwise, in a long run,
 * nearly all places would, one after the other.
 */
const agingSteps = 1_000_000_000;
/** A count that makes a place hot at the first arrival, however long that takes. */
const hotAtOnce = 2 ** 30;

export class ArrivalCounts {
  readonly #counts: Int32Array;
  readonly #jumpTargets: Uint8Array;
  #agedAt = 0;

  constructor({ i32, u8 }: MachineMemory) {
    this.#counts = i32.subarray(arrivalsBase >>> 2, (arrivalsBase >>> 2) + 2 ** arrivalsBits);
    this.#jumpTargets = u8.subarray(jumpTargetsBase, jumpTargetsBase + jumpTargetsEntries);
  }

  clear(): void {
    this.#counts.fill(0);
  }

  /** Makes every place hot. */
  heatAll(): void {
    this.#counts.fill(hotSteps.other);
  }

  /** Makes these places hot, by host address. */
  heat(hosts: Iterable<number>): void {
    for (const host of hosts) this.#counts[hashOf(host, arrivalsBits)] = hotAtOnce;
  }

  /** To be told now and then how many steps were made so far. Whether counts were halved. */
  age(steps: number): boolean {
    if (steps - this.#agedAt < agingSteps) return false;
    const counts = this.#counts;
    for (let place = 0; place < counts.length; place += 1) counts[place]! >>= 1;
    this.#agedAt = steps;
    return true;
  }

  /** Where indirect jumps went in the page at a host address: offsets in it. */
  jumpTargets(page: number): number[] {
    const first = (page >>> 1) & (jumpTargetsEntries - 1);
    const marks = this.#jumpTargets.subarray(first, first + pageBytes / 2);
    const offsets: number[] = [];
    for (let at = marks.indexOf(1); at >= 0; at = marks.indexOf(1, at + 1)) offsets.push(at * 2);
    return offsets;
  }
}
