/**
 * What a free seat does next. A piece of the history that is near to a state is worked on at once. To those that are not, one
 * seat walks, as fast as it can with nothing armed, and leaves states on its way, which the others begin at; so a recording
 * that was just opened is gone through by all seats together. Nothing here runs anything.
 */

import type { Moment } from '../../traces/time.ts';
import type { Interval } from '../../vmm/history/history.ts';

/**
 * In which order findings are wanted. `backward`: the last ones first. `through`: forward, and certainly all of them, so that
 * each seat may go on where it stands, which costs less than going to a state: another one has other code and other translations.
 */
export type Order = 'forward' | 'backward' | 'through';

/** A seat on its way over territory that has no states. */
export interface Walk {
  /** The state that it began at. */
  readonly from: Moment;
  readonly to: Moment;
}

export interface Outlook {
  /** Of the pieces that nobody works on, ascending. */
  readonly pending: readonly Interval[];
  readonly order: Order;
  /** The pieces that other seats work on. */
  readonly under: readonly Interval[];
  /** Where the free seat stands. */
  readonly position: Moment;
  /** The last moment at or before this one that there is a state of, 0 at least. */
  readonly stateBefore: (at: Moment) => Moment;
  readonly walks: readonly Walk[];
  /** Whether there is no other seat. */
  readonly alone: boolean;
  /** Steps between the states that a walk leaves. */
  readonly stride: number;
}

export interface Assignment {
  readonly piece: Interval;
  /** The state to begin at; `here`: where the seat stands. */
  readonly start: Moment | 'here';
  /** Moments on the way to the piece at which a state is to be left, ascending; then it is a walk. */
  readonly leave: readonly Moment[];
}

/** Nothing when it is better to wait for a state that somebody leaves soon, or when nothing is pending. */
export const assign = (outlook: Outlook): Assignment | undefined => {
  const { pending, order, walks, alone, stride } = outlook;
  if (pending.length === 0) return undefined;
  const wanted = order === 'backward' ? [...pending].reverse() : pending;
  if (alone) {
    const [piece] = wanted;
    // Alone and forward, the way to each piece leads through those before it, which are done.
    return to(outlook, piece!, order === 'backward' || distanceTo(outlook, piece!) > stride);
  }
  const isWalked = ({ from }: Interval): boolean => walks.some((walk) => walk.from < from && from <= walk.to);
  const isNear = (piece: Interval): boolean => {
    const distance = distanceTo(outlook, piece);
    return distance === 0 || (distance <= stride && !isWalked(piece));
  };
  const near = order === 'through' ? nextOnWay(outlook, wanted.filter(isNear)) : wanted.find(isNear);
  const far = pending.filter((piece) => distanceTo(outlook, piece) > 0 && !isWalked(piece));
  if (far.length > 1 && (near === undefined || walks.length === 0)) {
    // The gap where most is to be done; the walk ends at its last piece.
    const gaps = new Map<Moment, Interval[]>();
    for (const piece of far) {
      const start = outlook.stateBefore(piece.from);
      gaps.set(start, [...(gaps.get(start) ?? []), piece]);
    }
    const [largest] = [...gaps.values()].sort((one, other) => other.length - one.length);
    const last = largest!.at(-1)!;
    if (largest!.length > 1 || near === undefined) return to(outlook, last, true);
  }
  if (near !== undefined) return to(outlook, near, false);
  return far.length === 0 ? undefined : to(outlook, far[0]!, true);
};

/** So many pieces one seat goes through, one after the other: what it finds waits for what is found before. */
const wayPieces = 8;

/** The piece where the seat stands, else the first that no other one will come to; else half of what one has before it. */
const nextOnWay = ({ position, under, stride }: Outlook, near: readonly Interval[]): Interval | undefined => {
  const wayOf = ({ from }: Interval): number => Math.floor(from / stride / wayPieces);
  const isAnothers = (piece: Interval): boolean =>
    under.some((other) => other.to <= piece.from && wayOf(other) === wayOf(piece));
  return (
    near.find(({ from }) => from === position) ?? near.find((piece) => !isAnothers(piece)) ?? near[near.length >> 1]
  );
};

const startOf = ({ position, stateBefore }: Outlook, { from }: Interval): Moment => {
  const state = stateBefore(from);
  return position <= from && position >= state ? position : state;
};

const distanceTo = (outlook: Outlook, piece: Interval): number => piece.from - startOf(outlook, piece);

const to = (outlook: Outlook, piece: Interval, walking: boolean): Assignment => {
  const { position, stride } = outlook;
  const start = startOf(outlook, piece);
  const leave: Moment[] = [];
  if (walking) {
    for (let at = (Math.floor(start / stride) + 1) * stride; at <= piece.from; at += stride) leave.push(at as Moment);
  }
  return { piece, start: start === position ? 'here' : start, leave };
};

/** Intervals in pieces that begin and end at multiples of the stride, as far as they reach. */
export const pieces = (intervals: readonly Interval[], stride: number): Interval[] =>
  intervals.flatMap(({ from, to: end }) => {
    const found: Interval[] = [];
    for (let at: number = from; at < end; ) {
      const next = Math.min(end, (Math.floor(at / stride) + 1) * stride);
      found.push({ from: at as Moment, to: next as Moment });
      at = next;
    }
    return found;
  });
