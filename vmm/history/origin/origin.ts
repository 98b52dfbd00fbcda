/**
 * Where a value came from: from a moment and a place back through the steps that moved it, byte by byte, to where each
 * byte began. Near steps are replayed one at a time and read backwards (recorder.ts, tracer.ts); what is not near is found
 * by a watchpoint or, in registers, by pieces of code (last-write.ts). docs/questions.md says what is followed.
 *
 *     const search = findOrigin(timeline, { place: registerNamed(0, 'ra') });
 *     let step = search.next();
 *     while (!step.done) step = search.next();        // yields the moment it has come to: pause, show, or `return()`
 *     step.value.nodes                                // see answer.ts
 *
 * The question is about the present moment of the timeline, where the timeline stands again afterwards, also when the
 * generator is returned from early. While it runs, the machine prints what it printed; who shows that must be deaf.
 */

import { type Moment, moment } from '../../../traces/time.ts';
import { hostOffset, inRam } from '../../machine/memory.ts';
import { peekRegister } from '../../machine/registers.ts';
import type { Timeline } from '../../timeline/timeline.ts';
import type { History } from '../history.ts';
import type { Origin, OriginAnswer } from './answer.ts';
import type { Demand, Wanted } from './demands.ts';
import { Findings } from './findings.ts';
import { bytesOf, wantedOf } from './graph.ts';
import { lastWrite } from './last-write.ts';
import {
  neighbours,
  type Place,
  placeOfKey,
  type RegisterPlace,
  registerKey,
  registerName,
  registerNumberOf,
} from './place.ts';
import { recordSteps } from './recorder.ts';
import { Tracer } from './tracer.ts';

export interface OriginQuestion {
  readonly place: Place;
  /** What was in RAM before the first step, by physical address; `undefined` where nothing was loaded. */
  readonly initialMemory?: (address: number) => { readonly name: string; readonly offset: number } | undefined;
  /** Spares steps where it is known what was not written. */
  readonly history?: History;
  readonly limits?: Partial<OriginLimits>;
}

export interface OriginLimits {
  /** Nodes of the answer. */
  readonly nodesMax: number;
  /** Steps that are replayed one at a time; they take some microseconds each. */
  readonly singleStepsMax: number;
  /** Steps that are run with a watchpoint where memory alone is looked for, a hundred times as fast. */
  readonly watchedStepsMax: number;
  /** Steps that are run piece of code by piece of code because registers are looked for, some ten times as fast. */
  readonly scannedStepsMax: number;
  /** Computations with one source that are followed in a row. */
  readonly computationsMax: number;
  /** So many steps without a find, and the next one is looked for more coarsely. Changes no answer. */
  readonly nearSteps: number;
}

export const originLimits: OriginLimits = {
  nodesMax: 10_000,
  singleStepsMax: 2_000_000,
  watchedStepsMax: Number.POSITIVE_INFINITY,
  scannedStepsMax: 50_000_000,
  computationsMax: 8,
  nearSteps: 4096,
};

/** Steps of the shortest and the longest stretch that is recorded at once. */
const windowMin = 64;
const windowMax = 65_536;
/** Stretches grow with their number, since each costs a way back; at most to this. */
const windowUsual = 4096;

/** @throws {Error} when the place is not one of this machine */
export function* findOrigin(timeline: Timeline, question: OriginQuestion): Generator<Moment, OriginAnswer> {
  const search = new Search(timeline, question);
  const start = timeline.now;
  try {
    yield* search.run();
    return search.answer();
  } finally {
    if (timeline.now !== start) timeline.seek(start);
  }
}

class Search {
  readonly #timeline: Timeline;
  readonly #question: OriginQuestion;
  readonly #limits: OriginLimits;
  readonly #start: Moment;
  readonly #asked: Wanted;
  readonly #findings: Findings;
  readonly #tracer: Tracer;
  #singleSteps = 0;
  #watchedSteps = 0;
  #scannedSteps = 0;
  /** All that is looked for was not written from here until the step that wanted it. */
  #reached: number;
  #windows = 0;

  constructor(timeline: Timeline, question: OriginQuestion) {
    this.#timeline = timeline;
    this.#question = question;
    this.#limits = { ...originLimits, ...question.limits };
    this.#start = timeline.now;
    this.#reached = timeline.now;
    this.#asked = wantedOf(question.place, valuesOf(timeline, question.place));
    this.#findings = new Findings(timeline.now, this.#limits.computationsMax);
    this.#tracer = new Tracer(this.#findings, timeline.log);
    for (let byte = 0; byte < question.place.sizeBytes; byte += 1) this.#findings.demands.add(this.#asked, byte);
  }

  answer(): OriginAnswer {
    const work = { singleSteps: this.#singleSteps, watchedSteps: this.#watchedSteps, scannedSteps: this.#scannedSteps };
    return this.#findings.graph.answer(this.#asked, this.#start, work);
  }

  *run(): Generator<Moment, void> {
    const { demands, graph } = this.#findings;
    while (demands.size > 0 && this.#reached > 0 && graph.size < this.#limits.nodesMax) {
      if (this.#singleSteps >= this.#limits.singleStepsMax) break;
      const quiet = this.#findings.foundAt - this.#reached;
      if (quiet < this.#limits.nearSteps) {
        yield* this.#window(Math.max(quiet * 7, windowMin, Math.min(windowUsual, this.#windows * windowMin)));
        continue;
      }
      if (!(yield* this.#lookFar())) {
        if (this.#reached === 0 || demands.inRegisters === 0) break;
        this.#open(demands.keys().filter((key) => key < 0)); // memory may still be found
        continue;
      }
      yield* this.#window(windowMin);
    }
    if (this.#reached === 0) this.#beginning();
    else this.#open(demands.keys());
  }

  /** Records the steps before what was reached and reads them backwards. */
  *#window(steps: number): Generator<Moment, void> {
    const from = Math.max(0, this.#reached - Math.min(steps, windowMax));
    const log = yield* recordSteps(this.#timeline, moment(from), moment(this.#reached));
    this.#windows += 1;
    this.#singleSteps += log.length;
    this.#tracer.sweep(log, this.#limits.nodesMax);
    this.#reached = from;
  }

  /** Whether the last write was found, at `#reached`; if not, that is how far was looked. */
  *#lookFar(): Generator<Moment, boolean> {
    const { demands } = this.#findings;
    const registers = [
      ...new Set(
        demands
          .keys()
          .filter((key) => key < 0)
          .map(registerNumberOf),
      ),
    ];
    const watched = registers.length === 0;
    const result = yield* lastWrite({
      timeline: this.#timeline,
      ranges: demands.ranges(),
      registers: registers.map((register) => placeOfKey(registerKey(register, 0)) as RegisterPlace),
      before: moment(this.#reached),
      history: this.#question.history,
      ran: (steps) => {
        if (watched) this.#watchedSteps += steps;
        else this.#scannedSteps += steps;
        return this.#watchedSteps < this.#limits.watchedStepsMax && this.#scannedSteps < this.#limits.scannedStepsMax;
      },
    });
    this.#reached = 'found' in result ? Math.min(this.#reached, result.found + 1) : result.searched;
    this.#findings.foundAt = this.#reached;
    return 'found' in result;
  }

  /** What is still looked for was there before the first step. */
  #beginning(): void {
    const { demands } = this.#findings;
    const { initialMemory } = this.#question;
    for (const [key, ...rest] of neighbours(demands.keys())) {
      if (key === undefined) continue;
      let piece = [key];
      let origin = beginningOf(key, initialMemory);
      for (const next of rest) {
        const other = beginningOf(next, initialMemory);
        if (isNextByte(origin, other, piece.length)) piece.push(next);
        else {
          this.#end(piece, 'origin', origin);
          piece = [next];
          origin = other;
        }
      }
      this.#end(piece, 'origin', origin);
    }
  }

  #open(keys: readonly number[]): void {
    for (const piece of neighbours(keys)) this.#end(piece, 'open');
  }

  #end(keys: readonly number[], kind: 'origin' | 'open', origin?: Origin): void {
    const demands: readonly Demand[] = keys.map((key) => this.#findings.demands.take(key)!);
    const node = { kind, moment: this.#reached, inputs: [], ...(origin === undefined ? {} : { origin }) };
    this.#findings.graph.add(demands, node);
  }
}

const beginningOf = (key: number, initialMemory: OriginQuestion['initialMemory']): Origin => {
  if (key < 0) return { kind: 'reset' };
  const placed = initialMemory?.(key);
  return placed === undefined ? { kind: 'untouched' } : { kind: 'image', ...placed };
};

const isNextByte = (first: Origin, other: Origin, distance: number): boolean =>
  first.kind === 'image'
    ? other.kind === 'image' && other.name === first.name && other.offset === first.offset + distance
    : first.kind === other.kind;

/** The bytes of a place as it is now. */
const valuesOf = ({ machine }: Timeline, place: Place): Wanted['values'] => {
  if (place.kind === 'memory') {
    if (!inRam(machine.memory, place.address, place.sizeBytes))
      throw new Error(`0x${place.address.toString(16)}: expected ${place.sizeBytes} bytes of RAM, found none there`);
    const host = hostOffset(place.address);
    return [...machine.memory.u8.subarray(host, host + place.sizeBytes)];
  }
  const hart = machine.harts[place.hart];
  const value = hart && peekRegister(hart, registerName(place.file, place.index), machine.ticks);
  if (value === undefined) throw new Error('expected a register of this machine, found one that it has not');
  return bytesOf(value, 8).slice(place.offset, place.offset + place.sizeBytes);
};
