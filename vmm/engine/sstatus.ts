/**
 * Accesses to sstatus in WebAssembly, as long as nothing comes of the change but other bits in it and other TLBs: what is
 * read, and whether a write has other effects. The machine's own (machine/csr/status.ts) is the reference. Beside it, when
 * sfence.vma, which mstatus may trap, is for the machine.
 */

import { mstatus, sstatusHigh, sstatusWritable } from '../machine/csr/status.ts';
import { privilege } from '../machine/hart.ts';
import type { Code } from '../wasm/code.ts';
import { op } from '../wasm/opcodes.ts';
import { hartOffset, hartTlbPointers, tlbAddress, tlbContexts, tlbNumber } from './layout.ts';

export const sstatusNumber = 0x100;

/** Bits of sstatus whose change has other effects. SIE may have one, too, and SUM outside of S or with MPRV. */
const effective = mstatus.fs | mstatus.mxr;

/** Pushes sstatus (i64); `low` is an i32 local with the lower half of mstatus. */
export const pushSstatus = (code: Code, low: number): void => {
  const high = (of: number): bigint => BigInt(sstatusHigh(of)) << 32n;
  code.get(low).i32(sstatusWritable).ops(op.i32And, op.i64ExtendI32U);
  code.i64(high(mstatus.fs)).i64(high(0)).get(low).i32(mstatus.fs).ops(op.i32And).i32(mstatus.fs).ops(op.i32Eq);
  code.ops(op.select, op.i64Or);
};

/** How an instruction changes a CSR; the values are those of the low bits of funct3 (Zicsr). */
export type CsrChange = 'write' | 'set' | 'clear';

/** Consumes the operand (i32); leaves the bits of sstatus that change. All that can be written is in the lower half of mstatus. */
export const emitChanged = (code: Code, low: number, how: CsrChange): void => {
  if (how === 'write') code.get(low).ops(op.i32Xor);
  if (how === 'set') code.get(low).i32(-1).ops(op.i32Xor, op.i32And);
  if (how === 'clear') code.get(low).ops(op.i32And);
  code.i32(sstatusWritable).ops(op.i32And);
};

/** Pushes whether more comes of a change (an i32 local with its bits): not 0 when it does. */
export const pushHasEffect = (code: Code, hart: number, low: number, changed: number): void => {
  code.get(changed).i32(effective).ops(op.i32And);
  code.get(changed).i32(mstatus.sum).ops(op.i32And).i32(0);
  code.get(hart).memory(op.i32Load, hartOffset.privilege).i32(privilege.supervisor).ops(op.i32Ne);
  code.get(low).i32(mstatus.mprv).ops(op.i32And, op.i32Or, op.select, op.i32Or);
  // Enabling interrupts, when one may be pending.
  code.get(low).get(changed).ops(op.i32Xor).get(changed).ops(op.i32And).i32(mstatus.sie).ops(op.i32And).i32(0);
  code.ops(op.i32Ne);
  code.get(hart).memory(op.i32Load, hartOffset.mip).get(hart).memory(op.i32Load, hartOffset.lines).ops(op.i32Or);
  code.get(hart).memory(op.i32Load, hartOffset.mie).ops(op.i32And).i32(0);
  code.ops(op.i32Ne, op.i32And, op.i32Or);
};

/**
 * Stores the lower half of mstatus with these bits changed. A change of SUM takes loads and stores to the TLBs of the other of the two
 * contexts of S; `reload` is emitted for that case.
 */
export const emitChange = (code: Code, hart: number, low: number, changed: number, reload: () => void): void => {
  code.get(hart).get(low).get(changed).ops(op.i32Xor).memory(op.i32Store, hartOffset.mstatus);
  code.get(changed).i32(mstatus.sum).ops(op.i32And).if();
  for (const pointer of [hartTlbPointers.read, hartTlbPointers.write]) {
    code.get(hart).get(hart).memory(op.i32Load, pointer);
    code.i32(-contextBytes).i32(contextBytes).get(low).i32(mstatus.sum).ops(op.i32And, op.select, op.i32Add);
    code.memory(op.i32Store, pointer);
  }
  reload();
  code.end();
};

/** From a TLB of S to that of S with access to pages of U, of the same set and kind. */
const contextBytes =
  tlbAddress(0, tlbNumber(0, tlbContexts.supervisorUserMemory, 0)) -
  tlbAddress(0, tlbNumber(0, tlbContexts.supervisor, 0));

/** Pushes whether sfence.vma may be for the machine: in S it is legal unless TVM traps it, and has nothing to do (system.ts). */
export const pushFenceIsUncommon = (code: Code, hart: number): void => {
  code.get(hart).memory(op.i32Load, hartOffset.privilege).i32(privilege.supervisor).ops(op.i32Ne);
  code.get(hart).memory(op.i32Load, hartOffset.mstatus).i32(mstatus.tvm).ops(op.i32And, op.i32Or);
};
