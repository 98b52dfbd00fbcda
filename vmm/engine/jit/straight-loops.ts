/**
 * Loops whose blocks follow each other with no other way inside, in one page, in which nothing is called: each turn does the same instructions. Those with
 * many registers are worth the more work: see remaking.ts, and `steps`.
 */

import { keptPagesMax } from '../layout.ts';
import { type Block, pageOf, type Region } from './region.ts';
import { type Remaking, remakingIn } from './remaking.ts';
import type { ByBlock, QuietLoops, Structure } from './structure.ts';

export interface StraightLoop {
  readonly header: number;
  /** Registers that are not carried from turn to turn, if there are any. */
  readonly remaking: Remaking | undefined;
  /**
   * By register, how much more it is at each place in the loop than in the turn before, if that is always the same and little: what is accessed
   * by way of it is in one page for many turns.
   */
  readonly steps: readonly (number | undefined)[];
  /** Pages that are kept for such accesses (`keptPageAt`), at most. */
  readonly keptPages: number;
}

/** A loop with fewer registers has them all in the host's, and is often left after a few turns, which do not pay for entering it. */
const registersMin = 8;
const stepMax = 64;

/** By block, the loop of this kind that it is of. */
export const straightLoops = (
  region: Region,
  structure: Structure,
  loops: QuietLoops,
  signExtended: ByBlock,
): readonly (StraightLoop | undefined)[] => {
  const found: (StraightLoop | undefined)[] = new Array(region.blocks.length).fill(undefined);
  if (loops.around.length === 1) return found;
  const { list, loopHeaders } = structure;
  for (let at = 0; at < list.length; at += 1) {
    const header = list[at]!;
    if (loopHeaders[header] === 0 || loops.of[header] === 0) continue;
    const blocks = blocksInTurn(region, structure, loops, header);
    if (blocks === undefined || registersIn(region, blocks) < registersMin) continue;
    const steps = stepsIn(region, blocks);
    const keptPages = keptPagesIn(region, blocks, steps);
    const loop = { header, remaking: remakingIn(region, blocks, signExtended), steps, keptPages };
    for (const { index } of blocks) found[index] = loop;
  }
  return found;
};

/** The blocks of a loop in the order in which each turn comes to them; undefined if there is more than one, or the hub goes to one of them. */
const blocksInTurn = (
  region: Region,
  { edges }: Structure,
  { of, around }: QuietLoops,
  header: number,
): readonly Block[] | undefined => {
  const loop = of[header]!;
  if (around.includes(loop)) return undefined; // there is one inside
  const turn: Block[] = [];
  for (let index = header; turn.length === 0 || index !== header; ) {
    const block = region.blocks[index]!;
    const { offset, first, next, count, ending } = block;
    if (count === 0 || (ending !== 'branch' && ending !== 'jump' && ending !== 'next')) return undefined;
    if (pageOf(region, offset) !== 0 || pageOf(region, next - 1) !== 0) return undefined;
    for (let at = first; at < first + count; at += 1)
      if (region.instructions[at]!.stops !== undefined) return undefined;
    turn.push(block);
    let following = -1;
    for (let edge = edges.begin[index]!; edge < edges.end[index]!; edge += 1) {
      if (of[edges.to[edge]!] !== loop) continue;
      if (following >= 0) return undefined;
      following = edges.to[edge]!;
    }
    if (following < 0) return undefined;
    index = following;
  }
  const hub = region.blocks.at(-1)!;
  return hub.ending === 'hub' && hub.successors.includes(header) ? undefined : turn;
};

const registersIn = ({ instructions }: Region, blocks: readonly Block[]): number => {
  let registers = 0;
  for (const { first, count } of blocks)
    for (let at = first; at < first + count; at += 1)
      registers |= instructions[at]!.is.reads | instructions[at]!.is.writes;
  let count = 0;
  for (let rest = registers; rest !== 0; rest &= rest - 1) count += 1;
  return count;
};

const stepsIn = ({ instructions }: Region, blocks: readonly Block[]): readonly (number | undefined)[] => {
  const steps: (number | undefined)[] = new Array(32).fill(0);
  for (const { first, count } of blocks)
    for (let at = first; at < first + count; at += 1) {
      const { row, rd, rs1, immediate, writes } = instructions[at]!.is;
      if (writes === 0) continue;
      const before = steps[rd];
      steps[rd] = row.name === 'addi' && rd === rs1 && before !== undefined ? before + immediate : undefined;
    }
  return steps.map((step) => (step !== undefined && Math.abs(step) <= stepMax ? step : undefined));
};

const keptPagesIn = (
  { instructions }: Region,
  blocks: readonly Block[],
  steps: readonly (number | undefined)[],
): number => {
  let accesses = 0;
  for (const { first, count } of blocks)
    for (let at = first; at < first + count; at += 1) {
      const { readBytes, writeBytes, rs1 } = instructions[at]!.is;
      if (readBytes + writeBytes !== 0 && rs1 !== 0 && steps[rs1] !== undefined) accesses += 1;
    }
  return Math.min(accesses, keptPagesMax);
};
