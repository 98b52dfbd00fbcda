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
import { cfaOf } from '../program/dwarf/unwind.ts';
import { machineState } from './frames.ts';
import type { Program } from './program.ts';
import { entryOf } from './source-places.ts';
import type { Target } from './target.ts';

/** What holds of an address whoever executes it. */
interface CodePlace {
  readonly program: Program;
  readonly function: ProgramFunction;
  /** Whether calls of the function begin here. */
  readonly isEntry: boolean;
  /** The inlined calls that it is in, outermost first, by the offsets of their entries. */
  readonly inlined: readonly number[];
  /** Of each of these calls the line that makes it. */
  readonly callLines: readonly string[];
  /** File and line; nothing where code has no line of its own. */
  readonly line: string | undefined;
  readonly row: FrameRow | undefined;
}

export interface Place extends CodePlace {
  /** Which call of the function it is: its canonical frame address, where that is known. */
  readonly cfa: bigint | undefined;
  /** User programs have the same addresses as one another: the root of the page table they run by. */
  readonly space: bigint;
}

/** A stop that is shown at a line that makes an inlined call, not in what is called. */
export interface CallSite {
  readonly hart: number;
  readonly moment: Moment;
  /** The inlined calls that the line is in. */
  readonly inlined: readonly number[];
}

/** Remembered for this many addresses of a program; then it begins anew. */
const rememberedMax = 100_000;

export class Places {
  readonly #target: Target;
  readonly #known = new Map<Program, Map<bigint, CodePlace | undefined>>();

  constructor(target: Target) {
    this.#target = target;
  }

  at(hart: Hart): Place | undefined {
    const program = this.#target.programs.at(hart);
    const pc = program.links.linked(hart.get('pc'));
    const code = this.#codeAt(program, pc);
    if (code === undefined) return undefined;
    return { ...code, cfa: this.#cfa(code, hart), space: spaceOf(hart) };
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

  #cfa({ program, function: own, row }: CodePlace, hart: Hart): bigint | undefined {
    if (row === undefined) return undefined;
    const { cfa } = row;
    if (cfa.kind === 'register') return BigInt.asUintN(64, hart.x(cfa.register) + cfa.offset);
    return program.try(() => cfaOf(cfa, machineState(this.#target, hart), own.entry.unit));
  }
}

/** What tells processes apart: the root of the page table in user mode. A kernel's stacks are at addresses of their own. */
export const spaceOf = (hart: Hart): bigint => (hart.privilege === privilege.user ? hart.get('satp') : 0n);

const codePlaceAt = (program: Program, info: DebugInfo, pc: bigint): CodePlace | undefined => {
  const frames = info.framesAt(pc);
  const own = frames[0]?.function;
  const table = own && lineTableOf(own.entry.unit);
  if (own === undefined || table === undefined) return undefined;
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
    isEntry: pc === own.entryPc,
    inlined: calls.map(({ frame }: PlacedFrame) => frame.entry.offset),
    callLines: calls.map(({ frame: { call } }: PlacedFrame) => lineName(call?.file ?? 0, call?.line ?? 0)),
    line: hasLine ? lineName(row.file, row.line) : undefined,
    row: info.frameRowAt(pc),
  };
};

type Call = Pick<Place, 'function' | 'cfa' | 'space'>;

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
