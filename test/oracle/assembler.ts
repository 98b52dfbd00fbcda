/**
 * Lays instructions and data one after another and resolves labels. It writes what it is told: whether a word is legal
 * is the test's concern. Encodings of the harness's own instructions come from the instruction rows.
 */

import { encode, type Operands } from '../../vmm/isa/encode.ts';
import { scatterCompressedOffset, scatterOffset } from './scatter.ts';

/** A place in the program; unknown until `Assembler.bind`. */
export class Label {
  offset: number | undefined = undefined;
}

/** A label, or an absolute guest physical address. */
export type Target = Label | number;

interface Fixup {
  readonly at: number;
  readonly kind: 'branch' | 'jal' | 'pair' | 'c.j' | 'c.branch';
  readonly target: Target;
}

export class Assembler {
  readonly base: number;
  private bytes = new Uint8Array(1 << 16);
  private view = new DataView(this.bytes.buffer);
  private length = 0;
  private readonly fixups: Fixup[] = [];
  private readonly addresses: { readonly at: number; readonly target: Label }[] = [];
  private literals = new Map<bigint, Label>();

  constructor(base: number) {
    this.base = base;
  }

  /** Guest physical address of the next byte. */
  get here(): number {
    return this.base + this.length;
  }

  bind(label: Label): Label {
    label.offset = this.length;
    return label;
  }

  word(word: number): void {
    this.reserve(4);
    this.view.setUint32(this.length, word, true);
    this.length += 4;
  }

  half(half: number): void {
    this.reserve(2);
    this.view.setUint16(this.length, half, true);
    this.length += 2;
  }

  /** A 16-bit instruction when the low bits say so, else a 32-bit one. */
  raw(instruction: number): void {
    if ((instruction & 3) === 3) this.word(instruction);
    else this.half(instruction);
  }

  dword(value: bigint): void {
    this.reserve(8);
    this.view.setBigUint64(this.length, BigInt.asUintN(64, value), true);
    this.length += 8;
  }

  /** The label's guest physical address, as data. */
  address(target: Label): void {
    this.addresses.push({ at: this.length, target });
    this.dword(0n);
  }

  align(bytes: number): void {
    while (this.length % bytes !== 0) this.half(0x0001); // c.nop
  }

  op(name: string, operands: Operands = {}): void {
    this.word(encode(name, operands));
  }

  addi(rd: number, rs1: number, imm: number): void {
    this.op('addi', { rd, rs1, imm: BigInt(imm) });
  }
  load(name: string, rd: number, imm: number, rs1: number): void {
    this.op(name, { rd, rs1, imm: BigInt(imm) });
  }
  store(name: string, rs2: number, imm: number, rs1: number): void {
    this.op(name, { rs1, rs2, imm: BigInt(imm) });
  }
  csr(name: 'csrrw' | 'csrrs' | 'csrrc', rd: number, csr: number, rs1: number): void {
    this.op(name, { rd, csr, rs1 });
  }
  csrImmediate(name: 'csrrwi' | 'csrrsi' | 'csrrci', rd: number, csr: number, zimm: number): void {
    this.op(name, { rd, csr, zimm });
  }
  readCsr(rd: number, csr: number): void {
    this.csr('csrrs', rd, csr, 0);
  }
  writeCsr(csr: number, rs1: number): void {
    this.csr('csrrw', 0, csr, rs1);
  }

  /** A branch of any word with a B immediate of 0, to `target`. */
  branchWord(word: number, target: Target): void {
    this.fixups.push({ at: this.length, kind: 'branch', target });
    this.word(word);
  }
  branch(name: string, rs1: number, rs2: number, target: Target): void {
    this.branchWord(encode(name, { rs1, rs2 }), target);
  }
  /** c.j, c.beqz or c.bnez with an offset of 0, to `target`. */
  compressedTransfer(kind: 'c.j' | 'c.branch', half: number, target: Target): void {
    this.fixups.push({ at: this.length, kind, target });
    this.half(half);
  }
  jal(rd: number, target: Target): void {
    this.fixups.push({ at: this.length, kind: 'jal', target });
    this.op('jal', { rd });
  }

  /** The target's address in the alias that the pc is in: auipc, addi. */
  la(rd: number, target: Target): void {
    this.pair(rd, target, 'addi', rd);
  }
  /** The value, from the pool of literals that `flushLiterals` lays: auipc, ld. */
  li(rd: number, value: bigint): void {
    const unsigned = BigInt.asUintN(64, value);
    let label = this.literals.get(unsigned);
    if (label === undefined) {
      label = new Label();
      this.literals.set(unsigned, label);
    }
    this.pair(rd, label, 'ld', rd);
  }

  flushLiterals(): void {
    this.align(8);
    for (const [value, label] of this.literals) {
      this.bind(label);
      this.dword(value);
    }
    this.literals = new Map();
  }

  /** The program's bytes, every label resolved. */
  finish(): Uint8Array {
    for (const { at, kind, target } of this.fixups) {
      const distance = this.addressOf(target) - (this.base + at);
      if (kind === 'pair') {
        const upper = (distance + 0x800) >> 12;
        this.patch(at, upper << 12);
        this.patch(at + 4, (distance - (upper << 12)) << 20);
      } else if (kind === 'branch' || kind === 'jal') this.patch(at, scatterOffset(kind, distance));
      else this.patch(at, scatterCompressedOffset(kind, distance));
    }
    for (const { at, target } of this.addresses) this.view.setBigUint64(at, BigInt(this.addressOf(target)), true);
    return this.bytes.slice(0, this.length);
  }

  /** Guest physical address. */
  addressOf(target: Target): number {
    if (typeof target === 'number') return target;
    if (target.offset === undefined) throw new Error('A label of the generated program was never bound.');
    return this.base + target.offset;
  }

  private pair(rd: number, target: Target, name: string, middle: number): void {
    this.fixups.push({ at: this.length, kind: 'pair', target });
    this.op('auipc', { rd: middle });
    this.op(name, { rd, rs1: middle });
  }

  private patch(at: number, bits: number): void {
    this.view.setUint32(at, this.view.getUint32(at, true) | bits, true);
  }

  private reserve(sizeBytes: number): void {
    if (this.length + sizeBytes <= this.bytes.length) return;
    const larger = new Uint8Array(this.bytes.length * 2);
    larger.set(this.bytes);
    this.bytes = larger;
    this.view = new DataView(larger.buffer);
  }
}
