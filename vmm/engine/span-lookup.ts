/**
 * What translated code does when its look at the TLB did not find a span of bytes in one page: fills the TLB for the
 * access that comes first, and takes a span over two pages, too, when they lie side by side in RAM.
 *
 *     readSpan, writeSpan (hart: i32, address: i64, request: i64, entry: i64, budget: i32, vector) -> i32
 *     request: | 63:28 offset of the instruction of the first access | 27:19 steps that it gets back |
 *              | 18:11 bytes of the span - 1 | 10:3 first access, from the span's beginning | 2 it is the only one | 1:0 its size, as a power of 2 |
 *
 * They give what is to be added to the address for the host address of the span's first byte, as a TLB entry has it (see SlowAccess);
 * or 0, also where 0 is to be added, and then the interpreter must do that access. For it they have stored where that is, in either
 * case: the instruction's address from that of the region's entry, and the budget with the steps that it gets back. Code that leaves
 * is most of what is emitted for an access, and hardly ever run: the less of it, the sooner V8 is done.
 */

import { forInterpreter } from '../machine/refill.ts';
import type { Code } from '../wasm/code.ts';
import type { ModuleBuilder } from '../wasm/module.ts';
import { op } from '../wasm/opcodes.ts';
import { emitPresent, pushHalves } from './access.ts';
import type { ImportIndices } from './imports.ts';
import { hartOffset, hartTlbPointers, pageBytes, scratch, tlbKinds } from './layout.ts';
import { regionCalls } from './region-calls.ts';

export const spanNames = { read: 'readSpan', write: 'writeSpan' } as const;
export const spanBytesMax = 256;

/** Its part about memory: the low 19 bits. */
export const spanRequest = (spanBytes: number, firstOffset: number, sizeBytes: number, isOnly: boolean): number =>
  ((spanBytes - 1) << 11) | (firstOffset << 3) | (isOnly ? onlyAccess : 0) | Math.log2(sizeBytes);
const onlyAccess = 1 << 2;

/** Pushes the whole of it. `back`: steps, at most 511. */
export const pushSpanRequest = (code: Code, request: number, offset: number, back: number): Code => {
  if (back > 511) throw new Error(`a request for a span has 9 bits for steps; ${back} do not fit`);
  return code.i64Wide(offset, (back << 19) | request);
};

type SpanImports = Pick<ImportIndices, 'fill' | 'find'>;

export const defineSpanLookup = (module: ModuleBuilder, imports: SpanImports): void => {
  for (const kind of ['read', 'write'] as const)
    module.define(regionCalls.span, (code) => emitLookup(code, kind, imports), spanNames[kind]);
};

const emitLookup = (code: Code, kind: 'read' | 'write', { fill, find }: SpanImports): void => {
  const [hart, address, request, entry, budget] = [0, 1, 2, 3, 4];
  const parts = code.local('i32');
  const tlb = code.local('i32');
  const host = code.local('i32');
  const other = code.local('i64');
  const pushPage = (of: number): Code => code.get(of).i64Small(-pageBytes).ops(op.i64And);
  const pushPart = (bit: number, mask = 0xff): Code =>
    code.get(parts).i32(bit).ops(op.i32ShrU).i32(mask).ops(op.i32And);
  const pushSize = (): Code => {
    code.i32(1);
    return pushPart(0, 3).ops(op.i32Shl);
  };
  /** Leaves the host address of what is at an address, or 0. */
  const pushHost = (of: number): Code => {
    const present = code.block('i32');
    const absent = code.block();
    emitPresent(code, tlb, of, absent);
    code.br(present);
    code.end(); // absent
    code.get(hart).get(of);
    if (kind === 'read') code.i32(0);
    else {
      pushSize().i32(0);
      code.get(parts).i32(onlyAccess).ops(op.i32And, op.select);
    }
    return code.call(find[kind]).end();
  };
  const setOther = (partBit: number): void => {
    code.get(address);
    pushPart(partBit).ops(op.i64ExtendI32U, op.i64Add).set(other);
  };

  code.get(request).ops(op.i32WrapI64).set(parts);
  code.get(hart).memory(op.i32Load, hartTlbPointers[kind]).set(tlb);
  const none = code.block();
  pushHost(address).tee(host).ops(op.i32Eqz).unlikely().if();
  setOther(3);
  pushHalves(code, other);
  pushSize().i32(tlbKinds[kind]).call(fill).ops(op.i32Eqz).brIf(none);
  pushHost(address).set(host);
  code.end();
  code.get(host).i32(forInterpreter).ops(op.i32LeU).brIf(none);

  setOther(11);
  pushPage(address);
  pushPage(other).ops(op.i64Ne).if();
  pushHost(other).get(host).ops(op.i32Sub);
  pushPart(11).ops(op.i32Ne).brIf(none);
  code.end();
  code.get(host).get(address).ops(op.i32WrapI64, op.i32Sub).tee(host).ops(op.i32Eqz).brIf(none);
  code.get(host).ops(op.return);
  code.end(); // none
  code.get(hart).get(entry).get(request).i64Small(28).ops(op.i64ShrS, op.i64Add).memory(op.i64Store, hartOffset.pc);
  code.i32(0).get(budget);
  pushPart(19, 0x1ff).ops(op.i32Add).memory(op.i32Store, scratch.budget);
  code.i32(0);
};
