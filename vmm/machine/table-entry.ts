/**
 * What a store to a valid entry of a page table drops, in WebAssembly, for the common case: a table of the last level that
 * serves one range of virtual addresses, so that one page was derived from the entry. The rest is page-tables.ts's, which is the
 * reference for it.
 */

import {
  pageBytes,
  pageShift,
  tableFirstBase,
  tableLevelBase,
  tableSetsBase,
  tlbBase,
  tlbBlockShift,
  tlbBytes,
  tlbEntries,
  tlbEntryBytes,
  tlbHarts,
  tlbOccupiedBase,
  tlbOtherPlace,
  tlbsInHart,
  tlbsInSet,
} from '../engine/layout.ts';
import type { Code } from '../wasm/code.ts';
import type { Signature } from '../wasm/module.ts';
import { op } from '../wasm/opcodes.ts';

/**
 * `(page, low)`: the RAM page of a table that is tracked, and an address in the entry, of which the offset in the page counts.
 * Gives 0, and has dropped nothing, when more may be derived from the entry than one page.
 */
export const dropEntrySignature: Signature = { parameters: ['i32', 'i32'], results: ['i32'] };

const entryShift = 3;
/** Bits of a virtual page's number that tables of the last three levels tell; see virtualPage in tlb.ts. */
const virtualPageMask = 2 ** 27 - 1;

export const emitDropEntry = (code: Code): void => {
  const [page, low] = [0, 1];
  const [wanted, place, block] = [code.local('i32'), code.local('i32'), code.local('i32')];
  const [harts, hart, sets, tlb, last, entry, blocks] = [
    code.local('i32'),
    code.local('i32'),
    code.local('i32'),
    code.local('i32'),
    code.local('i32'),
    code.local('i32'),
    code.local('i32'),
  ];
  code.get(page).memory(op.i32Load8U, tableLevelBase).if();
  code.i32(0).ops(op.return);
  code.end();

  code.get(page).i32(2).ops(op.i32Shl).memory(op.i32Load, tableFirstBase);
  code
    .get(low)
    .i32(pageBytes - 1)
    .ops(op.i32And)
    .i32(entryShift)
    .ops(op.i32ShrU, op.i32Add)
    .tee(wanted);
  code
    .i32(tlbEntries - 1)
    .ops(op.i32And)
    .tee(place)
    .i32(tlbBlockShift)
    .ops(op.i32ShrU)
    .set(block);
  code.get(place).i32(tlbEntryBytes).ops(op.i32Mul).set(place);

  /** Of the entry at `place`, or at the one where what it displaces goes, if its block holds anything. */
  const dropIfWanted = (isOther: boolean): void => {
    code.get(blocks).get(block);
    if (isOther) code.i32(tlbOtherPlace / tlbEntryBytes / 2 ** tlbBlockShift).ops(op.i32Xor);
    code.ops(op.i32ShrU).i32(1).ops(op.i32And).if();
    code.get(tlb).i32(tlbBytes).ops(op.i32Mul).i32(tlbBase).ops(op.i32Add).get(place);
    if (isOther) code.i32(tlbOtherPlace).ops(op.i32Xor);
    code.ops(op.i32Add).tee(entry).memory(op.i64Load, 0).i64Small(pageShift).ops(op.i64ShrU, op.i32WrapI64);
    code.i32(virtualPageMask).ops(op.i32And).get(wanted).ops(op.i32Eq).if();
    code.get(entry).i64Small(-1).memory(op.i64Store, 0);
    code.end();
    code.end();
  };
  code.i32(0).memory(op.i32Load, tlbHarts).set(harts);
  const nextHart = code.loop();
  code.get(page).memory(op.i32Load8U, tableSetsBase).set(sets);
  const served = code.block();
  const nextSet = code.loop();
  code.get(sets).ops(op.i32Eqz).brIf(served);
  code.get(hart).i32(tlbsInHart).ops(op.i32Mul);
  code.get(sets).ops(op.i32Ctz).i32(tlbsInSet).ops(op.i32Mul, op.i32Add).tee(tlb);
  code.i32(tlbsInSet).ops(op.i32Add).set(last);
  const nextTlb = code.loop();
  code.get(tlb).i32(2).ops(op.i32Shl).memory(op.i32Load, tlbOccupiedBase).set(blocks);
  dropIfWanted(false);
  dropIfWanted(true);
  code.get(tlb).i32(1).ops(op.i32Add).tee(tlb).get(last).ops(op.i32LtU).brIf(nextTlb);
  code.end();
  code.get(sets).get(sets).i32(1).ops(op.i32Sub, op.i32And).set(sets);
  code.br(nextSet);
  code.end();
  code.end(); // served
  code.get(hart).i32(1).ops(op.i32Add).tee(hart).get(harts).ops(op.i32LtU).brIf(nextHart);
  code.end();
  code.i32(1);
};
