/**
 * Cached translations, and the bookkeeping of RAM pages that keeps them right. They are invisible: a page-table page
 * that a cached translation came from is write-tracked, so that changing it drops what was derived from it, fence or
 * no fence (invariant 5). What is cached is tlb.ts; what must be dropped for a change of a table is page-tables.ts.
 */

import { pageBytes, pageFlag, pageFlagsBase, type TlbContext, type TlbKind, tlbContexts } from '../engine/layout.ts';
import type { Hart } from './hart.ts';
import { type MachineMemory, pageIndex, ramBase } from './memory.ts';
import type { WalkObserver } from './mmu.ts';
import { PageTables } from './page-tables.ts';
import { OpenPages, refill } from './refill.ts';
import { Tlbs } from './tlb.ts';

const bothDirty = pageFlag.dirtySinceDigest | pageFlag.dirtySinceCheckpoint;

/** A range of RAM, physical. */
export interface WatchRange {
  readonly address: number;
  readonly sizeBytes: number;
}

/** Told of a write as a whole, before it is made. */
type OnWrite = (physical: number, sizeBytes: number) => void;

export class Translations implements WalkObserver {
  readonly #memory: MachineMemory;
  readonly #harts: number;
  readonly #tlbs: Tlbs;
  readonly #tables: PageTables;
  readonly #open: OpenPages;
  #watched: readonly WatchRange[] = [];
  #onWatchedWrite: OnWrite = () => {};
  #onCodeWrite: (page: number) => void = () => {};
  /** How often translated code was dropped because its page changed. */
  codeDrops = 0;

  constructor(memory: MachineMemory, harts: number) {
    this.#memory = memory;
    this.#tlbs = new Tlbs(memory, harts);
    this.#tables = new PageTables(memory, this.#tlbs);
    this.#open = new OpenPages(memory.ramPages);
    this.#harts = harts;
  }

  /** How often a page became one whose writes must be seen because a walk used it. */
  get tableTracks(): number {
    return this.#tables.tracks;
  }

  /** How often a TLB entry was filled, by kind. For statistics. */
  get fills(): Float64Array {
    return this.#tlbs.fills;
  }

  /** Points the hart's record at the TLBs of its present address space and contexts. */
  select(hart: Hart, data: TlbContext, fetch: TlbContext): void {
    this.#tlbs.select(hart, data, fetch);
  }

  /** Remembers that the virtual page of (low, high) is the RAM page of `physical`. */
  insert(hart: Hart, context: TlbContext, kind: TlbKind, low: number, high: number, physical: number): void {
    const ramPage = pageIndex(physical);
    if (context !== tlbContexts.machine && !this.#open.holds(hart.id, ramPage)) this.#open.find(hart, physical);
    this.#tlbs.insert(hart.id, context, kind, low, high, ramPage);
  }

  /** Does the same for an access of the hart's present context, if that is easy: the host address, or 0. */
  refill(hart: Hart, kind: TlbKind, low: number, high: number): number {
    return refill(this.#memory, this.#tables, this.#tlbs, this.#open, hart, kind, low, high);
  }

  /** Drops every translation of one hart, also when its PMP has changed. */
  dropHart(hart: number): void {
    this.#tlbs.dropHart(hart);
    this.#open.forget(hart);
  }

  /** Drops every translation of every hart. Page-table pages stay tracked; what is written to them often is not. */
  dropAll(): void {
    this.#tlbs.dropAll();
    for (let hart = 0; hart < this.#harts; hart += 1) this.#open.forget(hart);
  }

  /** As if nothing had ever been cached: after the whole memory was replaced. */
  reset(): void {
    this.dropAll();
    this.#tables.reset();
  }

  /** Makes the next write to each page come through the slow path again, where it marks the page dirty. */
  dropWrites(): void {
    this.#tlbs.dropWrites();
  }

  knownTable(hart: Hart, vaLow: number, vaHigh: number): number {
    return this.#tables.known(hart.id, vaLow, vaHigh);
  }

  tableRead(physical: number, level: number, vaLow: number, vaHigh: number, hart: Hart): void {
    this.#tables.read(physical, level, vaLow, vaHigh, hart.id);
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
    this.#tlbs.dropWritesTo(page);
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
  watch(ranges: readonly WatchRange[], onWrite: OnWrite): void {
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
      this.#tables.beforeWrite(Math.max(page, physical), Math.min(page + pageBytes, physical + sizeBytes));
    }
    this.#tellWatcher(physical, sizeBytes);
  }

  #tellWatcher(physical: number, sizeBytes: number): void {
    for (const range of this.#watched)
      if (physical < range.address + range.sizeBytes && range.address < physical + sizeBytes) {
        this.#onWatchedWrite(physical, sizeBytes);
        return;
      }
  }
}

const alignDown = (physical: number): number => ramBase + ((physical - ramBase) & -pageBytes);
