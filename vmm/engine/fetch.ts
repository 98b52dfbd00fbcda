/**
 * How the interpreter comes by its next instruction: through the execute TLB, from memory, and decoded as it was before
 * while memory has the same bits (predecode.ts).
 */

import type { Code, Label } from '../wasm/code.ts';
import { op } from '../wasm/opcodes.ts';
import { emitTlbEntry } from './access.ts';
import { type CoverageMaps, emitExecuted } from './coverage.ts';
import type { ImportIndices } from './imports.ts';
import type { Locals } from './interpreter-operands.ts';
import {
  decodedAcrossEntries,
  decodedBase,
  decodedEntries,
  decodedEntryBytes,
  meaningsBase,
  pageBytes,
  pageShift,
  scratch,
} from './layout.ts';
import { emitMeaningOf, fieldBits } from './predecode.ts';

export interface FetchParts {
  readonly leave: Label;
  readonly spill: () => void;
  readonly reload: () => void;
  readonly coverage: CoverageMaps | undefined;
}

/** Sets decoded, fields, next and pc from the instruction at `current`. */
export const emitFetch = (
  code: Code,
  locals: Locals,
  imports: ImportIndices,
  { leave, spill, reload, coverage }: FetchParts,
): void => {
  const { current, pageAddend, raw, address, entry, host, decoded } = locals;

  const fetched = code.block();
  const unknown = code.block();
  const slow = code.block();
  emitMapping(code, locals, imports, current, slow);
  code.get(current).ops(op.i32WrapI64).get(pageAddend).ops(op.i32Add).tee(host).memory(op.i32Load, 0).set(raw);
  if (coverage !== undefined) emitExecuted(code, coverage, host);
  // Code lies at even addresses: one entry for each two bytes.
  code
    .get(host)
    .i32(3)
    .ops(op.i32Shl)
    .i32((decodedEntries - 1) * decodedEntryBytes)
    .ops(op.i32And);
  code.tee(decoded).memory(op.i32Load, decodedBase).get(raw).ops(op.i32Eq).likely().brIf(fetched);
  // A 32-bit instruction in the last two bytes of a page goes on in another one.
  code.get(raw).i32(3).ops(op.i32And).i32(3).ops(op.i32Ne).brIf(unknown);
  code
    .get(host)
    .i32(pageBytes - 1)
    .ops(op.i32And)
    .i32(pageBytes - 2)
    .ops(op.i32Ne)
    .brIf(unknown);
  code.get(current).i64Small(2).ops(op.i64Add).set(address);
  emitTlbEntry(code, locals.executeTlb, address);
  code.tee(entry).memory(op.i64Load, 0).get(address).ops(op.i64Ne).brIf(slow); // the address of that page
  code.get(raw).i32(0xffff).ops(op.i32And);
  code.get(address).ops(op.i32WrapI64).get(entry).memory(op.i32Load, 8).ops(op.i32Add).memory(op.i32Load16U, 0);
  code.i32(16).ops(op.i32Shl, op.i32Or).set(raw);
  // It has an entry by its page: that of its address would be taken for its first half and what lies behind it in RAM.
  code.get(host).i32(pageShift).ops(op.i32ShrU);
  code.i32(decodedAcrossEntries - 1).ops(op.i32And);
  code.i32(decodedEntryBytes).ops(op.i32Mul);
  code.i32(decodedEntries * decodedEntryBytes).ops(op.i32Add);
  code.tee(decoded).memory(op.i32Load, decodedBase).get(raw).ops(op.i32Eq).brIf(fetched);
  code.br(unknown);
  code.end(); // slow
  spill();
  code.get(current).ops(op.i32WrapI64).get(current).i64(32n).ops(op.i64ShrU, op.i32WrapI64);
  code.call(imports.fetchSlow).brIf(leave);
  reload(); // the walk may have written an entry that is watched
  code.i32(0).memory(op.i32Load, scratch.instruction).set(raw);
  code.i32((decodedEntries + decodedAcrossEntries) * decodedEntryBytes).set(decoded);
  code.end(); // unknown
  const bits = host; // where it lies is not asked for any more
  code.get(raw).get(raw).i32(0xffff).ops(op.i32And);
  code.get(raw).i32(3).ops(op.i32And).i32(3).ops(op.i32Eq, op.select).set(bits);
  emitMeaningOf(code, bits);
  code.tee(entry).memory(op.i32Load, meaningsBase).get(bits).ops(op.i32Eq).likely().if();
  code.get(decoded).get(entry);
  code.memory(op.i64Load, meaningsBase + 4).memory(op.i64Store, decodedBase + 4);
  code.else();
  code.get(raw).get(decoded).call(imports.decode);
  code.end();
  code.get(decoded).get(raw).memory(op.i32Store, decodedBase);
  code.end(); // fetched

  code
    .get(decoded)
    .memory(op.i32Load, decodedBase + 4)
    .set(locals.fields);
  // A branch that is predicted, not an addition that waits for the fields.
  code
    .get(locals.fields)
    .i32(4 << fieldBits.length)
    .ops(op.i32And)
    .if();
  code.get(current).i64Small(4).ops(op.i64Add).set(locals.next);
  code.else();
  code.get(current).i64Small(2).ops(op.i64Add).set(locals.next);
  code.end();
  code.get(locals.next).set(locals.pc);
};

/** Sets pageAddend for an i64 address, from the execute TLB when it is of another page than the last one. */
export const emitMapping = (
  code: Code,
  { hart, page, pageAddend, entry, executeTlb }: Locals,
  { find }: ImportIndices,
  address: number,
  miss: Label,
): void => {
  const pageMask = -BigInt(pageBytes);
  code.get(address).i64(pageMask).ops(op.i64And).get(page).ops(op.i64Ne).unlikely().if();
  emitTlbEntry(code, executeTlb, address);
  code.tee(entry).memory(op.i64Load, 0);
  code.get(address).i64(pageMask).ops(op.i64And).tee(page).ops(op.i64Ne).unlikely().if();
  if (find.execute !== undefined) code.get(hart).get(address).i32(0).call(find.execute).ops(op.i32Eqz).if();
  code.i64(-1n).set(page).br(miss);
  if (find.execute !== undefined) code.end();
  code.end();
  code.get(entry).memory(op.i32Load, 8).set(pageAddend);
  code.end();
};
