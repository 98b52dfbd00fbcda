/** What a stepper needs to know of the instruction that a hart is about to execute: calls, returns, and what follows. */

import { decode, expandCompressed, fields, lengthOf } from '../../vmm/isa/decode.ts';
import { disassemble } from '../../vmm/isa/disassemble.ts';
import type { Hart } from '../../vmm/machine/hart.ts';
import type { GuestMemory } from './guest-memory.ts';

export interface Instruction {
  readonly bytes: Uint8Array;
  readonly text: string;
  readonly target?: bigint;
  readonly length: 2 | 4;
  /** `call`: a jump that leaves a return address, or an environment call. `return`: to a caller, or from a trap. */
  readonly kind: 'call' | 'return' | 'other';
  /** The register that a call leaves its return address in, or that a return takes it from; nothing where it is a trap's. */
  readonly link?: number;
}

/** The instruction at an address as a hart sees it, or `undefined` when there is nothing to read. */
export const instructionAt = (memory: GuestMemory, hart: Hart, address: bigint): Instruction | undefined => {
  const bytes = memory.read(hart, address, 4);
  const found = bytes.length < 2 ? undefined : wordOf(bytes);
  if (found === undefined) return undefined;
  const { text, target, length } = disassemble(found, address);
  const { kind, link } = roleOf(found);
  return {
    bytes: bytes.subarray(0, length),
    text,
    length,
    kind,
    ...(link !== undefined && { link }),
    ...(target !== undefined && { target }),
  };
};

interface Role extends Pick<Instruction, 'kind' | 'link'> {
  /** Whether it gives the stack pointer a value from memory or a CSR: it goes to another stack. */
  readonly changesStack?: boolean;
}

/** What an instruction is in calls, and how long: without its text, for those who look at very many. */
export const roleAt = (memory: GuestMemory, hart: Hart, address: bigint): Role & Pick<Instruction, 'length'> => {
  const bytes = memory.read(hart, address, 4);
  const found = bytes.length < 2 ? undefined : wordOf(bytes);
  return found === undefined ? { kind: 'other', length: 4 } : { ...roleOf(found), length: lengthOf(found) };
};

/** The instruction's bits, unless memory ends in the middle of it. */
const wordOf = (bytes: Uint8Array): number | undefined => {
  const low = bytes[0]! | (bytes[1]! << 8);
  if (lengthOf(low) === 2) return low;
  return bytes.length < 4 ? undefined : low | (bytes[2]! << 16) | (bytes[3]! << 24);
};

/** ra and t0, which calls leave their return address in (Unprivileged, "Unconditional Jumps", table of hints). */
const isLink = (register: number): boolean => register === 1 || register === 5;

const stackPointer = 2;

const other: Role = { kind: 'other' };

const roleOf = (word: number): Role => {
  const full = lengthOf(word) === 2 ? expandCompressed(word) : word;
  const row = full === undefined ? undefined : decode(full);
  if (full === undefined || row === undefined) return other;
  const { rd, rs1 } = fields(full, row);
  switch (row.name) {
    case 'jal':
      return isLink(rd) ? { kind: 'call', link: rd } : other;
    case 'jalr':
      if (isLink(rd)) return { kind: 'call', link: rd };
      return isLink(rs1) && rd === 0 ? { kind: 'return', link: rs1 } : other;
    case 'ecall':
      return { kind: 'call' };
    case 'mret':
    case 'sret':
      return { kind: 'return' };
    case 'ld':
    case 'csrrw':
      return rd === stackPointer ? { kind: 'other', changesStack: true } : other;
    default:
      return other;
  }
};
