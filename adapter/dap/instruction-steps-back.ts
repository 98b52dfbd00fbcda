/**
 * Steps by instruction, backwards: the reverse of instruction-steps.ts. In words, from a moment t:
 *
 *     into     the last step of the hart, whatever it was: `Traveller.stepBack`. The reverse of one step, always
 *     back     where the step over began that ended at t: before a call that has just returned, before a trap that was just
 *              returned from, else one step. At the first instruction of a routine or of a trap's handler nothing of it
 *              comes before, so it goes to the call, or to where the trap was entered
 *     out      before the call that is not over yet that was made last, or before the trap that was entered last
 *
 * Where a call has just returned, two steps over end: that of the call and that of the return itself, which goes no deeper.
 * `back` goes over the call then, as nothing in the state says which it was; whoever has just made the other one is served by
 * trail.ts. Of calls from one place that end at once, since the first of them jumped back to it instead of returning, it goes to
 * the last. A hart stands still while others run: back is to the last moment before its step. Breakpoints and other stops that
 * are met on the way end these, too.
 */

import type { Moment } from '../../traces/time.ts';
import { moment } from '../../traces/time.ts';
import type { Hart } from '../../vmm/machine/hart.ts';
import { stackOf } from './frames.ts';
import { roleAt } from './instructions.ts';
import { OpenCalls } from './open-calls.ts';
import type { Target } from './target.ts';
import { lastTrap } from './trap-filters.ts';
import type { Motion, Traveller } from './travel.ts';
import { callOver, trapOver } from './watches.ts';

type Work<Result> = Generator<Moment | Promise<void>, Result>;

/** Steps that are made again to find the call that is open; four times as many each time that none of them is. */
const windowMin = 256;
/** From so many on, what unwinds the stack is asked first. */
const windowUnwound = 65_536;

export class InstructionStepsBack {
  readonly #target: Target;
  readonly #traveller: Traveller;
  readonly #hart: Hart;

  constructor(target: Target, traveller: Traveller, hart: Hart) {
    this.#target = target;
    this.#traveller = traveller;
    this.#hart = hart;
  }

  /** Over calls, traps and interrupts that returned. */
  *back(): Motion {
    const { timeline, memory } = this.#target;
    const hart = this.#hart;
    const [from, traps] = [timeline.now, hart.count('traps')];
    const trap = trapOver(hart);
    const calls = this.#callsEndingHere();
    const arrival = yield* this.#traveller.stepBack(hart);
    if (arrival.reason !== 'step' || hart.count('traps') !== traps) return arrival;
    const { kind, link } = roleAt(memory, hart, hart.get('pc'));
    if (kind !== 'return') return arrival;
    const last = timeline.now;
    const isFound = yield* link === undefined ? this.#toTrap(trap.here) : this.#toCall(calls.get(link));
    if (!isFound) {
      yield* timeline.travel(last);
      return arrival;
    }
    return (yield* this.#traveller.lastStop(timeline.now, from)) ?? { reason: 'step', hart: hart.id };
  }

  /** To before the call, or the trap, that one is in. */
  *out(): Motion {
    const { timeline, console } = this.#target;
    const hart = this.#hart;
    const [from, steps] = [timeline.now, hart.count('steps')];
    console.muted = true;
    for (let window = windowMin; ; window *= 4) {
      if (window === windowUnwound && (yield* this.#toUnwoundCall())) break;
      const start = moment(Math.max(timeline.start, from - window));
      yield* timeline.travel(start);
      const open = yield* new OpenCalls(this.#target, this.#traveller, hart).until(steps);
      if (open !== undefined) {
        yield* timeline.travel(open.after);
        yield* this.#traveller.stepBack(hart);
        break;
      }
      if (start > timeline.start) continue;
      yield* timeline.travel(start);
      return { reason: 'start', hart: hart.id };
    }
    return (yield* this.#traveller.lastStop(timeline.now, from)) ?? { reason: 'step', hart: hart.id };
  }

  /** The calls right before where the hart is, by the register that they leave their return address in. */
  #callsEndingHere(): ReadonlyMap<number, CallEnd> {
    const hart = this.#hart;
    const pc = hart.get('pc');
    const found = new Map<number, CallEnd>();
    for (const sizeBytes of [2, 4]) {
      const at = pc - BigInt(sizeBytes);
      const { kind, link, length } = roleAt(this.#target.memory, hart, at);
      if (kind !== 'call' || link === undefined || length !== sizeBytes) continue;
      const { here } = callOver(hart, pc, link);
      found.set(link, { here, pc, calls: [...(found.get(link)?.calls ?? []), at] });
    }
    return found;
  }

  /** Back to before the call that is over now; there is none where the hart was here since without having called. */
  *#toCall(end: CallEnd | undefined): Work<boolean> {
    if (end === undefined) return false;
    const arrival = yield* this.#traveller.backTo([...end.calls, end.pc], end.here);
    return arrival.reason === 'step' && this.#hart.get('pc') !== end.pc;
  }

  /** Back to before the trap that is over now; there is none where a return from another one led to where it was entered. */
  *#toTrap(isOver: (hart: Hart) => boolean): Work<boolean> {
    const { timeline } = this.#target;
    const hart = this.#hart;
    const found = yield* timeline.reverse({ traps: true, returns: true }, (stop) => {
      if (stop.reason === 'return') return stop.hart === hart.id && isOver(hart);
      return stop.reason === 'trap' && stop.hart === hart.id && this.#wasAt(isOver);
    });
    if (found?.reason !== 'trap') return false;
    yield* this.#traveller.stepBack(hart);
    return true;
  }

  /** Whether it holds of the hart as it was before the trap that it has just entered: only its mode has changed. */
  #wasAt(isHere: (hart: Hart) => boolean): boolean {
    const hart = this.#hart;
    const { privilege } = hart;
    const { from } = lastTrap(hart);
    hart.setLow('privilege', from);
    try {
      return isHere(hart);
    } finally {
      hart.setLow('privilege', privilege);
    }
  }

  /** By the return address that the debug information knows of; of a very long routine. */
  *#toUnwoundCall(): Work<boolean> {
    const { timeline, programs, memory } = this.#target;
    const hart = this.#hart;
    const from = timeline.now;
    const [frame] = stackOf(this.#target, hart);
    const unwound = frame?.stack?.unwound;
    if (typeof unwound !== 'object') return false;
    const { links } = programs.at(hart);
    const behind = links.here(unwound.returnAddress, hart.get('pc'));
    const { privilege } = hart;
    const calls = [2n, 4n].map((sizeBytes) => behind - sizeBytes);
    const arrival = yield* this.#traveller.backTo([...calls, behind], (other) => {
      return other === hart && other.privilege === privilege && other.x(2) === unwound.cfa;
    });
    const pc = hart.get('pc');
    const { kind, length } = roleAt(memory, hart, pc);
    const isCall = arrival.reason === 'step' && kind === 'call' && pc + BigInt(length) === behind;
    if (!isCall) yield* timeline.travel(from);
    return isCall;
  }
}

/** Where calls end, and the calls. */
interface CallEnd {
  readonly pc: bigint;
  readonly calls: readonly bigint[];
  /** Whether a hart has the height of the stack, the mode and the address space that it has there. */
  readonly here: (hart: Hart) => boolean;
}
