/**
 * Requests that set the machine in motion and pause it. A step is one line of the source where there is any, and one
 * instruction, or the entry into one trap, where there is none or the client asks for instructions.
 *
 * The protocol has one step backwards; these are as `stepBack` is, with its arguments:
 *
 *     chronovisor/stepBackInto  {threadId, granularity?}  ->  nothing; back, into the end of what was called
 *     chronovisor/stepBackOut   {threadId, granularity?}  ->  nothing; back to the line of the call that one is in
 *
 * A `stopped` event follows. By instructions, both are one instruction back.
 */

import * as v from 'valibot';
import type { Hart } from '../../vmm/machine/hart.ts';
import type { Debugger, Launched } from './debugger.ts';
import { Places } from './line-places.ts';
import { LineSteps } from './line-steps.ts';
import { LineStepsBack } from './line-steps-back.ts';
import { optional, type RequestRow, request, whole } from './request.ts';
import type { Target } from './target.ts';
import type { Standing } from './trail.ts';
import type { Motion } from './travel.ts';

interface Kind {
  readonly command: string;
  readonly title: string;
  readonly backwards?: boolean;
  readonly progress?: boolean;
  readonly motion: (launched: Launched, hart: Hart) => Motion;
  /** The same by lines of the source. */
  readonly byLine?: (launched: Launched, hart: Hart) => Motion;
  readonly body?: object;
}

const standing = (target: Target, hart: Hart): Standing => ({
  moment: target.timeline.now,
  site: target.callSiteOf(hart),
});

/** A step forwards by line, which can be undone. */
const forwards = (stepping: (steps: LineSteps, hart: Hart) => Motion) =>
  function* ({ target, traveller, trail }: Launched, hart: Hart): Motion {
    const from = standing(target, hart);
    const arrival = yield* stepping(new LineSteps(target, traveller), hart);
    if (arrival.reason === 'step') trail.add({ hart: hart.id, from, to: standing(target, hart) });
    return arrival;
  };

/** Back to where the step that has just been made began; else where the one began that might have led here. */
function* undone({ target, traveller, trail }: Launched, hart: Hart): Motion {
  const { timeline, console } = target;
  const from = trail.back(hart.id, standing(target, hart));
  if (from === undefined) return yield* new LineStepsBack(target, traveller, hart).back();
  console.muted = true;
  yield* timeline.travel(from.moment);
  target.callSite = from.site;
  return { reason: 'step', hart: hart.id };
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
    byLine: forwards((steps, hart) => steps.next(hart, false)),
  },
  {
    command: 'stepIn',
    title: 'Stepping',
    motion: ({ traveller }, hart) => traveller.step(hart),
    byLine: forwards((steps, hart) => steps.next(hart, true)),
  },
  {
    command: 'stepOut',
    title: 'Stepping out',
    motion: ({ traveller }, hart) => traveller.out(hart),
    byLine: forwards((steps, hart) => steps.out(hart)),
  },
  {
    command: 'stepBack',
    title: 'Stepping back',
    backwards: true,
    progress: true,
    motion: ({ traveller }, hart) => traveller.stepBack(hart),
    byLine: undone,
  },
  {
    command: 'chronovisor/stepBackInto',
    title: 'Stepping back',
    backwards: true,
    progress: true,
    motion: ({ traveller }, hart) => traveller.stepBack(hart),
    byLine: ({ target, traveller }, hart) => new LineStepsBack(target, traveller, hart).backInto(),
  },
  {
    command: 'chronovisor/stepBackOut',
    title: 'Stepping back out',
    backwards: true,
    progress: true,
    motion: ({ traveller }, hart) => traveller.stepBack(hart),
    byLine: ({ target, traveller }, hart) => new LineStepsBack(target, traveller, hart).backOut(),
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
  request(command, { threadId: whole, granularity, targetId: optional(whole) }, (session: Debugger, args, call) => {
    const { threadId } = args;
    const launched = session.halted(command);
    const hart = launched.target.hart(threadId);
    const wantsLines = byLine !== undefined && args.granularity !== 'instruction';
    const byLines = wantsLines && new Places(launched.target).at(hart) !== undefined;
    const into = command === 'stepIn' && args.targetId != null ? session.handles.callOf(args.targetId) : undefined;
    const step = into === undefined ? byLine : forwards((steps, each) => steps.intoCall(each, into));
    const moves = byLines ? step!(launched, hart) : motion(launched, hart);
    call.after(() => session.move(moves, { ...options, thread: threadId, leavesTrail: byLines }));
    return body;
  });

export const executionRequests: readonly RequestRow[] = [
  ...kinds.map(rowOf),
  request('pause', {}, (session) => {
    session.launched('pause');
    session.pause();
  }),
];
