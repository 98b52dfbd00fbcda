/**
 * Where a hart is in the source, for stepping: a line in one call of a function, inlined calls included. Code without a line,
 * code that begins no statement, and prologues of code that is not optimised belong to a call and have no line of their own.
 * It says what a place is and when two are the same; how one goes from one to the next is in line-steps.ts.
 *
 * Code of an inlined call can be looked at from outside, as who steps over the call does: it is then part of the line that
 * makes the call (`seenFrom`). Whether one is at the first instruction of the call or at the line that makes it is the same
 * state of the machine; which of them a person is shown is a `CallSite`.
 */

import type { Moment } from '../../traces/time.ts';
import type { Hart } from '../../vmm/machine/hart.ts';
import { privilege } from '../../vmm/machine/hart.ts';
import type { DebugInfo, PlacedFrame } from '../program/debug-info.ts';
import type { FrameRow } from '../program/dwarf/frames.ts';
import type { ProgramFunction } from '../program/dwarf/functions.ts';
import { lineTableOf } from '../program/dwarf/line-table.ts';
import type { Program } from './program.ts';
import { entryOf } from './source-places.ts';
import type { Target } from './target.ts';

/** What holds of an address whoever executes it. */
interface CodePlace {
  readonly program: Program;
  readonly function: ProgramFunction;
  /** Where calls of the function begin. */
  readonly entry: bigint;
  readonly isEntry: boolean;
  /** The inlined calls that it is in, outermost first, by the offsets of their entries. */
  readonly inlined: readonly number[];
  /** Of each of these calls the line that makes it. */
  readonly callLines: readonly string[];
  /** File and line; nothing where code has no line of its own. */
  readonly line: string | undefined;
  /** How the call's frame is found; nothing before the first instruction of the function's own. */
  readonly row: FrameRow | 'at entry' | undefined;
}

export interface Place extends CodePlace {
  /** Which call of the function it is: its canonical frame address, where that is known. */
  readonly cfa: bigint | undefined;
  /** User programs have the same addresses as one another: the root of the page table they run by. */
  readonly space: bigint;
}

/** What there is to know of a hart at one moment to tell its place, which may be asked for later. */
export interface Standpoint {
  readonly program: Program;
  /** As it was linked. */
  readonly pc: bigint;
  readonly sp: bigint;
  readonly fp: bigint;
  readonly space: bigint;
}

/** A stop that is shown at a line that makes an inlined call, not in what is called. */
export interface CallSite {
  readonly hart: number;
  readonly moment: Moment;
  /** The inlined calls that the line is in. */
  readonly inlined: readonly number[];
}

const registerSp = 2;
const registerFp = 8;
/** Room for patches is at most this long. */
const patchBytesMax = 32n;
/** Remembered for this many addresses of a program; then it begins anew. */
const rememberedMax = 100_000;

export class Places {
  readonly #target: Target;
  readonly #known = new Map<Program, Map<bigint, CodePlace | undefined>>();

  constructor(target: Target) {
    this.#target = target;
  }

  at(hart: Hart): Place | undefined {
    return this.placeAt(this.standpoint(hart));
  }

  standpoint(hart: Hart): Standpoint {
    const program = this.#target.programs.at(hart);
    const pc = program.links.linked(hart.get('pc'));
    return { program, pc, sp: hart.x(registerSp), fp: hart.x(registerFp), space: spaceOf(hart) };
  }

  placeAt(standpoint: Standpoint): Place | undefined {
    const { program, pc, space } = standpoint;
    const code = this.#codeAt(program, pc);
    return code && { ...code, cfa: cfaOf(code.row, standpoint), space };
  }

  /** As it is shown: at the line of an inlined call where the last motion has ended there. */
  shown(hart: Hart): Place | undefined {
    const place = this.at(hart);
    const site = this.#target.callSiteOf(hart);
    return place && site ? seenFrom(place, site.inlined) : place;
  }

  #codeAt(program: Program, pc: bigint): CodePlace | undefined {
    let known = this.#known.get(program);
    if (known === undefined || known.size > rememberedMax) {
      known = new Map();
      this.#known.set(program, known);
    }
    const found = known.get(pc);
    if (found !== undefined || known.has(pc)) return found;
    const { info } = program;
    const place = info && program.try(() => codePlaceAt(program, info, pc));
    known.set(pc, place);
    return place;
  }
}

/** Compilers count from the stack pointer or from the frame pointer; what counts otherwise has no function of the source. */
const cfaOf = (row: CodePlace['row'], { sp, fp }: Standpoint): bigint | undefined => {
  if (row === 'at entry') return sp;
  if (row?.cfa.kind !== 'register') return undefined;
  const { register, offset } = row.cfa;
  const base = register === registerSp ? sp : register === registerFp ? fp : undefined;
  return base === undefined ? undefined : BigInt.asUintN(64, base + offset);
};

/** What tells processes apart: the root of the page table in user mode. A kernel's stacks are at addresses of their own. */
export const spaceOf = (hart: Hart): bigint => (hart.privilege === privilege.user ? hart.get('satp') : 0n);

const codePlaceAt = (program: Program, info: DebugInfo, pc: bigint): CodePlace | undefined => {
  const frames = info.framesAt(pc);
  const own = frames[0]?.function;
  const table = own && lineTableOf(own.entry.unit);
  if (own === undefined || table === undefined) return patchedEntry(program, info, pc);
  const entry = callEntry(program, own);
  const row = table.at(pc);
  // A table may have several numbers for one file.
  const lineName = (file: number, line: number) => `${table.files[file]?.path}:${line}`;
  const inPrologue = pc >= own.entryPc && pc < entryOf(info, own);
  // Optimisers begin several statements at one instruction, which is then of the last one, or of none of them.
  const isStatement = table.allAt(pc).some((one) => one.isStatement);
  const hasLine = row !== undefined && row.line !== 0 && isStatement && !inPrologue;
  const calls = frames.slice(0, -1).reverse();
  return {
    program,
    function: own,
    entry,
    isEntry: pc === entry,
    inlined: calls.map(({ frame }: PlacedFrame) => frame.entry.offset),
    callLines: calls.map(({ frame: { call } }: PlacedFrame) => lineName(call?.file ?? 0, call?.line ?? 0)),
    line: hasLine ? lineName(row.file, row.line) : undefined,
    row: info.frameRowAt(pc),
  };
};

/** Where calls of a function begin: kernels have room for patches before what the debug information says. */
export const callEntry = (program: Program, own: ProgramFunction): bigint => {
  const start = program.startOf(own.entryPc);
  return start !== undefined && own.entryPc - start <= patchBytesMax ? start : own.entryPc;
};

/** The room for patches at a function's beginning (`-fpatchable-function-entry`), which has no line and no frame yet. */
const patchedEntry = (program: Program, info: DebugInfo, pc: bigint): CodePlace | undefined => {
  const start = program.startOf(pc);
  if (start === undefined || pc - start >= patchBytesMax) return undefined;
  for (let at = pc + 2n; at <= start + patchBytesMax; at += 2n) {
    const own = info.functionAt(at);
    if (own === undefined) continue;
    if (own.entryPc !== at || lineTableOf(own.entry.unit) === undefined) return undefined;
    const common = { inlined: [], callLines: [], line: undefined, row: 'at entry' } as const;
    return { ...common, program, function: own, entry: start, isEntry: pc === start };
  }
  return undefined;
};

/** What tells one call of a function from another. */
export type Call = Pick<Place, 'function' | 'cfa' | 'space'>;

export const isSameCall = (one: Call, other: Call): boolean =>
  one.function === other.function && one.cfa === other.cfa && one.space === other.space;

export const isPrefix = (start: readonly number[], whole: readonly number[]): boolean =>
  start.length <= whole.length && start.every((offset, index) => whole[index] === offset);

/** Whether the chain `inner` is in a call that is inlined in `outer`. */
export const isInside = (inner: readonly number[], outer: readonly number[]): boolean =>
  inner.length > outer.length && isPrefix(outer, inner);

/** A place as it is from some inlined calls around it: what is deeper is part of the line that calls it. */
export const seenFrom = (place: Place, inlined: readonly number[]): Place =>
  place.line !== undefined && isInside(place.inlined, inlined)
    ? { ...place, inlined, line: place.callLines[inlined.length] }
    : place;

/** Whether both are the same line in the same call, of inlined ones too. */
export const isSamePlace = (one: Place, other: Place): boolean =>
  one.line === other.line &&
  one.inlined.length === other.inlined.length &&
  isPrefix(one.inlined, other.inlined) &&
  isSameCall(one, other);
