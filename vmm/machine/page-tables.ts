/**
 * Page-table pages that cached translations came from: which virtual addresses each serves and in which sets of TLBs, so
 * that a change of an entry drops what was derived from that entry and no more. Page faults are never cached, so filling
 * in an invalid entry drops nothing. It flags these pages; seeing the writes to them is the matter of translations.ts.
 *
 * A table may serve several address spaces (the kernel's half, copied from root to root), at the same addresses in all.
 * Sets only ever join those of a table until it is no page-table page any more: a set that has gone over to another
 * address space since loses more than it must, which does not show.
 */

import {
  pageBytes,
  pageFlag,
  pageFlagsBase,
  tableFirstBase,
  tableLevelBase,
  tableSetsBase,
  tableWritesBase,
  tableWritesMax,
  walkCacheLevels,
} from '../engine/layout.ts';
import { clearPageFlag, hostOffset, type MachineMemory, pageIndex, ramBase } from './memory.ts';
import { type Tlbs, virtualPage, virtualPages } from './tlb.ts';
import { noTable, WalkCache } from './walk-cache.ts';

/** A table that serves several levels or places. */
const severalPlaces = 0xff;
/** Tables above the third level say nothing about the 39 bits that `virtualPage` keeps. */
const placedLevels = 3;
const tableEntries = 512;
const entryBytes = 8;

export class PageTables {
  readonly #memory: MachineMemory;
  readonly #tlbs: Tlbs;
  readonly #walks: WalkCache;
  /** Of tracked pages: their level, the first virtual page that they serve, and the sets that they do it in. */
  readonly #level: Uint8Array;
  readonly #first: Int32Array;
  readonly #sets: Uint8Array;
  /** Writes to it since a walk, or a TLB miss without one, last used it. */
  readonly #writes: Uint8Array;
  /** How often a page became one of these. */
  tracks = 0;

  constructor(memory: MachineMemory, tlbs: Tlbs) {
    this.#memory = memory;
    this.#tlbs = tlbs;
    this.#walks = new WalkCache(memory, tlbs.functions);
    const { u8, i32, ramPages } = memory;
    const bytesAt = (base: number): Uint8Array => u8.subarray(base, base + ramPages);
    this.#level = bytesAt(tableLevelBase);
    this.#first = i32.subarray(tableFirstBase / 4, tableFirstBase / 4 + ramPages);
    this.#sets = bytesAt(tableSetsBase);
    this.#writes = bytesAt(tableWritesBase);
  }

  /** The table where a walk for a hart may begin: its physical address plus its level, or -1 when that is the root. */
  known(hart: number, low: number, high: number): number {
    const space = this.#tlbs.spaceOf(hart);
    for (let level = 0; level < walkCacheLevels; level += 1) {
      const page = this.#walks.find(level, space, low, high);
      if (page !== noTable) return ramBase + page * pageBytes + level;
    }
    return -1;
  }

  /** A walk for a hart used this page: from now on its writes must be seen. */
  read(physical: number, level: number, low: number, high: number, hart: number): void {
    const page = pageIndex(physical);
    const { u8 } = this.#memory;
    const first = level < placedLevels ? virtualPage(low, high) & -(tableEntries ** (level + 1)) : 0;
    const set = 1 << this.#tlbs.setOf(hart);
    this.#writes[page] = 0;
    this.#walks.remember(level, this.#tlbs.spaceOf(hart), low, high, page);
    if ((u8[pageFlagsBase + page]! & pageFlag.pageTable) !== 0) {
      if (this.#level[page] !== level || this.#first[page] !== first) this.#level[page] = severalPlaces;
      this.#sets[page]! |= set;
      return;
    }
    u8[pageFlagsBase + page]! |= pageFlag.pageTable;
    this.tracks += 1;
    this.#level[page] = level;
    this.#first[page] = first;
    this.#sets[page] = set;
    this.#tlbs.dropWritesTo(page);
  }

  /** Bytes [from, to) of one tracked page are about to change. Stores to one entry of the last level hardly ever come here (refill.ts). */
  beforeWrite(from: number, to: number): void {
    const page = pageIndex(from);
    const writes = this.#writes[page]! + 1;
    this.#writes[page] = writes;
    if (writes >= tableWritesMax) {
      this.#memory.u8[pageFlagsBase + page]! &= ~pageFlag.pageTable;
      this.#walks.clear();
      this.#dropDerived(page, 0, tableEntries);
    } else if (this.#holdsValidEntry(from, to)) {
      const offset = from & (pageBytes - 1);
      this.#dropDerived(page, Math.floor(offset / entryBytes), Math.ceil((offset + to - from) / entryBytes));
    }
  }

  /** Nothing is derived from any page any more. */
  reset(): void {
    clearPageFlag(this.#memory, pageFlag.pageTable);
    this.#walks.clear();
  }

  #holdsValidEntry(from: number, to: number): boolean {
    for (let entry = from - (from % entryBytes); entry < to; entry += entryBytes)
      if ((this.#memory.u8[hostOffset(entry)]! & 1) !== 0) return true;
    return false;
  }

  /** Drops what was derived from the entries [from, to) of a page. */
  #dropDerived(page: number, from: number, to: number): void {
    const level = this.#level[page]!;
    const sets = this.#sets[page]!;
    if (level !== 0) this.#walks.clear();
    if (level >= placedLevels) this.#tlbs.dropPages(sets, 0, virtualPages);
    else {
      const span = tableEntries ** level;
      this.#tlbs.dropPages(sets, this.#first[page]! + from * span, (to - from) * span);
    }
  }
}
