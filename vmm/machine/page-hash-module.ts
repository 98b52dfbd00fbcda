/**
 * The module that hashes RAM pages, on the machine's own memory:
 *
 *     page(address: i32, seed: i64) -> i64
 *     changes(first: i32, end: i32) -> i32
 *     flagWritable()
 *     keys()                                 for NH alone: to be called once, before any of the others
 *
 * What they do is said where they are used: page-hash.ts.
 */

import {
  changedPages,
  changedPagesMax,
  pageFlag,
  pageFlagsBase,
  pageHashesBase,
  pageShift,
  ramHash,
  ramOffset,
  tlbBase,
  tlbBlockShift,
  tlbBytes,
  tlbDeviceTag,
  tlbEntryBytes,
  tlbHarts,
  tlbKindCount,
  tlbKinds,
  tlbOccupiedBase,
  tlbPageHash,
  tlbsInHart,
} from '../engine/layout.ts';
import type { Code } from '../wasm/code.ts';
import { anyMemory, ModuleBuilder } from '../wasm/module.ts';
import { op } from '../wasm/opcodes.ts';
import { emitNh, emitNhKeys } from './page-nh.ts';
import { emitXxh64 } from './page-xxh64.ts';

export const emitPageHash = (isNh: boolean): Uint8Array<ArrayBuffer> => {
  const module = new ModuleBuilder(anyMemory, 'page hash');
  const page = module.define({ parameters: ['i32', 'i64'], results: ['i64'] }, isNh ? emitNh : emitXxh64, 'page');
  module.define({ parameters: ['i32', 'i32'], results: ['i32'] }, (code) => emitChanges(code, page), 'changes');
  module.define({ parameters: [], results: [] }, emitFlagWritable, 'flagWritable');
  if (isNh) module.define({ parameters: [], results: [] }, emitNhKeys, 'keys');
  return module.finish();
};

/** Eight pages' flags are looked at at once: few pages are dirty, and there are half a million. */
const flagsAtOnce = 8;
const dirtyInEight = 0x0101_0101_0101_0101n * BigInt(pageFlag.dirtySinceDigest);

const emitChanges = (code: Code, page: number): void => {
  const [index, end] = [0, 1];
  const flags = code.local('i32');
  const count = code.local('i32');
  const sum = code.local('i64');
  const hash = code.local('i64');
  const before = code.local('i64');
  code.i32(0).memory(op.i64Load, ramHash).set(sum);
  const all = code.block();
  const search = code.loop();
  code.get(end).get(index).ops(op.i32LeU).brIf(all);
  code
    .get(index)
    .i32(flagsAtOnce - 1)
    .ops(op.i32And, op.i32Eqz)
    .if();
  code.get(index).memory(op.i64Load, pageFlagsBase).i64(dirtyInEight).ops(op.i64And, op.i64Eqz).if();
  code.get(index).i32(flagsAtOnce).ops(op.i32Add).set(index).br(search);
  code.end();
  code.end();
  code.get(index).memory(op.i32Load8U, pageFlagsBase).tee(flags);
  code.i32(pageFlag.dirtySinceDigest).ops(op.i32And).if();
  code.get(index).get(flags).i32(~pageFlag.dirtySinceDigest).ops(op.i32And).memory(op.i32Store8, pageFlagsBase);
  code.get(index).i32(pageShift).ops(op.i32Shl).i32(ramOffset).ops(op.i32Add);
  code.get(index).ops(op.i64ExtendI32U).call(page).set(hash);
  scaled(code, index, 3).memory(op.i64Load, pageHashesBase).set(before);
  scaled(code, index, 3).get(hash).memory(op.i64Store, pageHashesBase);
  code.get(sum).get(hash).ops(op.i64Add).get(before).ops(op.i64Sub).set(sum);
  code.get(hash).get(before).ops(op.i64Xor, op.i32WrapI64).if();
  scaled(code, count, 2).get(index).memory(op.i32Store, changedPages.indices);
  scaled(code, count, 2).get(hash).ops(op.i32WrapI64).memory(op.i32Store, changedPages.hashes);
  code.get(count).i32(1).ops(op.i32Add).set(count);
  code.end();
  code.end();
  code.get(index).i32(1).ops(op.i32Add).set(index);
  code.get(count).i32(changedPagesMax).ops(op.i32LtU).brIf(search);
  code.end();
  code.end();
  code.i32(0).get(count).memory(op.i32Store, changedPages.count);
  code.i32(0).get(sum).memory(op.i64Store, ramHash);
  code.get(index).get(end).get(index).get(end).ops(op.i32LtU, op.select);
};

const scaled = (code: Code, local: number, shift: number): Code => code.get(local).i32(shift).ops(op.i32Shl);

/** TLBs for writing, block by block of their entries. An entry has the low half of its page's hash at the last digest that found it. */
const emitFlagWritable = (code: Code): void => {
  const tlb = code.local('i32');
  const end = code.local('i32');
  const blocks = code.local('i32');
  const at = code.local('i32');
  const blockEnd = code.local('i32');
  const page = code.local('i32');
  const hash = code.local('i32');
  const blockBytes = tlbEntryBytes << tlbBlockShift;
  code.i32(0).memory(op.i32Load, tlbHarts).i32(tlbsInHart).ops(op.i32Mul).set(end);
  code.i32(tlbKinds.write).set(tlb);
  const eachTlb = code.loop();
  scaled(code, tlb, 2).memory(op.i32Load, tlbOccupiedBase).set(blocks);
  const noMore = code.block();
  const eachBlock = code.loop();
  code.get(blocks).ops(op.i32Eqz).brIf(noMore);
  code.get(tlb).i32(tlbBytes).ops(op.i32Mul);
  code.get(blocks).ops(op.i32Ctz).i32(blockBytes).ops(op.i32Mul, op.i32Add).tee(at);
  code.i32(blockBytes).ops(op.i32Add).set(blockEnd);
  code.get(blocks).get(blocks).i32(1).ops(op.i32Sub, op.i32And).set(blocks);
  const eachEntry = code.loop();
  code.get(at).memory(op.i32Load, tlbBase).i32(tlbDeviceTag).ops(op.i32And, op.i32Eqz).if(); // of a page, and in RAM
  code
    .get(at)
    .memory(op.i32Load, tlbBase)
    .get(at)
    .memory(op.i32Load, tlbBase + 8)
    .ops(op.i32Add);
  code.i32(ramOffset).ops(op.i32Sub).i32(pageShift).ops(op.i32ShrU).set(page);
  scaled(code, page, 3).memory(op.i32Load, pageHashesBase).tee(hash);
  code
    .get(at)
    .memory(op.i32Load, tlbBase + tlbPageHash)
    .ops(op.i32Eq)
    .if();
  code.get(at).i64Small(-1).memory(op.i64Store, tlbBase);
  code.else();
  code
    .get(at)
    .get(hash)
    .memory(op.i32Store, tlbBase + tlbPageHash);
  code.get(page);
  code.get(page).memory(op.i32Load8U, pageFlagsBase).i32(pageFlag.dirtySinceDigest).ops(op.i32Or);
  code.memory(op.i32Store8, pageFlagsBase);
  code.end();
  code.end();
  code.get(at).i32(tlbEntryBytes).ops(op.i32Add).tee(at);
  code.get(blockEnd).ops(op.i32Ne).brIf(eachEntry);
  code.end();
  code.br(eachBlock);
  code.end();
  code.end();
  code.get(tlb).i32(tlbKindCount).ops(op.i32Add).tee(tlb);
  code.get(end).ops(op.i32LtU).brIf(eachTlb);
  code.end();
};
