/** Where the code of a function makes calls, as it is in memory. */

import type { Hart } from '../../vmm/machine/hart.ts';
import type { ProgramFunction } from '../program/dwarf/functions.ts';
import { type Instruction, instructionAt } from './instructions.ts';
import type { Program } from './program.ts';
import type { Target } from './target.ts';

/** Linked addresses of a call and of what comes after it. */
export interface CallPlace {
  readonly at: bigint;
  readonly behind: bigint;
  /** Where it leads, when the instruction says so. */
  readonly target?: bigint;
}

/** A function that is longer has more calls than anybody steps over. */
const functionBytesMax = 2n ** 18n;

const known = new WeakMap<ProgramFunction, readonly CallPlace[]>();

/** The calls of a function, in ascending order. Asks the memory once, when all of the function can be read. */
export const callsOf = (
  { memory }: Target,
  hart: Hart,
  { links }: Program,
  own: ProgramFunction,
): readonly CallPlace[] => {
  const found = known.get(own);
  if (found !== undefined) return found;
  const calls: CallPlace[] = [];
  let isWhole = true;
  for (const { low, high } of own.ranges) {
    const end = high - low > functionBytesMax ? low + functionBytesMax : high;
    let before: Instruction | undefined;
    for (let at = low; at < end; ) {
      const instruction = instructionAt(memory, hart, links.here(at, hart.get('pc')));
      isWhole &&= instruction !== undefined;
      if (instruction === undefined) break;
      const behind = at + BigInt(instruction.length);
      if (instruction.kind === 'call') {
        const aim = instruction.target ?? (before && farTarget(before, instruction, at - BigInt(before.length)));
        calls.push({ at, behind, ...(aim !== undefined && { target: links.linked(aim) }) });
      }
      before = instruction;
      at = behind;
    }
  }
  if (isWhole) known.set(own, calls);
  return calls;
};

/** Where `auipc` and `jalr` lead, which make a call of what is far away (Unprivileged, "Unconditional Jumps"). */
const farTarget = (first: Instruction, second: Instruction, at: bigint): bigint | undefined => {
  if (first.length !== 4 || second.length !== 4) return undefined;
  const [upper, jump] = [wordOf(first), wordOf(second)];
  const isPair = (upper & 0x7f) === 0x17 && (jump & 0x7f) === 0x67 && ((upper >> 7) & 31) === ((jump >> 15) & 31);
  return isPair ? BigInt.asUintN(64, at + BigInt(upper & ~0xfff) + BigInt(jump >> 20)) : undefined;
};

const wordOf = ({ bytes }: Instruction): number => bytes[0]! | (bytes[1]! << 8) | (bytes[2]! << 16) | (bytes[3]! << 24);
