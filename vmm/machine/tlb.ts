/**
 * The software TLBs' contents: which set of them serves the address space that a hart is in, what is put into them and
 * what is dropped. Why something must be dropped is translations.ts and page-tables.ts.
 *
 * A set belongs to a value of satp without its ASID, and to MXR, which is all of the hart's record that decides what S
 * and U see in memory. Tables are followed by write-tracking, so a set stays right while its hart is elsewhere.
 */

import { moduleOf } from '../engine/compiled.ts';
import {
  hartOffset,
  hartTlbPointers,
  maxHarts,
  pageBytes,
  ramOffset,
  type TlbContext,
  type TlbKind,
  tlbAddress,
  tlbBlockShift,
  tlbBytes,
  tlbContexts,
  tlbDeviceTag,
  tlbEntries,
  tlbEntryBytes,
  tlbFact,
  tlbFactsBase,
  tlbFactsBytes,
  tlbFillsBase,
  tlbHarts,
  tlbKindCount,
  tlbKinds,
  tlbNoRights,
  tlbNumber,
  tlbOccupiedBase,
  tlbSets,
  tlbSpacesBase,
  tlbsInHart,
  tlbsInSet,
  writePlace,
  writePlacesBase,
} from '../engine/layout.ts';
import { mstatus, statusLow } from './csr/status.ts';
import type { Hart } from './hart.ts';
import type { MachineMemory } from './memory.ts';
import { pte } from './mmu.ts';
import type { RefillFunctions } from './refill.ts';

/** Every set, as a set of bits. */
export const allTlbSets = 2 ** tlbSets - 1;

/** The virtual page of an address, modulo the 39 bits that the lowest three levels of tables translate. */
export const virtualPage = (low: number, high: number): number => ((high & 0x7f) << 20) | (low >>> 12);
export const virtualPages = 2 ** 27;

const machineTlb = tlbSets * tlbsInSet;
const entryWords = tlbEntryBytes / 4;
/** Of a block one bit says whether anything is in it. */
const blockEntries = 1 << tlbBlockShift;
const indexMask = tlbEntries - 1;
/** See `tlbOtherPlace`: as an index. */
const otherPlace = tlbEntries / 2;

/** What a leaf entry must say, of U, for who asks; in machine mode nothing comes from tables. */
const rightsOf: Record<TlbContext, { readonly mask: number; readonly bits: number }> = {
  [tlbContexts.user]: { mask: pte.u, bits: pte.u },
  [tlbContexts.supervisor]: { mask: pte.u, bits: 0 },
  [tlbContexts.supervisorUserMemory]: { mask: 0, bits: 0 },
  [tlbContexts.machine]: { mask: 0, bits: tlbNoRights },
};

const satpWord = hartOffset.satp >>> 2;
/** satp without ASID (4.1.11), its upper half. */
const satpHighMask = 0xf000_0fff;
const mxrKey = 1 << 12;
const noKey = -1; // no masked upper half is that

export class Tlbs {
  readonly #memory: MachineMemory;
  readonly #harts: number;
  /** Of each TLB, the blocks that may hold something. */
  readonly #occupied: Int32Array;
  /** Of each set: whose it is, when it was selected last, and a number that no other content of a set ever had. */
  readonly #keyLow: Int32Array;
  readonly #keyHigh: Int32Array;
  readonly #selected: Float64Array;
  readonly #space: Int32Array;
  #selections = 0;
  #spaces = 0;
  /** Of each hart: the set in use. */
  readonly #present = new Uint8Array(maxHarts);
  /** Of each RAM page: at which index TLBs for writing may have it. */
  readonly #place: Int16Array;
  /** Told of each page that is about to be executed: its virtual address in halves, and which RAM page it is. */
  onExecutable: ((low: number, high: number, ramPage: number) => void) | undefined;
  /** How often an entry was filled, by kind. For statistics. */
  readonly fills: Float64Array;
  /** What is emitted, also for what serves a miss without coming here. */
  readonly functions: RefillFunctions;

  constructor(memory: MachineMemory, harts: number) {
    this.#memory = memory;
    this.#harts = harts;
    const { i32, f64, wasm } = memory;
    const fills = tlbFillsBase / 8;
    this.fills = f64.subarray(fills, fills + tlbKindCount);
    this.functions = new WebAssembly.Instance(moduleOf('refill'), { env: { memory: wasm } })
      .exports as unknown as RefillFunctions;
    i32[tlbHarts / 4] = harts;
    const occupied = tlbOccupiedBase / 4;
    this.#occupied = i32.subarray(occupied, occupied + harts * tlbsInHart);
    this.#keyLow = new Int32Array(harts * tlbSets);
    this.#keyHigh = new Int32Array(harts * tlbSets).fill(noKey);
    this.#selected = new Float64Array(harts * tlbSets);
    const spaces = tlbSpacesBase / 4;
    this.#space = i32.subarray(spaces, spaces + harts * tlbSets);
    this.#place = new Int16Array(wasm.buffer, writePlacesBase, memory.ramPages);
    for (let hart = 0; hart < harts; hart += 1) {
      this.#prepare(hart, machineTlb, tlbsInHart);
      this.#layFacts(hart);
    }
  }

  /** What a miss in one of a hart's TLBs needs to know of it. */
  #layFacts(hart: number): void {
    const { i32 } = this.#memory;
    for (let tlb = 0; tlb < tlbsInHart; tlb += 1) {
      const set = tlb < machineTlb ? Math.floor(tlb / tlbsInSet) : 0;
      const context = tlb < machineTlb ? (Math.floor((tlb % tlbsInSet) / 3) as TlbContext) : tlbContexts.machine;
      const at = tlbFactsBase + (hart * tlbsInHart + tlb) * tlbFactsBytes;
      i32[(at + tlbFact.mask) >>> 2] = rightsOf[context].mask;
      i32[(at + tlbFact.bits) >>> 2] = rightsOf[context].bits;
      i32[(at + tlbFact.space) >>> 2] = tlbSpacesBase + (hart * tlbSets + set) * 4;
    }
  }

  /** The set that serves a hart now. */
  setOf(hart: number): number {
    return this.#present[hart]!;
  }

  /** A number of what a hart's set holds now: of one address space, since it was last dropped as a whole. */
  spaceOf(hart: number): number {
    return this.#space[hart * tlbSets + this.#present[hart]!]!;
  }

  /** Points the hart's record at the TLBs of its address space and contexts. */
  select(hart: Hart, data: TlbContext, fetch: TlbContext): void {
    const { u32 } = hart.memory;
    const satp = (hart.base >>> 2) + satpWord;
    const low = u32[satp]! | 0;
    const high = (u32[satp + 1]! & satpHighMask) | (statusLow(hart) & mstatus.mxr ? mxrKey : 0);
    let set = this.#present[hart.id]!;
    const at = hart.id * tlbSets + set;
    if (this.#keyLow[at] !== low || this.#keyHigh[at] !== high) set = this.#enter(hart.id, low, high);
    u32[(hart.base + hartTlbPointers.read) >>> 2] = tlbAddress(hart.id, tlbNumber(set, data, tlbKinds.read));
    u32[(hart.base + hartTlbPointers.write) >>> 2] = tlbAddress(hart.id, tlbNumber(set, data, tlbKinds.write));
    u32[(hart.base + hartTlbPointers.execute) >>> 2] = tlbAddress(hart.id, tlbNumber(set, fetch, tlbKinds.execute));
  }

  /** The hart comes to another address space: its set, or the one that was left longest ago. */
  #enter(hart: number, low: number, high: number): number {
    const first = hart * tlbSets;
    this.#selections += 1;
    this.#selected[first + this.#present[hart]!] = this.#selections;
    let set = 0;
    let oldest = 0;
    while (set < tlbSets && (this.#keyLow[first + set] !== low || this.#keyHigh[first + set] !== high)) {
      if (this.#selected[first + set]! < this.#selected[first + oldest]!) oldest = set;
      set += 1;
    }
    if (set === tlbSets) {
      set = oldest;
      this.#recycle(hart, set, low, high);
    }
    this.#present[hart] = set;
    return set;
  }

  #recycle(hart: number, set: number, low: number, high: number): void {
    const at = hart * tlbSets + set;
    if (this.#keyHigh[at] === noKey) this.#prepare(hart, set * tlbsInSet, (set + 1) * tlbsInSet);
    this.#keyLow[at] = low;
    this.#keyHigh[at] = high;
    this.#dropSet(hart, set);
  }

  /** Before their first use: what is in memory then is no entry. */
  #prepare(hart: number, from: number, to: number): void {
    this.#occupied.fill(-1, hart * tlbsInHart + from, hart * tlbsInHart + to);
    for (let tlb = from; tlb < to; tlb += 1) this.#clear(hart, tlb);
  }

  /** Remembers that the virtual page of (low, high) is a RAM page. */
  insert(hart: number, context: TlbContext, kind: TlbKind, low: number, high: number, ramPage: number): void {
    const tlb = tlbAddress(hart, tlbNumber(this.#present[hart]!, context, kind));
    this.functions.insert(tlb, low, high, ramPage, kind);
    if (kind === tlbKinds.execute) this.onExecutable?.(low, high, ramPage);
  }

  /** Remembers that the virtual page of (low, high) is a physical page that is not RAM and lies below 4 GiB. */
  insertDevice(hart: number, context: TlbContext, kind: TlbKind, low: number, high: number, physical: number): void {
    const { i32 } = this.#memory;
    const index = (low >>> 12) & indexMask;
    const number = tlbNumber(this.#present[hart]!, context, kind);
    const at = (tlbAddress(hart, number) >>> 2) + index * entryWords;
    i32[at] = (low & -pageBytes) | tlbDeviceTag;
    i32[at + 1] = high;
    i32[at + 2] = physical & -pageBytes;
    this.#occupied[hart * tlbsInHart + number]! |= 1 << (index >>> tlbBlockShift);
  }

  /** The physical address of (low, high) if it is known to be none of RAM; otherwise -1. */
  findDevice(hart: number, context: TlbContext, kind: TlbKind, low: number, high: number): number {
    const { i32 } = this.#memory;
    const tlb = tlbAddress(hart, tlbNumber(this.#present[hart]!, context, kind));
    const at = (tlb >>> 2) + ((low >>> 12) & indexMask) * entryWords;
    if (i32[at] !== ((low & -pageBytes) | tlbDeviceTag) || i32[at + 1] !== (high | 0)) return -1;
    return (i32[at + 2]! >>> 0) + (low & (pageBytes - 1));
  }

  // Dropping

  dropAll(): void {
    for (let hart = 0; hart < this.#harts; hart += 1) this.dropHart(hart);
    this.#place.fill(writePlace.none);
  }

  dropHart(hart: number): void {
    for (let set = 0; set < tlbSets; set += 1) this.#dropSet(hart, set);
    for (let tlb = machineTlb; tlb < tlbsInHart; tlb += 1) this.#clear(hart, tlb);
  }

  #dropSet(hart: number, set: number): void {
    this.#spaces = (this.#spaces + 1) | 0 || 1; // 0 is of no space (walk-cache.ts)
    this.#space[hart * tlbSets + set] = this.#spaces;
    for (let tlb = set * tlbsInSet; tlb < (set + 1) * tlbsInSet; tlb += 1) this.#clear(hart, tlb);
  }

  /** Empties one TLB; costs what is in it. */
  #clear(hart: number, tlb: number): void {
    const { u8, i32 } = this.#memory;
    let blocks = this.#occupied[hart * tlbsInHart + tlb]!;
    if (blocks === 0) return;
    this.#occupied[hart * tlbsInHart + tlb] = 0;
    const start = tlbAddress(hart, tlb);
    if (blocks === -1) {
      u8.fill(0xff, start, start + tlbBytes);
      return;
    }
    for (; blocks !== 0; blocks &= blocks - 1) {
      const first = (start >>> 2) + (31 - Math.clz32(blocks & -blocks)) * blockEntries * entryWords;
      for (let at = first; at < first + blockEntries * entryWords; at += entryWords) {
        i32[at] = -1;
        i32[at + 1] = -1;
      }
    }
  }

  /** Makes the next write to each page a miss. */
  dropWrites(): void {
    for (let hart = 0; hart < this.#harts; hart += 1)
      for (let tlb = tlbKinds.write; tlb < tlbsInHart; tlb += tlbKindCount) this.#clear(hart, tlb);
    this.#place.fill(writePlace.none);
  }

  /** Makes the next read of each page a miss. */
  dropReads(): void {
    for (let hart = 0; hart < this.#harts; hart += 1)
      for (let tlb = tlbKinds.read; tlb < tlbsInHart; tlb += tlbKindCount) this.#clear(hart, tlb);
  }

  /** Makes the next write to a RAM page a miss. */
  dropWritesTo(ramPage: number): void {
    const place = this.#place[ramPage]!;
    if (place === writePlace.none) return;
    this.#place[ramPage] = writePlace.none;
    const hostPage = (ramOffset + ramPage * pageBytes) | 0;
    for (let hart = 0; hart < this.#harts; hart += 1)
      for (let tlb = tlbKinds.write; tlb < tlbsInHart; tlb += tlbKindCount)
        if (place === writePlace.any) this.#dropHostPage(hart, tlb, hostPage, 0, tlbEntries);
        else {
          this.#dropHostPage(hart, tlb, hostPage, place - 1, place);
          this.#dropHostPage(hart, tlb, hostPage, (place - 1) ^ otherPlace, ((place - 1) ^ otherPlace) + 1);
        }
  }

  #dropHostPage(hart: number, tlb: number, hostPage: number, from: number, to: number): void {
    const { i32 } = this.#memory;
    const blocks = this.#occupied[hart * tlbsInHart + tlb]!;
    const start = tlbAddress(hart, tlb) >>> 2;
    for (let index = from; index < to; index += 1) {
      if (((blocks >>> (index >>> tlbBlockShift)) & 1) === 0) {
        index |= blockEntries - 1;
        continue;
      }
      const at = start + index * entryWords;
      if (((i32[at]! + i32[at + 2]!) | 0) !== hostPage) continue;
      i32[at] = -1;
      i32[at + 1] = -1;
    }
  }

  /** Drops, in these sets of every hart, the virtual pages [first, first + count), modulo `virtualPages`. */
  dropPages(sets: number, first: number, count: number): void {
    for (let hart = 0; hart < this.#harts; hart += 1)
      for (let rest = sets; rest !== 0; rest &= rest - 1) {
        const set = 31 - Math.clz32(rest & -rest);
        if (count >= virtualPages) {
          this.#dropSet(hart, set);
          continue;
        }
        for (let tlb = set * tlbsInSet; tlb < (set + 1) * tlbsInSet; tlb += 1)
          if (this.#occupied[hart * tlbsInHart + tlb] !== 0) this.#dropRange(hart, tlb, first, count);
      }
  }

  #dropRange(hart: number, tlb: number, first: number, count: number): void {
    const blocks = this.#occupied[hart * tlbsInHart + tlb]!;
    const start = tlbAddress(hart, tlb) >>> 2;
    // A range of a table is aligned to its size, so it lies in the TLB without a break, here and at the other places.
    const from = count < otherPlace ? first & indexMask : 0;
    const to = count < otherPlace ? from + count : tlbEntries;
    this.#dropRangeAt(start, blocks, first, count, from, to);
    if (count < otherPlace)
      this.#dropRangeAt(start, blocks, first, count, from ^ otherPlace, (from ^ otherPlace) + count);
  }

  #dropRangeAt(start: number, blocks: number, first: number, count: number, from: number, to: number): void {
    const { i32 } = this.#memory;
    for (let index = from; index < to; index += 1) {
      if (((blocks >>> (index >>> tlbBlockShift)) & 1) === 0) {
        index |= blockEntries - 1;
        continue;
      }
      const at = start + index * entryWords;
      const distance = virtualPage(i32[at]!, i32[at + 1]!) - first;
      if (distance < 0 || distance >= count) continue;
      i32[at] = -1;
      i32[at + 1] = -1;
    }
  }
}
