/**
 * Steps by line of the source, backwards: the reverse of line-steps.ts, whose stops are the stops here. In words, from a moment t:
 *
 *     back     where the step over began that ended at t. From the middle of a line, where the line began. From where a call
 *              has just returned to, in the middle of its line: the last line of what was called, whose step ended here, too
 *     into     where the step into began that ended at t: after a call, the last line of what it called
 *     out      where the line began that made the call that one is in, inlined or not
 *
 * Where optimised code returns to the very beginning of a line, two steps end: that over the call and that out of it. `back`
 * goes over the call then, as nothing in the state says which it was; whoever has just made the other one, and wants to go
 * back to its beginning, is served by trail.ts. Interrupts and faults are passed, environment calls are calls. A breakpoint that is
 * met on the way ends a step back, too.
 */

import type { Moment } from '../../traces/time.ts';
import type { Hart } from '../../vmm/machine/hart.ts';
import { instructionAt } from './instructions.ts';
import { isInside, isSameCall, isSamePlace, type Place, Places, seenFrom } from './line-places.ts';
import { StepRecords } from './step-records.ts';
import type { Target } from './target.ts';
import type { Arrival, Motion, Traveller } from './travel.ts';

/** So many instructions without a place are gone through to find the place before them, as forwards. */
const unplacedStepsMax = 10_000;

type Work<Result> = Generator<Moment | Promise<void>, Result>;

/**
 * How the step before the present one led here: within a call; out of what it had called, which was passed; out of it, which
 * is gone into; or into the call, so that its caller comes next. `start`: there is none.
 */
type Way = 'within' | 'passed' | 'entered' | 'left' | 'start';

export class LineStepsBack {
  readonly #target: Target;
  readonly #traveller: Traveller;
  readonly #hart: Hart;
  readonly #places: Places;
  readonly #records: StepRecords;
  readonly #start: Place | undefined;
  /** How many steps back have been without a place, and where that began. */
  #unplaced = 0;
  #unplacedEnd: Moment;

  constructor(target: Target, traveller: Traveller, hart: Hart) {
    this.#target = target;
    this.#traveller = traveller;
    this.#hart = hart;
    this.#places = new Places(target);
    this.#records = new StepRecords(target, traveller, this.#places, hart);
    this.#start = this.#places.shown(hart);
    this.#unplacedEnd = target.timeline.now;
  }

  /** Over calls. */
  back(): Motion {
    return this.#moving(this.#back());
  }

  /** Into what was called. */
  backInto(): Motion {
    return this.#moving(this.#backInto());
  }

  /** To the line of the call that one is in. */
  backOut(): Motion {
    return this.#moving(this.#backOut());
  }

  /**
   * A breakpoint on the way ends it, as it does forwards. Where nothing is found, such as the beginning of a process that began
   * as a copy of another one, it is an instruction.
   */
  *#moving(motion: Motion): Motion {
    const { timeline, console } = this.#target;
    console.muted = true;
    const [from, site] = [timeline.now, this.#target.callSiteOf(this.#hart)];
    const arrival = yield* motion;
    const now = this.#target.callSiteOf(this.#hart);
    if (timeline.now === from) {
      return now?.inlined.length === site?.inlined.length ? yield* this.#traveller.stepBack(this.#hart) : arrival;
    }
    if (arrival.reason !== 'step') return arrival;
    return (yield* this.#traveller.lastStop(timeline.now, from)) ?? arrival;
  }

  *#back(): Motion {
    const start = this.#start;
    if (start === undefined) return { reason: 'unmoved' };
    const last = yield* this.#records.peek();
    let way = yield* this.#before(false);
    const isReturn = way === 'passed' && (yield* this.#isReturn(last!.moment));
    let isOut = way === 'left';
    for (; way !== 'start'; way = yield* this.#before(false), isOut ||= way === 'left') {
      const { place } = this.#records.current;
      if (place?.line === undefined) continue;
      const seen = !isOut && isSameCall(place, start) ? seenFrom(place, start.inlined) : place;
      const isAmid = !isOut && isSamePlace(seen, start);
      if (isReturn && (isAmid || start.line === undefined)) break;
      // The last line of an inlined call that has just been left.
      return yield* this.#toBeginning(isAmid ? place : seen, false);
    }
    return isReturn ? yield* this.#lastLineFrom(last!.moment, start) : yield* this.#toBeginning(undefined, false);
  }

  *#backInto(): Motion {
    if (this.#start === undefined) return { reason: 'unmoved' };
    for (;;) {
      if ((yield* this.#before(true)) === 'start') return yield* this.#toBeginning(undefined, true);
      const { place } = this.#records.current;
      if (place?.line !== undefined) return yield* this.#toBeginning(place, true);
    }
  }

  *#backOut(): Motion {
    const start = this.#start;
    if (start === undefined) return { reason: 'unmoved' };
    const line = start.callLines[start.inlined.length - 1];
    if (line !== undefined) {
      return yield* this.#toBeginning({ ...start, inlined: start.inlined.slice(0, -1), line }, false);
    }
    if (!(yield* this.#toEntry(start))) return { reason: 'start', hart: this.#hart.id };
    for (;;) {
      const way = yield* this.#before(false);
      if (way === 'start') return yield* this.#toBeginning(undefined, false);
      const { place } = this.#records.current;
      if (place?.line !== undefined) return yield* this.#toBeginning(place, false);
    }
  }

  /** To the first step of a call, so that the one before it is its caller's. */
  *#toEntry(call: Place): Work<boolean> {
    for (;;) {
      if (this.#records.current.place?.isEntry === true) {
        const before = yield* this.#records.peek();
        const isLoop = before?.place !== undefined && isSameCall(before.place, call);
        if (!isLoop) return true;
      }
      if (!(yield* this.#records.backToEntry(call))) return false;
    }
  }

  /** From the end of a call, where `end` is its last step, to where its last line began. */
  *#lastLineFrom(end: Moment, outside: Place): Motion {
    yield* this.#records.restart(end);
    for (;;) {
      const { place } = this.#records.current;
      if (place?.line !== undefined) {
        // What was called had no lines after all.
        return yield* this.#toBeginning(isSameCall(place, outside) ? outside : place, false);
      }
      if ((yield* this.#before(false)) === 'start') return yield* this.#toBeginning(undefined, false);
    }
  }

  /**
   * Ends where the place began that the present record is in. Going back into calls, a call that the line made ends its
   * beginning, since the return from it was a stop.
   */
  *#toBeginning(place: Place | undefined, into: boolean): Motion {
    let earliest = this.#records.current.moment;
    while (place !== undefined) {
      const way = yield* this.#before(into);
      if (way === 'start' || way === 'left') break;
      const found = this.#records.current;
      if (found.place?.line === undefined) continue;
      const isIn = !into && isSameCall(found.place, place);
      if (!isSamePlace(isIn ? seenFrom(found.place, place.inlined) : found.place, place)) break;
      earliest = found.moment;
    }
    yield* this.#target.timeline.travel(earliest);
    this.#show(place);
    if (place === undefined && earliest === 0) return { reason: 'start', hart: this.#hart.id };
    return { reason: 'step', hart: this.#hart.id } satisfies Arrival;
  }

  /** Where the line that was looked for has begun with an inlined call, the stop is at the line. */
  #show(wanted: Place | undefined): void {
    const { timeline } = this.#target;
    const place = this.#places.at(this.#hart);
    const isSite = wanted !== undefined && place !== undefined && isInside(place.inlined, wanted.inlined);
    const site = { hart: this.#hart.id, moment: timeline.now, inlined: wanted?.inlined ?? [] };
    this.#target.callSite = isSite ? site : undefined;
  }

  /** One step back in a call, over what it called and what interrupted it, or into what it called. */
  *#before(into: boolean): Work<Way> {
    const records = this.#records;
    const { place: here } = records.current;
    const before = yield* records.peek();
    if (before === undefined) return 'start';
    if (here === undefined) return yield* this.#beforeUnplaced();
    this.#unplaced = 0;
    if (before.place !== undefined && isSameCall(before.place, here)) {
      records.back();
      return 'within';
    }
    // What came here out of a trap may have been interrupted here; nothing else does.
    const isTrapReturn = (here.isEntry || into) && (yield* this.#isTrapReturn(before.moment));
    if (here.isEntry && !isTrapReturn) {
      records.back();
      return 'left';
    }
    if (into && before.place !== undefined && !isTrapReturn) {
      records.back();
      return 'entered';
    }
    if (!(yield* records.backInto(here))) return 'start';
    const isEntered = into && isTrapReturn && (yield* this.#isEnvironmentCall());
    if (!isEntered) return 'passed';
    yield* records.restart(before.moment);
    return 'entered';
  }

  /** In code without places; of very much of it, not further than its end. */
  *#beforeUnplaced(): Work<Way> {
    if (this.#unplaced === 0) this.#unplacedEnd = this.#records.current.moment;
    this.#unplaced += 1;
    if (this.#unplaced > unplacedStepsMax) {
      yield* this.#records.restart(this.#unplacedEnd);
      return 'start';
    }
    this.#records.back();
    return 'within';
  }

  /** Whether what was passed, whose last step was at `end`, is an environment call, or a call of what has lines. */
  *#isReturn(end: Moment): Work<boolean> {
    if (yield* this.#isTrapReturn(end)) return yield* this.#isEnvironmentCall();
    yield* this.#at(end);
    return this.#places.at(this.#hart) !== undefined;
  }

  *#isTrapReturn(at: Moment): Work<boolean> {
    const text = yield* this.#instructionAt(at);
    return text === 'sret' || text === 'mret';
  }

  /** Whether the present step is one. */
  *#isEnvironmentCall(): Work<boolean> {
    return (yield* this.#instructionAt(this.#records.current.moment)) === 'ecall';
  }

  *#instructionAt(at: Moment): Work<string | undefined> {
    yield* this.#at(at);
    return instructionAt(this.#target.memory, this.#hart, this.#hart.get('pc'))?.text;
  }

  *#at(at: Moment): Work<void> {
    if (this.#target.timeline.now !== at) yield* this.#target.timeline.travel(at);
  }
}
