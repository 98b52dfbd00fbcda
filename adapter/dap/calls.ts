/** Where the code of a function makes calls, as it is in memory. */

import type { Hart } from '../../vmm/machine/hart.ts';
import type { ProgramFunction } from '../program/dwarf/functions.ts';
import { instructionAt } from './instructions.ts';
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
    for (let at = low; at < end; ) {
      const instruction = instructionAt(memory, hart, links.here(at, hart.get('pc')));
      isWhole &&= instruction !== undefined;
      if (instruction === undefined) break;
      const behind = at + BigInt(instruction.length);
      if (instruction.kind === 'call') {
        const aim = instruction.target;
        calls.push({ at, behind, ...(aim !== undefined && { target: links.linked(aim) }) });
      }
      at = behind;
    }
  }
  if (isWhole) known.set(own, calls);
  return calls;
};
