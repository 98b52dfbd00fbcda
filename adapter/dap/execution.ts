/**
 * Requests that set the machine in motion and pause it. A step is one line of the source where there is any, and one
 * instruction, or the entry into one trap, where there is none or the client asks for instructions.
 *
 * The protocol has one step backwards; these are as `stepBack` is, with its arguments:
 *
 *     chronovisor/stepBackInto  {threadId, granularity?}  ->  nothing; back, into the end of what was called
 *     chronovisor/stepBackOut   {threadId, granularity?}  ->  nothing; back to the line of the call that one is in
 *
 * A `stopped` event follows. By instructions: one step of the hart back, and back to before the call, or the trap, that one is in.
 */

import * as v from 'valibot';
import type { Hart } from '../../vmm/machine/hart.ts';
import type { Debugger, Launched } from './debugger.ts';
import { InstructionSteps } from './instruction-steps.ts';
import { InstructionStepsBack } from './instruction-steps-back.ts';
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
  readonly searches?: boolean;
  readonly progress?: boolean;
  readonly motion: Stepping;
  /** The same by lines of the source. */
  readonly byLine?: Stepping;
  readonly body?: object;
}

const standing = (target: Target, hart: Hart): Standing => ({
  moment: target.timeline.now,
  site: target.callSiteOf(hart),
});

type Stepping = (launched: Launched, hart: Hart) => Motion;

/** A step forwards, which can be undone. */
const remembered = (by: 'line' | 'instruction', stepping: Stepping): Stepping =>
  function* (launched, hart) {
    const { target, trail } = launched;
    const from = standing(target, hart);
    if (by === 'instruction') target.callSite = undefined;
    const arrival = yield* stepping(launched, hart);
    if (arrival.reason === 'step') trail.add({ hart: hart.id, by, from, to: standing(target, hart) });
    return arrival;
  };

const byLines = (stepping: (steps: LineSteps, hart: Hart) => Motion): Stepping =>
  remembered('line', ({ target, traveller }, hart) => stepping(new LineSteps(target, traveller), hart));

const byInstructions = (stepping: (steps: InstructionSteps, hart: Hart) => Motion): Stepping =>
  remembered('instruction', ({ target, traveller }, hart) => stepping(new InstructionSteps(target, traveller), hart));

/** Back to where the step that has just been made began; else where the one began that might have led here. */
const undone = (by: 'line' | 'instruction', otherwise: Stepping): Stepping =>
  function* (launched, hart) {
    const { target, trail } = launched;
    const { timeline, console } = target;
    const from = trail.back(hart.id, by, standing(target, hart));
    if (from === undefined) {
      if (by === 'instruction') target.callSite = undefined;
      return yield* otherwise(launched, hart);
    }
    console.muted = true;
    yield* timeline.travel(from.moment);
    target.callSite = from.site;
    return { reason: 'step', hart: hart.id };
  };

const backByInstructions = ({ target, traveller }: Launched, hart: Hart) =>
  new InstructionStepsBack(target, traveller, hart);
const backByLines = ({ target, traveller }: Launched, hart: Hart) => new LineStepsBack(target, traveller, hart);

const granularity = optional(v.picklist(['statement', 'line', 'instruction']));

/** What goes backwards looks for something. */
const search = { backwards: true, searches: true, progress: true } as const;

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
    motion: byInstructions((steps, hart) => steps.next(hart)),
    byLine: byLines((steps, hart) => steps.next(hart, false)),
  },
  {
    command: 'stepIn',
    title: 'Stepping',
    motion: remembered('instruction', ({ traveller }, hart) => traveller.step(hart)),
    byLine: byLines((steps, hart) => steps.next(hart, true)),
  },
  {
    command: 'stepOut',
    title: 'Stepping out',
    motion: byInstructions((steps, hart) => steps.out(hart)),
    byLine: byLines((steps, hart) => steps.out(hart)),
  },
  {
    command: 'stepBack',
    title: 'Stepping back',
    ...search,
    motion: undone('instruction', (launched, hart) => backByInstructions(launched, hart).back()),
    byLine: undone('line', (launched, hart) => backByLines(launched, hart).back()),
  },
  {
    command: 'chronovisor/stepBackInto',
    title: 'Stepping back',
    ...search,
    motion: ({ traveller }, hart) => traveller.stepBack(hart),
    byLine: (launched, hart) => backByLines(launched, hart).backInto(),
  },
  {
    command: 'chronovisor/stepBackOut',
    title: 'Stepping back out',
    ...search,
    motion: (launched, hart) => backByInstructions(launched, hart).out(),
    byLine: (launched, hart) => backByLines(launched, hart).backOut(),
  },
  {
    command: 'reverseContinue',
    title: 'Searching backwards',
    ...search,
    motion: ({ traveller }) => traveller.reverse(),
  },
];

const rowOf = ({ command, motion, byLine, body, ...options }: Kind): RequestRow =>
  request(command, { threadId: whole, granularity, targetId: optional(whole) }, (session: Debugger, args, call) => {
    const { threadId } = args;
    const launched = session.halted(command);
    const hart = launched.target.hart(threadId);
    const wantsLines = byLine !== undefined && args.granularity !== 'instruction';
    const isByLine = wantsLines && new Places(launched.target).at(hart) !== undefined;
    const into = command === 'stepIn' && args.targetId != null ? session.handles.callOf(args.targetId) : undefined;
    const step = into === undefined ? byLine : byLines((steps, each) => steps.intoCall(each, into));
    const moves = isByLine ? step!(launched, hart) : motion(launched, hart);
    call.after(() => session.move(moves, { ...options, thread: threadId, leavesTrail: byLine !== undefined }));
    return body;
  });

export const executionRequests: readonly RequestRow[] = [
  ...kinds.map(rowOf),
  request('pause', {}, (session) => {
    session.launched('pause');
    session.pause();
  }),
];
