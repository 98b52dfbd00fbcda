/**
 * A machine's state on its way from one timeline to another of the same recording, maybe in another thread: plain data whose
 * pages lie in slabs that all threads share where the host has shared memory. A page that several states have lies in one
 * slab. This is what a checkpoint is outside of its page store; which states are carried where is not decided here.
 */

import type { Moment } from '../../traces/time.ts';
import { pageBytes } from '../engine/layout.ts';
import type { MachineRecord } from '../machine/machine.ts';

/** Pages side by side, never changed. The name tells it from all others, also where a copy of the object arrives. */
export interface Slab {
  readonly name: string;
  readonly bytes: Uint8Array;
}

export interface CarriedState {
  readonly at: Moment;
  /** How many inputs of the log had been applied. */
  readonly cursor: number;
  readonly record: MachineRecord;
  readonly slabs: readonly Slab[];
  /** For each RAM page its number in all slabs, laid end to end; -1 for a page of zeros. */
  readonly places: Int32Array;
}

/** A page of a slab. */
export interface SlabPlace {
  readonly slab: Slab;
  /** From the slab's start. */
  readonly page: number;
}

export const zeroPlace = -1;

export const pageAt = ({ slab, page }: SlabPlace): Uint8Array =>
  slab.bytes.subarray(page * pageBytes, (page + 1) * pageBytes);

/** The slab pages that a state consists of, by RAM page. */
export const placesOf = ({ slabs, places }: CarriedState): ((ramPage: number) => SlabPlace | undefined) => {
  const starts: number[] = [];
  let next = 0;
  for (const { bytes } of slabs) {
    starts.push(next);
    next += bytes.length / pageBytes;
  }
  let slab = 0; // neighbours are mostly in the same one
  return (ramPage) => {
    const place = places[ramPage]!;
    if (place === zeroPlace) return undefined;
    while (place < starts[slab]!) slab -= 1;
    while (slab + 1 < slabs.length && place >= starts[slab + 1]!) slab += 1;
    return { slab: slabs[slab]!, page: place - starts[slab]! };
  };
};

/** Puts pages that are in no slab yet into a new one, and finds those that are in one. */
export class SlabWriter {
  readonly #name: string;
  #count = 0;
  /** Where a page of a page store is; by the object that holds it, which never changes. */
  readonly #places = new WeakMap<Uint8Array, SlabPlace>();

  /** @param name tells this writer's slabs from those of all others that states are exchanged with */
  constructor(name: string) {
    this.#name = name;
  }

  placeOf(page: Uint8Array): SlabPlace | undefined {
    return this.#places.get(page);
  }

  /** Notes that this object is a page of a slab. */
  note(page: Uint8Array, place: SlabPlace): void {
    this.#places.set(page, place);
  }

  /** What a state consists of. `pages`: by RAM page; nothing for one of zeros. */
  write(pages: readonly (Uint8Array | undefined)[]): Pick<CarriedState, 'slabs' | 'places'> {
    const fresh = [...new Set(pages)].filter((page) => page !== undefined && !this.#places.has(page)) as Uint8Array[];
    if (fresh.length > 0) {
      this.#count += 1;
      const slab = { name: `${this.#name}.${this.#count}`, bytes: sharedBytes(fresh.length * pageBytes) };
      for (const [page, bytes] of fresh.entries()) {
        slab.bytes.set(bytes, page * pageBytes);
        this.#places.set(bytes, { slab, page });
      }
    }
    const starts = new Map<string, number>();
    const slabs: Slab[] = [];
    let next = 0;
    const places = new Int32Array(pages.length).fill(zeroPlace);
    for (const [ramPage, bytes] of pages.entries()) {
      if (bytes === undefined) continue;
      const { slab, page } = this.#places.get(bytes)!;
      let start = starts.get(slab.name);
      if (start === undefined) {
        start = next;
        starts.set(slab.name, start);
        slabs.push(slab);
        next += slab.bytes.length / pageBytes;
      }
      places[ramPage] = start + page;
    }
    return { slabs, places };
  }
}

/** Where nothing can be shared, states stay in one thread. */
const sharedBytes = (sizeBytes: number): Uint8Array =>
  new Uint8Array(
    typeof SharedArrayBuffer === 'undefined' ? new ArrayBuffer(sizeBytes) : new SharedArrayBuffer(sizeBytes),
  );
