/**
 * Straight pieces of code and which registers their instructions write, so that a history can be passed piece by piece
 * when only these matter. A piece is right as long as memory has the same code.
 */

import { expandCompressed } from '../../isa/decode.ts';
import { hostOffset, type MachineMemory } from '../../machine/memory.ts';
import { type Instruction, instructionOf } from './instruction.ts';

export interface Block {
  /** At least one; the last one may jump or act on the hart. What is illegal is not among them. */
  readonly instructions: readonly Instruction[];
  /** As they lie in memory. */
  readonly halves: Uint16Array;
  /** Sets of bits: the registers that any of them writes. */
  readonly x: number;
  readonly f: number;
  readonly writesCsr: boolean;
  readonly isCall: boolean;
  readonly stores: boolean;
}

const pageBytes = 4096;
const instructionsMax = 64;

export class Blocks {
  readonly #memory: MachineMemory;
  readonly #known = new Map<number, Block | undefined>();

  constructor(memory: MachineMemory) {
    this.#memory = memory;
  }

  /**
   * The piece that begins at a physical address in RAM, to its page's end at most; `undefined` when its first instruction
   * is illegal or crosses the page.
   */
  at(physical: number): Block | undefined {
    const known = this.#known.get(physical);
    if (known !== undefined && this.isUnchanged(physical, known)) return known;
    const block = this.#read(physical);
    this.#known.set(physical, block);
    return block;
  }

  isUnchanged(physical: number, { halves }: Block): boolean {
    const { u16 } = this.#memory;
    const first = hostOffset(physical) >>> 1;
    for (let index = 0; index < halves.length; index += 1) if (u16[first + index] !== halves[index]) return false;
    return true;
  }

  #read(physical: number): Block | undefined {
    const { u16 } = this.#memory;
    const first = hostOffset(physical) >>> 1;
    const end = first + (pageBytes - (physical % pageBytes)) / 2;
    const instructions: Instruction[] = [];
    let at = first;
    while (at < end && instructions.length < instructionsMax) {
      const low = u16[at]!;
      const isWide = (low & 3) === 3;
      if (isWide && at + 1 >= end) break;
      const raw = isWide ? (low | (u16[at + 1]! << 16)) >>> 0 : low;
      if (!isWide && expandCompressed(raw) === undefined) break;
      const instruction = instructionOf(raw);
      if (instruction === undefined) break;
      instructions.push(instruction);
      at += isWide ? 2 : 1;
      if (instruction.jumps || instruction.system !== undefined) break;
    }
    return instructions.length === 0 ? undefined : blockOf(instructions, u16.slice(first, at));
  }
}

/** A piece of these instructions. Without halves it is always as it was. */
export const blockOf = (instructions: readonly Instruction[], halves = new Uint16Array(0)): Block => {
  const maskOf = (file: 'x' | 'f') =>
    instructions.reduce((mask, { written }) => (written?.file === file ? mask | (1 << written.index) : mask), 0);
  return {
    instructions,
    halves,
    x: maskOf('x'),
    f: maskOf('f'),
    writesCsr: instructions.some(({ writesCsr }) => writesCsr),
    isCall: instructions.at(-1)!.system === 'ecall',
    stores: instructions.some(({ access }) => access?.writes === true),
  };
};
