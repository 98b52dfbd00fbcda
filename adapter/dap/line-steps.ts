/**
 * Steps by line of the source, forwards; back is line-steps-back.ts. A statement is a line here, as clients that say
 * "statement" for every step mean it.
 *
 * A stop is where a place (line-places.ts) begins: the first instruction of a line in one call, where what that call did before
 * was another line. A loop within a line is one line. What happens on the way is no stop:
 *
 *     a call              of a step over: passed by a breakpoint at the return and the height of the stack
 *     a call              of a step into: a stop if what is called has lines, else passed
 *     ecall               like a call; stepped into, the first line behind the trap's entry is the stop
 *     interrupt, fault    passed, unless a breakpoint is met: it is nothing that the line asked for
 *     code without a line passed
 *     an inlined call     of a step over: part of the line that makes it, which is a stop if it is another line; the stack is
 *                         shown without the call then, and a step into shows it
 *
 * A return ends a step where the caller goes on, in the middle of the line of the call. A jump out of several calls at once
 * (longjmp) is met where it lands, since it lands behind a call. A call that is left by a jump (a tail call) is left: the stop
 * is in what it jumped to.
 */

import type { Moment } from '../../traces/time.ts';
import { type Hart, privilege } from '../../vmm/machine/hart.ts';
import { stackOf } from './frames.ts';
import { InstructionSteps } from './instruction-steps.ts';
import { instructionAt } from './instructions.ts';
import { isPrefix, isSameCall, isSamePlace, type Place, Places, seenFrom } from './line-places.ts';
import type { Target } from './target.ts';
import { lastTrap } from './trap-filters.ts';
import { isEnvironmentCall, trapCause } from './trap-words.ts';
import type { Arrival, Motion, Traveller } from './travel.ts';
import { atSameStack, atStack, joined, landings, type Watch } from './watches.ts';

/** So many instructions without a place are gone through one by one to find the next place. */
const unplacedStepsMax = 10_000;

/** A call of a line: the linked address of the instruction that makes it, or the offset of an inlined one's entry. */
export interface CallTarget {
  readonly at: bigint;
  readonly inlined?: number;
}

export class LineSteps {
  readonly #target: Target;
  readonly #traveller: Traveller;
  readonly #places: Places;

  constructor(target: Target, traveller: Traveller) {
    this.#target = target;
    this.#traveller = traveller;
    this.#places = new Places(target);
  }

  /** Whether a hart is where there are lines to step by. */
  knows(hart: Hart): boolean {
    return this.#places.at(hart) !== undefined;
  }

  /** To the next line, over calls or into those that have lines. */
  *next(hart: Hart, into: boolean): Motion {
    const start = this.#places.shown(hart);
    if (into && this.#target.callSiteOf(hart) !== undefined) {
      // From the line of an inlined call to its first instruction, which is where the hart is already.
      this.#target.callSite = undefined;
      return { reason: 'step', hart: hart.id };
    }
    const inlined = start?.inlined ?? [];
    const seen = (place: Place) => (into || !start || !isSameCall(place, start) ? place : seenFrom(place, inlined));
    const arrival = yield* this.#until(hart, into, (place) => start === undefined || !isSamePlace(seen(place), start));
    const place = this.#places.at(hart);
    const isSite = arrival.reason === 'step' && place !== undefined && seen(place) !== place;
    this.#target.callSite = isSite ? { hart: hart.id, moment: this.#target.timeline.now, inlined } : undefined;
    return arrival;
  }

  /**
   * Into one of the calls of the present line, over those before it; where the line is left without making it, there.
   */
  *intoCall(hart: Hart, call: CallTarget): Motion {
    const start = this.#places.shown(hart);
    this.#target.callSite = undefined;
    for (;;) {
      const place = this.#places.at(hart);
      if (place !== undefined && start !== undefined && isSameCall(place, start)) {
        if (call.inlined !== undefined && place.inlined.includes(call.inlined)) {
          return place.line !== undefined
            ? { reason: 'step', hart: hart.id }
            : yield* this.#until(hart, true, () => true);
        }
        if (place.program.links.linked(hart.get('pc')) === call.at) {
          return yield* this.#until(hart, true, (found) => !isSamePlace(found, place));
        }
        const isLeft = place.line !== undefined && !isSamePlace(seenFrom(place, start.inlined), start);
        if (isLeft) return { reason: 'step', hart: hart.id };
      } else if (place?.line !== undefined) return { reason: 'step', hart: hart.id };
      const arrival = yield* this.#step(hart, false);
      if (arrival.reason !== 'step') return arrival;
      yield this.#target.timeline.now;
    }
  }

  /** To the caller: of an inlined function, to behind its code. */
  *out(hart: Hart): Motion {
    const start = this.#places.shown(hart);
    this.#target.callSite = undefined;
    if (start !== undefined && start.inlined.length > 0) {
      return yield* this.#until(hart, false, (place) => {
        return !isSameCall(place, start) || !isPrefix(start.inlined, place.inlined);
      });
    }
    const arrival = yield* this.#return(hart);
    if (arrival.reason !== 'step' || this.knows(hart)) return arrival;
    // Out of a trap's handler, the entry of the trap is still to be gone through.
    return yield* this.#until(hart, false, () => true);
  }

  *#return(hart: Hart): Motion {
    const [frame] = stackOf(this.#target, hart);
    const unwound = frame?.stack?.unwound;
    if (typeof unwound !== 'object') return yield* new InstructionSteps(this.#target, this.#traveller).out(hart);
    const { cfa, returnAddress } = unwound;
    const { links } = this.#target.programs.at(hart);
    const returned = atStack(hart, links.places(links.linked(returnAddress)), (sp) => sp >= cfa);
    return yield* this.#traveller.forward(joined(returned, landings(this.#target, this.#places, hart, 1)));
  }

  /** Goes on until a line begins that is wanted. Code without places is left again, or the step ends at its beginning. */
  *#until(hart: Hart, into: boolean, isStop: (place: Place) => boolean): Motion {
    let unplaced = 0;
    let unplacedAt: Moment | undefined;
    for (;;) {
      const arrival = yield* this.#step(hart, into);
      if (arrival.reason !== 'step') return arrival;
      const place = this.#places.at(hart);
      if (place === undefined) {
        // A user program that nobody has named: the kernel's work is done, and there are no lines to be found.
        if (hart.privilege === privilege.user && !this.#isKnown(hart)) return arrival;
        unplacedAt ??= this.#target.timeline.now;
        unplaced += 1;
        if (unplaced > unplacedStepsMax) {
          yield* this.#target.timeline.travel(unplacedAt);
          return arrival;
        }
      } else {
        [unplaced, unplacedAt] = [0, undefined];
        if (place.line !== undefined && isStop(place)) return arrival;
      }
      yield this.#target.timeline.now;
    }
  }

  /** One instruction of a call, with all that it calls and what interrupts it; of a step into, up to what it enters. */
  *#step(hart: Hart, into: boolean): Motion {
    const { memory } = this.#target;
    const pc = hart.get('pc');
    const instruction = instructionAt(memory, hart, pc);
    const length = BigInt(instruction?.length ?? 4);
    const behind = atSameStack(hart, [pc + length]);
    const again = atSameStack(hart, [pc, pc + length]);
    const landing = instruction?.kind === 'call' ? landings(this.#target, this.#places, hart, 0) : undefined;
    const arrival = yield* this.#traveller.step(hart);
    if (arrival.reason !== 'step') return arrival;
    const met = this.#traveller.met(hart, arrival.trapped === true);
    if (met !== undefined) return met;
    if (arrival.trapped === true) {
      const isCall = isEnvironmentCall(trapCause(lastTrap(hart).cause));
      return into && isCall ? arrival : yield* this.#traveller.forward(again);
    }
    if (instruction?.kind !== 'call') return arrival;
    if (into && this.knows(hart)) return arrival;
    // A call of the next instruction, as position-independent code does it, is over at once.
    if (hart.get('pc') === pc + length && behind.here(hart)) return arrival;
    // Nobody knows whether code that no program has comes back: a trampoline to user mode does not.
    if (!this.#isKnown(hart)) return yield* this.#throughUnknown(hart, behind);
    return yield* this.#traveller.forward(joined(behind, landing));
  }

  /** Through code that no program has: until it has come back, or to code that is known, or for long enough. */
  *#throughUnknown(hart: Hart, behind: Watch): Motion {
    let arrival: Arrival = { reason: 'step', hart: hart.id };
    for (let count = 0; count < unplacedStepsMax; count++) {
      if (behind.addresses.includes(hart.get('pc')) && behind.here(hart)) return arrival;
      if (this.#isKnown(hart)) return arrival;
      arrival = yield* this.#traveller.step(hart);
      if (arrival.reason !== 'step') return arrival;
      yield this.#target.timeline.now;
    }
    return yield* this.#traveller.forward(behind);
  }

  #isKnown(hart: Hart): boolean {
    const pc = hart.get('pc');
    return this.#target.programs.at(hart).symbolic(pc) !== undefined;
  }
}
