/**
 * What translated code does when its look at the TLB did not find a span of bytes in one page: fills the TLB for the
 * access that comes first, and takes a span over two pages, too, when they lie side by side in RAM.
 *
 *     readSpan, writeSpan (hart: i32, address: i64, request: i32) -> i32
 *     request: | 31:24 bytes of the span - 1 | 23:16 first access, from the span's beginning | 7:0 its size |
 *
 * They give the host address of the span's first byte; or 0, and then the interpreter must do that access.
 */

import type { Code } from '../wasm/code.ts';
import type { ModuleBuilder, Signature } from '../wasm/module.ts';
import { op } from '../wasm/opcodes.ts';
import { emitTlbEntry, pushHalves } from './access.ts';
import { hartTlbPointers, pageBytes, tlbKinds, tlbOtherPlace } from './layout.ts';

export const spanSignature: Signature = { parameters: ['i32', 'i64', 'i32'], results: ['i32'] };
export const spanNames = { read: 'readSpan', write: 'writeSpan' } as const;
export const spanBytesMax = 256;

export const spanRequest = (spanBytes: number, firstOffset: number, sizeBytes: number): number =>
  ((spanBytes - 1) << 24) | (firstOffset << 16) | sizeBytes;

export const defineSpanLookup = (module: ModuleBuilder, fill: number): void => {
  for (const kind of ['read', 'write'] as const)
    module.define(spanSignature, (code) => emitLookup(code, kind, fill), spanNames[kind]);
};

const emitLookup = (code: Code, kind: 'read' | 'write', fill: number): void => {
  const [hart, address, request] = [0, 1, 2];
  const tlb = code.local('i32');
  const entry = code.local('i32');
  const host = code.local('i32');
  const displaced = code.local('i32');
  const other = code.local('i64');
  const pushPage = (of: number): Code => code.get(of).i64Small(-pageBytes).ops(op.i64And);
  /** Whether the page of an address is not there, as an i32. */
  const pushIsMissing = (of: number): void => {
    emitTlbEntry(code, tlb, of);
    code.tee(entry).memory(op.i64Load, 0);
    pushPage(of).ops(op.i64Ne);
  };
  const pushHost = (of: number): Code => code.get(entry).memory(op.i32Load, 8).get(of).ops(op.i32WrapI64, op.i32Add);
  const pushPart = (bit: number): Code => code.get(request).i32(bit).ops(op.i32ShrU).i32(0xff).ops(op.i32And);
  const give0 = (): Code => code.i32(0).ops(op.return).end();

  code.get(hart).memory(op.i32Load, hartTlbPointers[kind]).set(tlb);
  const found = code.block();
  pushIsMissing(address);
  code.if();
  // Where an entry goes that another one has displaced (tlb.ts): they change places.
  const isElsewhere = code.block();
  code.get(entry).i32(tlbOtherPlace).ops(op.i32Xor).tee(displaced).memory(op.i64Load, 0);
  pushPage(address).ops(op.i64Ne).brIf(isElsewhere);
  for (const offset of [0, 8]) {
    code.get(entry).memory(op.i64Load, offset).set(other);
    code.get(entry).get(displaced).memory(op.i64Load, offset).memory(op.i64Store, offset);
    code.get(displaced).get(other).memory(op.i64Store, offset);
  }
  code.br(found);
  code.end();
  code.get(address);
  pushPart(16).ops(op.i64ExtendI32U, op.i64Add).set(other);
  pushHalves(code, other);
  pushPart(0).i32(tlbKinds[kind]).call(fill).ops(op.i32Eqz).unlikely().if();
  give0();
  pushIsMissing(address);
  code.if();
  give0();
  code.end();
  code.end(); // found
  pushHost(address).set(host);

  code.get(address);
  pushPart(24).ops(op.i64ExtendI32U, op.i64Add).set(other);
  pushPage(address);
  pushPage(other).ops(op.i64Ne).if();
  pushIsMissing(other);
  code.if();
  give0();
  pushHost(other).get(host).ops(op.i32Sub);
  pushPart(24).ops(op.i32Ne).if();
  give0();
  code.end();
  code.get(host);
};
