/**
 * Other timelines of the machine that is debugged: what would have happened otherwise. The types here are the contract with
 * whoever sends these requests. Timeline 0 is the one that was launched; a fork is live from its moment on, and all others
 * stay as they are.
 *
 *     chronovisor/fork        {name?, moment?, edits?}  ->  ForkInfo; the session is in the fork, and a `stopped` event follows
 *     chronovisor/forks       ->  ForksAnswer
 *     chronovisor/switchFork  {id}  ->  ForkInfo; likewise, where that timeline stands
 *     chronovisor/deleteFork  {id}  ->  ForksAnswer; from the fork that is deleted the session goes back to timeline 0
 *     chronovisor/saveFork    {id?, file}  ->  nothing; the present fork, or another, as a trace
 *     chronovisor/compareForks  {one, other}  ->  {id}; where these two first differ, as the answer to a question that has this
 *                               id (question-requests.ts), with items of fork-items.ts. No timeline moves for it
 *
 * The event `chronovisor/forks` has a ForksAnswer, each time that there are others or the session is in another.
 */

import * as v from 'valibot';
import { inputBytesMax } from '../../traces/events.ts';
import { createFork, type Edit, type Fork } from '../forks/fork.ts';
import { resolve } from '../host/paths.ts';
import { denseCheckpoints } from '../session/session.ts';
import { ConsoleOutput } from './console-output.ts';
import { checkMoment } from './custom-requests.ts';
import type { Debugger } from './debugger.ts';
import { forkOnly, tooManyForks } from './errors.ts';
import { comparison } from './fork-items.ts';
import type { TimelineEntry } from './fork-list.ts';
import { addressOf } from './memory-requests.ts';
import { questionsOf } from './question-requests.ts';
import { natural, optional, type RequestRow, request, text } from './request.ts';
import { Target } from './target.ts';

export interface ForkInfo {
  readonly id: number;
  readonly name: string;
  /** The timeline that it was forked from, and where; absent for the one that was launched. */
  readonly parent?: number;
  readonly at?: number;
  /** Where one stands in it, and how far it goes. */
  readonly moment: number;
  readonly end: number;
}

export interface ForksAnswer {
  readonly current: number;
  readonly forks: readonly ForkInfo[];
}

/** Each has memory of its own, which is RAM for the most part. */
const forksMax = ({ machine }: Target): number =>
  Math.max(2, Math.min(32, Math.floor(2 ** 33 / machine.memory.ramBytes)));

const editSchema = v.variant('kind', [
  v.object({
    kind: v.literal('setRegister'),
    hart: optional(natural),
    register: text,
    /** A number in decimal or hexadecimal digits. */
    value: text,
  }),
  /** Physical; bytes in base64. */
  v.object({ kind: v.literal('setMemory'), address: text, data: v.pipe(text, v.base64()) }),
  v.object({ kind: v.literal('type'), text }),
  v.object({ kind: v.literal('schedule'), hart: natural, steps: v.pipe(natural, v.minValue(1), v.maxValue(1e9)) }),
]);

const editOf = (edit: v.InferOutput<typeof editSchema>): Edit => {
  switch (edit.kind) {
    case 'setRegister':
      return { kind: 'setRegister', hart: edit.hart ?? 0, register: edit.register, value: addressOf(edit.value, 0) };
    case 'setMemory': {
      const bytes = new Uint8Array(Buffer.from(edit.data, 'base64')).subarray(0, inputBytesMax);
      return { kind: 'setMemory', address: Number(addressOf(edit.address, 0)), bytes };
    }
    case 'type':
      return { kind: 'serial', bytes: new TextEncoder().encode(edit.text) };
    case 'schedule':
      return { kind: 'schedule', hart: edit.hart, steps: edit.steps };
  }
};

const infoOf = ({ id, name, launched, parent, fork }: TimelineEntry): ForkInfo => {
  const { now, end } = launched.target.timeline;
  return { id, name, ...(parent !== undefined && { parent }), ...(fork && { at: fork.at }), moment: now, end };
};

const answerOf = (session: Debugger): ForksAnswer => {
  const launched = session.launched('chronovisor/forks');
  const { id } = session.forks.current(launched);
  return { current: id, forks: session.forks.all(launched).map(infoOf) };
};

/** Tells the client that it is in another timeline. */
const arrive = (session: Debugger, { name, fork }: TimelineEntry): void => {
  session.send('chronovisor/forks', answerOf(session));
  session.send('invalidated', { areas: ['all'] });
  session.stopHere('goto', fork === undefined ? 'In the timeline that was launched' : `In ${name}`);
};

export const forkRequests: readonly RequestRow[] = [
  request(
    'chronovisor/fork',
    {
      name: optional(text),
      moment: optional(natural),
      edits: optional(v.pipe(v.array(editSchema), v.maxLength(1000))),
    },
    (session, args, call) => {
      const parent = session.halted('chronovisor/fork');
      const { target } = parent;
      const from = session.forks.current(parent);
      const most = forksMax(target);
      if (session.forks.targets.length > most) throw tooManyForks(most);
      const name = args.name ?? session.forks.nextName;
      const console = new ConsoleOutput();
      const edits = (args.edits ?? []).map(editOf);
      const here = target.timeline.now;
      if (args.moment != null) target.timeline.seek(checkMoment(session, args.moment, String(args.moment)));
      let fork: Fork;
      try {
        fork = createFork(target.session, { name, edits, checkpoints: denseCheckpoints, console: console.take });
      } catch (error) {
        target.timeline.seek(here); // the client has been told of no other place
        throw error;
      }
      const forked = new Target(fork.session, console, { forkOf: { parent: target, at: fork.at } });
      session.launch(forked, () => {});
      void forked.exploreHistory(() => session.send('chronovisor/history', {}));
      const entry = session.forks.add({ name, fork, parent: from.id, launched: session.launched('chronovisor/fork') });
      call.after(() => arrive(session, entry));
      return infoOf(entry);
    },
  ),
  request('chronovisor/forks', {}, (session) => answerOf(session)),
  request('chronovisor/switchFork', { id: natural }, (session, { id }, call) => {
    const entry = session.forks.get(session.halted('chronovisor/switchFork'), id);
    session.switchTo(entry.launched);
    call.after(() => arrive(session, entry));
    return infoOf(entry);
  }),
  request('chronovisor/deleteFork', { id: natural }, (session, { id }, call) => {
    const launched = session.halted('chronovisor/deleteFork');
    const entry = session.forks.get(launched, id);
    if (entry.fork === undefined) throw forkOnly('deleted');
    const base = session.forks.get(launched, 0);
    const isHere = entry.launched === launched;
    if (isHere) session.switchTo(base.launched);
    session.forks.remove(entry);
    entry.launched.target.close();
    call.after(() => (isHere ? arrive(session, base) : session.send('chronovisor/forks', answerOf(session))));
    return answerOf(session);
  }),
  /** Answered when the file is written. */
  request('chronovisor/saveFork', { id: optional(natural), file: text }, (session, { id, file }) => {
    const launched = session.halted('chronovisor/saveFork');
    const entry = id == null ? session.forks.current(launched) : session.forks.get(launched, id);
    if (entry.fork === undefined) throw forkOnly('saved');
    return session.hold(entry.fork.save(resolve(file)));
  }),
  request('chronovisor/compareForks', { one: natural, other: natural }, async (session, args, call) => {
    const launched = session.halted('chronovisor/compareForks');
    const [one, other] = [session.forks.get(launched, args.one), session.forks.get(launched, args.other)];
    const questions = questionsOf(session, 'chronovisor/compareForks');
    const { id, begin } = await questions.answer(async (options) => comparison(one, other, options));
    call.after(begin);
    return { id };
  }),
];
