/**
 * Questions about the whole history and their answers as they come in, in the order in which they were asked. Who asks and who
 * shows them is elsewhere.
 */

import type { AnswerBody, AnswerItem } from '../requests.ts';

export interface Question {
  /** Of its own, for whoever shows it; the adapter's number of it comes later. */
  readonly key: number;
  readonly session: string;
  /** `Who wrote ticks?` */
  readonly title: string;
  readonly items: readonly AnswerItem[];
  /** How many were found that are not among the items any more. */
  readonly more: number;
  /** From 0 to 1, where it is known. */
  readonly progress?: number;
  readonly state: 'asked' | 'done' | 'cancelled' | 'failed';
  readonly problem?: string;
}

type Changing = { -readonly [Key in keyof Question]: Question[Key] } & { items: AnswerItem[]; id?: number | string };

/** A view shows no more of one answer. */
export const itemsMax = 5000;
const questionsMax = 50;

export class Questions {
  readonly #all: Changing[] = [];
  /** What came before the adapter's number of a question was known. */
  readonly #early = new Map<string, AnswerBody[]>();
  readonly #changed: (question: Question | undefined) => void;
  #count = 0;

  /** @param changed called with what changed, or with nothing when the list did */
  constructor(changed: (question: Question | undefined) => void) {
    this.#changed = changed;
  }

  /** The latest first. */
  get all(): readonly Question[] {
    return this.#all;
  }

  begin(session: string, title: string): Question {
    this.#count += 1;
    const question: Changing = { key: this.#count, session, title, items: [], more: 0, state: 'asked' };
    this.#all.unshift(question);
    this.#all.splice(questionsMax);
    this.#changed(undefined);
    return question;
  }

  /** The adapter has begun with it, under this number. */
  accepted({ key, session }: Question, id: number | string): void {
    const question = this.#find(key);
    if (question === undefined) return;
    question.id = id;
    const early = this.#early.get(keyOf(session, id)) ?? [];
    this.#early.delete(keyOf(session, id));
    for (const body of early) this.take(session, body);
  }

  refused({ key }: Question, problem: string): void {
    const question = this.#find(key);
    if (question === undefined) return;
    [question.state, question.problem] = ['failed', problem];
    this.#changed(question);
  }

  take(session: string, body: AnswerBody): void {
    const question = this.#all.find((each) => each.session === session && each.id === body.id);
    if (question === undefined) {
      // Of a question whose number is not known yet, or of somebody else's.
      const waits = this.#all.some(
        (each) => each.session === session && each.id === undefined && each.state === 'asked',
      );
      const key = keyOf(session, body.id);
      if (waits) this.#early.set(key, [...(this.#early.get(key) ?? []), body]);
      return;
    }
    const room = Math.max(0, itemsMax - question.items.length);
    question.items.push(...body.items.slice(0, room));
    question.more += Math.max(0, body.items.length - room);
    if (body.progress !== undefined) question.progress = body.progress;
    if (body.error !== undefined) [question.state, question.problem] = ['failed', body.error];
    else if (body.done && question.state === 'asked') question.state = body.cancelled === true ? 'cancelled' : 'done';
    this.#changed(question);
  }

  /** Gives the adapter's number of it, if it is to be told. */
  cancel(key: number): number | string | undefined {
    const question = this.#find(key);
    if (question?.state !== 'asked') return undefined;
    question.state = 'cancelled';
    this.#changed(question);
    return question.id;
  }

  remove(key: number): void {
    const index = this.#all.findIndex((each) => each.key === key);
    if (index >= 0) this.#all.splice(index, 1);
    this.#changed(undefined);
  }

  /** The session is over: what it did not answer will not be answered. */
  end(session: string): void {
    for (const question of this.#all) {
      if (question.session === session && question.state === 'asked') question.state = 'cancelled';
    }
    this.#changed(undefined);
  }

  #find(key: number): Changing | undefined {
    return this.#all.find((each) => each.key === key);
  }
}

const keyOf = (session: string, id: number | string): string => `${session} ${id}`;
