/**
 * A hart in M without translation, as the reference evaluator sees it: registers, a window of memory, and the traps of
 * instructions that this mode can raise. It shares only the rows and the float helpers with the engine. Not a test.
 */

import { type FloatHelperName, floatHelpers } from '../../vmm/float/helpers.ts';
import { decode, expandCompressed, fields, lengthOf } from '../../vmm/isa/decode.ts';
import { type EvaluationPort, evaluate } from '../../vmm/isa/evaluate.ts';
import type { Size, SystemOp } from '../../vmm/isa/meaning.ts';
import type { Row } from '../../vmm/isa/row.ts';

const ramBase = 0x8000_0000n;

export interface ModelTrap {
  readonly cause: bigint;
  readonly tval: bigint;
}

/** The CSRs that the model knows; programs for it touch no others. */
export const modelCsrs = { fflags: 0x001, frm: 0x002, fcsr: 0x003, mscratch: 0x340 } as const;

/** An access to RAM of which the model has no copy, before anything was done. */
export class OutsideWindow extends Error {
  override readonly name = 'OutsideWindow';
}

export class Model implements EvaluationPort {
  readonly x = new BigUint64Array(32);
  readonly f = new BigUint64Array(32);
  /** RAM from its start; what lies above it exists but is never written. */
  readonly window: Uint8Array;
  readonly #view: DataView;
  readonly #ramEnd: bigint;
  pc = 0n;
  fflags = 0;
  frm = 0;
  mscratch = 0n;
  floatIsOff = false;
  /** Whether mstatus.FS must be Dirty since the hart's FS was last set. */
  floatIsDirty = false;
  reservation: bigint | undefined = undefined;
  #trap: ModelTrap | undefined = undefined;

  constructor(windowBytes: number, ramBytes: number) {
    this.window = new Uint8Array(windowBytes);
    this.#view = new DataView(this.window.buffer);
    this.#ramEnd = ramBase + BigInt(ramBytes);
  }

  /** One instruction, of which `raw` is what memory holds. A trap leaves pc where it was. */
  step(raw: number): ModelTrap | undefined {
    const length = lengthOf(raw);
    const bits = length === 2 ? raw & 0xffff : raw >>> 0;
    const word = length === 2 ? expandCompressed(bits) : bits;
    const row = word === undefined ? undefined : decode(word);
    if (row === undefined || word === undefined || this.#isIllegal(row, word)) return illegal(bits);
    this.#trap = undefined;
    const flagsBefore = this.fflags;
    const result = evaluate(row, word, this.pc, length, this);
    if (this.fflags !== flagsBefore) this.floatIsDirty = true;
    switch (result.k) {
      case 'next':
        this.pc = result.pc;
        return undefined;
      case 'fault':
        return this.#trap;
      case 'system': {
        const trap = this.#system(result.op, row, word, bits);
        if (trap === undefined) this.pc = BigInt.asUintN(64, this.pc + BigInt(length));
        return trap;
      }
    }
  }

  #isIllegal(row: Row, word: number): boolean {
    if (row.usesFloat && this.floatIsOff) return true;
    const { rm } = fields(word, row);
    return row.rounds && (rm === 7 ? this.frm : rm) > 4;
  }

  #system(op: SystemOp, row: Row, word: number, raw: number): ModelTrap | undefined {
    switch (op) {
      case 'ecall':
        return { cause: 11n, tval: 0n };
      case 'ebreak':
        return { cause: 3n, tval: 0n };
      case 'sfenceVma':
        return undefined;
      case 'csrrw':
      case 'csrrs':
      case 'csrrc':
      case 'csrrwi':
      case 'csrrsi':
      case 'csrrci':
        return this.#csr(op, row, word, raw);
      default:
        throw new Error(`The model does not know ${op}; programs for it must not have it.`);
    }
  }

  #csr(op: SystemOp, row: Row, word: number, raw: number): ModelTrap | undefined {
    const { csr, rd, rs1, zimm } = fields(word, row);
    if (csr !== modelCsrs.mscratch && this.floatIsOff) return illegal(raw);
    const immediate = op.endsWith('i');
    const operand = immediate ? BigInt(zimm) : this.x[rs1]!;
    const old = this.#readCsr(csr);
    const writes = op.startsWith('csrrw') || (immediate ? zimm !== 0 : rs1 !== 0);
    if (writes) {
      const set = op.startsWith('csrrs') ? old | operand : old & ~operand;
      this.#writeCsr(csr, op.startsWith('csrrw') ? operand : set);
    }
    if (rd !== 0) this.x[rd] = old;
    return undefined;
  }

  #readCsr(csr: number): bigint {
    if (csr === modelCsrs.fflags) return BigInt(this.fflags);
    if (csr === modelCsrs.frm) return BigInt(this.frm);
    return csr === modelCsrs.fcsr ? BigInt((this.frm << 5) | this.fflags) : this.mscratch;
  }

  #writeCsr(csr: number, value: bigint): void {
    const low = Number(value & 0xffn);
    if (csr === modelCsrs.mscratch) this.mscratch = BigInt.asUintN(64, value);
    else this.floatIsDirty = true;
    if (csr === modelCsrs.fflags || csr === modelCsrs.fcsr) this.fflags = low & 31;
    if (csr === modelCsrs.frm) this.frm = low & 7;
    if (csr === modelCsrs.fcsr) this.frm = low >>> 5;
  }

  // The evaluator's port

  readX(index: number): bigint {
    return this.x[index]!;
  }
  writeX(index: number, value: bigint): void {
    this.x[index] = value;
  }
  readF(index: number): bigint {
    return this.f[index]!;
  }
  writeF(index: number, value: bigint): void {
    this.f[index] = value;
    this.floatIsDirty = true;
  }

  load(address: bigint, size: Size): bigint | undefined {
    if (inRom(address, size)) return 0n;
    return this.#faults(address, size, 5n) ? undefined : this.#read(address, size);
  }

  store(address: bigint, size: Size, value: bigint): true | undefined {
    if (this.#faults(address, size, 7n)) return undefined;
    this.#write(address, size, value);
    return true;
  }

  atomic(address: bigint, size: 4 | 8, modify: (old: bigint) => bigint): bigint | undefined {
    if (this.#misaligned(address, size, 6n) || this.#faults(address, size, 7n)) return undefined;
    const old = this.#read(address, size);
    this.#write(address, size, modify(old));
    return old;
  }

  loadReserved(address: bigint, size: 4 | 8): bigint | undefined {
    if (this.#misaligned(address, size, 4n) || this.#faults(address, size, 5n)) return undefined;
    this.reservation = address;
    return this.#read(address, size);
  }

  /** Without a reservation it fails before its address is looked at, as the engine has chosen. */
  storeConditional(address: bigint, size: 4 | 8, value: bigint): boolean | undefined {
    if (this.reservation === undefined) return false;
    if (this.#misaligned(address, size, 6n) || this.#faults(address, size, 7n)) return undefined;
    const held = this.reservation === address;
    this.reservation = undefined;
    if (held) this.#write(address, size, value);
    return held;
  }

  float(helper: FloatHelperName, operands: readonly bigint[], rm: number): bigint {
    const context = { flags: this.fflags };
    const [a = 0n, b = 0n, c = 0n] = operands;
    const result = floatHelpers[helper](context, a, b, c, rm === 7 ? this.frm : rm);
    this.fflags = context.flags;
    return result;
  }

  // Memory

  #misaligned(address: bigint, size: number, cause: bigint): boolean {
    if (address % BigInt(size) === 0n) return false;
    this.#trap = { cause, tval: address };
    return true;
  }

  /** An access faults where it leaves RAM; across the end of a page, at the first byte of the part that faults. */
  #faults(address: bigint, size: number, cause: bigint): boolean {
    const inRam = (at: bigint) => at >= ramBase && at < this.#ramEnd;
    const crosses = (address & 0xfffn) + BigInt(size) > 0x1000n;
    if (inRam(address) && Number(address - ramBase) + size > this.window.length && inRam(address + BigInt(size) - 1n))
      throw new OutsideWindow();
    if (!crosses && inRam(address)) return false;
    for (let index = 0n; index < (crosses ? size : 1); index += 1n) {
      const at = BigInt.asUintN(64, address + index);
      if (inRam(at)) continue;
      this.#trap = { cause, tval: at };
      return true;
    }
    return false;
  }

  #read(address: bigint, size: number): bigint {
    const at = Number(address - ramBase);
    if (size === 1) return BigInt(this.window[at]!);
    if (size === 2) return BigInt(this.#view.getUint16(at, true));
    return size === 4 ? BigInt(this.#view.getUint32(at, true)) : this.#view.getBigUint64(at, true);
  }

  #write(address: bigint, size: number, value: bigint): void {
    const at = Number(address - ramBase);
    for (let index = 0; index < size; index += 1)
      this.window[at + index] = Number((value >> BigInt(8 * index)) & 0xffn);
  }
}

/** The boot ROM, which is empty here; an access across the end of one of its pages is refused. */
const inRom = (address: bigint, size: number): boolean =>
  address >= 0x1000n && address < 0x1_0000n && (address & 0xfffn) + BigInt(size) <= 0x1000n;

const illegal = (bits: number): ModelTrap => ({ cause: 2n, tval: BigInt(bits) });
