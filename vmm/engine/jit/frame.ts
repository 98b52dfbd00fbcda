/**
 * The locals of a region's function and how they relate to the hart's record: which registers are in them, which of
 * those are not stored yet, and the ways out. Nothing here knows instructions or control flow.
 */

import type { Code } from '../../wasm/code.ts';
import { op } from '../../wasm/opcodes.ts';
import { regionExit } from '../exits.ts';
import { hartOffset, hartTlbPointers, scratch } from '../layout.ts';
import type { Instruction, Region } from './region.ts';
import { fieldsOf } from './row-facts.ts';

export class Frame {
  readonly code: Code;
  readonly hart = 0;
  readonly entry: number; // i64: virtual address of the region's entry
  readonly pc: number; // i64: where an indirect jump goes
  readonly budget: number; // i32
  readonly rounding: number; // i32
  readonly address: number; // i64
  readonly host: number; // i32
  readonly readTlb: number;
  readonly writeTlb: number;
  readonly executeTlb: number;
  /** Local of each integer register that the region touches. */
  readonly #registers = new Map<number, number>();
  /** Registers, as bits, whose locals may differ from the hart's record at this place in the code. */
  dirty = 0;

  constructor(code: Code, region: Region) {
    this.code = code;
    this.entry = code.local('i64');
    this.pc = code.local('i64');
    this.budget = code.local('i32');
    this.rounding = code.local('i32');
    this.address = code.local('i64');
    this.host = code.local('i32');
    this.readTlb = code.local('i32');
    this.writeTlb = code.local('i32');
    this.executeTlb = code.local('i32');
    for (const block of region.blocks.values()) for (const instruction of block.instructions) this.#note(instruction);
  }

  #note({ row, word }: Instruction): void {
    const fields = fieldsOf(row);
    const local = (register: number): void => {
      if (register !== 0 && !this.#registers.has(register)) this.#registers.set(register, this.code.local('i64'));
    };
    if (fields.rs1) local((word >>> 15) & 31);
    if (fields.rs2) local((word >>> 20) & 31);
    if (fields.rd) local((word >>> 7) & 31);
  }

  begin(live: number): void {
    this.code.get(this.hart).memory(op.i64Load, hartOffset.pc).set(this.entry);
    this.reload(live);
  }

  /** Takes into locals what is in memory while others run; `live` says which registers, as bits. */
  reload(live: number): void {
    const { code, hart } = this;
    this.reloadBudget();
    for (const [local, offset] of [
      [this.readTlb, hartTlbPointers.read],
      [this.writeTlb, hartTlbPointers.write],
      [this.executeTlb, hartTlbPointers.execute],
    ] as const)
      code.get(hart).memory(op.i32Load, offset).set(local);
    for (const register of this.#registers.keys()) if (((live >>> register) & 1) !== 0) this.reloadRegister(register);
  }

  reloadBudget(): void {
    this.code.i32(0).memory(op.i32Load, scratch.budget).set(this.budget);
  }

  /** Takes a register from the hart's record, where it was written. */
  reloadRegister(register: number): void {
    this.code
      .get(this.hart)
      .memory(op.i64Load, hartOffset.x + register * 8)
      .set(this.#localOf(register));
  }

  pushRegister(register: number): void {
    if (register === 0) this.code.i64Small(0);
    else this.code.get(this.#localOf(register));
  }

  /** Consumes an i64. */
  setRegister(register: number): void {
    if (register === 0) {
      this.code.ops(op.drop);
      return;
    }
    this.code.set(this.#localOf(register));
    this.dirty |= 1 << register;
  }

  #localOf(register: number): number {
    const local = this.#registers.get(register);
    if (local === undefined) throw new Error(`x${register} has no local in this region; row-facts.ts does not name it`);
    return local;
  }

  /** Stores the registers that were written. */
  flush(): void {
    this.#storeDirty();
    this.dirty = 0;
  }

  #storeDirty(): void {
    const { code } = this;
    for (let register = 1; register < 32; register += 1) {
      if (((this.dirty >>> register) & 1) === 0) continue;
      code.get(this.hart).get(this.#localOf(register));
      code.memory(op.i64Store, hartOffset.x + register * 8);
    }
  }

  /** The virtual address at an offset from the region's entry. */
  pushVirtual(offset: number): void {
    this.code.get(this.entry);
    if (offset !== 0) this.code.i64Small(offset).ops(op.i64Add);
  }

  spend(steps: number): void {
    if (steps !== 0) this.code.get(this.budget).i32(steps).ops(op.i32Sub).set(this.budget);
  }

  /** Stores where to go on, and the budget with what it gets back. */
  storeProgress(pushPc: () => void, back = 0): void {
    const { code } = this;
    code.get(this.hart);
    pushPc();
    code.memory(op.i64Store, hartOffset.pc);
    code.i32(0).get(this.budget);
    if (back !== 0) code.i32(back).ops(op.i32Add);
    code.memory(op.i32Store, scratch.budget);
  }

  /** Goes on at an offset outside; the budget is what it must be there, less `back`. */
  leave(offset: number, reason: number, back = 0): void {
    this.storeAt(offset, back);
    this.code.i32(reason).ops(op.return);
  }

  /** Makes the hart's record what it is at an offset, for somebody who looks at it; what is in locals counts on. */
  storeAt(offset: number, back: number): void {
    this.#storeDirty();
    this.storeProgress(() => this.pushVirtual(offset), back);
  }

  /** Goes on at `pc`. */
  leaveAtPc(reason: number): void {
    this.#storeDirty();
    this.storeProgress(() => this.code.get(this.pc));
    this.code.i32(reason).ops(op.return);
  }

  /** Leaves unless the budget reaches for so many steps from an offset, or from `pc` when none is given. */
  checkBudget(steps: number, offset?: number): void {
    this.code.get(this.budget).i32(steps).ops(op.i32LtS).unlikely().if();
    if (offset === undefined) this.leaveAtPc(regionExit.short);
    else this.leave(offset, regionExit.short);
    this.code.end();
  }
}
