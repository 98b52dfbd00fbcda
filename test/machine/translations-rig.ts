/** A memory with two harts, page tables of ten address spaces and some data, and no engine. Not a test. */

import { expect } from 'vitest';
import {
  hartTlbPointers,
  pageFlag,
  pageFlagsBase,
  type TlbKind,
  tlbEntries,
  tlbEntryBytes,
  tlbKinds,
} from '../../vmm/engine/layout.ts';
import { Hart, privilege } from '../../vmm/machine/hart.ts';
import { createMemory, hostOffset, inRam, pageIndex } from '../../vmm/machine/memory.ts';
import { dataContext, fetchContext, translate } from '../../vmm/machine/mmu.ts';
import { Translations } from '../../vmm/machine/translations.ts';

export const v = 1;
export const all = 0xcf; // V, R, W, X, A, D
const everywhere = (1n << 54n) - 1n;
export const pteOf = (physical: number, bits: number): bigint => ((BigInt(physical) >> 12n) << 10n) | BigInt(bits);

/*
 *     0x8000_0000  ten roots
 *     0x8001_0000  shared: second-level table, and three last-level tables of it
 *     0x8002_0000  of each root: its own last two levels
 *     0x8004_0000  data
 */
export const rootAt = (space: number): number => 0x8000_0000 + 0x1000 * space;
export const sharedMiddle = 0x8001_0000;
export const sharedLeaf = (table: number): number => 0x8001_1000 + 0x1000 * table;
export const ownMiddle = (space: number): number => 0x8002_0000 + 0x2000 * space;
export const ownLeaf = (space: number): number => ownMiddle(space) + 0x1000;
export const dataAt = (page: number): number => 0x8004_0000 + 0x1000 * page;

export const sharedVa = (table: number, page: number): number => 0x8000_0000 + 0x20_0000 * table + 0x1000 * page; // root entry 2
export const ownVa = (page: number): number => 0x4000_0000 + 0x1000 * page; // root entry 1
const spaces = 10;

export class Rig {
  readonly memory = createMemory(1 << 20);
  readonly translations = new Translations(this.memory, 2);
  readonly harts = [0, 1].map((id) => new Hart(this.memory, id));

  constructor() {
    for (let space = 0; space < spaces; space += 1) {
      this.poke(rootAt(space) + 8, pteOf(ownMiddle(space), v));
      this.poke(rootAt(space) + 16, pteOf(sharedMiddle, v));
      this.poke(ownMiddle(space), pteOf(ownLeaf(space), v));
      for (let page = 0; page < 4; page += 1) this.poke(ownLeaf(space) + 8 * page, pteOf(dataAt(space), all));
    }
    for (let table = 0; table < 3; table += 1) {
      this.poke(sharedMiddle + 8 * table, pteOf(sharedLeaf(table), v));
      for (let page = 0; page < 4; page += 1) this.poke(sharedLeaf(table) + 8 * page, pteOf(dataAt(16 + page), all));
    }
    for (const hart of this.harts) {
      hart.setLow('privilege', privilege.supervisor);
      hart.set('pmpaddr0', everywhere);
      hart.set('pmpcfg0', 0x1fn);
      this.enter(0, hart.id);
    }
  }

  /** Changes memory without telling anybody. */
  poke(address: number, value: bigint): void {
    this.memory.view.setBigUint64(hostOffset(address), value, true);
  }

  write(address: number, value: bigint): void {
    this.translations.beforeWrite(address, 8);
    this.poke(address, value);
  }

  /** A hart goes to an address space; `asid` and `status` are written, too. */
  enter(space: number, hart = 0, { asid = 0n, status = 0 } = {}): void {
    const record = this.harts[hart]!;
    record.set('satp', (8n << 60n) | (asid << 44n) | (BigInt(rootAt(space)) >> 12n));
    record.setLow('mstatus', status);
    this.translations.select(record, dataContext(record), fetchContext(record));
  }

  /** What a miss asks first: the host address of what is there, or 0. */
  find(va: number, kind: TlbKind = tlbKinds.read, hart = 0, bytes = 0): number {
    const { findRead, findWrite, findExecute } = this.translations.functions;
    return [findRead, findWrite, findExecute][kind]!(this.harts[hart]!.base, BigInt(va), bytes);
  }

  /** An access that misses, as the slow path makes it. */
  touch(va: number, kind: TlbKind = tlbKinds.read, hart = 0): void {
    const record = this.harts[hart]!;
    if (this.find(va, kind, hart) !== 0) return;
    const context = dataContext(record);
    const physical = translate(record, context, kind, va | 0, 0, 8, this.translations);
    expect(inRam(this.memory, physical, 8)).toBe(true);
    if (kind === tlbKinds.write && this.translations.isWriteTracked(physical)) return;
    this.translations.insert(record, context, kind, va | 0, 0, physical);
  }

  /** An access to a page that is not RAM. */
  touchDevice(va: number, kind: TlbKind = tlbKinds.read): void {
    const [record] = this.harts;
    const context = dataContext(record!);
    const physical = translate(record!, context, kind, va | 0, 0, 4, this.translations);
    this.translations.insertDevice(record!, context, kind, va | 0, 0, physical);
  }

  /** The physical address of one that is known to be none of RAM, or -1. */
  deviceAt(va: number, kind: TlbKind = tlbKinds.read): number {
    const [record] = this.harts;
    return this.translations.findDevice(record!, dataContext(record!), kind, va | 0, 0);
  }

  /** Whether the TLB that the hart's record points at has the page, and that it is right. */
  has(va: number, kind: TlbKind = tlbKinds.read, hart = 0): boolean {
    const record = this.harts[hart]!;
    const { i32, u32 } = this.memory;
    const pointer = [hartTlbPointers.read, hartTlbPointers.write, hartTlbPointers.execute][kind]!;
    const tlb = u32[(record.base + pointer) >>> 2]!;
    const at = (tlb + ((va >>> 12) & (tlbEntries - 1)) * tlbEntryBytes) >>> 2;
    if (i32[at] !== (va | 0) || i32[at + 1] !== 0) return false;
    const nothing = { tableRead: () => {}, tableWritten: () => {} };
    const physical = translate(record, dataContext(record), kind, va | 0, 0, 8, nothing);
    expect((va + i32[at + 2]!) >>> 0).toBe(hostOffset(physical));
    return true;
  }

  isTable(address: number): boolean {
    return (this.memory.u8[pageFlagsBase + pageIndex(address)]! & pageFlag.pageTable) !== 0;
  }
}
