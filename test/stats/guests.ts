/** Guests that do one kind of thing for ever, of a few instructions each. Not a test. */

import { encode, type Operands } from '../../vmm/isa/encode.ts';
import { buildElf } from '../program/elf-builder.ts';

type Line = readonly [name: string, operands?: Operands];
const at = 0x8000_0000n;
const [t0, t1] = [5, 6];
const mtvec = 0x305;
const mepc = 0x341;

const elf = (lines: readonly Line[]): Uint8Array => {
  const words = Uint32Array.from(lines, ([name, operands]) => encode(name, operands));
  return buildElf({ entry: at, segments: [{ at, bytes: new Uint8Array(words.buffer) }] });
};

/** Counts and divides, since what is quicker takes less time than the run loop between two slices. */
export const computing = elf([
  ['addi', { rd: t0, rs1: t0, imm: 1n }],
  ['addi', { rd: t1, rs1: 0, imm: -1n }],
  ['divu', { rd: t1, rs1: t1, rs2: t0 }],
  ['divu', { rd: t1, rs1: t1, rs2: t0 }],
  ['divu', { rd: t1, rs1: t1, rs2: t0 }],
  ['jal', { rd: 0, imm: -20n }],
]);

/** Reads the line status of the UART at 0x10000000. */
export const polling = elf([
  ['lui', { rd: t0, imm: 0x1000_0000n }],
  ['lbu', { rd: t1, rs1: t0, imm: 5n }],
  ['jal', { rd: 0, imm: -4n }],
]);

/** Calls its environment, which returns behind the call. */
export const calling = elf([
  ['auipc', { rd: t0, imm: 0n }],
  ['addi', { rd: t0, rs1: t0, imm: 20n }],
  ['csrrw', { rd: 0, csr: mtvec, rs1: t0 }],
  ['ecall'],
  ['jal', { rd: 0, imm: -4n }],
  ['csrrs', { rd: t1, csr: mepc, rs1: 0 }], // the handler
  ['addi', { rd: t1, rs1: t1, imm: 4n }],
  ['csrrw', { rd: 0, csr: mepc, rs1: t1 }],
  ['mret'],
]);
