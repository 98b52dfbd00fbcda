/**
 * A region: the code that is translated as one function. It has one entry and the basic blocks that direct branches and
 * jumps reach from there. Calls, indirect jumps, system instructions and pages without a mapping end it. Offsets are
 * in bytes from the region's entry; they may be negative.
 */

import { decode, expandCompressed, lengthOf, smallImmediateOf } from '../../isa/decode.ts';
import type { Effect } from '../../isa/meaning.ts';
import type { Row } from '../../isa/row.ts';

export interface Instruction {
  readonly offset: number;
  readonly length: 2 | 4;
  /** The 32-bit (expanded) form. */
  readonly word: number;
  readonly row: Row;
}

export type Terminator =
  | { readonly kind: 'branch'; readonly taken: number; readonly next: number } // the block's last instruction
  | { readonly kind: 'jump'; readonly target: number } // jal without a link: the block's last instruction
  | { readonly kind: 'call'; readonly target: number } // jal with a link
  | { readonly kind: 'indirect' } // jalr: the block's last instruction
  | { readonly kind: 'next'; readonly target: number } // runs into the next block
  | { readonly kind: 'interpret'; readonly at: number }; // an instruction that is not translated

export interface Block {
  readonly offset: number;
  readonly instructions: readonly Instruction[];
  readonly terminator: Terminator;
}

export interface Region {
  /** Of the entry, in its page. */
  readonly pageOffset: number;
  /** By offset; the entry is at 0. */
  readonly blocks: ReadonlyMap<number, Block>;
}

export const pageBytes = 4096;

/** The page of an offset, counted from the entry's. */
export const pageOf = ({ pageOffset }: Pick<Region, 'pageOffset'>, offset: number): number =>
  Math.floor((pageOffset + offset) / pageBytes);

/** Code as the region's finder sees it: 16 bits at an offset, or undefined where nothing is mapped. */
export type ReadCode = (offset: number) => number | undefined;

/** TurboFan's time grows faster than a function's size. */
const blocksMax = 50;
const instructionsMax = 400;

/** Undefined when not even the first instruction can be translated. */
export const findRegion = (pageOffset: number, read: ReadCode): Region | undefined => {
  const inPage = (offset: number): number => (((pageOffset + offset) % pageBytes) + pageBytes) % pageBytes;
  const decoded = new Map<number, Instruction | undefined>();
  const instructionAt = (offset: number): Instruction | undefined => {
    if (!decoded.has(offset)) decoded.set(offset, decodeAt(offset, inPage(offset), read));
    return decoded.get(offset);
  };

  const leaders = new Set<number>([0]);
  const pending = [0];
  let instructions = 0;
  const lead = (offset: number): void => {
    if (leaders.has(offset) || leaders.size >= blocksMax || instructions >= instructionsMax) return;
    if (instructionAt(offset) === undefined) return;
    leaders.add(offset);
    pending.push(offset);
  };
  const walked = new Set<number>();
  for (let start = pending.shift(); start !== undefined; start = pending.shift()) {
    for (let offset = start; !walked.has(offset); ) {
      const instruction = instructionAt(offset);
      if (instruction === undefined) break;
      walked.add(offset);
      instructions += 1;
      const next = offset + instruction.length;
      const flow = flowOf(instruction);
      if (flow !== undefined) {
        if (flow.kind === 'branch') {
          lead(flow.next);
          lead(flow.taken);
        } else if (flow.kind === 'jump') lead(flow.target);
        break;
      }
      if (inPage(next) < 2 || instructions >= instructionsMax) {
        lead(next);
        break;
      }
      offset = next;
    }
  }

  const blocks = new Map<number, Block>();
  for (const leader of leaders) {
    const block = blockAt(leader, leaders, walked, instructionAt);
    blocks.set(leader, block);
  }
  return blocks.get(0)!.instructions.length === 0 ? undefined : { pageOffset, blocks };
};

const blockAt = (
  start: number,
  leaders: ReadonlySet<number>,
  walked: ReadonlySet<number>,
  instructionAt: (offset: number) => Instruction | undefined,
): Block => {
  const instructions: Instruction[] = [];
  for (let offset = start; ; ) {
    const instruction = walked.has(offset) ? instructionAt(offset) : undefined;
    if (instruction === undefined) {
      // The region is full, and another one may begin here; or the instruction is not for translated code at all.
      const isFull = instructions.length > 0 && instructionAt(offset) !== undefined;
      const terminator: Terminator = isFull ? { kind: 'next', target: offset } : { kind: 'interpret', at: offset };
      return { offset: start, instructions, terminator };
    }
    instructions.push(instruction);
    const flow = flowOf(instruction);
    if (flow !== undefined) return { offset: start, instructions, terminator: flow };
    offset += instruction.length;
    if (leaders.has(offset)) return { offset: start, instructions, terminator: { kind: 'next', target: offset } };
  }
};

const decodeAt = (offset: number, inPage: number, read: ReadCode): Instruction | undefined => {
  const low = read(offset);
  if (low === undefined) return undefined;
  const length = lengthOf(low);
  let word = low;
  if (length === 2) {
    const expanded = expandCompressed(low);
    if (expanded === undefined) return undefined;
    word = expanded;
  } else {
    const high = inPage === pageBytes - 2 ? undefined : read(offset + 2); // it goes on in another page
    if (high === undefined) return undefined;
    word = low | (high << 16);
  }
  const row = decode(word);
  return row === undefined || row.meaning.k === 'system' ? undefined : { offset, length, word, row };
};

/** Where control goes after an instruction, unless it is just the next one. */
const flowOf = (instruction: Instruction): Terminator | undefined => {
  const { row, word, offset, length } = instruction;
  if (row.meaning.k === 'branch') {
    return { kind: 'branch', taken: offset + immediate(instruction), next: offset + length };
  }
  const jump = jumpIn(row.meaning);
  if (jump === undefined) return undefined;
  if (row.immediate !== 'J') return { kind: 'indirect' };
  const target = offset + immediate(instruction);
  return ((word >>> 7) & 31) === 0 ? { kind: 'jump', target } : { kind: 'call', target };
};

const immediate = ({ row, word }: Instruction): number => smallImmediateOf(word, row.immediate);

const jumpIn = (effect: Effect): Effect | undefined => {
  if (effect.k === 'jump') return effect;
  return effect.k === 'sequence' ? effect.effects.find((inner) => inner.k === 'jump') : undefined;
};
