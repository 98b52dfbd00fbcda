/**
 * A region: the code that is translated as one function. It has one entry and the basic blocks that direct branches and
 * jumps reach from there, and those where calls come back to. Returns, system instructions that change the flow
 * and pages without a mapping end it. Offsets are in bytes from the region's entry; they may be negative.
 *
 * Indirect jumps of the entry's page all go to one block of the region's own, the hub, which goes on to those places of
 * the page that such jumps were seen to go to. So a program's jumps from each of its cases to each other make one loop.
 */

import { decode, expandCompressed, lengthOf, smallImmediateOf } from '../../isa/decode.ts';
import type { Effect, SystemOp, Value } from '../../isa/meaning.ts';
import type { Row } from '../../isa/row.ts';

export interface Instruction {
  readonly offset: number;
  readonly length: 2 | 4;
  /** The 32-bit (expanded) form. */
  readonly word: number;
  readonly row: Row;
  /** The interpreter does it when its address is one of these. */
  readonly stops?: readonly bigint[];
}

export type Terminator =
  | { readonly kind: 'branch'; readonly condition: Value; readonly taken: number; readonly next: number } // the block's last instruction
  | { readonly kind: 'jump'; readonly target: number } // without a link: the block's last instruction
  | { readonly kind: 'call'; readonly target: number | undefined; readonly next: number } // the same, with a link
  | { readonly kind: 'indirect'; readonly isReturn: boolean; readonly toHub: boolean } // jalr without a link
  | { readonly kind: 'hub'; readonly targets: readonly number[] } // the hub's
  | { readonly kind: 'next'; readonly target: number } // runs into the next block
  | { readonly kind: 'system'; readonly next: number } // the machine takes control elsewhere: the block's last instruction
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

/** Offset of the hub: odd, where no code is. */
export const hub = 1;

/** The page of an offset, counted from the entry's. */
export const pageOf = ({ pageOffset }: Pick<Region, 'pageOffset'>, offset: number): number =>
  Math.floor((pageOffset + offset) / pageBytes);

/** Code as the region's finder sees it: 16 bits at an offset, or undefined where nothing is mapped. */
export type ReadCode = (offset: number) => number | undefined;

/** TurboFan's time grows faster than a function's size. */
const blocksMax = 50;
const instructionsMax = 400;

export interface RegionParts {
  readonly read: ReadCode;
  /** Of indirect jumps, in the entry's page. */
  readonly jumpTargets: () => number[];
  /** At which addresses the instruction at an offset is to be left to the interpreter. */
  readonly stopsAt: (offset: number) => readonly bigint[] | undefined;
}

/** Undefined when not even the first instruction can be translated. */
export const findRegion = (pageOffset: number, { read, jumpTargets, stopsAt }: RegionParts): Region | undefined => {
  const inPage = (offset: number): number => (((pageOffset + offset) % pageBytes) + pageBytes) % pageBytes;
  const decoded = new Map<number, Instruction | undefined>();
  const instructionAt = (offset: number): Instruction | undefined => {
    if (decoded.has(offset)) return decoded.get(offset);
    const found = decodeAt(offset, read);
    const stops = found && stopsAt(offset);
    const instruction = found && stops ? { ...found, stops } : found;
    decoded.set(offset, instruction);
    return instruction;
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
  let targets: readonly number[] = [];
  const goesToHub = (flow: Terminator, offset: number): boolean =>
    flow.kind === 'indirect' && !flow.isReturn && pageOf({ pageOffset }, offset) === 0;
  for (let start = pending.shift(); start !== undefined; start = pending.shift()) {
    let previous: Instruction | undefined;
    for (let offset = start; !walked.has(offset); ) {
      const instruction = instructionAt(offset);
      if (instruction === undefined) break;
      walked.add(offset);
      instructions += 1;
      const next = offset + instruction.length;
      const flow = flowOf(instruction, previous);
      if (flow !== undefined) {
        for (const successor of successorsOf(flow)) lead(successor);
        if (goesToHub(flow, offset) && targets.length === 0) {
          targets = jumpTargets();
          targets.forEach(lead);
        }
        break;
      }
      previous = instruction;
      // A block is in one page; only its first instruction may begin in another.
      if (inPage(next) === 0 || crossesPage(instructionAt(next), inPage) || instructions >= instructionsMax) {
        lead(next);
        break;
      }
      offset = next;
    }
  }

  const blocks = new Map<number, Block>();
  for (const leader of leaders) {
    const block = blockAt(leader, leaders, walked, instructionAt);
    const { terminator } = block;
    const toHub = targets.length > 0 && goesToHub(terminator, leader);
    blocks.set(leader, toHub ? { ...block, terminator: { kind: 'indirect', isReturn: false, toHub } } : block);
  }
  const within = targets.filter((target) => (blocks.get(target)?.instructions.length ?? 0) > 0);
  if (targets.length > 0)
    blocks.set(hub, { offset: hub, instructions: [], terminator: { kind: 'hub', targets: within } });
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
    const flow = flowOf(instruction, instructions.at(-1));
    instructions.push(instruction);
    if (flow !== undefined) return { offset: start, instructions, terminator: flow };
    offset += instruction.length;
    if (leaders.has(offset)) return { offset: start, instructions, terminator: { kind: 'next', target: offset } };
  }
};

const decodeAt = (offset: number, read: ReadCode): Instruction | undefined => {
  const low = read(offset);
  if (low === undefined) return undefined;
  const length = lengthOf(low);
  let word = low;
  if (length === 2) {
    const expanded = expandCompressed(low);
    if (expanded === undefined) return undefined;
    word = expanded;
  } else {
    const high = read(offset + 2);
    if (high === undefined) return undefined;
    word = low | (high << 16);
  }
  const row = decode(word);
  return row === undefined ? undefined : { offset, length, word, row };
};

/** Whether an instruction begins in one page and ends in the next. */
const crossesPage = (instruction: Instruction | undefined, inPage: (offset: number) => number): boolean =>
  instruction !== undefined && inPage(instruction.offset) + instruction.length > pageBytes;

/** CSR accesses and fences go on with the next instruction; the machine may say otherwise. */
const staysInFlow: ReadonlySet<SystemOp> = new Set([
  ...(['csrrw', 'csrrs', 'csrrc', 'csrrwi', 'csrrsi', 'csrrci', 'fenceI', 'sfenceVma'] as const),
]);

/** Where control goes after an instruction, unless it is just the next one. */
const flowOf = (instruction: Instruction, previous: Instruction | undefined): Terminator | undefined => {
  const { row, word, offset, length } = instruction;
  const next = offset + length;
  if (row.meaning.k === 'system') return staysInFlow.has(row.meaning.op) ? undefined : { kind: 'system', next };
  const { meaning } = row;
  if (meaning.k === 'branch')
    return { kind: 'branch', condition: meaning.condition, taken: offset + immediate(instruction), next };
  if (jumpIn(row.meaning) === undefined) return undefined;
  const target = row.immediate === 'J' ? offset + immediate(instruction) : pairedTarget(instruction, previous);
  if (linkOf(word) !== 0) return { kind: 'call', target, next };
  return target === undefined ? { kind: 'indirect', isReturn: isReturn(word), toHub: false } : { kind: 'jump', target };
};

/** Jumps to ra and t0 are returns (unprivileged specification, "Unconditional Jumps"). */
const isReturn = (word: number): boolean => ((word >>> 15) & 0b11011) === 1;

const linkOf = (word: number): number => (word >>> 7) & 31;

/** The target of `auipc` and `jalr` as a pair, the usual far call and tail call. */
const pairedTarget = (instruction: Instruction, previous: Instruction | undefined): number | undefined => {
  if (previous === undefined || previous.row.name !== 'auipc') return undefined;
  if (linkOf(previous.word) !== ((instruction.word >>> 15) & 31)) return undefined;
  return (previous.offset + immediate(previous) + immediate(instruction)) & ~1;
};

/** Where control goes on within the region, if the region has it. */
export const successorsOf = (terminator: Terminator): readonly number[] => {
  switch (terminator.kind) {
    case 'branch':
      return [terminator.next, terminator.taken];
    case 'jump':
    case 'next':
      return [terminator.target];
    case 'call':
      return [terminator.next];
    case 'indirect':
      return terminator.toHub ? [hub] : [];
    case 'hub':
      return terminator.targets;
    case 'system':
    case 'interpret':
      return [];
  }
};

const immediate = ({ row, word }: Instruction): number => smallImmediateOf(word, row.immediate);

const jumpIn = (effect: Effect): Effect | undefined => {
  if (effect.k === 'jump') return effect;
  return effect.k === 'sequence' ? effect.effects.find((inner) => inner.k === 'jump') : undefined;
};
