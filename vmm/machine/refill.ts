/**
 * The common case of a TLB miss, in WebAssembly on the machine's own memory: the last table on the way is known, its entry
 * is a leaf in RAM that lets the access be made, with A (and D) set, and PMP lets everything pass. It decides nothing else
 * and finds no fault; whatever it does not serve is for the walk (mmu.ts), which is the reference for it. What both need, to
 * put an entry into a TLB and to know where a table is, is in the same module.
 */

import { emitPresent, emitTlbEntry } from '../engine/access.ts';
import {
  dirtyFlags,
  hartOpenPages,
  hartTlbPointers,
  pageBytes,
  pageFlag,
  pageFlagsBase,
  pageShift,
  ramOffset,
  scratch,
  tableWritesBase,
  tableWritesMax,
  tlbBase,
  tlbBytes,
  tlbDeviceTag,
  tlbFact,
  tlbFactsBase,
  tlbFactsBytes,
  tlbKinds,
  tlbNoRights,
} from '../engine/layout.ts';
import type { Code, Label } from '../wasm/code.ts';
import { anyMemory, ModuleBuilder, type Signature } from '../wasm/module.ts';
import { op } from '../wasm/opcodes.ts';
import { ramBase } from './memory.ts';
import { pte } from './mmu.ts';
import { dropEntrySignature, emitDropEntry } from './table-entry.ts';
import { emitInsert, insertSignature, pushHostPage } from './tlb-insert.ts';
import {
  emitKnownTable,
  emitRememberTable,
  knownTableSignature,
  noTable,
  rememberTableSignature,
} from './walk-cache.ts';

/**
 * `(hart, address, bytes)`. Gives the host address of what lies at a virtual one, and has its page in the TLB of the hart's
 * present context, at the place where it is looked for. Or gives 0, and has done nothing: it is not to be had so, or it is time
 * to see whether somebody waits (patience.ts). Changes nothing but caches, and marks the page as written for a write.
 *
 * `bytes`: who asks makes one access of so many, which then are in one page. 0: perhaps several accesses, of whatever is there.
 * One write may also be that of an invalid entry of a page table, which drops nothing (page-tables.ts); and of a valid one,
 * which drops what was derived from it (table-entry.ts), if who asks says so by `looksAnew`. No TLB has its page.
 *
 * 1, `forInterpreter`: it is a device, or somebody must hear of the write; there is no use in asking JS to fill a TLB.
 */
export const findSignature: Signature = { parameters: ['i32', 'i64', 'i32'], results: ['i32'] };
export const forInterpreter = 1;
/** Among `bytes`: who asks goes on by nothing that it has found before. */
export const looksAnew = 0x100;
export const findNames = { read: 'findRead', write: 'findWrite', execute: 'findExecute' } as const;
type Kind = keyof typeof findNames;

type Find = (hartBase: number, address: bigint, bytes: number) => number;

export interface RefillFunctions {
  readonly findRead: Find;
  readonly findWrite: Find;
  readonly findExecute: Find;
  /** Remembers in the TLB at an address that the virtual page of (low, high) is a RAM page; it is of a kind (`tlbKinds`). */
  readonly insert: (tlb: number, low: number, high: number, ramPage: number, kind: number) => void;
  /** RAM page of the table of a level on the way to a virtual address of a space, or `noTable` (walk-cache.ts). */
  readonly knownTable: (level: number, space: number, low: number, high: number) => number;
  readonly rememberTable: (level: number, space: number, low: number, high: number, table: number) => void;
}

/** What the module calls itself, for profiles. */
export const refillName = 'refill';

export const emitRefill = (): Uint8Array<ArrayBuffer> => {
  const module = new ModuleBuilder(anyMemory, refillName);
  const knownTable = module.define(knownTableSignature, emitKnownTable, 'knownTable');
  module.define(rememberTableSignature, emitRememberTable, 'rememberTable');
  const insert = module.define(insertSignature, emitInsert, 'insert');
  const dropEntry = module.define(dropEntrySignature, emitDropEntry, 'dropEntry');
  for (const kind of ['read', 'write', 'execute'] as const)
    module.define(findSignature, (code) => emitFind(code, kind, { knownTable, insert, dropEntry }), findNames[kind]);
  return module.finish();
};

/** What a leaf entry must have. W without R is reserved (4.3.1). */
const wantedBits: Record<Kind, number> = {
  read: pte.v | pte.a | pte.r,
  write: pte.v | pte.a | pte.r | pte.w | pte.d,
  execute: pte.v | pte.a | pte.x,
};

/** Of a write to a page with one of these somebody must hear. What an atomic access reads is read through the TLB for writes. */
const writeTracked = pageFlag.pageTable | pageFlag.watched | pageFlag.watchedRead | pageFlag.code;

const ramBasePage = ramBase / pageBytes;
const entryBytes = 8;
const ppnShift = 10;
/** Of the entry of a superpage these bits of its address must be zero (4.3.2, step 6). */
const superpageLow = 0x1ff << ppnShift;

/** The first TLB lies at so many times a TLB's size. */
const firstTlb = tlbBase / tlbBytes;

/** Pushes what a TLB's facts say; `facts` is an i32 local, of `tlbFactsBytes` for each TLB of which one begins at 0. */
const pushFact = (code: Code, facts: number, which: keyof typeof tlbFact): Code =>
  code.get(facts).memory(op.i32Load, tlbFactsBase - firstTlb * tlbFactsBytes + tlbFact[which]);

interface Functions {
  readonly knownTable: number;
  readonly insert: number;
  readonly dropEntry: number;
}

const emitFind = (code: Code, kind: Kind, { knownTable, insert, dropEntry }: Functions): void => {
  const [hart, address, bytes] = [0, 1, 2];
  const [tlb, table, page, flags] = [code.local('i32'), code.local('i32'), code.local('i32'), code.local('i32')];
  const [low, high, facts] = [code.local('i32'), code.local('i32'), code.local('i32')];
  const leaf = code.local('i64');

  code.get(address).ops(op.i32WrapI64).set(low);
  const none = code.block();
  pushPast(code, low, bytes, pageBytes).brIf(none);
  code.get(hart).memory(op.i32Load, hartTlbPointers[kind]).set(tlb);
  const absent = code.block();
  emitPresent(code, tlb, address, absent);
  code.ops(op.return);
  code.end();

  code.get(tlb).i32(Math.log2(tlbBytes)).ops(op.i32ShrU).i32(tlbFactsBytes).ops(op.i32Mul).set(facts);
  pushFact(code, facts, 'bits').i32(tlbNoRights).ops(op.i32Eq).if();
  // In machine mode nothing comes from tables; of a device's page the TLB may know.
  if (kind === 'execute') code.br(none);
  else {
    emitTlbEntry(code, tlb, address);
    code.memory(op.i64Load, 0);
    code.get(address).i64Small(-pageBytes).ops(op.i64And).i64Small(tlbDeviceTag).ops(op.i64Or, op.i64Ne).brIf(none);
    code.i32(forInterpreter).ops(op.return);
  }
  code.end();
  code.i32(0).i32(0).memory(op.i32Load, scratch.patience).i32(1).ops(op.i32Sub).memory(op.i32Store, scratch.patience);
  code.i32(0).memory(op.i32Load, scratch.patience).i32(0).ops(op.i32LtS).brIf(none);

  code.get(address).i64Small(32).ops(op.i64ShrU, op.i32WrapI64).set(high);
  emitLeaf(code, { low, high, facts, table, leaf }, knownTable, none);

  code.get(leaf).ops(op.i32WrapI64).tee(flags);
  pushFact(code, facts, 'mask').i32(wantedBits[kind]).ops(op.i32Or, op.i32And);
  pushFact(code, facts, 'bits').i32(wantedBits[kind]).ops(op.i32Or, op.i32Ne).brIf(none);
  if (kind === 'execute')
    code
      .get(flags)
      .i32(pte.r | pte.w)
      .ops(op.i32And)
      .i32(pte.w)
      .ops(op.i32Eq)
      .brIf(none);
  code.get(flags).i32(ppnShift).ops(op.i32ShrU).i32(ramBasePage).ops(op.i32Sub).set(page);
  const other = code.block();
  for (const [each, way] of [
    [table, none],
    [page, kind === 'execute' ? none : other],
  ] as const) {
    code.get(each).get(hart).memory(op.i32Load, hartOpenPages.first).ops(op.i32Sub);
    code.get(hart).memory(op.i32Load, hartOpenPages.count).ops(op.i32GeU).brIf(way);
  }
  if (kind === 'read')
    code.get(page).memory(op.i32Load8U, pageFlagsBase).i32(pageFlag.watchedRead).ops(op.i32And).brIf(other);
  if (kind === 'write') emitMarkWritten(code, { page, flags, low, bytes }, { none, other, dropEntry });
  code.get(tlb).get(low).get(high).get(page).i32(tlbKinds[kind]).call(insert);
  pushHost(code, page, low).ops(op.return);
  code.end(); // other
  code.i32(forInterpreter).ops(op.return);
  code.end(); // none
  code.i32(0);
};

/** Pushes whether so many bytes from an address on go past a border; there is one at each multiple of a power of two. */
const pushPast = (code: Code, low: number, bytes: number, border: number): Code =>
  code
    .get(low)
    .i32(border - 1)
    .ops(op.i32And)
    .get(bytes)
    .i32(looksAnew - 1)
    .ops(op.i32And, op.i32Add)
    .i32(border)
    .ops(op.i32GtU);

interface LeafLocals {
  readonly low: number;
  readonly high: number;
  readonly facts: number;
  readonly table: number;
  readonly leaf: number;
}

/** Sets the locals of the entry for the address and of the table that has it, or goes to `none`. */
const emitLeaf = (code: Code, { low, high, facts, table, leaf }: LeafLocals, knownTable: number, none: Label): void => {
  const pushKnown = (level: number): Code => {
    code.i32(level);
    pushFact(code, facts, 'space').memory(op.i32Load, 0);
    return code.get(low).get(high).call(knownTable).tee(table).i32(noTable);
  };
  /** Nine bits of the address are the index. */
  const pushEntry = (level: number): Code => {
    code
      .get(low)
      .i32(pageShift + 9 * level - 3)
      .ops(op.i32ShrU)
      .i32(0x1ff << 3)
      .ops(op.i32And);
    code.get(table).i32(pageShift).ops(op.i32Shl, op.i32Add);
    return code.memory(op.i64Load, ramOffset);
  };
  const isLeaf = code.block();
  const isElsewhere = code.block();
  pushKnown(0).ops(op.i32Eq).brIf(isElsewhere);
  pushEntry(0).set(leaf).br(isLeaf);
  code.end();
  pushKnown(1).ops(op.i32Eq).brIf(none);
  pushEntry(1).tee(leaf).i64Small(superpageLow).ops(op.i64And, op.i64Eqz, op.i32Eqz).brIf(none);
  // Of a superpage, the page of the address.
  code
    .get(leaf)
    .get(low)
    .i32(pageShift - ppnShift)
    .ops(op.i32ShrU)
    .i32(superpageLow)
    .ops(op.i32And, op.i64ExtendI32U, op.i64Or)
    .set(leaf);
  code.end(); // isLeaf
  // It is tracked, at this place and for this set, as long as it is known.
  code.get(table).i32(0).memory(op.i32Store8, tableWritesBase);
  code.get(leaf).i64Small(32).ops(op.i64ShrU, op.i64Eqz, op.i32Eqz).brIf(none); // neither RAM, nor may all be set
};

interface WriteLocals {
  readonly page: number;
  readonly flags: number;
  readonly low: number;
  readonly bytes: number;
}

interface WriteWays {
  readonly none: Label;
  /** To where the interpreter does it. */
  readonly other: Label;
  readonly dropEntry: number;
}

/** Marks a RAM page as written, which may not go into a TLB if it is tracked: gives the host address, or goes elsewhere. */
const emitMarkWritten = (code: Code, { page, flags, low, bytes }: WriteLocals, ways: WriteWays): void => {
  const host = code.local('i32');
  const writes = code.local('i32');
  const mark = (): Code => code.get(page).get(flags).i32(dirtyFlags).ops(op.i32Or).memory(op.i32Store8, pageFlagsBase);
  code.get(page).memory(op.i32Load8U, pageFlagsBase).tee(flags);
  code.i32(pageFlag.dirtySinceInterval).ops(op.i32And, op.i32Eqz);
  code.i32(0).memory(op.i32Load, scratch.tellsFirstWrites).ops(op.i32And).brIf(ways.none);
  code.get(flags).i32(writeTracked).ops(op.i32And).if();
  code.get(flags).i32(writeTracked).ops(op.i32And).i32(pageFlag.pageTable).ops(op.i32Ne).brIf(ways.other);
  code.get(bytes).ops(op.i32Eqz).brIf(ways.other);
  pushPast(code, low, bytes, entryBytes).brIf(ways.other);
  code.get(page).memory(op.i32Load8U, tableWritesBase).i32(1).ops(op.i32Add).tee(writes);
  code.i32(tableWritesMax).ops(op.i32GeU).brIf(ways.other);
  pushHost(code, page, low).tee(host).i32(-entryBytes).ops(op.i32And);
  code.memory(op.i32Load8U, 0).i32(pte.v).ops(op.i32And).if();
  code.get(bytes).i32(looksAnew).ops(op.i32And, op.i32Eqz).brIf(ways.other);
  code.get(page).get(low).call(ways.dropEntry).ops(op.i32Eqz).brIf(ways.other);
  code.end();
  code.get(page).get(writes).memory(op.i32Store8, tableWritesBase);
  mark();
  code.get(host).ops(op.return);
  code.end();
  mark();
};

/** Pushes where a byte of a RAM page is in linear memory. */
const pushHost = (code: Code, ramPage: number, low: number): Code =>
  pushHostPage(code, ramPage)
    .get(low)
    .i32(pageBytes - 1)
    .ops(op.i32And, op.i32Add);
