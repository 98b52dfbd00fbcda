/**
 * Where a position-independent program lies in its processes: at one or several distances from where it was linked, which are
 * found one after the other (`moving-text.ts`). An address is in whichever of them has it; back again, the one that was met last
 * counts.
 */

import type { Segment } from '../program/elf.ts';
import { LinkMap } from './link-map.ts';

/** Processes come and go; the places of the last ones are kept. */
const distancesMax = 256;

export class MovingLinks extends LinkMap {
  readonly #low: bigint;
  readonly #high: bigint;
  /** The last met first. */
  readonly #distances: bigint[] = [];

  constructor(segments: readonly Segment[]) {
    const used = segments.filter(({ memoryBytes }) => memoryBytes > 0n);
    super(used.map((one) => ({ ...one, physicalAddress: one.virtualAddress })));
    // In ascending order, as the ELF specification wants it ("Program Header", PT_LOAD).
    const [first, last] = [used[0], used.at(-1)];
    this.#low = first?.virtualAddress ?? 0n;
    this.#high = last === undefined ? 0n : last.virtualAddress + last.memoryBytes;
  }

  /** Notes that the program is met at a distance. Gives whether that is a new one. */
  meet(distance: bigint): boolean {
    if (this.#distances[0] === distance) return false;
    const known = this.#distances.indexOf(distance);
    if (known >= 0) this.#distances.splice(known, 1);
    else if (this.#distances.length >= distancesMax) this.#distances.pop();
    this.#distances.unshift(distance);
    return known < 0;
  }

  override linked(address: bigint): bigint {
    for (const distance of this.#distances) {
      const linked = address - distance;
      if (linked >= this.#low && linked < this.#high) return linked;
    }
    return address;
  }

  override loaded(address: bigint): bigint | undefined {
    const [distance] = this.#distances;
    const isOwn = address >= this.#low && address < this.#high;
    return distance === undefined || distance === 0n || !isOwn ? undefined : address + distance;
  }

  /** Not where it was linked: that is most often memory of something else. */
  override memoryPlaces(address: bigint): readonly bigint[] {
    return [this.loaded(address) ?? address];
  }

  override places(address: bigint): readonly bigint[] {
    return this.#distances.length === 0 ? [address] : this.#distances.map((distance) => address + distance);
  }
}
