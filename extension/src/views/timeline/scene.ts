/** All that a picture of the timeline is drawn from, and what follows from it for drawing and for telling alike. */

import type { TimelineAnswer, TimelineEvent } from '../requests.ts';
import type { LaneContent, Layout, Mark } from './lanes.ts';
import type { Stretch } from './stretch.ts';

export interface Scene {
  readonly stretch: Stretch;
  readonly layout: Layout;
  /** Of the whole picture with its titles. */
  readonly width: number;
  /** The best that is known of the stretch, or of a part of it; perhaps of another scale. */
  readonly detail: TimelineAnswer | undefined;
  /** What is known of the whole history. */
  readonly overview: TimelineAnswer | undefined;
  readonly marks: readonly Mark[];
  /** Where the machine stands. */
  readonly now: number;
  readonly end: number;
  /** Where the keyboard is. */
  readonly caret?: { readonly moment: number; readonly lane: number } | undefined;
}

/** A part of the stretch with the answer that tells most about it. */
export interface Piece {
  readonly answer: TimelineAnswer;
  readonly from: number;
  readonly to: number;
}

export const piecesOf = ({ stretch, detail, overview }: Scene): Piece[] => {
  const pieces: Piece[] = [];
  const add = (answer: TimelineAnswer | undefined, from: number, to: number): void => {
    if (answer === undefined) return;
    const [begin, end] = [Math.max(from, answer.from), Math.min(to, answer.to)];
    if (begin < end) pieces.push({ answer, from: begin, to: end });
  };
  if (detail === undefined) add(overview, stretch.from, stretch.to);
  else {
    add(overview, stretch.from, Math.min(detail.from, stretch.to));
    add(detail, stretch.from, stretch.to);
    add(overview, Math.max(detail.to, stretch.from), stretch.to);
  }
  return pieces;
};

/** The piece that a moment is in. */
export const pieceAt = (scene: Scene, at: number): Piece | undefined =>
  piecesOf(scene).find(({ from, to }) => at >= from && at < to);

/** Moments of a column of an answer. */
export const columnOf = ({ from, to, columns }: TimelineAnswer, column: number) => {
  const length = (to - from) / columns;
  return { from: from + column * length, to: from + (column + 1) * length };
};

export const columnAt = ({ from, to, columns }: TimelineAnswer, at: number): number =>
  Math.max(0, Math.min(columns - 1, Math.floor(((at - from) / (to - from)) * columns)));

export const isCovered = ({ covered }: TimelineAnswer, at: number): boolean =>
  covered.some(({ from, to }) => at >= from && at < to);

/** A hart in one privilege mode, between two traps or returns. */
export interface Mode {
  readonly from: number;
  readonly to: number;
  readonly level: number;
}

/** What modes a hart was in, as its traps and returns tell; nothing where there are none. */
export const modesOf = (events: readonly TimelineEvent[], hart: number, from: number, to: number): Mode[] => {
  const modes: Mode[] = [];
  let begin = from;
  let level: number | undefined;
  for (const event of events) {
    if ((event.kind !== 'trap' && event.kind !== 'return') || event.hart !== hart) continue;
    // The step `at` is the entry or the return: what comes after it is in the other mode.
    const change = event.at + 1;
    if (change > begin) modes.push({ from: begin, to: Math.min(change, to), level: event.from });
    [begin, level] = [Math.max(begin, change), event.to];
  }
  if (level !== undefined && begin < to) modes.push({ from: begin, to, level });
  return modes;
};

/** How often it happened in each column, for lanes that count. */
export const countsOf = ({ answer }: Piece, content: LaneContent): readonly number[] | undefined => {
  const { traps, hartTraps, spaces, consoleBytes } = answer.densities;
  switch (content.kind) {
    case 'trap':
      return traps.find(({ cause, interrupt }) => cause === content.cause && interrupt === content.interrupt)?.counts;
    case 'hart':
      return hartTraps[content.hart];
    case 'spaces':
      return spaces;
    case 'console':
      return consoleBytes;
    default:
      return undefined;
  }
};

/** Whether an event belongs into a lane. */
export const isIn = (event: TimelineEvent, content: LaneContent): boolean => {
  switch (content.kind) {
    case 'trap':
      return event.kind === 'trap' && event.cause === content.cause && event.interrupt === content.interrupt;
    case 'spaces':
      return event.kind === 'space';
    case 'console':
      return event.kind === 'console';
    case 'hart':
      return (event.kind === 'trap' || event.kind === 'return') && event.hart === content.hart;
    default:
      return false;
  }
};
