/**
 * The first moment at which two timelines of one machine differ, and how. They begin alike, so all is the same up to the first
 * input that is not in both; from there on twins of them run side by side, and the timelines themselves stay where they are.
 */

import { type Moment, moment } from '../../traces/time.ts';
import type { Session } from '../session/session.ts';
import { bringNear, twinOf } from '../session/twin.ts';
import type { Diff } from './diff.ts';
import { firstDifferingInput } from './inputs.ts';
import { Pair } from './pair.ts';

const checkpoints = { stride: 50_000_000, budgetBytes: 256 * 2 ** 20 };

/**
 * Of histories as far as they have come when it begins. Yields where it has come to.
 * @param isLate whether it shall yield soon
 */
export function* compareTimelines(one: Session, other: Session, isLate?: () => boolean): Generator<Moment, Diff> {
  const lengths = [one.timeline.end, other.timeline.end] as const;
  const end = moment(Math.min(...lengths));
  const parted = firstDifferingInput(one.timeline.log, other.timeline.log);
  if (parted === undefined || parted > end) return { kind: 'same', lengths };
  const { start } = one.timeline;
  const equal = moment(Math.max(start, parted - 1));
  const twins = [twinOf(one, checkpoints), twinOf(other, checkpoints)] as const;
  for (const { machine } of twins) machine.patience.waitUntil(isLate);
  bringNear(twins, nearest([one, other], equal), equal);
  const pair = new Pair(...twins);
  yield* pair.goTo(equal);
  // At the beginning there is nothing before the inputs.
  if (parted === start && pair.differ()) return pair.describe(equal);
  const unequal = yield* pair.part(equal, everFurther(parted, end));
  return unequal === undefined ? { kind: 'same', lengths } : pair.describe(unequal);
}

/** The one that knows the way there best. */
const nearest = (sessions: readonly [Session, Session], at: Moment): Session => {
  const [one, other] = sessions;
  const before = ({ timeline }: Session): Moment => timeline.checkpoints.before(at).at;
  return before(one) >= before(other) ? one : other;
};

/** What an input does mostly shows at once; where it does not, as much is run each time as was run before. */
function* everFurther(from: Moment, end: Moment): Generator<Moment> {
  for (let steps = 0; from + steps < end; steps = Math.max(1, 2 * steps)) yield moment(from + steps);
  yield end;
}
