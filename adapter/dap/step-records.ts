/**
 * What a hart did before a moment, step by step, as far back as somebody asks. The steps are made again from further and further
 * back and their places written down; what lies before a long call is found by a breakpoint in the caller. It knows nothing of
 * which of the places are stops: that is line-steps-back.ts.
 */

import { type Moment, moment } from '../../traces/time.ts';
import type { Hart } from '../../vmm/machine/hart.ts';
import { callsOf } from './calls.ts';
import { isSameCall, type Place, type Places, type Standpoint } from './line-places.ts';
import type { Target } from './target.ts';
import type { Traveller } from './travel.ts';

/** A hart before one of its steps. Most steps are passed without anybody's asking for their place, which takes long to tell. */
export class StepRecord {
  readonly moment: Moment;
  /** How many steps the hart has made. */
  readonly steps: number;
  readonly standpoint: Standpoint;
  readonly #places: Places;
  #place: Place | undefined | 'unknown' = 'unknown';

  constructor(places: Places, hart: Hart, at: Moment) {
    this.moment = at;
    this.steps = hart.count('steps');
    this.standpoint = places.standpoint(hart);
    this.#places = places;
  }

  get place(): Place | undefined {
    if (this.#place === 'unknown') this.#place = this.#places.placeAt(this.standpoint);
    return this.#place;
  }

  /** Whether it is in a call. */
  isIn(call: Place): boolean {
    const { program, pc, space } = this.standpoint;
    const isNear = program === call.program && space === call.space;
    if (!isNear || !call.function.ranges.some(({ low, high }) => pc >= low && pc < high)) return false;
    return this.place !== undefined && isSameCall(this.place, call);
  }
}

type Work<Result> = Generator<Moment | Promise<void>, Result>;

/** Moments gone through at once: more and more while nothing is found. */
const windowMin = 128;
const windowMax = 8192;
/** So far back a caller is looked for among the steps before it is looked for by breakpoints. */
const lookBackMax = 2048;
/** Records that were passed are dropped when they are so many. */
const passedMax = 50_000;

export class StepRecords {
  readonly #target: Target;
  readonly #traveller: Traveller;
  readonly #places: Places;
  readonly #hart: Hart;
  /** From the present record back. */
  #records: StepRecord[] = [];
  #index = 0;
  #window = windowMin;

  /** Begins where the hart is now. */
  constructor(target: Target, traveller: Traveller, places: Places, hart: Hart) {
    this.#target = target;
    this.#traveller = traveller;
    this.#places = places;
    this.#hart = hart;
    this.#begin();
  }

  get current(): StepRecord {
    return this.#records[this.#index]!;
  }

  /** Goes on from another moment. */
  *restart(at: Moment): Work<void> {
    yield* this.#target.timeline.travel(at);
    this.#begin();
  }

  /** The step before the present one; nothing at the start. */
  *peek(): Work<StepRecord | undefined> {
    if (this.#index + 1 >= this.#records.length) yield* this.#extend();
    return this.#records[this.#index + 1];
  }

  /** One step back, which `peek` has shown. */
  back(): void {
    this.#index += 1;
    if (this.#index < passedMax) return;
    this.#records.splice(0, this.#index);
    this.#index = 0;
  }

  /** Back to the step with which a call was left that is now come back to, in the same call. */
  *backInto(call: Place): Work<boolean> {
    for (let index = this.#index + 1; ; index++) {
      if (index >= this.#records.length) {
        if (index - this.#index > lookBackMax || !(yield* this.#extend())) break;
      }
      if (this.#records[index]!.isIn(call)) {
        this.#index = index;
        return true;
      }
    }
    return yield* this.#searchInto(call);
  }

  /** Back to where a call of a function began. */
  *backToEntry(call: Place): Work<boolean> {
    const { links } = call.program;
    yield* this.#target.timeline.travel(this.current.moment);
    return yield* this.#search(links.places(call.entry), call);
  }

  /** A call is left by a call, or where what it was trapped by comes back to. */
  *#searchInto(call: Place): Work<boolean> {
    yield* this.#target.timeline.travel(this.current.moment);
    const pc = this.#hart.get('pc');
    const { links } = call.program;
    const calls = callsOf(this.#target, this.#hart, call.program, call.function).flatMap(({ at: place }) =>
      links.places(place),
    );
    return yield* this.#search([...calls, pc, pc - 2n, pc - 4n], call);
  }

  *#search(addresses: readonly bigint[], call: Place): Work<boolean> {
    const { id } = this.#hart;
    const arrival = yield* this.#traveller.backTo(
      addresses.map((address) => BigInt.asUintN(64, address)),
      (other) => {
        const place = other.id === id ? this.#places.at(other) : undefined;
        return place !== undefined && isSameCall(place, call);
      },
    );
    if (arrival.reason !== 'step') return false;
    this.#begin();
    return true;
  }

  #begin(): void {
    this.#records = [this.#record()];
    this.#index = 0;
    this.#window = windowMin;
  }

  #record(): StepRecord {
    return new StepRecord(this.#places, this.#hart, this.#target.timeline.now);
  }

  /** Makes the steps before the earliest record again. */
  *#extend(): Work<boolean> {
    const { timeline, machine } = this.#target;
    const earliest = this.#records.at(-1)!;
    for (;;) {
      if (earliest.moment === 0 || earliest.steps === 0) return false;
      const from = moment(Math.max(0, earliest.moment - this.#window));
      this.#window = Math.min(windowMax, 2 * this.#window);
      yield* timeline.travel(from);
      // The moment of a record is the end of the step before it: of the first one, other harts may have moved since.
      const drops = from > 0 && machine.harts.length > 1 ? 1 : 0;
      const made: StepRecord[] = [];
      while (this.#hart.count('steps') < earliest.steps) {
        made.push(this.#record());
        const arrival = yield* this.#traveller.step(this.#hart);
        if (arrival.reason !== 'step') break;
      }
      const found = made.slice(drops);
      if (found.length === 0) {
        if (from === 0) return false;
        this.#window *= 2;
        continue;
      }
      for (const record of found.reverse()) this.#records.push(record);
      return true;
    }
  }
}
