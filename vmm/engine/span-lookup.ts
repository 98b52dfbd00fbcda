/**
 * What translated code does when its look at the TLB did not find a span of bytes in one page: fills the TLB for the
 * access that comes first, and takes a span over two pages, too, when they lie side by side in RAM.
 *
 *     readSpan, writeSpan (hart: i32, address: i64, request: i32) -> i32
 *     request: | 31:24 bytes of the span - 1 | 23:16 first access, from the span's beginning | 8 it is the only one | 7:0 its size |
 *
 * They give what is to be added to the address for the host address of the span's first byte, as a TLB entry has it (see SlowAccess);
 * or 0, and then the interpreter must do that access, as it must where the sum is the address itself.
 */

import { forInterpreter } from '../machine/refill.ts';
import type { Code } from '../wasm/code.ts';
import type { ModuleBuilder, Signature } from '../wasm/module.ts';
import { op } from '../wasm/opcodes.ts';
import { emitPresent, pushHalves } from './access.ts';
import type { ImportIndices } from './imports.ts';
import { hartTlbPointers, pageBytes, tlbKinds } from './layout.ts';

export const spanSignature: Signature = { parameters: ['i32', 'i64', 'i32'], results: ['i32'] };
export const spanNames = { read: 'readSpan', write: 'writeSpan' } as const;
export const spanBytesMax = 256;

export const spanRequest = (spanBytes: number, firstOffset: number, sizeBytes: number, isOnly: boolean): number =>
  ((spanBytes - 1) << 24) | (firstOffset << 16) | (isOnly ? onlyAccess : 0) | sizeBytes;
const onlyAccess = 1 << 8;

type SpanImports = Pick<ImportIndices, 'fill' | 'find'>;

export const defineSpanLookup = (module: ModuleBuilder, imports: SpanImports): void => {
  for (const kind of ['read', 'write'] as const)
    module.define(spanSignature, (code) => emitLookup(code, kind, imports), spanNames[kind]);
};

const emitLookup = (code: Code, kind: 'read' | 'write', { fill, find }: SpanImports): void => {
  const [hart, address, request] = [0, 1, 2];
  const tlb = code.local('i32');
  const host = code.local('i32');
  const other = code.local('i64');
  const pushPage = (of: number): Code => code.get(of).i64Small(-pageBytes).ops(op.i64And);
  const pushPart = (bit: number): Code => code.get(request).i32(bit).ops(op.i32ShrU).i32(0xff).ops(op.i32And);
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
      pushPart(0).i32(0);
      code.get(request).i32(onlyAccess).ops(op.i32And, op.select);
    }
    return code.call(find[kind]).end();
  };
  const setOther = (partBit: number): void => {
    code.get(address);
    pushPart(partBit).ops(op.i64ExtendI32U, op.i64Add).set(other);
  };

  code.get(hart).memory(op.i32Load, hartTlbPointers[kind]).set(tlb);
  const none = code.block();
  pushHost(address).tee(host).ops(op.i32Eqz).unlikely().if();
  setOther(16);
  pushHalves(code, other);
  pushPart(0).i32(tlbKinds[kind]).call(fill).ops(op.i32Eqz).brIf(none);
  pushHost(address).set(host);
  code.end();
  code.get(host).i32(forInterpreter).ops(op.i32LeU).brIf(none);

  setOther(24);
  pushPage(address);
  pushPage(other).ops(op.i64Ne).if();
  pushHost(other).get(host).ops(op.i32Sub);
  pushPart(24).ops(op.i32Ne).brIf(none);
  code.end();
  code.get(host).get(address).ops(op.i32WrapI64, op.i32Sub, op.return);
  code.end(); // none
  code.i32(0);
};
