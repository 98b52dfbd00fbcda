/**
 * How an entry is put into a software TLB, in WebAssembly: by what serves a miss without JS (refill.ts), and by JS after a
 * walk (tlb.ts). What is in which TLB, and where a page may be in those for writing, is kept for whoever drops entries.
 */

import {
  pageBytes,
  pageShift,
  ramOffset,
  tlbBase,
  tlbBlockShift,
  tlbBytes,
  tlbEntries,
  tlbEntryBytes,
  tlbFillsBase,
  tlbKinds,
  tlbOccupiedBase,
  tlbOtherPlace,
  writePlace,
  writePlacesBase,
} from '../engine/layout.ts';
import type { Code } from '../wasm/code.ts';
import type { Signature } from '../wasm/module.ts';
import { op } from '../wasm/opcodes.ts';

/** `(tlb, low, high, ramPage, kind)`: the virtual page of (low, high) is a RAM page, in the TLB at an address, of a kind. */
export const insertSignature: Signature = { parameters: ['i32', 'i32', 'i32', 'i32', 'i32'], results: [] };

export const emitInsert = (code: Code): void => {
  const [tlb, low, high, ramPage, kind] = [0, 1, 2, 3, 4];
  const [index, entry, displaced, blocks] = [
    code.local('i32'),
    code.local('i32'),
    code.local('i32'),
    code.local('i32'),
  ];
  const [page, old] = [code.local('i64'), code.local('i64')];
  const pushBlockOf = (at: number): Code => {
    code.i32(1).get(index);
    if (at !== 0) code.i32(at).ops(op.i32Xor);
    return code.i32(tlbBlockShift).ops(op.i32ShrU, op.i32Shl);
  };
  const pushFills = (): Code => code.get(kind).i32(3).ops(op.i32Shl);
  pushFills();
  pushFills().memory(op.f64Load, tlbFillsBase).f64(1).ops(op.f64Add).memory(op.f64Store, tlbFillsBase);

  code
    .get(low)
    .i32(pageShift)
    .ops(op.i32ShrU)
    .i32(tlbEntries - 1)
    .ops(op.i32And)
    .tee(index);
  code.i32(tlbEntryBytes).ops(op.i32Mul).get(tlb).ops(op.i32Add).set(entry);
  code.get(low).i32(-pageBytes).ops(op.i32And, op.i64ExtendI32U);
  code.get(high).ops(op.i64ExtendI32U).i64Small(32).ops(op.i64Shl, op.i64Or).set(page);
  pushBlockOf(0).set(blocks);
  // What is at its place goes where it is found when it is missed.
  const free = code.block();
  code.get(entry).memory(op.i64Load, 0).tee(old).i64Small(-1).ops(op.i64Eq).brIf(free);
  code.get(old).get(page).ops(op.i64Eq).brIf(free);
  code.get(entry).i32(tlbOtherPlace).ops(op.i32Xor).tee(displaced).get(old).memory(op.i64Store, 0);
  code.get(displaced).get(entry).memory(op.i64Load, 8).memory(op.i64Store, 8);
  pushBlockOf(tlbEntries / 2)
    .get(blocks)
    .ops(op.i32Or)
    .set(blocks);
  code.end();
  code.get(entry).get(page).memory(op.i64Store, 0);
  code.get(entry);
  pushHostPage(code, ramPage).get(low).i32(-pageBytes).ops(op.i32And, op.i32Sub).memory(op.i32Store, 8);
  // The words of TLBs that follow each other follow each other.
  const occupied = tlbOccupiedBase - (tlbBase / tlbBytes) * 4;
  const pushWord = (): Code =>
    code
      .get(tlb)
      .i32(Math.log2(tlbBytes) - 2)
      .ops(op.i32ShrU);
  pushWord();
  pushWord().memory(op.i32Load, occupied).get(blocks).ops(op.i32Or).memory(op.i32Store, occupied);

  code.get(kind).i32(tlbKinds.write).ops(op.i32Eq).if();
  const pushPlace = (): Code => code.get(ramPage).i32(1).ops(op.i32Shl);
  pushPlace();
  code.get(index).i32(1).ops(op.i32Add).i32(writePlace.any);
  pushPlace().memory(op.i32Load16U, writePlacesBase).tee(displaced).i32(writePlace.none).ops(op.i32Eq);
  code.get(displaced).get(index).i32(1).ops(op.i32Add, op.i32Eq, op.i32Or, op.select);
  code.memory(op.i32Store16, writePlacesBase);
  code.end();
};

/** Pushes where a RAM page is in linear memory. */
export const pushHostPage = (code: Code, ramPage: number): Code =>
  code.get(ramPage).i32(pageShift).ops(op.i32Shl).i32(ramOffset).ops(op.i32Add);
