/**
 * Which step printed a character of the console: from its place in all that the machine ever printed to the moment of the
 * step, exactly. It runs the machine with its output watched and remembers on the way how much had been printed when, so
 * that the next question begins near.
 *
 *     const step = yield* new ConsoleSteps(timeline).find(1234);      // yields moments, like all of a timeline's long work
 *     step?.at                                                        // the state at this moment is the one before the step
 */

import { type Moment, moment } from '../../traces/time.ts';
import type { Timeline } from '../timeline/timeline.ts';
import type { History } from './history.ts';

export interface ConsoleStep {
  readonly at: Moment;
  readonly hart: number;
  readonly pc: bigint;
  /** Of the first byte that the step printed, in all that was ever printed; one step can print several. */
  readonly offset: number;
  readonly bytes: Uint8Array;
}

/** Before the step of a moment so many bytes had been printed. */
interface Mark {
  readonly at: Moment;
  readonly printed: number;
}

/** Bytes printed between two marks that are worth one. */
const bytesPerMark = 256;

export class ConsoleSteps {
  readonly #timeline: Timeline;
  readonly #history: History | undefined;
  /** Ascending, from the beginning on. */
  readonly #marks: Mark[] = [{ at: moment(0), printed: 0 }];

  constructor(timeline: Timeline, history?: History) {
    this.#timeline = timeline;
    this.#history = history;
  }

  /**
   * The step that printed byte `offset`, or `undefined` when so much was never printed. The timeline stands again where it
   * stood, also when the generator is returned from early.
   */
  *find(offset: number): Generator<Moment, ConsoleStep | undefined> {
    const start = this.#timeline.now;
    try {
      const known = this.#known(offset);
      const found = known ?? (yield* this.#run(offset));
      if (found === undefined) return undefined;
      yield* this.#timeline.travel(found.at);
      return yield* this.#place(found);
    } finally {
      if (this.#timeline.now !== start) this.#timeline.seek(start);
    }
  }

  /** From the history, if it knows all that was printed so far. */
  #known(offset: number): Printed | undefined {
    const [first] = this.#history?.covered ?? [];
    if (this.#history === undefined || first?.from !== 0) return undefined;
    for (const event of this.#history.events(['console'], first))
      if (event.kind === 'console' && event.offset !== undefined && offset < event.offset + event.bytes.length)
        return { at: event.at, offset: event.offset, bytes: event.bytes };
    return undefined;
  }

  /** Runs from the last mark before it to the step. */
  *#run(offset: number): Generator<Moment, Printed | undefined> {
    const timeline = this.#timeline;
    const { machine } = timeline;
    const mark = this.#marks.findLast(({ printed }) => printed <= offset)!;
    yield* timeline.travel(mark.at);
    let { printed } = mark;
    let found: Printed | undefined;
    const outer = machine.observer;
    const observer = {
      printed: (bytes: Uint8Array) => {
        if (found === undefined && offset < printed + bytes.length) {
          found = { at: machine.stepMoment, offset: printed, bytes: bytes.slice() };
          machine.requestStop();
        }
        printed += bytes.length;
      },
    };
    try {
      while (timeline.now < timeline.end) {
        const begin = timeline.now;
        machine.observer = observer;
        const stop = timeline.forward(timeline.end);
        machine.observer = outer;
        if (found !== undefined) return found;
        if (stop.reason === 'end' || stop.reason === 'power' || (stop.reason === 'idle' && timeline.now === begin))
          break;
        if (printed >= this.#marks.at(-1)!.printed + bytesPerMark) this.#marks.push({ at: timeline.now, printed });
        yield timeline.now;
      }
      return undefined;
    } finally {
      machine.observer = outer;
    }
  }

  /** Makes the step once more, to see whose it is. */
  *#place({ at, offset, bytes }: Printed): Generator<Moment, ConsoleStep> {
    const { machine } = this.#timeline;
    const pcs = machine.harts.map((hart) => hart.get('pc'));
    const steps = machine.harts.map((hart) => hart.count('steps'));
    yield* this.#timeline.travel(moment(at + 1));
    const hart = machine.harts.findIndex((candidate, index) => candidate.count('steps') !== steps[index]);
    return { at, hart, pc: pcs[hart]!, offset, bytes };
  }
}

type Printed = Pick<ConsoleStep, 'at' | 'offset' | 'bytes'>;
