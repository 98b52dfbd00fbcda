/**
 * Memory access from emitted code: the software TLB probe, inlined, once. A hit costs a compare and an add. What
 * happens otherwise (a miss, a device, a misaligned or faulting access) is the `SlowAccess` of who emits.
 */

import { ramBase } from '../machine/memory.ts';
import type { Code, Label } from '../wasm/code.ts';
import { type Opcode, op } from '../wasm/opcodes.ts';
import { type CoverageMaps, emitWritten } from './coverage.ts';
import { type AtomicAccess, atomicAccess } from './imports.ts';
import {
  hartOffset,
  hartTlbPointers,
  type keptPageAt,
  pageBytes,
  ramOffset,
  tlbEntries,
  tlbOtherPlace,
} from './layout.ts';

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

/** Takes the TLBs of the present context, which loads and stores go by. */
export const emitTlbLocals = (
  code: Code,
  { hart, readTlb, writeTlb }: Pick<AccessLocals, 'hart' | 'readTlb' | 'writeTlb'>,
): void => {
  code.get(hart).memory(op.i32Load, hartTlbPointers.read).set(readTlb);
  code.get(hart).memory(op.i32Load, hartTlbPointers.write).set(writeTlb);
};

/** What instructions do with memory; each leaves its result on the stack (see MemoryAccess). */
export interface Access {
  load(size: 1 | 2 | 4 | 8, signed: boolean, pushAddress: () => void): void;
  store(size: 1 | 2 | 4 | 8, pushAddress: () => void, pushValue: () => void): void;
  atomic(
    size: 4 | 8,
    pushAddress: () => void,
    pushOperand: () => void,
    combine: (old: number, b: number) => void,
  ): void;
  loadReserved(size: 4 | 8, pushAddress: () => void): void;
  storeConditional(size: 4 | 8, pushAddress: () => void, pushValue: () => void): void;
}

/**
 * What is done when the TLB does not serve an access; the address is in its local. What it leaves is what a TLB entry has: what is to be
 * added to the address (i32). The host's optimiser knows a sum of 32 bits to be one, but not what a function gives, and would
 * widen each host address.
 */
export interface SlowAccess {
  /** Leads to the host address of the operand, or of the operand's copy; or goes elsewhere. */
  load(size: number): void;
  /** The same; or does the store itself and branches to `done`. */
  store(size: number, done: Label): void;
  /** To the host address of a naturally aligned operand in RAM. */
  atomic(size: number, access: AtomicAccess): void;
}

/** Pushes the two halves of the address, low first. */
export const pushHalves = (code: Code, address: number): void => {
  code.get(address).ops(op.i32WrapI64).get(address).i64Small(32).ops(op.i64ShrU, op.i32WrapI64);
};

/** Pushes the address of the TLB's entry for an i64 address; `tlb` is an i32 local. */
export const emitTlbEntry = (code: Code, tlb: number, address: number): void => {
  code
    .get(address)
    .ops(op.i32WrapI64)
    .i32(8)
    .ops(op.i32ShrU)
    .i32((tlbEntries - 1) * 16)
    .ops(op.i32And);
  code.get(tlb).ops(op.i32Add);
};

/**
 * Leaves the host address of what a TLB has for an i64 address: at its place, or at the one where what another entry has
 * displaced goes (machine/tlb-insert.ts): they change places. Goes to `absent` when it is at neither. `tlb` is an i32 local.
 */
export const emitPresent = (code: Code, tlb: number, address: number, absent: Label): void => {
  const [entry, displaced] = [code.local('i32'), code.local('i32')];
  const [page, other] = [code.local('i64'), code.local('i64')];
  const present = code.block();
  emitTlbEntry(code, tlb, address);
  code.tee(entry).memory(op.i64Load, 0);
  code.get(address).i64Small(-pageBytes).ops(op.i64And).tee(page).ops(op.i64Eq).brIf(present);
  code.get(entry).i32(tlbOtherPlace).ops(op.i32Xor).tee(displaced).memory(op.i64Load, 0);
  code.get(page).ops(op.i64Ne).brIf(absent);
  for (const offset of [0, 8]) {
    code.get(entry).memory(op.i64Load, offset).set(other);
    code.get(entry).get(displaced).memory(op.i64Load, offset).memory(op.i64Store, offset);
    code.get(displaced).get(other).memory(op.i64Store, offset);
  }
  code.end(); // present
  code.get(entry).memory(op.i32Load, 8).get(address).ops(op.i32WrapI64, op.i32Add);
};

export class MemoryAccess implements Access {
  readonly #code: Code;
  readonly #locals: AccessLocals;
  readonly #slow: SlowAccess;
  readonly #coverage: CoverageMaps | undefined;

  constructor(code: Code, locals: AccessLocals, slow: SlowAccess, coverage: CoverageMaps | undefined) {
    this.#code = code;
    this.#locals = locals;
    this.#slow = slow;
    this.#coverage = coverage;
  }

  #markWritten(size: number): void {
    if (this.#coverage !== undefined) emitWritten(this.#code, this.#coverage, this.#locals.host, 0, size);
  }

  /** Leaves the loaded value on the stack, extended to i64. */
  load(size: 1 | 2 | 4 | 8, signed: boolean, pushAddress: () => void): void {
    const { readTlb } = this.#locals;
    pushAddress();
    this.#hostAddress(readTlb, size, false, () => this.#slow.load(size));
    this.#code.memory(loadOpcode(size, signed), 0);
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
    this.#hostAddress(writeTlb, size, false, () => this.#slow.store(size, done));
    code.set(host).get(host).get(value).memory(stores[size], 0);
    this.#markWritten(size);
    code.end();
  }

  /** Consumes an i64 address; leaves the host address of that many bytes, which are in one page; or does `slow`. */
  address(isWrite: boolean, sizeBytes: number, slow: () => void): void {
    const { readTlb, writeTlb } = this.#locals;
    this.#hostAddress(isWrite ? writeTlb : readTlb, sizeBytes, false, slow);
  }

  /**
   * The same for an access of a loop that mostly is in the page of the one before it. `goesDown`: it never begins behind that;
   * otherwise it never begins before it. So one comparison says that all of it is in the page.
   */
  addressInKept(
    isWrite: boolean,
    sizeBytes: number,
    { tag, addend }: ReturnType<typeof keptPageAt>,
    goesDown: boolean,
    slow: () => void,
  ): void {
    const { address, entry } = this.#locals;
    const code = this.#code;
    code.tee(address);
    if (!goesDown && sizeBytes !== 1) code.i64Small(sizeBytes - 1).ops(op.i64Add);
    code.i64Small(-pageBytes).ops(op.i64And).i32(0).memory(op.i64Load, tag).ops(op.i64Eq);
    code.likely().if('i32');
    code.i32(0).memory(op.i32Load, addend);
    code.else();
    code.get(address);
    this.#addend(isWrite ? this.#locals.writeTlb : this.#locals.readTlb, sizeBytes, false, slow, () => {
      code.i32(0).get(entry).memory(op.i64Load, 0).memory(op.i64Store, tag);
      code.i32(0).get(entry).memory(op.i32Load, 8).memory(op.i32Store, addend);
    });
    code.end();
    code.get(address).ops(op.i32WrapI64, op.i32Add);
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
    code.memory(stores[size], 0);
    this.#markWritten(size);
    code.get(value);
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
    this.#markWritten(size);
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
    const tlb = access === atomicAccess.loadReserved ? readTlb : writeTlb;
    this.#hostAddress(tlb, size, true, () => this.#slow.atomic(size, access));
  }

  /** Consumes an i64 address; leaves the host address (i32) by a TLB hit or by what `slow` leaves. */
  #hostAddress(tlb: number, size: number, aligned: boolean, slow: () => void): void {
    this.#addend(tlb, size, aligned, slow);
    this.#code.get(this.#locals.address).ops(op.i32WrapI64, op.i32Add);
  }

  /** Consumes an i64 address; leaves what is to be added to it (i32). `hit`: what else is done after a TLB hit. */
  #addend(tlb: number, size: number, aligned: boolean, slow: () => void, hit?: () => void): void {
    const { address, entry } = this.#locals;
    const code = this.#code;
    // What is compared with the tag: an atomic's low bits spoil the match when it is misaligned; any other access
    // takes the page of its last byte, which is not that of the entry when the access crosses into the next page.
    const mask = -pageBytes | (aligned ? size - 1 : 0);
    const last = aligned ? 0 : size - 1;
    code
      .tee(address)
      .ops(op.i32WrapI64)
      .i32(8)
      .ops(op.i32ShrU)
      .i32((tlbEntries - 1) * 16)
      .ops(op.i32And);
    code.get(tlb).ops(op.i32Add).tee(entry).memory(op.i64Load, 0);
    code.get(address);
    if (last !== 0) code.i64Small(last).ops(op.i64Add);
    code.i64Small(mask).ops(op.i64And, op.i64Eq);
    code.likely().if('i32');
    hit?.();
    code.get(entry).memory(op.i32Load, 8);
    code.else();
    slow();
    code.end();
  }
}

/** The Wasm instruction that loads and extends to i64. */
export const loadOpcode = (size: 1 | 2 | 4 | 8, signed: boolean): Opcode => loads[size][signed ? 1 : 0];

const loads = {
  1: [op.i64Load8U, op.i64Load8S],
  2: [op.i64Load16U, op.i64Load16S],
  4: [op.i64Load32U, op.i64Load32S],
  8: [op.i64Load, op.i64Load],
} as const;
export const storeOpcode = (size: 1 | 2 | 4 | 8): Opcode => stores[size];

const stores = { 1: op.i64Store8, 2: op.i64Store16, 4: op.i64Store32, 8: op.i64Store } as const;
