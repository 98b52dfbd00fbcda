/**
 * The first moment at which two recordings differ, and how. Where their digests and inputs say that they are the same is not
 * run; then the interval in which they part is halved until it is one step. What is found is the end of a stretch in which
 * they are equal; if they had parted before and come together again between two digests, that does not show.
 */

import { type Moment, moment } from '../../traces/time.ts';
import type { ReplaySession } from '../session/session.ts';
import { firstDifferingInput, indexAt } from './inputs.ts';
import { type Difference, Pair, type StatesDiffer, sameDigest } from './pair.ts';

export type Diff =
  /** Nothing differs, as far as both go; `lengths` says how far that is. */
  | { readonly kind: 'same'; readonly lengths: readonly [number, number] }
  /** They are of different machines, so that their moments cannot be compared. */
  | { readonly kind: 'machines'; readonly differences: readonly Difference[] }
  | StatesDiffer;

/** Both sessions stand where they begin and are moved; they have checkpoints. Yields where it has come to. */
export function* diffRecordings(one: ReplaySession, other: ReplaySession): Generator<Moment, Diff> {
  const machines = machineDifferences(one, other);
  if (machines.length > 0) return { kind: 'machines', differences: machines };
  const end = moment(Math.min(one.trace.until, other.trace.until));
  const start = moment(Math.max(one.trace.start, other.trace.start));
  const pair = new Pair(one, other);
  const bounds = boundsOf(one, other, start, end);
  let equal = bounds.equal;
  yield* pair.goTo(equal);
  if (pair.differ()) {
    if (equal === start) return pair.describe(equal);
    bounds.unequal.unshift(equal); // another version of the machine does otherwise what both say
    equal = start;
    yield* pair.goTo(equal);
    if (pair.differ()) return pair.describe(equal);
  }
  const unequal = yield* pair.part(equal, bounds.unequal);
  if (unequal === undefined) return { kind: 'same', lengths: [one.trace.until, other.trace.until] };
  return pair.describe(unequal);
}

const machineDifferences = (one: ReplaySession, other: ReplaySession): Difference[] => {
  const facts = ({ header }: ReplaySession): Map<string, string> => {
    const { digestStride: _, pageHash: __, ...machine } = header.machine;
    const rows = Object.entries(machine).map(([name, value]) => [name, JSON.stringify(value)] as const);
    const images = header.images.map(
      ({ role, name, digest }, index) => [`image ${index} (${role} ${name})`, digest] as const,
    );
    return new Map([...rows, ...images]);
  };
  const [first, second] = [facts(one), facts(other)];
  return [...new Set([...first.keys(), ...second.keys()])]
    .filter((part) => first.get(part) !== second.get(part))
    .map((part) => ({ part, one: first.get(part) ?? 'none', other: second.get(part) ?? 'none' }));
};

/** A moment at which, by what the traces say, both are equal still, and those at which they may not be, ascending. */
const boundsOf = (
  one: ReplaySession,
  other: ReplaySession,
  start: Moment,
  end: Moment,
): { equal: Moment; unequal: Moment[] } => {
  const logs = [one.timeline.log, other.timeline.log] as const;
  const parted = firstDifferingInput(...logs, indexAt(logs[0], start), indexAt(logs[1], start));
  const latest = moment(Math.min(parted ?? end, end));
  let equal = start;
  const isComparable = one.header.machine.pageHash === other.header.machine.pageHash;
  const others = new Map((isComparable ? [...other.trace.digests] : []).map((digest) => [digest.at, digest]));
  for (const digest of one.trace.digests) {
    const twin = others.get(digest.at);
    if (twin === undefined || digest.at <= start || digest.at > latest) continue;
    if (!sameDigest(digest, twin)) return { equal, unequal: [digest.at] };
    // The digest of a moment is of the state before its inputs.
    equal = moment(digest.at - 1);
  }
  if (parted === undefined || parted > end) return { equal, unequal: [end] };
  return { equal: moment(Math.max(equal, parted - 1)), unequal: [parted, end] };
};
