/**
 * Asking a recording, for programs: the command line, the debug adapter and scripts all ask here. Questions are answered by
 * replays of their own (the farm), so asking moves nothing that a person looks at, and several can be asked at once.
 *
 *     const recording = await Asker.open({ trace: 'run.chrono' });
 *     for await (const item of recording.ask('last-write jiffies')) console.log(item);
 *     await recording.close();
 */

import { type Moment, moment } from '../../traces/time.ts';
import type { History } from '../../vmm/history/history.ts';
import { SlabWriter } from '../../vmm/timeline/carried-state.ts';
import { checkLaunch } from '../dap/launch.ts';
import { currentHart } from '../dap/stops.ts';
import type { Target } from '../dap/target.ts';
import { Farm } from '../farm/farm.ts';
import type { FarmProgress } from '../farm/run.ts';
import { type Replayed, Seat } from '../farm/seat.ts';
import type { StateSource } from '../farm/shelf.ts';
import { Breath } from '../host/breath.ts';
import { copyOf } from '../session/copy.ts';
import type { Item } from './answer.ts';
import { momentOutside } from './errors.ts';
import { jobs } from './jobs.ts';
import type { Items, Question } from './question.ts';
import { parseQuestion, questionNamed } from './questions.ts';

export type { Item } from './answer.ts';
export { itemText, momentOf, placeText } from './item-text.ts';

export interface AskerOptions {
  /** A debug session on the same recording: where questions are asked from when they do not say, and whose checkpoints help. */
  readonly session?: Target;
  /** What is known of the whole history; by default what is kept of a trace. */
  readonly history?: () => History | undefined;
  /** Has what is known of a trace made first, where nothing is kept, and keeps it. */
  readonly index?: IndexRequest;
  /** How many threads; by default one a processor, at least 2. With 0 everything is done in this thread. */
  readonly threads?: number;
  /** The bundled thread of the farm; by default beside this bundle. */
  readonly workerFile?: string;
  /** Steps of the pieces that one thread goes through at a time; by default by the recording's length. */
  readonly stride?: number;
}

export interface IndexRequest {
  /** Of a shorter recording none is made: asking it is as quick. */
  readonly stepsMin?: number;
  /** How much of the history is known, from 0 to 1. */
  readonly onProgress?: (fraction: number) => void;
  /** Gives up; what is known then is not kept. */
  readonly signal?: AbortSignal;
  /** The bundled thread that makes it; by default beside this bundle. */
  readonly workerFile?: string;
}

/** A question by its name, with arguments as docs/questions.md has them. */
export interface AskedQuestion {
  readonly question: string;
  readonly arguments?: unknown;
}

export interface AskOptions {
  /** From where in the recording; by default where the debug session is, or the end. */
  readonly at?: number | 'start' | 'end' | undefined;
  /** Whose registers and translation count; by default the hart that makes the next step there. */
  readonly hart?: number | undefined;
  /** As many items at most. */
  readonly limit?: number | undefined;
  /** Gives the question up; what was found until then has been given. */
  readonly signal?: AbortSignal | undefined;
  readonly onProgress?: ((progress: FarmProgress) => void) | undefined;
}

/** What there is to ask about. */
type Timeline = Pick<Target['timeline'], 'start' | 'end'>;

export class Asker {
  readonly #farm: Farm;
  readonly #replayed: Replayed;
  readonly #session: Target | undefined;
  readonly #history: () => History | undefined;
  readonly #start: Moment;
  readonly #end: Moment;
  /** A replay that goes to where questions are asked from. */
  #view: Seat | undefined;
  readonly #breath = new Breath();
  /** One goes there at a time. */
  #turn: Promise<unknown> = Promise.resolve();

  private constructor(replayed: Replayed, { start, end }: Timeline, view: Seat | undefined, options: AskerOptions) {
    const { session, history, index, ...farm } = options;
    this.#replayed = replayed;
    this.#start = start;
    this.#end = end;
    this.#view = view;
    this.#session = session;
    this.#history = history ?? (() => undefined);
    const stated = session ?? (index && view?.target);
    const source = stated === undefined ? undefined : sourceOf(stated);
    this.#farm = new Farm({ replayed, start, end, jobs, ...(source && { source }), ...farm });
  }

  /**
   * @param launch a launch configuration: of a trace, or what the session was launched with
   * @throws {InputError} when it is wrong, or a file cannot be read
   */
  static async open(launch: unknown, options: AskerOptions = {}): Promise<Asker> {
    const checked = checkLaunch(launch);
    const target = options.session;
    if (target === undefined) {
      const { index, history } = options;
      const view = await Seat.open({ launch: checked }, 'view', index && viewCheckpoints);
      if (history === undefined) await knowHistory(view.target, index);
      return new Asker({ launch: checked }, view.target.timeline, view, {
        ...options,
        history: history ?? (() => view.target.history),
      });
    }
    const { session, timeline } = target;
    const { start, end } = timeline;
    const copy = session.kind === 'live' ? await copyOf(session) : undefined;
    return new Asker({ launch: checked, copy }, { start, end }, undefined, options);
  }

  /** The last moment of the recording; of one that is being made, the last one when this was opened. */
  get end(): Moment {
    return this.#end;
  }

  /**
   * Asks, in a line of text or by name.
   * @throws {InputError} when the question is wrong
   */
  async *ask(asked: string | AskedQuestion, options: AskOptions = {}): AsyncGenerator<Item, void> {
    // No `yield*` of each: that takes as long again for every item.
    for await (const items of await this.prepare(asked, options)) for (const item of items) yield item;
  }

  /**
   * Checks a question as far as can be done at once; what it gives answers it, with as many items at a time as there are.
   * @throws {InputError}
   */
  async prepare(
    asked: string | AskedQuestion,
    options: AskOptions = {},
  ): Promise<AsyncGenerator<readonly Item[], void>> {
    const { question, args } =
      typeof asked === 'string'
        ? parseQuestion(asked)
        : { question: questionNamed(asked.question), args: asked.arguments };
    const at = this.#momentOf(options.at);
    const turn = this.#turn.then(() => this.#prepare(question, args, at, options));
    this.#turn = turn.catch(() => {});
    return upTo(await turn, options.limit ?? Number.POSITIVE_INFINITY, this.#session);
  }

  async #prepare(question: Question, args: unknown, at: Moment, options: AskOptions): Promise<Items> {
    const { signal, onProgress } = options;
    const target = await this.#targetAt(question.needsState ? at : undefined, options);
    if (target === undefined) return nothing();
    const hart = target.machine.harts[options.hart ?? currentHart(target.machine).id] ?? currentHart(target.machine);
    const history = this.#history();
    return question.ask(
      { target, hart, at, start: this.#start, end: this.#end, history, farm: this.#farm, signal, onProgress },
      args,
    );
  }

  #momentOf(at: AskOptions['at']): Moment {
    if (at === 'start') return this.#start;
    if (at === 'end') return this.#end;
    const wanted = at ?? this.#session?.timeline.now ?? this.#end;
    if (!Number.isSafeInteger(wanted) || wanted < this.#start || wanted > this.#end)
      throw momentOutside(wanted, this.#start, this.#end);
    return moment(wanted);
  }

  /** A target that stands at a moment, or anywhere; nothing when it was given up. */
  async #targetAt(at: Moment | undefined, { signal, onProgress }: AskOptions): Promise<Target | undefined> {
    const session = this.#session;
    if (session !== undefined && (at === undefined || session.timeline.now === at)) {
      await session.program.collecting;
      return session;
    }
    this.#view ??= await Seat.open(this.#replayed, 'view');
    const view = this.#view;
    view.target.machine.patience.waitUntil(() => this.#breath.isOver);
    if (at === undefined) return view.target;
    const state = this.#farm.stateBefore(at);
    const from = state === 'start' ? this.#start : state.at;
    if (view.now > at || view.now < from) view.adopt(state);
    const begun = view.now;
    for (await this.#breath.take(); view.now < at; ) {
      const next = Math.min(at, (Math.floor(view.now / this.#farm.stride) + 1) * this.#farm.stride);
      for (const now of view.goTo(moment(next))) {
        if (!this.#breath.isOver) continue;
        onProgress?.({ stepsDone: now - begun, stepsTotal: at - begun });
        await this.#breath.take();
        if (signal?.aborted === true) return undefined;
      }
      // Where nobody was, the way there is worth something to the farm.
      if (next % this.#farm.stride === 0) this.#farm.keep(view.carry());
    }
    for (const _ of view.goTo(at));
    return view.target;
  }

  /** Ends what is under way. */
  async close(): Promise<void> {
    await this.#farm.close();
    this.#view?.close();
  }
}

/** For the states that come with an index that is made. */
const viewCheckpoints = { stride: Number.MAX_SAFE_INTEGER, budgetBytes: 2 ** 29 };

/** Settles when what is kept of a history is known; or, if that is asked for, all of it. */
const knowHistory = async (target: Target, index: IndexRequest | undefined): Promise<void> => {
  if (index?.signal?.aborted === true) return;
  const isMade = index !== undefined && target.timeline.end >= (index.stepsMin ?? 0);
  const onGrowth = (): void => {
    const known = target.history?.covered.reduce((sum, { from, to }) => sum + to - from, 0) ?? 0;
    index?.onProgress?.(known / target.timeline.end);
  };
  const known = target.exploreHistory(onGrowth, {
    replaysFor: isMade ? 'index' : 'nothing',
    ...(index?.workerFile !== undefined && { workerFile: index.workerFile }),
  });
  const givenUp = new Promise<void>((resolve) => index?.signal?.addEventListener('abort', () => resolve()));
  const ticking = setInterval(() => {}, 1000); // the thread alone keeps no process alive
  try {
    await Promise.race([known, givenUp]);
  } finally {
    clearInterval(ticking);
  }
};

const sourceOf = ({ timeline }: Target): StateSource => {
  const writer = new SlabWriter('session');
  const { checkpoints } = timeline;
  return {
    get moments() {
      return checkpoints.moments;
    },
    carry: (at) => checkpoints.carry(checkpoints.before(at), writer),
  };
};

async function* upTo(items: Items, limit: number, session: Target | undefined): AsyncGenerator<readonly Item[], void> {
  let rest = limit;
  if (limit <= 0) return;
  const isOver = session?.makeWay();
  try {
    for await (const found of items) {
      const some = isSome(found) ? found : [found];
      yield rest < some.length ? some.slice(0, rest) : some;
      rest -= some.length;
      if (rest <= 0) return;
    }
  } finally {
    isOver?.();
  }
}

const isSome = (found: Item | readonly Item[]): found is readonly Item[] => Array.isArray(found);

async function* nothing(): Items {}
