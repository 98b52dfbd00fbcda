/**
 * Requests that set the machine in motion and pause it. A step is one line of the source where there is any, and one
 * instruction, or the entry into one trap, where there is none or the client asks for instructions.
 */

import * as v from 'valibot';
import type { Hart } from '../../vmm/machine/hart.ts';
import type { Debugger, Launched } from './debugger.ts';
import { LineSteps } from './line-steps.ts';
import { optional, type RequestRow, request, whole } from './request.ts';
import type { Motion } from './travel.ts';

interface Kind {
  readonly command: string;
  readonly title: string;
  readonly backwards?: boolean;
  readonly progress?: boolean;
  readonly motion: (launched: Launched, hart: Hart) => Motion;
  /** The same by lines of the source. */
  readonly byLine?: (steps: LineSteps, hart: Hart) => Motion;
  readonly body?: object;
}

const granularity = optional(v.picklist(['statement', 'line', 'instruction']));

const kinds: readonly Kind[] = [
  {
    command: 'continue',
    title: 'Running',
    motion: ({ traveller }) => traveller.forward(),
    body: { allThreadsContinued: true },
  },
  {
    command: 'next',
    title: 'Stepping over',
    motion: ({ traveller }, hart) => traveller.next(hart),
    byLine: (steps, hart) => steps.next(hart, false),
  },
  {
    command: 'stepIn',
    title: 'Stepping',
    motion: ({ traveller }, hart) => traveller.step(hart),
    byLine: (steps, hart) => steps.next(hart, true),
  },
  {
    command: 'stepOut',
    title: 'Stepping out',
    motion: ({ traveller }, hart) => traveller.out(hart),
    byLine: (steps, hart) => steps.out(hart),
  },
  {
    command: 'stepBack',
    title: 'Stepping back',
    backwards: true,
    progress: true,
    motion: ({ traveller }, hart) => traveller.stepBack(hart),
    byLine: (steps, hart) => steps.back(hart),
  },
  {
    command: 'reverseContinue',
    title: 'Searching backwards',
    backwards: true,
    progress: true,
    motion: ({ traveller }) => traveller.reverse(),
  },
];

const rowOf = ({ command, motion, byLine, body, ...options }: Kind): RequestRow =>
  request(command, { threadId: whole, granularity }, (session: Debugger, args, call) => {
    const { threadId } = args;
    const launched = session.halted(command);
    const hart = launched.target.hart(threadId);
    const steps = new LineSteps(launched.target, launched.traveller);
    const lines = byLine !== undefined && args.granularity !== 'instruction' && steps.knows(hart);
    const moves = lines ? byLine(steps, hart) : motion(launched, hart);
    call.after(() => session.move(moves, { ...options, thread: threadId }));
    return body;
  });

export const executionRequests: readonly RequestRow[] = [
  ...kinds.map(rowOf),
  request('pause', {}, (session) => {
    session.launched('pause');
    session.pause();
  }),
];
