/**
 * Memory access from emitted code: the software TLB probe, inlined, once. A hit costs a compare and an add; anything
 * else (a miss, a device, a misaligned or faulting access) calls JS, which either serves the access or says: leave.
 */

import { ramBase } from '../machine/memory.ts';
import type { Code, Label } from '../wasm/code.ts';
import { op } from '../wasm/opcodes.ts';
import { type AtomicAccess, atomicAccess, type ImportIndices } from './imports.ts';
import { hartOffset, pageBytes, ramOffset, scratch, tlbEntries } from './layout.ts';

export interface AccessLocals {
  readonly hart: number; // i32: base of the hart's record
  readonly readTlb: number; // i32: base of the TLB of the present context
  readonly writeTlb: number;
  readonly address: number; // i64
  readonly entry: number; // i32
  readonly host: number; // i32
  readonly value: number; // i64
  readonly operand: number; // i64
}

export class MemoryAccess {
  readonly #code: Code;
  readonly #imports: ImportIndices;
  readonly #locals: AccessLocals;
  readonly #leave: Label;
  /** Emits the spilling of pc and budget, so that JS sees a precise state. */
  readonly spill: () => void;
  /** Emits the reloading of what JS may have changed: the budget (an interrupt line changed), the mapping of code. */
  readonly #reload: () => void;

  constructor(
    code: Code,
    imports: ImportIndices,
    locals: AccessLocals,
    leave: Label,
    spill: () => void,
    reload: () => void,
  ) {
    this.#code = code;
    this.#imports = imports;
    this.#locals = locals;
    this.#leave = leave;
    this.spill = spill;
    this.#reload = reload;
  }

  /** After a call out: consumes an i32, leaves when it is not 0, goes on otherwise. */
  resumeUnless(): void {
    this.#code.brIf(this.#leave);
    this.#reload();
  }

  /** Leaves the loaded value on the stack, extended to i64. */
  load(size: 1 | 2 | 4 | 8, signed: boolean, pushAddress: () => void): void {
    const { readTlb } = this.#locals;
    pushAddress();
    this.#hostAddress(readTlb, size, () => {
      this.#pushAddressHalves();
      this.#code.i32(size).call(this.#imports.loadSlow);
      this.resumeUnless();
      this.#code.i32(scratch.value);
    });
    this.#code.memory(loads[size][signed ? 1 : 0], 0);
  }

  store(size: 1 | 2 | 4 | 8, pushAddress: () => void, pushValue: () => void): void {
    const { writeTlb, value, host } = this.#locals;
    const code = this.#code;
    pushAddress();
    code.set(this.#locals.address);
    pushValue();
    code.set(value);
    const done = code.block();
    code.get(this.#locals.address);
    this.#hostAddress(writeTlb, size, () => {
      code.i32(0).get(value).memory(op.i64Store, scratch.value);
      this.#pushAddressHalves();
      code.i32(size).call(this.#imports.storeSlow);
      this.resumeUnless();
      code.br(done);
    });
    code.set(host).get(host).get(value).memory(stores[size], 0);
    code.end();
  }

  /** Read, modify, write. Leaves the old value, sign-extended. `combine` pushes the new value. */
  atomic(
    size: 4 | 8,
    pushAddress: () => void,
    pushOperand: () => void,
    combine: (old: number, b: number) => void,
  ): void {
    const { host, value, operand } = this.#locals;
    const code = this.#code;
    pushOperand();
    code.set(operand);
    pushAddress();
    this.#atomicAddress(size, atomicAccess.modify);
    code.tee(host).memory(loads[size][1], 0).set(value).get(host);
    combine(value, operand);
    code.memory(stores[size], 0).get(value);
  }

  /** Leaves the loaded value, sign-extended, and sets the reservation. */
  loadReserved(size: 4 | 8, pushAddress: () => void): void {
    const { hart, host } = this.#locals;
    const code = this.#code;
    pushAddress();
    this.#atomicAddress(size, atomicAccess.loadReserved);
    code.set(host);
    code.get(hart);
    this.#pushPhysical();
    code.memory(op.i64Store, hartOffset.reservation);
    code.get(host).memory(loads[size][1], 0);
  }

  /**
   * Leaves 0 on success, 1 on failure. Without a reservation it fails before the address is looked at. The
   * reservation ends either way.
   */
  storeConditional(size: 4 | 8, pushAddress: () => void, pushValue: () => void): void {
    const { hart, host, value } = this.#locals;
    const code = this.#code;
    code.i64(1n).set(value);
    code.get(hart).memory(op.i64Load, hartOffset.reservation).i64(-1n).ops(op.i64Ne);
    code.if();
    pushAddress();
    this.#atomicAddress(size, atomicAccess.storeConditional);
    code.set(host);
    this.#pushPhysical();
    code.get(hart).memory(op.i64Load, hartOffset.reservation).ops(op.i64Eq);
    code.if();
    code.get(host);
    pushValue();
    code.memory(stores[size], 0).i64(0n).set(value);
    code.end();
    code.get(hart).i64(-1n).memory(op.i64Store, hartOffset.reservation);
    code.end();
    code.get(value);
  }

  /** The physical address of `host`: state names places as the guest knows them, wherever the engine keeps RAM. */
  #pushPhysical(): void {
    const { host } = this.#locals;
    this.#code
      .get(host)
      .ops(op.i64ExtendI32U)
      .i64(BigInt(ramBase - ramOffset))
      .ops(op.i64Add);
  }

  /** Consumes the address; leaves the host address of a naturally aligned operand in RAM. */
  #atomicAddress(size: 4 | 8, access: AtomicAccess): void {
    const { readTlb, writeTlb } = this.#locals;
    const code = this.#code;
    this.#hostAddress(access === atomicAccess.loadReserved ? readTlb : writeTlb, size, () => {
      this.#pushAddressHalves();
      code.i32(size).i32(access).call(this.#imports.atomicSlow).tee(this.#locals.host);
      code.ops(op.i32Eqz);
      this.resumeUnless();
      code.get(this.#locals.host);
    });
  }

  /** Consumes an i64 address; leaves the host address (i32) on a TLB hit, or what `slow` leaves or does. */
  #hostAddress(tlb: number, size: number, slow: () => void): void {
    const { address, entry } = this.#locals;
    const code = this.#code;
    const alignedTag = -BigInt(pageBytes) | BigInt(size - 1); // an address's low bits spoil the match when misaligned
    code
      .tee(address)
      .ops(op.i32WrapI64)
      .i32(8)
      .ops(op.i32ShrU)
      .i32((tlbEntries - 1) * 16)
      .ops(op.i32And);
    code.get(tlb).ops(op.i32Add).tee(entry).memory(op.i64Load, 0);
    code.get(address).i64(alignedTag).ops(op.i64And, op.i64Eq);
    code.if('i32');
    code.get(address).ops(op.i32WrapI64).get(entry).memory(op.i32Load, 8).ops(op.i32Add);
    code.else();
    this.spill();
    slow();
    code.end();
  }

  #pushAddressHalves(): void {
    const { address } = this.#locals;
    this.#code.get(address).ops(op.i32WrapI64).get(address).i64(32n).ops(op.i64ShrU, op.i32WrapI64);
  }
}

const loads = {
  1: [op.i64Load8U, op.i64Load8S],
  2: [op.i64Load16U, op.i64Load16S],
  4: [op.i64Load32U, op.i64Load32S],
  8: [op.i64Load, op.i64Load],
} as const;
const stores = { 1: op.i64Store8, 2: op.i64Store16, 4: op.i64Store32, 8: op.i64Store } as const;
