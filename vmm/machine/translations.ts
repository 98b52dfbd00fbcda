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
  ramOffset,
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
  /** Of tracked page-table pages: whether it is of the last level and serves one range, and where that begins. */
  readonly #tableIsLeaf: Uint8Array;
  readonly #tableLow: Int32Array;
  readonly #tableHigh: Int32Array;
  /** Writes to it since a walk last used it. */
  readonly #tableWrites: Uint8Array;
  #watched: readonly WatchRange[] = [];
  #onWatchedWrite: () => void = () => {};
  #onCodeWrite: (page: number) => void = () => {};
  /** How often translated code was dropped because its page changed. */
  codeDrops = 0;
  /** How often a page became one whose writes must be seen because a walk used it. */
  tableTracks = 0;
  /** How often a TLB entry was filled, by kind. For statistics. */
  readonly fills = new Float64Array(Object.keys(tlbKinds).length);

  constructor(memory: MachineMemory, harts: number) {
    this.#memory = memory;
    this.#harts = harts;
    this.#tableIsLeaf = new Uint8Array(memory.ramPages);
    this.#tableLow = new Int32Array(memory.ramPages);
    this.#tableHigh = new Int32Array(memory.ramPages);
    this.#tableWrites = new Uint8Array(memory.ramPages);
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
    this.fills[kind]! += 1;
    const { i32 } = this.#memory;
    const index = (low >>> 12) & (tlbEntries - 1);
    const at = (tlbAddress(hart, context, kind) + index * tlbEntryBytes) >>> 2;
    const page = low & -pageBytes;
    i32[at] = page;
    i32[at + 1] = high;
    i32[at + 2] = (hostOffset(physical) & -pageBytes) - page;
  }

  /**
   * A walk used this page-table page (physical address in RAM): from now on its writes must be seen. The addresses that
   * a last-level table serves are remembered, so that a change of one of its entries drops one translation.
   */
  tableRead(physical: number, level: number, vaLow: number, vaHigh: number): void {
    const page = pageIndex(physical);
    const { u8 } = this.#memory;
    const baseLow = vaLow & -tableSpanBytes;
    this.#tableWrites[page] = 0;
    if ((u8[pageFlagsBase + page]! & pageFlag.pageTable) !== 0) {
      const same = this.#tableLow[page] === baseLow && this.#tableHigh[page] === (vaHigh | 0);
      if (level !== 0 || !same) this.#tableIsLeaf[page] = 0; // a table for several places
      return;
    }
    u8[pageFlagsBase + page]! |= pageFlag.pageTable;
    this.tableTracks += 1;
    this.#tableIsLeaf[page] = level === 0 ? 1 : 0;
    this.#tableLow[page] = baseLow;
    this.#tableHigh[page] = vaHigh;
    this.#dropWritesTo(hostOffset(physical) & -pageBytes);
  }

  /** A walk set the accessed or dirty bit of this entry: nothing that is cached becomes wrong by it. */
  tableWritten(physical: number): void {
    this.markDirty(physical);
    this.#tellWatcher(physical, 8);
    this.dropCode(pageIndex(physical));
  }

  /** Whether each write to this page must come through `beforeWrite`, so that it may not be cached for writing. */
  isWriteTracked(physical: number): boolean {
    const flags = this.#memory.u8[pageFlagsBase + pageIndex(physical)]!;
    return (flags & (pageFlag.pageTable | pageFlag.watched | pageFlag.code)) !== 0;
  }

  /** `dropCode` is called before bytes of a RAM page that was given to `trackCode` change; the page is then forgotten. */
  onCodeWrite(dropCode: (page: number) => void): void {
    this.#onCodeWrite = dropCode;
  }

  /** There is translated code of a RAM page. */
  trackCode(page: number): void {
    const flags = pageFlagsBase + page;
    const { u8 } = this.#memory;
    if ((u8[flags]! & pageFlag.code) !== 0) return;
    u8[flags]! |= pageFlag.code;
    this.#dropWritesTo(ramOffset + page * pageBytes);
  }

  /** Call before a RAM page changes as a whole, or in any way that `beforeWrite` does not hear of. */
  dropCode(page: number): void {
    const flags = pageFlagsBase + page;
    const { u8 } = this.#memory;
    if ((u8[flags]! & pageFlag.code) === 0) return;
    u8[flags]! &= ~pageFlag.code;
    this.codeDrops += 1;
    this.#onCodeWrite(page);
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
    for (let page = alignDown(physical); page < physical + sizeBytes; page += pageBytes) {
      this.markDirty(page);
      this.dropCode(pageIndex(page));
      if ((this.#memory.u8[pageFlagsBase + pageIndex(page)]! & pageFlag.pageTable) === 0) continue;
      this.#beforeTableWrite(Math.max(page, physical), Math.min(page + pageBytes, physical + sizeBytes));
    }
    this.#tellWatcher(physical, sizeBytes);
  }

  #tellWatcher(physical: number, sizeBytes: number): void {
    for (const range of this.#watched)
      if (physical < range.address + range.sizeBytes && range.address < physical + sizeBytes) this.#onWatchedWrite();
  }

  /** Bytes [from, to) of one tracked page-table page are about to change. */
  #beforeTableWrite(from: number, to: number): void {
    const page = pageIndex(from);
    const writes = this.#tableWrites[page]! + 1;
    this.#tableWrites[page] = writes;
    const isValid = this.#holdsValidEntry(from, to);
    if (!isValid && writes < tableWritesMax) return;
    const entry = from - (from % 8);
    if (isValid && writes < tableWritesMax && this.#tableIsLeaf[page] === 1 && to <= entry + 8) {
      const low = this.#tableLow[page]! + ((entry & (pageBytes - 1)) >>> 3) * pageBytes;
      this.#dropVirtual(low, this.#tableHigh[page]!);
      return;
    }
    // A change with wide effect; or nobody walks it any more, and it is some other data by now.
    this.#memory.u8[pageFlagsBase + page]! &= ~pageFlag.pageTable;
    this.dropAll();
  }

  /** Drops the translations of one virtual page, whoever has them. */
  #dropVirtual(low: number, high: number): void {
    const { i32 } = this.#memory;
    const index = (low >>> 12) & (tlbEntries - 1);
    for (let hart = 0; hart < this.#harts; hart += 1)
      for (let tlb = 0; tlb < tlbHartBytes; tlb += tlbBytes) {
        const at = (tlbBase + hart * tlbHartBytes + tlb + index * tlbEntryBytes) >>> 2;
        if (i32[at] !== low || i32[at + 1] !== high) continue;
        i32[at] = -1;
        i32[at + 1] = -1;
      }
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

/** What a last-level table serves: 512 pages. */
const tableSpanBytes = 512 * pageBytes;
/** So many writes without a walk in between, and a page-table page is taken for something else. */
const tableWritesMax = 64;

const alignDown = (physical: number): number => ramBase + ((physical - ramBase) & -pageBytes);
