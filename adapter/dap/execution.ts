/** Requests that set the machine in motion and pause it. Every step is one instruction, or the entry into one trap. */

import type { Hart } from '../../vmm/machine/hart.ts';
import type { Debugger, Launched } from './debugger.ts';
import { type RequestRow, request, whole } from './request.ts';
import type { Motion } from './travel.ts';

interface Kind {
  readonly command: string;
  readonly title: string;
  readonly backwards?: boolean;
  readonly progress?: boolean;
  readonly motion: (launched: Launched, hart: Hart) => Motion;
  readonly body?: object;
}

const kinds: readonly Kind[] = [
  {
    command: 'continue',
    title: 'Running',
    motion: ({ traveller }) => traveller.forward(),
    body: { allThreadsContinued: true },
  },
  { command: 'next', title: 'Stepping over', motion: ({ traveller }, hart) => traveller.next(hart) },
  { command: 'stepIn', title: 'Stepping', motion: ({ traveller }, hart) => traveller.step(hart) },
  { command: 'stepOut', title: 'Stepping out', motion: ({ traveller }, hart) => traveller.out(hart) },
  {
    command: 'stepBack',
    title: 'Stepping back',
    backwards: true,
    progress: true,
    motion: ({ traveller }, hart) => traveller.stepBack(hart),
  },
  {
    command: 'reverseContinue',
    title: 'Searching backwards',
    backwards: true,
    progress: true,
    motion: ({ traveller }) => traveller.reverse(),
  },
];

const rowOf = ({ command, motion, body, ...options }: Kind): RequestRow =>
  request(command, { threadId: whole }, (session: Debugger, { threadId }, call) => {
    const launched = session.halted(command);
    const hart = launched.target.hart(threadId);
    call.after(() => session.move(motion(launched, hart), { ...options, thread: threadId }));
    return body;
  });

export const executionRequests: readonly RequestRow[] = [
  ...kinds.map(rowOf),
  request('pause', {}, (session) => {
    session.launched('pause');
    session.pause();
  }),
];
