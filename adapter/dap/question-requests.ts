/**
 * Asking the whole history. A question is answered by replays of its own, so the machine that is debugged does not move for it,
 * and may move meanwhile. Items come in events, as they are found.
 *
 *     chronovisor/ask        {question, arguments?, at?, hart?, limit?}  ->  {id}
 *     chronovisor/answer     an event: Answer
 *     chronovisor/cancelAsk  {id}  ->  nothing; an Answer that is `done` and `cancelled` follows, unless one was there already
 *     chronovisor/questions  ->  {questions: [{name, usage, meaning}]}
 *
 * What there is to ask is in docs/questions.md.
 */

import * as v from 'valibot';
import type { FarmProgress } from '../farm/run.ts';
import { Asker, type Item, itemText } from '../questions/api.ts';
import { questions } from '../questions/questions.ts';
import type { Debugger } from './debugger.ts';
import { tooManyQuestions } from './errors.ts';
import type { ForkItem } from './fork-items.ts';
import { natural, optional, type RequestRow, request, text } from './request.ts';
import type { Target } from './target.ts';

export interface AskArguments {
  /** A line such as `last-write &proc[3].state`; or the name alone, with `arguments`. */
  readonly question: string;
  readonly arguments?: object;
  /** The moment that is asked from; by default the present one. */
  readonly at?: number;
  readonly hart?: number;
  /** As many items at most. */
  readonly limit?: number;
}

export interface Answer {
  readonly id: number;
  /** Those that are new; `label` is the item as a line of text. */
  readonly items: readonly ((Item | ForkItem) & { readonly label: string })[];
  /** From 0 to 1, of what is gone through at present. */
  readonly progress: number;
  /** Whether this is the last event of this id. */
  readonly done: boolean;
  readonly cancelled?: boolean;
  /** A sentence, if it could not be answered to its end. */
  readonly error?: string;
}

/** Items are sent as often as this, at most. */
const sayMs = 50;

/** Each has replays of its own. */
const questionsMax = 32;

type Labelled = Answer['items'][number];

/** What gives up an answer, and is told how far it has come. */
export interface AnswerOptions {
  readonly signal: AbortSignal;
  readonly onProgress: (progress: FarmProgress) => void;
}

interface Begun {
  readonly id: number;
  readonly begin: () => void;
}

async function* labelled(answer: AsyncIterable<readonly Item[]>): AsyncGenerator<readonly Labelled[], void> {
  for await (const items of answer) yield items.map((item) => ({ ...item, label: itemText(item) }));
}

/** The questions to one timeline of a session. */
class Questions {
  readonly #session: Debugger;
  readonly #target: Target;
  readonly #under = new Map<number, AbortController>();
  /** Those that are being understood, and those whose replays go on, cancelled or not. */
  #pending = 0;
  #asker: Promise<Asker> | undefined;
  /** Those that are closed when nothing is asked any more. */
  readonly #outdated: Asker[] = [];

  constructor(session: Debugger, target: Target) {
    this.#session = session;
    this.#target = target;
    target.closeWith({ close: () => void this.#close() });
  }

  /** @throws {InputError} when the question is wrong, or there are too many */
  ask({ question, arguments: given, at, hart, limit }: Asked): Promise<Begun> {
    return this.answer(async (options) => {
      const asker = await this.#askerNow();
      const asked = given == null ? question : { question, arguments: given };
      const more = { at: at ?? undefined, hart: hart ?? undefined, limit: limit ?? undefined };
      return labelled(await asker.prepare(asked, { ...more, ...options }));
    });
  }

  /**
   * Answers with what this gives.
   * @throws {InputError} when there are too many questions, and whatever `prepare` does
   */
  async answer(prepare: (options: AnswerOptions) => Promise<AsyncIterable<readonly Labelled[]>>): Promise<Begun> {
    if (this.#pending >= questionsMax) throw tooManyQuestions(questionsMax);
    this.#pending += 1;
    try {
      return await this.#prepare(prepare);
    } catch (error) {
      this.#pending -= 1;
      throw error;
    }
  }

  async #prepare(prepare: (options: AnswerOptions) => Promise<AsyncIterable<readonly Labelled[]>>): Promise<Begun> {
    const id = this.#session.nextQuestion();
    const stop = new AbortController();
    let progress = 0;
    const onProgress = ({ stepsDone, stepsTotal }: FarmProgress): void => {
      progress = stepsTotal === 0 ? 1 : stepsDone / stepsTotal;
      say(false);
    };
    let said = performance.now();
    let items: Labelled[] = [];
    const say = (now: boolean): void => {
      if (!this.#under.has(id) || (!now && performance.now() - said < sayMs)) return;
      said = performance.now();
      this.#say({ id, items, progress, done: false });
      items = [];
    };
    const answer = await prepare({ signal: stop.signal, onProgress });
    this.#under.set(id, stop);
    const run = async (): Promise<void> => {
      let error: string | undefined;
      try {
        for await (const found of answer) {
          for (const item of found) items.push(item); // there may be more of them than a call takes arguments
          say(false);
        }
      } catch (caught) {
        error = caught instanceof Error ? caught.message : String(caught);
      }
      this.#pending -= 1;
      if (this.#under.delete(id)) {
        this.#say({ id, items, progress: 1, done: true, ...(error !== undefined && { error }) });
      }
      if (this.#under.size === 0) for (const outdated of this.#outdated.splice(0)) void outdated.close();
    };
    return { id, begin: () => void run() };
  }

  /** A recording that has grown is opened anew; questions to what it was are answered to their ends. */
  #askerNow(): Promise<Asker> {
    this.#asker = this.#askerAfter(this.#asker);
    return this.#asker;
  }

  /** Questions that come at once wait for one another here, so that they have the same one. */
  async #askerAfter(last: Promise<Asker> | undefined): Promise<Asker> {
    const target = this.#target;
    const before = await last?.catch(() => undefined);
    if (before !== undefined && before.end === target.timeline.end) return before;
    if (before !== undefined) this.#closeUnused(before);
    return Asker.open(target.launch, { session: target, history: () => target.history });
  }

  #closeUnused(asker: Asker): void {
    if (this.#under.size > 0) this.#outdated.push(asker);
    else void asker.close();
  }

  #say(answer: Answer): void {
    this.#session.send('chronovisor/answer', answer);
  }

  cancel(id: number): void {
    const stop = this.#under.get(id);
    if (stop === undefined) return;
    this.#under.delete(id);
    stop.abort();
    this.#say({ id, items: [], progress: 1, done: true, cancelled: true });
  }

  async #close(): Promise<void> {
    for (const id of [...this.#under.keys()]) this.cancel(id);
    const asker = await this.#asker?.catch(() => undefined);
    for (const one of [...this.#outdated.splice(0), asker]) await one?.close();
  }
}

const ofTargets = new WeakMap<Target, Questions>();

/** Those of the timeline where the session is. */
export const questionsOf = (session: Debugger, command: string): Questions => {
  const { target } = session.launched(command);
  let found = ofTargets.get(target);
  if (found === undefined) {
    found = new Questions(session, target);
    ofTargets.set(target, found);
  }
  return found;
};

const askEntries = {
  question: text,
  arguments: optional(v.record(v.string(), v.unknown())),
  at: optional(natural),
  hart: optional(natural),
  limit: optional(natural),
};
type Asked = v.InferOutput<v.ObjectSchema<typeof askEntries, undefined>>;

export const questionRequests: readonly RequestRow[] = [
  request('chronovisor/ask', askEntries, async (session, args, call) => {
    session.halted('chronovisor/ask');
    const { id, begin } = await questionsOf(session, 'chronovisor/ask').ask(args);
    call.after(begin);
    return { id };
  }),
  request('chronovisor/cancelAsk', { id: natural }, (session, { id }) => {
    const { target } = session.launched('chronovisor/cancelAsk');
    for (const each of new Set([target, ...session.forks.targets])) ofTargets.get(each)?.cancel(id);
    return undefined;
  }),
  request('chronovisor/questions', {}, () => ({
    questions: questions.map(({ name, usage, meaning }) => ({ name, usage, meaning })),
  })),
];
