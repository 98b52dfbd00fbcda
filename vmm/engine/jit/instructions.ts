/**
 * The instructions of a region, one at a time: operands are constants and locals, accesses go by spans, floating-point
 * state is looked at once a block, and the machine is called for what is its own. An instruction that cannot be done
 * here (a fault, a device, a page that is not in the TLB) leaves with pc and budget as they are before it, nothing of
 * it done.
 */

import { type FField, type SystemOp, systemOps, type XField } from '../../isa/meaning.ts';
import type { Code } from '../../wasm/code.ts';
import { op } from '../../wasm/opcodes.ts';
import type { CoverageMaps } from '../coverage.ts';
import { type EmitContext, emitCondition, emitEffect, emitValue, type Operands } from '../emit.ts';
import { regionExit, runExit } from '../exits.ts';
import type { RegionImports } from '../imports.ts';
import { fsDirty } from '../interpreter-operands.ts';
import { hartOffset, scratch } from '../layout.ts';
import { callFromRegion } from '../region-calls.ts';
import { type CsrChange, pushFenceIsUncommon } from '../sstatus.ts';
import { emitCsrAccess } from './csr-access.ts';
import type { Decoded } from './decoded.ts';
import type { Frame } from './frame.ts';
import type { Block, Instruction, Region } from './region.ts';
import type { Making, WayOut } from './remaking.ts';
import { signExtendedAfter } from './sign-extension.ts';
import { SpanAccess } from './span-access.ts';
import type { StraightLoop } from './straight-loops.ts';

export interface InstructionParts {
  readonly imports: RegionImports;
  readonly library: EmitContext['library'];
  readonly coverage: CoverageMaps | undefined;
}

/** What is known where a block begins. */
export interface BlockFacts {
  /** Registers are stored on the ways out only, and not before each instruction that may leave. */
  readonly storesLate: boolean;
  /** Registers, as bits, that hold a sign-extended number of 32 bits. */
  readonly signExtended: number;
  readonly loop: StraightLoop | undefined;
}

export class InstructionEmitter {
  readonly #frame: Frame;
  readonly #code: Code;
  readonly #imports: RegionImports;
  #storesLate = false;
  readonly #context: EmitContext;
  readonly #access: SpanAccess;
  #instruction: Instruction | undefined;
  /** Steps of the block under way that are paid for and not begun, the present instruction's own included. */
  #unspent = 0;
  #float = unknownFloat;
  /** Registers, as bits, that hold a sign-extended number of 32 bits now. */
  #signExtended = 0;

  constructor(frame: Frame, { imports, library, coverage }: InstructionParts) {
    const { code } = frame;
    this.#frame = frame;
    this.#code = code;
    this.#imports = imports;
    this.#access = new SpanAccess({
      frame,
      imports,
      interpretIf: () => this.#interpretIf(),
      unspent: () => this.#unspent,
      coverage,
    });
    let temporaries: EmitContext['temporaries'] | undefined; // most regions do without
    this.#context = {
      code,
      operands: this.#operands(),
      access: this.#access,
      imports,
      library,
      get temporaries() {
        temporaries ??= [code.local('i64'), code.local('i64')];
        return temporaries;
      },
    };
  }

  beginBlock(region: Region, block: Block, { storesLate, signExtended, loop }: BlockFacts): void {
    this.#storesLate = storesLate;
    this.#signExtended = signExtended;
    this.#float = unknownFloat;
    this.#access.beginBlock(region, block, loop);
  }

  /** What comes before an instruction's effect. `unspent`: see the field. */
  begin(instruction: Instruction, index: number, unspent: number): void {
    const { row, facts, isSystem } = instruction.is;
    this.#instruction = instruction;
    this.#unspent = unspent;
    this.#checkStops(instruction);
    this.#access.beginInstruction(instruction, index);
    const cannotLeave = this.#access.isFound && (!row.usesFloat || this.#float.isOn);
    if (isSystem || (!this.#storesLate && facts.mayLeave && !cannotLeave)) this.#frame.flush();
    this.#checkFloat(instruction.is);
  }

  emit(): void {
    const { is } = this.#present;
    if (is.isAuipc) this.#emitAuipc();
    else if (is.copies < 0) emitEffect(this.#context, is.row, is.row.meaning);
    else if (is.rd !== 0) this.#emitCopy(is);
    this.#signExtended = signExtendedAfter(this.#signExtended, is);
  }

  /** One sum, not two, where it has 32 bits. */
  #emitAuipc(): void {
    const { offset, is } = this.#present;
    const distance = offset + is.immediate;
    if (distance !== (distance | 0)) {
      emitEffect(this.#context, is.row, is.row.meaning);
      return;
    }
    this.#frame.pushVirtual(distance);
    this.#frame.setRegister(is.rd);
  }

  #emitCopy({ copies, immediate, rd }: Decoded): void {
    if (copies === 0) this.#code.i64Small(immediate);
    else this.#frame.pushRegister(copies);
    this.#frame.setRegister(rd);
  }

  /** Leaves the condition of the present instruction, a branch, as an i32. */
  pushCondition(): void {
    const { row } = this.#present.is;
    if (row.meaning.k !== 'branch') throw new Error(`${row.name} ends a block as a branch and is none`);
    emitCondition(this.#context, row, row.meaning.condition);
  }

  /** The link of a call whose target is known. */
  emitLink(): void {
    this.#context.operands.setX(() => this.#context.operands.pushNextPc());
  }

  /** The present instruction ends its block: the machine does it and says where to go on. */
  leaveThroughMachine(next: number): void {
    const { row } = this.#present.is;
    if (row.meaning.k !== 'system') throw new Error(`${row.name} ends a block as one for the machine and is none`);
    this.#pushMachineCall(row.meaning.op);
    this.#code.unlikely().if();
    this.#code.i32(runExit.leave).ops(op.return);
    this.#code.end();
    this.#frame.reloadBudget();
    this.#frame.leave(next, regionExit.dispatch);
  }

  /** Stores what is made again on a way out of a loop that was entered with so much budget, unless that is its first turn. */
  storeRemade({ makings, spent }: WayOut, budgetAtEntry: number): void {
    const code = this.#code;
    code.get(this.#frame.budget);
    if (spent !== 0) code.i32(spent).ops(op.i32Add);
    code.get(budgetAtEntry).ops(op.i32Ne).if();
    for (const { register, making } of makings) {
      code.get(this.#frame.hart);
      this.#pushMaking(making);
      this.#frame.storeRegister(register);
    }
    code.end();
  }

  #pushMaking(making: Making): void {
    if ('register' in making) {
      this.#frame.pushRegister(making.register);
      return;
    }
    const { is, rs1, rs2 } = making;
    const { row, word, immediate } = is;
    if (row.meaning.k !== 'setX') throw new Error(`${row.name} is taken for a plain instruction`);
    const operands: Operands = {
      ...this.#context.operands,
      pushX: (field) => this.#pushMaking((field === 'rs1' ? rs1 : rs2)!),
      isSignExtended: () => false,
      pushImmediate: () => this.#code.i64Small(immediate),
      pushShift: () => this.#code.i64Small((word >>> 20) & 63),
    };
    emitValue({ ...this.#context, operands }, row, row.meaning.value);
  }

  get #present(): Instruction {
    if (this.#instruction === undefined) throw new Error('no instruction has begun');
    return this.#instruction;
  }

  /** With an i32 on the stack: unless it is 0, the present instruction is for the interpreter. */
  #interpretIf(): void {
    this.#code.unlikely().if();
    this.#frame.leave(this.#present.offset, regionExit.interpret, this.#unspent);
    this.#code.end();
  }

  /** At a breakpoint the machine is asked; where it stops, the interpreter does. */
  #checkStops({ offset, stops }: Instruction): void {
    if (stops === undefined) return;
    const code = this.#code;
    for (const address of stops) {
      this.#frame.pushVirtual(offset);
      code.i64(BigInt.asIntN(64, address)).ops(op.i64Eq).unlikely().if();
      this.#frame.storeAt(offset, this.#unspent);
      callFromRegion(code, this.#imports.askMet).if();
      code.i32(regionExit.interpret).ops(op.return);
      code.end();
      code.end();
    }
  }

  #checkFloat({ row, word }: Decoded): void {
    const code = this.#code;
    const { hart, rounding } = this.#frame;
    if (row.usesFloat && !this.#float.isOn) {
      this.#float = { ...this.#float, isOn: true };
      code.get(hart).memory(op.i64Load, hartOffset.mstatus).i64(fsDirty).ops(op.i64And, op.i64Eqz);
      this.#interpretIf();
    }
    if (!row.rounds) return;
    const mode = roundingOf(word);
    if (mode <= 4 || (mode === dynamicRounding && this.#float.hasMode)) return;
    if (mode === dynamicRounding) {
      this.#float = { ...this.#float, hasMode: true };
      code.get(hart).memory(op.i32Load, hartOffset.frm).tee(rounding).i32(4).ops(op.i32GtU);
    } else code.i32(1); // reserved
    this.#interpretIf();
  }

  #system(name: SystemOp): void {
    const { facts, rd: register } = this.#present.is;
    const rd = facts.rd ? register : 0;
    if (name === 'sfenceVma') {
      pushFenceIsUncommon(this.#code, this.#frame.hart);
      this.#code.unlikely().if();
      this.#callMachine(name, rd);
      this.#code.end();
    } else if (!this.#emitCsr(name, rd)) this.#callMachine(name, rd);
    this.#float = unknownFloat; // it may have written fcsr or mstatus
  }

  /** Says whether it is a CSR access that translated code does itself. */
  #emitCsr(name: SystemOp, rd: number): boolean {
    const frame = this.#frame;
    const { word } = this.#present.is;
    const source = (word >>> 15) & 31;
    const how = csrForms[(word >>> 12) & 3];
    if (!name.startsWith('csr') || how === undefined) return false;
    const pushOperand = (): void => {
      if (name.endsWith('i')) this.#code.i64Small(source);
      else frame.pushRegister(source);
    };
    return emitCsrAccess(
      this.#code,
      { number: word >>> 20, how, pushOperand, writes: how === 'write' || source !== 0, rd },
      { hart: frame.hart, value: frame.address, word: frame.host, changed: frame.rounding },
      {
        interpretIf: () => this.#interpretIf(),
        callMachine: () => this.#callMachine(name, rd),
        pushTime: () => {
          frame.pushRemaining(this.#unspent - 1);
          this.#code.call(this.#timeFunction);
        },
        setRd: () => frame.setRegister(rd),
        reloadTlbs: () => frame.reloadTlbs(),
      },
    );
  }

  get #timeFunction(): number {
    if (this.#imports.time === undefined)
      throw new Error('the module of a region that reads the time has no such function');
    return this.#imports.time;
  }

  /** The machine does it, on the hart's record; then the block goes on, unless the machine says otherwise. */
  #callMachine(name: SystemOp, rd: number): void {
    const code = this.#code;
    const { offset, is } = this.#present;
    this.#pushMachineCall(name);
    code.unlikely().if();
    code.i32(runExit.leave).ops(op.return); // pc and budget are in memory
    code.end();
    code.i32(0).memory(op.i32Load, scratch.budget).tee(this.#frame.budget).ops(op.i32Eqz).unlikely().if();
    this.#frame.leave(offset + is.length, regionExit.dispatch);
    code.end();
    this.#frame.spend(this.#unspent - 1);
    if (rd !== 0) this.#frame.reloadRegister(rd);
  }

  /** Leaves what `system` says (see EngineHost). */
  #pushMachineCall(name: SystemOp): void {
    const { offset, is } = this.#present;
    const { word, length } = is;
    this.#frame.storeProgressAt(offset, this.#unspent - 1);
    const code = this.#code.i32(systemOps.indexOf(name)).i32(word).i32(length);
    callFromRegion(code, this.#imports.askMachine);
  }

  #operands(): Operands {
    const frame = this.#frame;
    const code = this.#code;
    const register = (field: XField | FField): number => (this.#present.is.word >>> fieldBit[field]) & 31;
    const rd = (): number => this.#present.is.rd;
    return {
      pushX: (field) => frame.pushRegister(register(field)),
      isSignExtended: (field) => ((this.#signExtended >>> register(field)) & 1) !== 0,
      pushF: (field) => {
        code.get(frame.hart).memory(op.i64Load, hartOffset.f + register(field) * 8);
      },
      pushImmediate: () => {
        code.i64Small(this.#present.is.immediate);
      },
      pushShift: () => {
        code.i64Small((this.#present.is.word >>> 20) & 63);
      },
      pushRoundingMode: () => {
        const mode = roundingOf(this.#present.is.word);
        if (mode === dynamicRounding) code.get(frame.rounding);
        else code.i32(mode);
      },
      pushPc: () => frame.pushVirtual(this.#present.offset),
      pushNextPc: () => frame.pushVirtual(this.#present.offset + this.#present.is.length),
      setX: (push) => {
        push();
        frame.setRegister(rd());
      },
      setF: (push) => {
        code.get(frame.hart);
        push();
        code.memory(op.i64Store, hartOffset.f + rd() * 8);
        if (this.#float.isDirty) return;
        this.#float = { ...this.#float, isDirty: true };
        code.get(frame.hart).get(frame.hart).memory(op.i64Load, hartOffset.mstatus).i64(fsDirty).ops(op.i64Or);
        code.memory(op.i64Store, hartOffset.mstatus);
      },
      setPc: (push) => {
        push();
        code.set(frame.pc);
      },
      system: (name) => this.#system(name),
    };
  }
}

/** What a block has made sure of: mstatus.FS is not off, and dirty; frm is valid and in its local. */
const unknownFloat = { isOn: false, isDirty: false, hasMode: false };

const fieldBit: Record<XField | FField, number> = { rs1: 15, rs2: 20, rs3: 27 };
const roundingOf = (word: number): number => (word >>> 12) & 7;
const dynamicRounding = 7;

/** By the two low bits of funct3 (Zicsr). */
const csrForms: readonly (undefined | CsrChange)[] = [undefined, 'write', 'set', 'clear'];
