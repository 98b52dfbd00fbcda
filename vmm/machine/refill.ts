/**
 * The common case of a TLB miss, in WebAssembly on the machine's own memory: the last table on the way is known, its entry
 * is a leaf in RAM that lets the access be made, with A (and D) set, and PMP lets everything pass. It decides nothing else
 * and finds no fault; whatever it does not serve is for the walk (mmu.ts), which is the reference for it. What both need, to
 * put an entry into a TLB and to know where a table is, is in the same module.
 */

import { emitPresent } from '../engine/access.ts';
import {
  dirtyFlags,
  hartMissFacts,
  hartTlbPointers,
  pageBytes,
  pageFlag,
  pageFlagsBase,
  pageShift,
  ramOffset,
  scratch,
  tableWritesBase,
  tlbKinds,
} from '../engine/layout.ts';
import type { Code, Label } from '../wasm/code.ts';
import { anyMemory, ModuleBuilder, type Signature } from '../wasm/module.ts';
import { op } from '../wasm/opcodes.ts';
import { ramBase } from './memory.ts';
import { pte } from './mmu.ts';
import { emitInsert, insertSignature, pushHostPage } from './tlb-insert.ts';
import {
  emitKnownTable,
  emitRememberTable,
  knownTableSignature,
  noTable,
  rememberTableSignature,
} from './walk-cache.ts';

/**
 * Gives the host address of what lies at a virtual one, and has its page in the TLB of the hart's present context, at the
 * place where it is looked for; or gives 0, and has done nothing: the page is not to be had so, or the byte at a distance of
 * `last` is in another one, or it is time to see whether somebody waits (patience.ts). Changes nothing but caches, and marks
 * the page as written for a write.
 */
export const findSignature: Signature = { parameters: ['i32', 'i64', 'i32'], results: ['i32'] };
export const findNames = { read: 'findRead', write: 'findWrite', execute: 'findExecute' } as const;
type Kind = keyof typeof findNames;

type Find = (hartBase: number, address: bigint, last: number) => number;

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

export const emitRefill = (): Uint8Array<ArrayBuffer> => {
  const module = new ModuleBuilder(anyMemory, 'refill');
  const knownTable = module.define(knownTableSignature, emitKnownTable, 'knownTable');
  module.define(rememberTableSignature, emitRememberTable, 'rememberTable');
  const insert = module.define(insertSignature, emitInsert, 'insert');
  for (const kind of ['read', 'write', 'execute'] as const)
    module.define(findSignature, (code) => emitFind(code, kind, knownTable, insert), findNames[kind]);
  return module.finish();
};

/** What a leaf entry must have. W without R is reserved (4.3.1). */
const wantedBits: Record<Kind, number> = {
  read: pte.v | pte.a | pte.r,
  write: pte.v | pte.a | pte.r | pte.w | pte.d,
  execute: pte.v | pte.a | pte.x,
};

/** Flags of a page that the miss is not for, and those that it must have. */
const pageFlags: Record<Kind, readonly [not: number, must: number]> = {
  read: [pageFlag.watchedRead, 0],
  // What an atomic access reads is read through the TLB for writes. Of the first write in an interval somebody may be told.
  write: [pageFlag.pageTable | pageFlag.watched | pageFlag.watchedRead | pageFlag.code, pageFlag.dirtySinceInterval],
  execute: [0, 0],
};

const ramBasePage = ramBase / pageBytes;
const ppnShift = 10;
/** Of the entry of a superpage these bits of its address must be zero (4.3.2, step 6). */
const superpageLow = 0x1ff << ppnShift;

const emitFind = (code: Code, kind: Kind, knownTable: number, insert: number): void => {
  const [hart, address, last] = [0, 1, 2];
  const [tlb, table, page, flags] = [code.local('i32'), code.local('i32'), code.local('i32'), code.local('i32')];
  const [low, high] = [code.local('i32'), code.local('i32')];
  const leaf = code.local('i64');
  const fact = (offset: number): Code => code.get(hart).memory(op.i32Load, offset);

  code.get(address).ops(op.i32WrapI64).set(low);
  const none = code.block();
  code
    .get(low)
    .i32(pageBytes - 1)
    .ops(op.i32And)
    .get(last)
    .ops(op.i32Add)
    .i32(pageBytes)
    .ops(op.i32GeU)
    .brIf(none);
  code.get(hart).memory(op.i32Load, hartTlbPointers[kind]).set(tlb);
  const absent = code.block();
  emitPresent(code, tlb, address, absent);
  code.ops(op.return);
  code.end();

  code.i32(0).i32(0).memory(op.i32Load, scratch.patience).i32(1).ops(op.i32Sub).memory(op.i32Store, scratch.patience);
  code.i32(0).memory(op.i32Load, scratch.patience).i32(0).ops(op.i32LtS).brIf(none);

  code.get(address).i64Small(32).ops(op.i64ShrU, op.i32WrapI64).set(high);
  const pushKnown = (level: number): Code => {
    fact(hartMissFacts.space).memory(op.i32Load, 0).set(table); // not yet a table
    return code.i32(level).get(table).get(low).get(high).call(knownTable).tee(table).i32(noTable);
  };
  /** The entry of the table for the address: nine bits of it are the index. */
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
  code.get(leaf).ops(op.i32WrapI64).tee(flags);
  const rights = kind === 'execute' ? hartMissFacts.fetch : hartMissFacts.data;
  fact(rights.mask).i32(wantedBits[kind]).ops(op.i32Or, op.i32And);
  fact(rights.bits).i32(wantedBits[kind]).ops(op.i32Or, op.i32Ne).brIf(none);
  if (kind === 'execute')
    code
      .get(flags)
      .i32(pte.r | pte.w)
      .ops(op.i32And)
      .i32(pte.w)
      .ops(op.i32Eq)
      .brIf(none);
  code.get(flags).i32(ppnShift).ops(op.i32ShrU).i32(ramBasePage).ops(op.i32Sub).set(page);
  for (const each of [table, page]) {
    code.get(each);
    fact(hartMissFacts.openFirst).ops(op.i32Sub);
    fact(hartMissFacts.openCount).ops(op.i32GeU).brIf(none);
  }
  emitCheckFlags(code, kind, page, flags, none);
  code.get(tlb).get(low).get(high).get(page).i32(tlbKinds[kind]).call(insert);
  pushHostPage(code, page);
  code
    .get(low)
    .i32(pageBytes - 1)
    .ops(op.i32And, op.i32Add, op.return);
  code.end(); // none
  code.i32(0);
};

/** Goes to `none` if the page's flags say so; marks it as written for a write. */
const emitCheckFlags = (code: Code, kind: Kind, page: number, flags: number, none: Label): void => {
  const [not, must] = pageFlags[kind];
  if ((not | must) === 0) return;
  code.get(page).memory(op.i32Load8U, pageFlagsBase).tee(flags);
  code
    .i32(not | must)
    .ops(op.i32And)
    .i32(must)
    .ops(op.i32Ne)
    .brIf(none);
  if (kind === 'write') code.get(page).get(flags).i32(dirtyFlags).ops(op.i32Or).memory(op.i32Store8, pageFlagsBase);
};
