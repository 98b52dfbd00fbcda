/**
 * The regions that exist: their places in the dispatcher's table and in the region cache, and which RAM pages they came
 * from. Who makes them is not here.
 */

import type { MachineMemory } from '../../machine/memory.ts';
import { hashOf } from '../hash.ts';
import {
  pageBytes,
  regionCacheBase,
  regionCacheBits,
  regionCacheBytes,
  regionCacheEntryBytes,
  regionCacheSetBytes,
  scratch,
} from '../layout.ts';
import type { Region } from './region.ts';

/** Bytes of code at a host address. */
export interface CodePlace {
  readonly host: number;
  readonly sizeBytes: number;
}

export interface NewRegion {
  /** Host address of its entry, unsigned; the last 32 MiB of 2 GiB of RAM lie at negative numbers of 32 bits. */
  readonly host: number;
  /** RAM pages that it came from. */
  readonly pages: readonly number[];
  /** Where its instructions are. */
  readonly code: readonly CodePlace[];
  /** Whether it looks for breakpoints. */
  readonly stops: boolean;
}

interface StoredRegion extends NewRegion {
  readonly slot: number;
}

/** Where the instructions of a region's blocks are. A block's first may be the only one in its page. */
export const placesOf = ({ blocks }: Region, hostAt: (offset: number) => number): CodePlace[] => {
  const places: CodePlace[] = [];
  for (let at = 0; at < blocks.length; at += 1) {
    const { offset, count, next } = blocks[at]!;
    if (count > 0) places.push({ host: hostAt(offset), sizeBytes: next - offset });
  }
  return places;
};

/** Whether code at one of these offsets in a page is in the place. */
export const hasOneOf = ({ host, sizeBytes }: CodePlace, offsets: Iterable<number>): boolean => {
  for (const offset of offsets) if (((offset - host) & (pageBytes - 1)) < sizeBytes) return true;
  return false;
};

export class RegionStore {
  readonly #memory: MachineMemory;
  readonly #table: WebAssembly.Table;
  readonly #byHost = new Map<number, StoredRegion>();
  readonly #byPage = new Map<number, Set<StoredRegion>>();
  readonly #freeSlots: number[] = [];
  #slots = 0;

  constructor(memory: MachineMemory, table: WebAssembly.Table) {
    this.#memory = memory;
    this.#table = table;
    this.#clearCache();
  }

  get size(): number {
    return this.#byHost.size;
  }

  /** `run`: its function. */
  add(added: NewRegion, run: unknown): void {
    const slot = this.#freeSlots.pop() ?? this.#slots++;
    if (slot >= this.#table.length) this.#table.grow(this.#table.length);
    this.#table.set(slot, run);
    const region = { ...added, slot };
    this.#byHost.set(region.host, region);
    for (const page of region.pages) {
      const onPage = this.#byPage.get(page) ?? new Set();
      this.#byPage.set(page, onPage.add(region));
    }
    this.#publish(region);
  }

  /** Makes the dispatcher find the region again that begins at a host address. False when there is none. */
  publish(host: number): boolean {
    const region = this.#byHost.get(host);
    if (region !== undefined) this.#publish(region);
    return region !== undefined;
  }

  /** Into the place of its set that is free; or else into the first, whose region goes to the second. */
  #publish({ host, slot }: StoredRegion): void {
    const { i32 } = this.#memory;
    const first = this.#setOf(host);
    const second = first + regionCacheEntryBytes / 4;
    if (i32[first] !== 0 && i32[first] !== (host | 0)) {
      i32[second] = i32[first]!;
      i32[second + 1] = i32[first + 1]!;
    }
    i32[first] = host;
    i32[first + 1] = slot;
  }

  /** Index in words of the first of the two entries where a host address may be. */
  #setOf(host: number): number {
    return (regionCacheBase + hashOf(host, regionCacheBits) * regionCacheSetBytes) >>> 2;
  }

  dropPage(page: number): void {
    for (const region of this.#byPage.get(page) ?? []) this.#drop(region);
    this.#byPage.delete(page);
  }

  /** Gives the host addresses of those that it dropped. */
  dropIf(isUnwanted: (region: NewRegion) => boolean): number[] {
    const unwanted = [...this.#byHost.values()].filter(isUnwanted);
    for (const region of unwanted) this.#drop(region);
    return unwanted.map(({ host }) => host);
  }

  dropAll(): void {
    for (const region of [...this.#byHost.values()]) this.#drop(region);
    this.#clearCache();
  }

  #drop(region: StoredRegion): void {
    const { host, slot, pages } = region;
    if (!this.#byHost.delete(host)) return;
    for (const page of pages) this.#byPage.get(page)?.delete(region);
    const { i32 } = this.#memory;
    const set = this.#setOf(host);
    for (const entry of [set, set + regionCacheEntryBytes / 4]) if (i32[entry] === (host | 0)) i32[entry] = 0;
    this.#table.set(slot, null);
    this.#freeSlots.push(slot);
    i32[scratch.epoch >>> 2]! += 1; // it may have calls under way
  }

  #clearCache(): void {
    this.#memory.u8.fill(0, regionCacheBase, regionCacheBase + regionCacheBytes);
  }
}
