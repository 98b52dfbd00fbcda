/**
 * Cached translations, and the bookkeeping of RAM pages that keeps them right. They are invisible: a page-table page
 * that a cached translation came from is write-tracked, so that changing it drops what was derived from it, fence or
 * no fence (invariant 5). What is cached is tlb.ts; what must be dropped for a change of a table is page-tables.ts.
 */

import { coverageMark, executedAt } from '../engine/coverage.ts';
import {
  dirtyFlags,
  pageBytes,
  pageFlag,
  pageFlagsBase,
  type TlbContext,
  type TlbKind,
  tlbContexts,
} from '../engine/layout.ts';
import type { Hart } from './hart.ts';
import { hostOffset, inRam, type MachineMemory, pageIndex, ramBase } from './memory.ts';
import type { WalkObserver } from './mmu.ts';
import { OpenPages } from './open-pages.ts';
import { PageTables } from './page-tables.ts';
import type { RefillFunctions } from './refill.ts';
import { Tlbs } from './tlb.ts';

/** Stands for what is no page of RAM. */
export const noRamPage = -1;

/** A range of RAM, physical. */
export interface WatchRange {
  readonly address: number;
  readonly sizeBytes: number;
  /**
   * Which accesses are told; writes unless it says otherwise. Reads are those of loads, of LR and of atomic operations
   * that are done: not fetches of instructions, nor what walks of page tables, devices and the firmware in here read.
   */
  readonly access?: 'read' | 'write' | 'readWrite';
}

/** An access that touches a watched range: what it is of, in full. */
export interface WatchedAccess {
  readonly kind: 'read' | 'write';
  readonly address: number;
  readonly sizeBytes: number;
}

export const watchesReads = ({ access }: WatchRange): boolean => access === 'read' || access === 'readWrite';
const watchesWrites = ({ access }: WatchRange): boolean => access !== 'read';

export class Translations implements WalkObserver {
  readonly #memory: MachineMemory;
  readonly #harts: number;
  readonly #tlbs: Tlbs;
  readonly #tables: PageTables;
  readonly #open: OpenPages;
  #watched: readonly WatchRange[] = [];
  #onWatched: (access: WatchedAccess) => void = () => {};
  #onCodeWrite: (page: number, isRestored: boolean) => void = () => {};
  /** Called after a walk has set A or D of the entry at a physical address. */
  onTableWritten: (physical: number) => void = () => {};
  /** How often translated code was dropped because its page changed. */
  codeDrops = 0;

  constructor(memory: MachineMemory, harts: number) {
    this.#memory = memory;
    this.#tlbs = new Tlbs(memory, harts);
    this.#tables = new PageTables(memory, this.#tlbs);
    this.#open = new OpenPages(memory);
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

  /** What serves the common misses without coming here, and what instances that call it import. */
  get functions(): RefillFunctions {
    return this.#tlbs.functions;
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

  /** The same for one that is not RAM, and below 4 GiB. */
  insertDevice(hart: Hart, context: TlbContext, kind: TlbKind, low: number, high: number, physical: number): void {
    this.#tlbs.insertDevice(hart.id, context, kind, low, high, physical);
  }

  /** The physical address of (low, high) if it is known to be none of RAM; otherwise -1. */
  findDevice(hart: Hart, context: TlbContext, kind: TlbKind, low: number, high: number): number {
    return this.#tlbs.findDevice(hart.id, context, kind, low, high);
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

  /** A walk will set the accessed or dirty bit of this entry. */
  beforeTableWrite(physical: number): void {
    this.markDirty(physical);
  }

  /** A walk set the accessed or dirty bit of this entry: nothing that is cached becomes wrong by it. */
  tableWritten(physical: number): void {
    this.onTableWritten(physical);
    this.#markWritten(physical, 8);
    this.#tellWatcher('write', physical, 8);
    this.dropCode(pageIndex(physical));
  }

  /** Whether each write to this page must come through `beforeWrite`, so that it may not be cached for writing. */
  isWriteTracked(physical: number): boolean {
    const flags = this.#memory.u8[pageFlagsBase + pageIndex(physical)]!;
    return (flags & (pageFlag.pageTable | pageFlag.watched | pageFlag.watchedRead | pageFlag.code)) !== 0;
  }

  /** Whether each read of this page must be told by `tellRead`, so that it may not be cached for reading. */
  isReadTracked(physical: number): boolean {
    return (this.#memory.u8[pageFlagsBase + pageIndex(physical)]! & pageFlag.watchedRead) !== 0;
  }

  /** `dropCode` is called before bytes of a RAM page that was given to `trackCode` change; the page is then forgotten. */
  onCodeWrite(dropCode: (page: number, isRestored: boolean) => void): void {
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

  /**
   * Call before a RAM page changes as a whole, or in any way that `beforeWrite` does not hear of. `isRestored`: the guest did
   * not write it; somebody goes to another moment.
   */
  dropCode(page: number, isRestored = false): void {
    const flags = pageFlagsBase + page;
    const { u8 } = this.#memory;
    if ((u8[flags]! & pageFlag.code) === 0) return;
    u8[flags]! &= ~pageFlag.code;
    this.codeDrops += 1;
    this.#onCodeWrite(page, isRestored);
  }

  /**
   * From now on `onAccess` is called before each access to one of these ranges, for writes whoever writes. Replaces those
   * before.
   */
  watch(ranges: readonly WatchRange[], onAccess: (access: WatchedAccess) => void): void {
    if (ranges === this.#watched) return;
    for (const range of this.#watched) this.#flagPages(range, 0);
    for (const range of ranges)
      this.#flagPages(
        range,
        (watchesWrites(range) ? pageFlag.watched : 0) | (watchesReads(range) ? pageFlag.watchedRead : 0),
      );
    this.#watched = ranges;
    this.#onWatched = onAccess;
    this.dropWrites();
    if (ranges.some(watchesReads)) this.#tlbs.dropReads();
  }

  /** Whether anything is watched: then a walk that sets A or D may end the slice. */
  get isWatching(): boolean {
    return this.#watched.length > 0;
  }

  /** Sets these flags of the pages of a range; none clears all that watching sets. */
  #flagPages({ address, sizeBytes }: WatchRange, wanted: number): void {
    const { u8 } = this.#memory;
    for (let page = alignDown(address); page < address + sizeBytes; page += pageBytes) {
      const flags = pageFlagsBase + pageIndex(page);
      u8[flags] = wanted === 0 ? u8[flags]! & ~(pageFlag.watched | pageFlag.watchedRead) : u8[flags]! | wanted;
    }
  }

  /**
   * `told` is called at the latest when the first instruction of a page is executed under a virtual address, with that address
   * in halves and the RAM page; for as long as nothing is dropped, not again. Of what is not RAM, at each instruction and
   * with `noRamPage`. On a machine that covers.
   */
  onExecutable(told: ((low: number, high: number, ramPage: number) => void) | undefined): void {
    this.#tlbs.onExecutable = told;
    this.dropAll();
  }

  /** The instruction at a physical address is executed without the execute TLB. */
  markExecuted(low: number, high: number, physical: number): void {
    const { u8, coverage } = this.#memory;
    if (coverage === undefined) return;
    const isRam = inRam(this.#memory, physical, 2);
    this.#tlbs.onExecutable?.(low, high, isRam ? pageIndex(physical) : noRamPage);
    if (!isRam) return;
    u8[executedAt(coverage, hostOffset(physical))]! |= coverageMark.instruction;
  }

  #markWritten(physical: number, sizeBytes: number): void {
    const { u8, coverage } = this.#memory;
    if (coverage === undefined) return;
    const first = coverage.written + ((physical - ramBase) >>> 3);
    u8.fill(1, first, coverage.written + ((physical + sizeBytes - 1 - ramBase) >>> 3) + 1);
  }

  /** Call before the page is written. */
  markDirty(physical: number): void {
    const page = pageIndex(physical);
    const { u8, beforeFirstWrite } = this.#memory;
    if ((u8[pageFlagsBase + page]! & pageFlag.dirtySinceInterval) === 0) beforeFirstWrite?.(page);
    u8[pageFlagsBase + page]! |= dirtyFlags;
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
    this.#markWritten(physical, sizeBytes);
    this.#tellWatcher('write', physical, sizeBytes);
  }

  /** Call when an instruction has read RAM in any way but through the TLBs. */
  tellRead(physical: number, sizeBytes: number): void {
    if (this.isReadTracked(physical)) this.#tellWatcher('read', physical, sizeBytes);
  }

  #tellWatcher(kind: WatchedAccess['kind'], address: number, sizeBytes: number): void {
    const isAskedFor = kind === 'read' ? watchesReads : watchesWrites;
    const isTouched = (range: WatchRange): boolean =>
      isAskedFor(range) && address < range.address + range.sizeBytes && range.address < address + sizeBytes;
    if (this.#watched.length > 0 && this.#watched.some(isTouched)) this.#onWatched({ kind, address, sizeBytes });
  }
}

const alignDown = (physical: number): number => ramBase + ((physical - ramBase) & -pageBytes);
