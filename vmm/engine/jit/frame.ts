/**
 * The locals of a region's function and how they relate to the hart's record: which registers are in them, which of
 * those are not stored yet, and the ways out. Nothing here knows instructions or control flow.
 */

import type { Code } from '../../wasm/code.ts';
import { op } from '../../wasm/opcodes.ts';
import { emitTlbLocals } from '../access.ts';
import { regionExit } from '../exits.ts';
import { hartOffset, scratch } from '../layout.ts';
import type { Region } from './region.ts';

/** Registers, as bits, whose values are stored in another way than from their locals; V8 then need not keep these. */
export interface Elsewhere {
  readonly registers: number;
  readonly store: () => void;
}

export class Frame {
  readonly code: Code;
  readonly hart = 0;
  readonly entry: number; // i64: virtual address of the region's entry
  readonly budget: number; // i32
  readonly address: number; // i64
  readonly host: number; // i32
  readonly readTlb: number;
  readonly writeTlb: number;
  // V8's first code sets all locals to zero each time that a region is entered, so most regions are without these.
  #pc = 0;
  #rounding = 0;
  /** Local of each integer register that the region touches; 0, which is no register's, for the others. */
  readonly #registers = new Int32Array(32);
  /** The same for 32 bits of those that are `narrow` somewhere; 0 for the others. */
  readonly #narrowRegisters = new Int32Array(32);
  /** Registers, as bits, whose locals may differ from the hart's record at this place in the code. */
  dirty = 0;
  elsewhere: Elsewhere | undefined;
  /** Registers, as bits, that are sign-extended numbers of 32 bits in locals of 32 bits at this place in the code. */
  #narrow = 0;
  /** Those of them that were written since it was said which are narrow: they are in their other local, too. */
  #alsoWide = 0;

  constructor(code: Code, region: Region) {
    this.code = code;
    this.entry = code.local('i64');
    this.budget = code.local('i32');
    this.address = code.local('i64');
    this.host = code.local('i32');
    this.readTlb = code.local('i32');
    this.writeTlb = code.local('i32');
    for (let rest = touchedBy(region); rest !== 0; rest &= rest - 1)
      this.#registers[31 - Math.clz32(rest & -rest)] = code.local('i64');
  }

  /** i64: where an indirect jump goes. */
  get pc(): number {
    if (this.#pc === 0) this.#pc = this.code.local('i64');
    return this.#pc;
  }

  /** i32: the rounding mode. */
  get rounding(): number {
    if (this.#rounding === 0) this.#rounding = this.code.local('i32');
    return this.#rounding;
  }

  begin(live: number): void {
    this.code.get(this.hart).memory(op.i64Load, hartOffset.pc).set(this.entry);
    this.reload(live);
  }

  /** Takes into locals what is in memory while others run; `live` says which registers, as bits. */
  reload(live: number): void {
    this.reloadBudget();
    this.reloadTlbs();
    for (let rest = live; rest !== 0; rest &= rest - 1) this.reloadRegister(31 - Math.clz32(rest & -rest));
  }

  /** Those for loads and stores. */
  reloadTlbs(): void {
    emitTlbLocals(this.code, this);
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
    else if (((this.#narrow & ~this.#alsoWide) >>> register) & 1)
      this.code.get(this.#narrowLocalOf(register)).ops(op.i64ExtendI32S);
    else this.code.get(this.#localOf(register));
  }

  /** Consumes an i64. */
  setRegister(register: number): void {
    if (register === 0) {
      this.code.ops(op.drop);
      return;
    }
    const local = this.#localOf(register);
    this.dirty |= 1 << register;
    if (((this.#narrow >>> register) & 1) === 0) this.code.set(local);
    else {
      this.code.tee(local).ops(op.i32WrapI64).set(this.#narrowLocalOf(register));
      this.#alsoWide |= 1 << register;
    }
  }

  set narrow(registers: number) {
    this.#narrow = registers;
    this.#alsoWide = 0;
  }

  #narrowLocalOf(register: number): number {
    if (this.#narrowRegisters[register] === 0) this.#narrowRegisters[register] = this.code.local('i32');
    return this.#narrowRegisters[register]!;
  }

  /** Takes registers from locals of one width into those of the other, for code that wants these narrow. */
  changeNarrow(wanted: number): void {
    const { code } = this;
    for (let rest = wanted & ~this.#narrow; rest !== 0; rest &= rest - 1) {
      const register = 31 - Math.clz32(rest & -rest);
      code.get(this.#localOf(register)).ops(op.i32WrapI64).set(this.#narrowLocalOf(register));
    }
    for (let rest = this.#narrow & ~this.#alsoWide & ~wanted; rest !== 0; rest &= rest - 1) {
      const register = 31 - Math.clz32(rest & -rest);
      code.get(this.#narrowLocalOf(register)).ops(op.i64ExtendI32S).set(this.#localOf(register));
    }
    this.narrow = wanted;
  }

  #localOf(register: number): number {
    const local = this.#registers[register]!;
    if (local === 0) throw new Error(`x${register} has no local in this region; row-facts.ts does not name it`);
    return local;
  }

  /** Stores the registers that were written. */
  flush(): void {
    this.#storeDirty();
    this.dirty = 0;
  }

  #storeDirty(): void {
    this.elsewhere?.store();
    this.storeSome(~(this.elsewhere?.registers ?? 0));
  }

  /** Stores some registers, as bits, of those that were written. */
  storeSome(registers: number): void {
    for (let rest = this.dirty & registers; rest !== 0; rest &= rest - 1) {
      const register = 31 - Math.clz32(rest & -rest);
      this.code.get(this.hart);
      this.pushRegister(register);
      this.storeRegister(register);
    }
  }

  /** With the hart and the value on the stack. */
  storeRegister(register: number): void {
    this.code.memory(op.i64Store, hartOffset.x + register * 8);
  }

  /** The virtual address at an offset from the region's entry. */
  pushVirtual(offset: number): void {
    this.code.get(this.entry);
    if (offset !== 0) this.code.i64Small(offset).ops(op.i64Add);
  }

  spend(steps: number): void {
    if (steps !== 0) this.code.get(this.budget).i32(steps).ops(op.i32Sub).set(this.budget);
  }

  /** Pushes the hart and the budget with what it gets back. */
  pushRemaining(back: number): void {
    this.code.get(this.hart).get(this.budget);
    if (back !== 0) this.code.i32(back).ops(op.i32Add);
  }

  /** Stores that it goes on at an offset, and the budget with what it gets back. */
  storeProgressAt(offset: number, back: number): void {
    this.code.get(this.hart);
    this.pushVirtual(offset);
    this.#storeProgress(back);
  }

  /** The same for `pc`. */
  storeProgressAtPc(): void {
    this.code.get(this.hart).get(this.pc);
    this.#storeProgress(0);
  }

  /** With the hart and where to go on, on the stack. */
  #storeProgress(back: number): void {
    const { code } = this;
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

  /** The same where pc and budget are stored already. */
  leaveWhereStored(reason: number): void {
    this.#storeDirty();
    this.code.i32(reason).ops(op.return);
  }

  /** Makes the hart's record what it is at an offset, for somebody who looks at it; what is in locals counts on. */
  storeAt(offset: number, back: number): void {
    this.#storeDirty();
    this.storeProgressAt(offset, back);
  }

  /** Goes on at `pc`. */
  leaveAtPc(reason: number): void {
    this.#storeDirty();
    this.storeProgressAtPc();
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

/** Integer registers that a region reads or writes, as bits. */
const touchedBy = ({ instructions }: Region): number => {
  let touched = 0;
  for (let at = 0; at < instructions.length; at += 1) {
    const { is } = instructions[at]!;
    touched |= is.reads | is.writes;
  }
  return touched;
};
