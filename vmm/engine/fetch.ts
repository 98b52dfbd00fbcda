/**
 * How the interpreter comes by its next instruction: through the execute TLB, from memory, and decoded as it was before
 * while memory has the same bits (predecode.ts).
 */

import type { Code, Label } from '../wasm/code.ts';
import { op } from '../wasm/opcodes.ts';
import { emitTlbEntry, pushHalves } from './access.ts';
import { type CoverageMaps, emitExecuted } from './coverage.ts';
import { emitHash } from './hash.ts';
import type { ImportIndices } from './imports.ts';
import { type Locals, pushCurrent } from './interpreter-operands.ts';
import {
  decodedAcrossEntries,
  decodedBase,
  decodedEntries,
  decodedEntryBytes,
  hartTlbPointers,
  meaningBytes,
  meaningsBase,
  meaningsBits,
  pageBytes,
  pageShift,
  scratch,
} from './layout.ts';

export interface FetchParts {
  readonly decode: number;
  readonly leave: Label;
  readonly spill: () => void;
  readonly reload: () => void;
  readonly coverage: CoverageMaps | undefined;
}

/** Sets decoded and nextAt, from the instruction at `at`. */
export const emitFetch = (
  code: Code,
  locals: Locals,
  imports: ImportIndices,
  { decode, leave, spill, reload, coverage }: FetchParts,
): void => {
  const { hart, at, nextAt, pc, raw, address, entry, host, decoded } = locals;

  const fetched = code.block();
  const unknown = code.block();
  const slow = code.block();
  // Where a page begins another one may have ended. 0 begins one, too: where the instruction is was not known.
  code
    .get(at)
    .i32(pageBytes - 1)
    .ops(op.i32And, op.i32Eqz)
    .unlikely()
    .if();
  pushCurrent(code, locals).set(pc);
  emitMapping(code, locals, imports);
  code.get(at).ops(op.i32Eqz).unlikely().brIf(slow);
  code.end();
  code.get(at).memory(op.i32Load, 0).set(raw);
  if (coverage !== undefined) emitExecuted(code, coverage, at);
  // Code lies at even addresses: one entry for each two bytes.
  code
    .get(at)
    .i32(3)
    .ops(op.i32Shl)
    .i32((decodedEntries - 1) * decodedEntryBytes)
    .ops(op.i32And);
  code.tee(decoded).memory(op.i32Load, decodedBase).get(raw).ops(op.i32Eq).likely().brIf(fetched);
  // A 32-bit instruction in the last two bytes of a page goes on in another one.
  pushIsLong(code, raw).ops(op.i32Eqz).brIf(unknown);
  code
    .get(at)
    .i32(pageBytes - 1)
    .ops(op.i32And)
    .i32(pageBytes - 2)
    .ops(op.i32Ne)
    .likely()
    .brIf(unknown);
  pushCurrent(code, locals).i64Small(2).ops(op.i64Add).set(address);
  pushExecuteEntry(code, hart, entry, address);
  code.tee(entry).memory(op.i64Load, 0).get(address).ops(op.i64Ne).unlikely().brIf(slow); // the address of that page
  code.get(raw).i32(0xffff).ops(op.i32And);
  code.get(address).ops(op.i32WrapI64).get(entry).memory(op.i32Load, 8).ops(op.i32Add).memory(op.i32Load16U, 0);
  code.i32(16).ops(op.i32Shl, op.i32Or).set(raw);
  // It has an entry by its page: that of its address would be taken for its first half and what lies behind it in RAM.
  code.get(at).i32(pageShift).ops(op.i32ShrU);
  code.i32(decodedAcrossEntries - 1).ops(op.i32And);
  code.i32(decodedEntryBytes).ops(op.i32Mul);
  code
    .i32(decodedEntries * decodedEntryBytes)
    .ops(op.i32Add)
    .set(decoded);
  emitDetach(code, locals, () => code.i32(4));
  code.get(decoded).memory(op.i32Load, decodedBase).get(raw).ops(op.i32Eq).brIf(fetched);
  code.br(unknown);
  code.end(); // slow
  spill();
  pushCurrent(code, locals).set(address);
  pushHalves(code, address);
  code.call(imports.fetchSlow).brIf(leave);
  reload(); // the walk may have written an entry that is watched
  code.i32(0).memory(op.i32Load, scratch.instruction).set(raw);
  code.i32((decodedEntries + decodedAcrossEntries) * decodedEntryBytes).set(decoded);
  emitDetach(code, locals, () => {
    pushIsLong(code, raw);
    code.i32(1).ops(op.i32Shl).i32(2).ops(op.i32Add);
  });
  code.end(); // unknown
  const bits = entry; // nothing is looked up by address any more
  code.get(raw).get(raw).i32(0xffff).ops(op.i32And);
  pushIsLong(code, raw).ops(op.select).set(bits);
  emitHash(code, bits, meaningsBits, meaningBytes);
  code.tee(host).memory(op.i32Load, meaningsBase).get(bits).ops(op.i32Eq).likely().if();
  code.get(decoded).get(host);
  code.memory(op.i64Load, meaningsBase + 4).memory(op.i64Store, decodedBase + 4);
  code.else();
  code.get(raw).get(decoded).call(decode);
  code.end();
  code.get(decoded).get(raw).memory(op.i32Store, decodedBase);
  code.end(); // fetched

  // A branch that is predicted, not an addition that waits for what was loaded.
  pushIsLong(code, raw).if();
  code.get(at).i32(4).ops(op.i32Add).set(nextAt);
  code.else();
  code.get(at).i32(2).ops(op.i32Add).set(nextAt);
  code.end();
};

/** Whether the instruction that begins with these bits has 32 (unprivileged specification, "Base Instruction-Length Encoding"). */
const pushIsLong = (code: Code, raw: number): Code => code.get(raw).i32(3).ops(op.i32And).i32(3).ops(op.i32Eq);

/** Pushes the address of the execute TLB's entry for an i64 address; `tlb` is an i32 local that it may change. */
const pushExecuteEntry = (code: Code, hart: number, tlb: number, address: number): void => {
  code.get(hart).memory(op.i32Load, hartTlbPointers.execute).set(tlb);
  emitTlbEntry(code, tlb, address);
};

/** Sets `at` and `origin` from pc, by the execute TLB. */
export const emitMapping = (code: Code, { hart, pc, at, origin, entry }: Locals, { find }: ImportIndices): void => {
  pushExecuteEntry(code, hart, entry, pc);
  code.tee(entry).memory(op.i64Load, 0);
  code.get(pc).i64Small(-pageBytes).ops(op.i64And, op.i64Eq).likely().if();
  code.get(pc).ops(op.i32WrapI64).get(entry).memory(op.i32Load, 8).ops(op.i32Add).set(at);
  code.else();
  if (find.execute === undefined) code.i32(0).set(at);
  else code.get(hart).get(pc).i32(0).call(find.execute).set(at);
  code.end();
  code.get(pc).get(at).ops(op.i64ExtendI32U, op.i64Sub).set(origin);
};

/**
 * What follows this instruction in memory is not what is run after it, or may not be: moves `at` to where it ends with a page that
 * no code is in, so that the next one is looked for. Its pc stays what it is.
 */
export const emitDetach = (code: Code, locals: Locals, pushLength: () => void): void => {
  const { at, origin } = locals;
  pushCurrent(code, locals).i32(pageBytes);
  pushLength();
  code.ops(op.i32Sub).tee(at).ops(op.i64ExtendI32U, op.i64Sub).set(origin);
};
