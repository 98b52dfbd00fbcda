/**
 * The software TLBs' contents and the bookkeeping of RAM pages. Cached translations are invisible: a page-table page
 * that a cached translation came from is write-tracked, so that changing it drops what was derived from it, fence or
 * no fence (invariant 5). Page faults are never cached, so filling in an invalid entry drops nothing.
 */

import {
  hartTlbPointers,
  pageBytes,
  pageFlag,
  pageFlagsBase,
  type TlbContext,
  type TlbKind,
  tlbAddress,
  tlbBase,
  tlbBytes,
  tlbContexts,
  tlbEntries,
  tlbEntryBytes,
  tlbHartBytes,
  tlbKinds,
} from '../engine/layout.ts';
import type { Hart } from './hart.ts';
import { hostOffset, type MachineMemory, pageIndex, ramBase } from './memory.ts';
import type { WalkObserver } from './mmu.ts';

const bothDirty = pageFlag.dirtySinceDigest | pageFlag.dirtySinceCheckpoint;
const emptyTag = 0xff;

/** A range of RAM, physical. */
export interface WatchRange {
  readonly address: number;
  readonly sizeBytes: number;
}

export class Translations implements WalkObserver {
  readonly #memory: MachineMemory;
  readonly #harts: number;
  #watched: readonly WatchRange[] = [];
  #onWatchedWrite: () => void = () => {};

  constructor(memory: MachineMemory, harts: number) {
    this.#memory = memory;
    this.#harts = harts;
    this.dropAll();
  }

  /** Drops every translation of one hart. */
  dropHart(hart: number): void {
    const start = tlbBase + hart * tlbHartBytes;
    this.#memory.u8.fill(emptyTag, start, start + tlbHartBytes);
  }

  /** Drops every translation of every hart. Page-table pages stay tracked; the next write untracks them. */
  dropAll(): void {
    this.#memory.u8.fill(emptyTag, tlbBase, tlbBase + this.#harts * tlbHartBytes);
  }

  /** As if nothing had ever been cached: after the whole memory was replaced. */
  reset(): void {
    this.dropAll();
    const { u8, ramPages } = this.#memory;
    for (let page = 0; page < ramPages; page += 1) u8[pageFlagsBase + page]! &= ~pageFlag.pageTable;
  }

  /** Makes the next write to each page come through the slow path again, where it marks the page dirty. */
  dropWrites(): void {
    for (let hart = 0; hart < this.#harts; hart += 1)
      for (const context of Object.values(tlbContexts)) {
        const start = tlbAddress(hart, context, tlbKinds.write);
        this.#memory.u8.fill(emptyTag, start, start + tlbBytes);
      }
  }

  /** Points the hart's record at the TLBs of its present contexts. */
  select(hart: Hart, data: TlbContext, fetch: TlbContext): void {
    const { u32 } = this.#memory;
    u32[(hart.base + hartTlbPointers.read) >>> 2] = tlbAddress(hart.id, data, tlbKinds.read);
    u32[(hart.base + hartTlbPointers.write) >>> 2] = tlbAddress(hart.id, data, tlbKinds.write);
    u32[(hart.base + hartTlbPointers.execute) >>> 2] = tlbAddress(hart.id, fetch, tlbKinds.execute);
  }

  /** Remembers that the virtual page of (low, high) is the RAM page of `physical`. */
  insert(hart: number, context: TlbContext, kind: TlbKind, low: number, high: number, physical: number): void {
    const { i32 } = this.#memory;
    const index = (low >>> 12) & (tlbEntries - 1);
    const at = (tlbAddress(hart, context, kind) + index * tlbEntryBytes) >>> 2;
    const page = low & -pageBytes;
    i32[at] = page;
    i32[at + 1] = high;
    i32[at + 2] = (hostOffset(physical) & -pageBytes) - page;
  }

  /** A walk used this page-table page (physical address in RAM): from now on its writes must be seen. */
  tableRead(physical: number): void {
    const flags = pageFlagsBase + pageIndex(physical);
    const { u8 } = this.#memory;
    if ((u8[flags]! & pageFlag.pageTable) !== 0) return;
    u8[flags]! |= pageFlag.pageTable;
    this.#dropWritesTo(hostOffset(physical) & -pageBytes);
  }

  /** A walk set the accessed or dirty bit of this entry: nothing that is cached becomes wrong by it. */
  tableWritten(physical: number): void {
    this.markDirty(physical);
    this.#tellWatcher(physical, 8);
  }

  /** Whether each write to this page must come through `beforeWrite`, so that it may not be cached for writing. */
  isWriteTracked(physical: number): boolean {
    const flags = this.#memory.u8[pageFlagsBase + pageIndex(physical)]!;
    return (flags & (pageFlag.pageTable | pageFlag.watched)) !== 0;
  }

  /** From now on `onWrite` is called before each write to one of these ranges, whoever writes. Replaces those before. */
  watch(ranges: readonly WatchRange[], onWrite: () => void): void {
    if (ranges === this.#watched) return;
    for (const range of this.#watched) this.#flagPages(range, false);
    for (const range of ranges) this.#flagPages(range, true);
    this.#watched = ranges;
    this.#onWatchedWrite = onWrite;
    this.dropWrites();
  }

  #flagPages({ address, sizeBytes }: WatchRange, watched: boolean): void {
    const { u8 } = this.#memory;
    for (let page = alignDown(address); page < address + sizeBytes; page += pageBytes) {
      const flags = pageFlagsBase + pageIndex(page);
      u8[flags] = watched ? u8[flags]! | pageFlag.watched : u8[flags]! & ~pageFlag.watched;
    }
  }

  markDirty(physical: number): void {
    this.#memory.u8[pageFlagsBase + pageIndex(physical)]! |= bothDirty;
  }

  /**
   * Call before bytes of RAM change in any way but through the write TLB. Marks the pages dirty and drops what was
   * derived from them, unless only invalid page-table entries change.
   */
  beforeWrite(physical: number, sizeBytes: number): void {
    let invalidates = false;
    for (let page = alignDown(physical); page < physical + sizeBytes; page += pageBytes) {
      this.markDirty(page);
      if ((this.#memory.u8[pageFlagsBase + pageIndex(page)]! & pageFlag.pageTable) === 0) continue;
      const from = Math.max(page, physical);
      const to = Math.min(page + pageBytes, physical + sizeBytes);
      if (!this.#holdsValidEntry(from, to)) continue;
      this.#memory.u8[pageFlagsBase + pageIndex(page)]! &= ~pageFlag.pageTable;
      invalidates = true;
    }
    if (invalidates) this.dropAll();
    this.#tellWatcher(physical, sizeBytes);
  }

  #tellWatcher(physical: number, sizeBytes: number): void {
    for (const range of this.#watched)
      if (physical < range.address + range.sizeBytes && range.address < physical + sizeBytes) this.#onWatchedWrite();
  }

  #holdsValidEntry(from: number, to: number): boolean {
    for (let entry = from - (from % 8); entry < to; entry += 8)
      if ((this.#memory.u8[hostOffset(entry)]! & 1) !== 0) return true;
    return false;
  }

  #dropWritesTo(hostPage: number): void {
    const { i32 } = this.#memory;
    for (let hart = 0; hart < this.#harts; hart += 1)
      for (const context of Object.values(tlbContexts)) {
        const start = tlbAddress(hart, context, tlbKinds.write) >>> 2;
        for (let at = start; at < start + tlbBytes / 4; at += tlbEntryBytes / 4)
          if (((i32[at]! + i32[at + 2]!) | 0) === (hostPage | 0)) {
            i32[at] = -1;
            i32[at + 1] = -1;
          }
      }
  }
}

const alignDown = (physical: number): number => ramBase + ((physical - ramBase) & -pageBytes);
