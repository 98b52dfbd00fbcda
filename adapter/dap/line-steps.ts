/**
 * Steps by line of the source, forwards and back. A place is a line in one call of a function, inlined calls included; a step
 * goes on until the place is another. What is called is gone through by a breakpoint at the return and the height of the
 * stack (travel.ts), forwards and back. Code without a line, code that begins no statement, and prologues of code that is not
 * optimised belong to no place, so that going back stops where going forwards does.
 */

import type { Moment } from '../../traces/time.ts';
import type { Hart } from '../../vmm/machine/hart.ts';
import type { DebugInfo, PlacedFrame } from '../program/debug-info.ts';
import type { ProgramFunction } from '../program/dwarf/functions.ts';
import { lineTableOf } from '../program/dwarf/line-table.ts';
import { cfaNow, machineState } from './frames.ts';
import { instructionAt } from './instructions.ts';
import { entryOf } from './source-places.ts';
import type { Target } from './target.ts';
import type { Arrival, Motion, Traveller } from './travel.ts';

/** Where a hart is in the source. */
interface Place {
  readonly function: ProgramFunction;
  /** Which call of the function it is: its canonical frame address, where that is known. */
  readonly cfa: bigint | undefined;
  /** The inlined calls that it is in, outermost first, by the offsets of their entries. */
  readonly inlined: readonly number[];
  /** File and line; nothing where code has no place of its own. */
  readonly line: string | undefined;
}

const registerSp = 2;

export class LineSteps {
  readonly #target: Target;
  readonly #traveller: Traveller;

  constructor(target: Target, traveller: Traveller) {
    this.#target = target;
    this.#traveller = traveller;
  }

  /** Whether a hart is where there are lines to step by. */
  knows(hart: Hart): boolean {
    return this.#place(hart) !== undefined;
  }

  /** To the next line, over calls or into those that have lines. A return ends it, in the line of the call. */
  *next(hart: Hart, into: boolean): Motion {
    const start = this.#place(hart);
    let depth = start;
    for (;;) {
      const arrival = yield* this.#traveller.next(hart, () => into && this.#isEntry(hart));
      if (arrival.reason !== 'step') return arrival;
      const place = this.#place(hart);
      if (place === undefined || start === undefined || depth === undefined) {
        // Code without lines that was not called: a return to it, or a jump.
        if (start === undefined || this.#isElsewhere(hart, depth)) return arrival;
      } else if (isSameCall(place, depth)) {
        const isDeeper = isInside(place.inlined, depth.inlined);
        const isStop = place.line !== undefined && (into || !isDeeper);
        if (isStop && (place.line !== start.line || !isSameChain(place, depth))) return arrival;
      } else if (place.line !== undefined) return arrival;
      else depth = place; // entered, or returned to, where there is no line yet
      yield this.#target.timeline.now;
    }
  }

  /** To the caller: of an inlined function, to behind its code. */
  *out(hart: Hart): Motion {
    const start = this.#place(hart);
    if (start !== undefined && start.inlined.length > 0) return yield* this.#outOfInlined(hart, start);
    const { program } = this.#target;
    const state = machineState(this.#target, hart);
    const unwinding = program.info && program.try(() => program.info?.unwind(state));
    if (unwinding?.kind !== 'frame') return yield* this.#traveller.out(hart);
    const { cfa, returnAddress } = unwinding.frame;
    const [id, privilege] = [hart.id, hart.privilege];
    return yield* this.#traveller.forward({
      address: returnAddress,
      here: (other) => other.id === id && other.privilege === privilege && other.x(registerSp) >= cfa,
    });
  }

  *#outOfInlined(hart: Hart, start: Place): Motion {
    for (;;) {
      const arrival = yield* this.#traveller.next(hart);
      if (arrival.reason !== 'step') return arrival;
      const place = this.#place(hart);
      if (place === undefined || !isSameCall(place, start)) return arrival;
      const left = place.inlined.length < start.inlined.length || !isPrefix(start.inlined, place.inlined);
      if (left && place.line !== undefined) return arrival;
      yield this.#target.timeline.now;
    }
  }

  /**
   * Back to where the line before began; in the middle of a line, to where this line began. From the middle of a line that a
   * call has just returned to, back into what was called.
   */
  *back(hart: Hart): Motion {
    const start = this.#place(hart);
    if (start === undefined) return yield* this.#traveller.stepBack(hart);
    const { timeline } = this.#target;
    /** The line that is gone back to the beginning of, once it is known. */
    let found: Place | undefined;
    let earliest: Moment | undefined;
    let base = start;
    let isFirst = true;
    // A step over a call does not end here, so it was a return that led here.
    const isReturn = start.line === undefined || this.#isAmidLine(hart);
    for (;;) {
      const before = timeline.now;
      const traps = hart.count('traps');
      const arrival = yield* this.#traveller.stepBack(hart);
      if (arrival.reason !== 'step' || timeline.now === before) return yield* this.#settle(earliest, hart, arrival);
      let place = this.#place(hart);
      if (this.#undidReturn(hart, traps)) {
        const enters = isFirst && isReturn && place !== undefined;
        if (!enters) {
          const passed = yield* this.#overBackwards(hart, before, base);
          if (passed.reason !== 'step') return yield* this.#settle(earliest, hart, passed);
          place = this.#place(hart);
        }
      }
      isFirst = false;
      if (place !== undefined && !isSameCall(place, base)) {
        // Out to the caller, or back into a call: its line is the one that was looked for, unless there is one already.
        if (found !== undefined) return yield* this.#settle(earliest, hart, arrival);
        base = place;
      }
      if (place === undefined) {
        if (found !== undefined || this.#isElsewhere(hart, base)) return yield* this.#settle(earliest, hart, arrival);
      } else if (place.line !== undefined && (found === undefined || !isInside(place.inlined, found.inlined))) {
        const isInner = found === undefined && isSameCall(place, start) && isInside(place.inlined, start.inlined);
        if (found === undefined && !isInner) {
          found = place;
          earliest = timeline.now;
        } else if (found !== undefined) {
          if (place.line !== found.line || !isSameChain(place, found))
            return yield* this.#settle(earliest, hart, arrival);
          earliest = timeline.now;
        }
      }
      yield timeline.now;
    }
  }

  /** Forwards again to the moment that was chosen. */
  *#settle(chosen: Moment | undefined, hart: Hart, otherwise: Arrival): Motion {
    if (chosen === undefined) return otherwise;
    yield* this.#target.timeline.travel(chosen);
    return { reason: 'step', hart: hart.id };
  }

  /** From the end of what was called, or of a trap's handler, back to the call, or to where the trap came. */
  *#overBackwards(hart: Hart, after: Moment, base: Place): Motion {
    yield* this.#target.timeline.travel(after);
    const [id, privilege, sp, pc] = [hart.id, hart.privilege, hart.x(registerSp), hart.get('pc')];
    // A call is two or four bytes before what it returns to; an interrupt returns to where it came.
    const addresses = [pc - 4n, pc - 2n, pc].map((address) => BigInt.asUintN(64, address));
    return yield* this.#traveller.backTo(
      addresses,
      (other) =>
        other.id === id && other.privilege === privilege && other.x(registerSp) === sp && this.#isCallOf(other, base),
    );
  }

  #isCallOf(hart: Hart, base: Place): boolean {
    const place = this.#place(hart);
    return place !== undefined && isSameCall(place, base);
  }

  /** Whether a step back that was just made undid a return: from a call, or from a handler that interrupted the code. */
  #undidReturn(hart: Hart, traps: number): boolean {
    const isReturn = instructionAt(this.#target.memory, hart, hart.get('pc'))?.kind === 'return';
    return isReturn && hart.count('traps') === traps;
  }

  /** Whether a hart has left a call for code that has no place. */
  #isElsewhere(hart: Hart, from: Place | undefined): boolean {
    return from === undefined || this.#functionOf(hart) !== from.function;
  }

  /** Whether the instruction before the present one is of the same line, as it is behind a call that is part of a line. */
  #isAmidLine(hart: Hart): boolean {
    const { program } = this.#target;
    const { info } = program;
    const pc = program.links.linked(hart.get('pc'));
    const [here, before] = [program.try(() => info?.lineAt(pc)), program.try(() => info?.lineAt(pc - 1n))];
    return here !== undefined && before?.line === here.line && before.file.path === here.file.path;
  }

  #functionOf(hart: Hart): ProgramFunction | undefined {
    const { program } = this.#target;
    return program.try(() => program.info?.functionAt(program.links.linked(hart.get('pc'))));
  }

  /** Whether a hart has just entered a function that has lines. */
  #isEntry(hart: Hart): boolean {
    const own = this.#functionOf(hart);
    return own !== undefined && lineTableOf(own.entry.unit) !== undefined;
  }

  #place(hart: Hart): Place | undefined {
    const { program } = this.#target;
    const { info } = program;
    if (info === undefined) return undefined;
    return program.try(() => placeAt(info, program.links.linked(hart.get('pc')), () => cfaNow(this.#target, hart)));
  }
}

const placeAt = (info: DebugInfo, pc: bigint, cfa: () => bigint | undefined): Place | undefined => {
  const frames = info.framesAt(pc);
  const own = frames[0]?.function;
  if (own === undefined) return undefined;
  const table = lineTableOf(own.entry.unit);
  const row = table?.at(pc);
  if (table === undefined) return undefined;
  const inPrologue = pc >= own.entryPc && pc < entryOf(info, own);
  // Optimisers begin several statements at one instruction, which is then of the last one, or of none of them.
  const isStatement = table.allAt(pc).some((one) => one.isStatement);
  const hasLine = row !== undefined && row.line !== 0 && isStatement && !inPrologue;
  const inlined = frames.slice(0, -1).map(({ frame }: PlacedFrame) => frame.entry.offset);
  return {
    function: own,
    cfa: cfa(),
    inlined: inlined.reverse(),
    line: hasLine ? `${row.file}:${row.line}` : undefined,
  };
};

const isSameCall = (one: Place, other: Place): boolean => one.function === other.function && one.cfa === other.cfa;

const isPrefix = (start: readonly number[], whole: readonly number[]): boolean =>
  start.length <= whole.length && start.every((offset, index) => whole[index] === offset);

/** Whether `inner` is in a call that is inlined in `outer`. */
const isInside = (inner: readonly number[], outer: readonly number[]): boolean =>
  inner.length > outer.length && isPrefix(outer, inner);

const isSameChain = (one: Place, other: Place): boolean =>
  one.inlined.length === other.inlined.length && isPrefix(one.inlined, other.inlined);
