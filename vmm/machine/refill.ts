/**
 * The common case of a TLB miss, short and on small integers: the last table on the way is known, its entry is a leaf in
 * RAM that lets the access be made, with A (and D) set, and PMP lets everything pass. It decides nothing else and finds no
 * fault; whatever it does not serve is for the walk (mmu.ts), which is the reference for it.
 */

import {
  dirtyFlags,
  maxHarts,
  pageBytes,
  pageFlag,
  pageFlagsBase,
  ramOffset,
  type TlbKind,
  tlbContexts,
  tlbKinds,
} from '../engine/layout.ts';
import type { Hart } from './hart.ts';
import { type MachineMemory, ramBase } from './memory.ts';
import { pte } from './mmu.ts';
import { noTable, type PageTables } from './page-tables.ts';
import { type PageRange, pmpOpenPages } from './pmp.ts';
import type { Tlbs } from './tlb.ts';

/** What an entry must have, by kind. W without R is reserved (4.3.1). */
const wanted = (() => {
  const bits = new Int32Array(3);
  bits[tlbKinds.read] = pte.v | pte.a | pte.r;
  bits[tlbKinds.write] = pte.v | pte.a | pte.r | pte.w | pte.d;
  bits[tlbKinds.execute] = pte.v | pte.a | pte.x;
  return bits;
})();

const ramWord = ramOffset >>> 2;
const pageWords = pageBytes / 4;
const ramBasePage = ramBase / pageBytes;
/** What an atomic access reads is read through the TLB for writes. */
const writeTracked = pageFlag.pageTable | pageFlag.watched | pageFlag.watchedRead | pageFlag.code;

/** Of each hart: RAM pages where PMP lets S and U do everything. None until found out, and again when PMP changes. */
export class OpenPages {
  readonly #ramPages: number;
  readonly #first = new Int32Array(maxHarts);
  readonly #end = new Int32Array(maxHarts);

  constructor(ramPages: number) {
    this.#ramPages = ramPages;
  }

  holds(hart: number, ramPage: number): boolean {
    return ramPage >= this.#first[hart]! && ramPage < this.#end[hart]!;
  }

  find(hart: Hart, physical: number): void {
    const { first, end }: PageRange = pmpOpenPages(hart, physical);
    this.#first[hart.id] = Math.max(first - ramBasePage, 0);
    this.#end[hart.id] = Math.min(end - ramBasePage, this.#ramPages);
  }

  forget(hart: number): void {
    this.#first[hart] = 0;
    this.#end[hart] = 0;
  }
}

/** Fills the TLB of a hart's present context; the host address, or 0 when the walk must see to it. */
export const refill = (
  memory: MachineMemory,
  tables: PageTables,
  tlbs: Tlbs,
  open: OpenPages,
  hart: Hart,
  kind: TlbKind,
  low: number,
  high: number,
): number => {
  const context = tlbs.contextOf(hart.id, kind);
  if (context === tlbContexts.machine) return 0;
  const { u32, u8 } = memory;
  let table = tables.use(0, hart.id, low, high);
  let at: number;
  let entry: number;
  let page: number;
  if (table !== noTable) {
    at = ramWord + table * pageWords + ((low >>> 11) & 0x3fe);
    entry = u32[at]! | 0;
    page = (entry >>> 10) - ramBasePage;
  } else {
    table = tables.use(1, hart.id, low, high);
    if (table === noTable) return 0;
    at = ramWord + table * pageWords + ((low >>> 20) & 0x3fe);
    entry = u32[at]! | 0;
    if ((entry >>> 10) & 0x1ff) return 0; // of a superpage these must be zero; a pointer may have any
    page = (entry >>> 10) - ramBasePage + ((low >>> 12) & 0x1ff);
  }
  if (u32[at + 1] !== 0 || !open.holds(hart.id, table)) return 0;
  const bits = wanted[kind]!;
  if ((entry & bits) !== bits) return 0;
  if (kind === tlbKinds.execute && (entry & (pte.r | pte.w)) === pte.w) return 0;
  if (entry & pte.u) {
    if (context === tlbContexts.supervisor) return 0;
  } else if (context === tlbContexts.user) return 0;
  if (!open.holds(hart.id, page)) return 0;
  if (kind === tlbKinds.read && u8[pageFlagsBase + page]! & pageFlag.watchedRead) return 0;
  if (kind === tlbKinds.write) {
    const flags = u8[pageFlagsBase + page]!;
    if (flags & writeTracked) return 0;
    if ((flags & pageFlag.dirtySinceInterval) === 0) memory.beforeFirstWrite?.(page);
    u8[pageFlagsBase + page] = flags | dirtyFlags;
  }
  tlbs.insert(hart.id, context, kind, low, high, page);
  return ramOffset + page * pageBytes + (low & (pageBytes - 1));
};
