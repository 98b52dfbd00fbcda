/**
 * Functions of a unit, and what is in scope at a pc inside one: the chain of inlined calls, parameters, and local variables
 * block by block. It says what there is; where a variable is, is for `expression.ts`. DWARF 5 chapter 3.
 */

import { onceFor } from '../once.ts';
import { countUpTo } from '../sorted.ts';
import { attribute, tag } from './constants.ts';
import type { Entry } from './entry.ts';
import { type AddressRange, ListAllowance, type ListedLocation, locationAt, locationsOf, rangesOf } from './lists.ts';
import type { Unit } from './unit.ts';

/** A function that has code of its own. */
export interface ProgramFunction {
  readonly entry: Entry;
  readonly name: string;
  readonly ranges: readonly AddressRange[];
  /** Where a call begins: DW_AT_entry_pc, or the first range. */
  readonly entryPc: bigint;
}

/** A place in the source: the number of the file in the unit's line table, line, column. */
export interface SourcePlace {
  readonly file: number;
  readonly line: number;
  readonly column: number;
}

/** A function as the source has it, at a pc: the one whose code it is, or one that was inlined there. */
export interface SourceFrame {
  /** DW_TAG_subprogram or DW_TAG_inlined_subroutine. */
  readonly entry: Entry;
  readonly name: string;
  readonly inlined: boolean;
  /** Of an inlined one: where the function around it calls it. */
  readonly call: SourcePlace | undefined;
}

export interface Variable {
  readonly entry: Entry;
  readonly name: string;
  readonly parameter: boolean;
  /** Whether the compiler made it (`this`). */
  readonly artificial: boolean;
  readonly line: number | undefined;
  /** Undefined when no code keeps it: optimised out. */
  readonly locations: readonly ListedLocation[] | undefined;
  /** Of a variable that is a constant: a number to be cut to the type, or the bytes of the whole. */
  readonly constant: bigint | Uint8Array | undefined;
}

export interface Block {
  /** The frame's function, or a DW_TAG_lexical_block in it. */
  readonly entry: Entry;
  readonly variables: readonly Variable[];
}

const nestingMax = 256;

interface PlacedFunction {
  readonly low: bigint;
  readonly high: bigint;
  readonly function: ProgramFunction;
}

/** All functions of a unit with code, in ascending order of address; a function with several ranges stands at each. */
const placedFunctions = onceFor((unit: Unit): readonly PlacedFunction[] => {
  const found: PlacedFunction[] = [];
  const allowance = new ListAllowance();
  for (const entry of codeOf(unit.root, 0)) {
    const ranges = rangesOf(entry, allowance);
    const first = ranges[0];
    if (first === undefined) continue;
    const entryPc = entry.address(attribute.entryPc) ?? entry.address(attribute.lowPc) ?? first.low;
    const own: ProgramFunction = { entry, name: entry.fullName ?? '', ranges, entryPc };
    for (const { low, high } of ranges) found.push({ low, high, function: own });
  }
  return found.sort((a, b) => (a.low < b.low ? -1 : a.low > b.low ? 1 : 0));
});

function* codeOf(parent: Entry, depth: number): Generator<Entry> {
  for (const child of parent.children()) {
    if (child.tag === tag.subprogram) {
      if (child.has(attribute.lowPc) || child.has(attribute.ranges)) yield child;
    } else if (isContainer(child.tag) && depth < nestingMax) yield* codeOf(child, depth + 1);
  }
}

const isContainer = (kind: number): boolean =>
  kind === tag.namespace || kind === tag.structureType || kind === tag.classType || kind === tag.unionType;

/** @param unit a complete one: see `DwarfFile.complete` */
export const functionsOf = (unit: Unit): readonly ProgramFunction[] => [
  ...new Set(placedFunctions(unit).map(({ function: own }) => own)),
];

export const functionAt = (unit: Unit, pc: bigint): ProgramFunction | undefined => {
  const list = placedFunctions(unit);
  const end = countUpTo(list.length, (index) => list[index]!.low, pc);
  // Functions that a linker folded together overlap; the nearest start is meant.
  for (let index = end - 1; index >= 0 && index >= end - 16; index--) {
    if (pc < list[index]!.high) return list[index]!.function;
  }
  return undefined;
};

/** The function and what is inlined in it at a pc, innermost first. */
export const framesAt = (own: ProgramFunction, pc: bigint): readonly SourceFrame[] => {
  const frames: SourceFrame[] = [{ entry: own.entry, name: own.name, inlined: false, call: undefined }];
  let around: Entry | undefined = own.entry;
  const allowance = new ListAllowance();
  for (let depth = 0; around !== undefined && depth < nestingMax; depth++) {
    around = childAt(around, pc, allowance, (kind) => kind === tag.inlinedSubroutine || isBlock(kind));
    if (around?.tag === tag.inlinedSubroutine) {
      frames.unshift({ entry: around, name: around.fullName ?? '', inlined: true, call: callOf(around) });
    }
  }
  return frames;
};

const callOf = (entry: Entry): SourcePlace => ({
  file: entry.count(attribute.callFile) ?? 0,
  line: entry.count(attribute.callLine) ?? 0,
  column: entry.count(attribute.callColumn) ?? 0,
});

const isBlock = (kind: number): boolean => kind === tag.lexicalBlock;

const childAt = (
  parent: Entry,
  pc: bigint,
  allowance: ListAllowance,
  wanted: (kind: number) => boolean,
): Entry | undefined => {
  for (const child of parent.children()) {
    if (!wanted(child.tag)) continue;
    if (rangesOf(child, allowance).some(({ low, high }) => pc >= low && pc < high)) return child;
  }
  return undefined;
};

/** The variables of a frame at a pc, block by block, innermost first. */
export const blocksAt = (frame: SourceFrame, pc: bigint): readonly Block[] => {
  const blocks: Block[] = [];
  const allowance = new ListAllowance();
  let entry: Entry | undefined = frame.entry;
  for (let depth = 0; entry !== undefined && depth < nestingMax; depth++) {
    blocks.unshift({ entry, variables: variablesOf(entry, allowance) });
    entry = childAt(entry, pc, allowance, isBlock);
  }
  return blocks;
};

/**
 * Those of the block itself, and those that the function it is an instance of has there and that left no trace in it. Blocks
 * without addresses hold nothing but such traces.
 */
const variablesOf = (block: Entry, allowance: ListAllowance): readonly Variable[] => {
  const variables: Variable[] = [];
  const origins = new Set<number>();
  const add = (entry: Entry) => variables.push(variableOf(entry, allowance));
  collect(block, add, origins, 0);
  const origin = block.reference(attribute.abstractOrigin);
  if (origin !== undefined) collectUntraced(origin, add, origins, 0);
  return variables.filter(({ name }) => name !== '');
};

const collect = (block: Entry, add: (variable: Entry) => void, origins: Set<number>, depth: number): void => {
  for (const child of block.children()) {
    if (isVariable(child)) {
      for (const origin of child.origins()) origins.add(origin.offset);
      add(child);
    } else if (isBlock(child.tag)) {
      for (const origin of child.origins()) origins.add(origin.offset);
      const hasCode = child.has(attribute.lowPc) || child.has(attribute.ranges);
      if (!hasCode && depth < nestingMax) collect(child, add, origins, depth + 1);
    }
  }
};

const collectUntraced = (
  origin: Entry,
  add: (variable: Entry) => void,
  origins: ReadonlySet<number>,
  depth: number,
): void => {
  for (const child of origin.children()) {
    if (origins.has(child.offset)) continue;
    if (isVariable(child)) add(child);
    else if (isBlock(child.tag) && depth < nestingMax) collectUntraced(child, add, origins, depth + 1);
  }
};

/** A declaration (`extern` inside a block) names something elsewhere. */
const isVariable = (entry: Entry): boolean =>
  (entry.tag === tag.formalParameter || entry.tag === tag.variable) && !entry.flag(attribute.declaration);

/** A variable from its entry, also of one outside functions. */
export const variableOf = (entry: Entry, allowance?: ListAllowance): Variable => {
  const constant = entry.withAttribute(attribute.constValue);
  const located = entry.has(attribute.location) ? entry : entry.withAttribute(attribute.location);
  return {
    entry,
    name: entry.fullName ?? '',
    parameter: entry.tag === tag.formalParameter,
    artificial: entry.withAttribute(attribute.artificial)?.flag(attribute.artificial) ?? false,
    line: entry.withAttribute(attribute.declarationLine)?.count(attribute.declarationLine),
    locations: located === undefined ? undefined : locationsOf(located, attribute.location, allowance),
    constant: constant?.constant(attribute.constValue) ?? constant?.block(attribute.constValue),
  };
};

/** The expression that says where a variable is at a pc. */
export const expressionAt = (variable: Variable, pc: bigint): Uint8Array | undefined =>
  variable.locations === undefined ? undefined : locationAt(variable.locations, pc);

/** The expression of a function's frame base at a pc. */
export const frameBaseAt = (own: ProgramFunction, pc: bigint): Uint8Array | undefined => {
  const locations = locationsOf(own.entry, attribute.frameBase);
  return locations === undefined ? undefined : locationAt(locations, pc);
};
