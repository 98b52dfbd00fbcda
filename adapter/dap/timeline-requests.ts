/**
 * What views over time ask for. The types here are the contract with them; docs/views.md explains it.
 *
 *     chronovisor/timeline   {from, to, columns}  ->  TimelineAnswer: what happened there, at this scale
 *     chronovisor/findEvent  {kind, cause?, interrupt?, hart?, from, to, last?}  ->  FindEventAnswer: the first or last there
 *     chronovisor/console    {from?, to?, bytesMax?}  ->  ConsoleAnswer: what the guest printed there, and when
 *
 * All are answered while the machine runs, too, and none moves it. Each says what it knows of what was asked for: what is
 * not covered may become known later, and asking again then gives more.
 */

import * as v from 'valibot';
import { moment } from '../../traces/time.ts';
import { type Interval, uncovered } from '../../vmm/history/history.ts';
import { Breath } from '../host/breath.ts';
import { consoleOf } from './console-chunks.ts';
import { type Position, positionOf } from './custom-requests.ts';
import type { Debugger } from './debugger.ts';
import { natural, optional, type RequestRow, request } from './request.ts';
import type { Target } from './target.ts';
import { countForPicture, type FindEventAnswer, findKnownEvent, pictureOf, type TimelinePicture } from './timeline.ts';

export type { FindEventAnswer };

export interface TimelineArguments {
  /** Moments; the stretch ends before `to`. What is beyond the furthest known moment is left out. */
  readonly from: number;
  readonly to: number;
  /** How many stretches of equal length are told apart, at most 4096. */
  readonly columns: number;
}

export interface TimelineAnswer extends TimelinePicture {
  /** The stretch that is answered. */
  readonly from: number;
  readonly to: number;
  readonly position: Position;
  readonly harts: number;
  /** Whether anything of the whole history is known by now. */
  readonly indexed: boolean;
  /** Not all of the stretch is in the index, as of a machine that is being recorded: there is more than is told. */
  readonly partial?: true;
  /** Moments of checkpoints, one in a column at most. */
  readonly checkpoints: readonly number[];
  /** Where this session stopped. */
  readonly stops: readonly { readonly moment: number; readonly words: string }[];
}

const columnsMax = 4096;
/** What one answer has of the console, unless it is asked for less. */
const consoleBytesMax = 2 ** 18;

const end = (target: Target): number => target.timeline.end;

/** The known part of a stretch. */
const clip = (target: Target, from: number, to: number): Interval => {
  const last = Math.min(to, end(target));
  return { from: moment(Math.min(from, last)), to: moment(last) };
};

/** Others have their turns meanwhile: there may be very many events. */
const timelineOf = async (session: Debugger, { from, to, columns }: TimelineArguments): Promise<TimelineAnswer> => {
  const { target } = session.launched('chronovisor/timeline');
  const { history } = target;
  const within = clip(target, from, to);
  const columnsAsked = Math.min(columns, columnsMax);
  const breath = new Breath();
  for (const _ of history === undefined ? [] : countForPicture(history, within, columnsAsked))
    if (breath.isOver) await breath.take();
  const picture = pictureOf(history, within, columnsAsked, target.console.log);
  return {
    ...within,
    position: positionOf(session),
    harts: target.machine.harts.length,
    indexed: history !== undefined && history.covered.length > 0,
    ...picture,
    ...((history === undefined || uncovered(history, within).length > 0) && { partial: true }),
    checkpoints: onePerColumn(target.timeline.checkpoints.moments, within, picture.columns),
    stops: session.stops.between(within.from, within.to),
  };
};

/** Ascending moments, without those that would be drawn over one another. */
const onePerColumn = (moments: readonly number[], { from, to }: Interval, columns: number): number[] => {
  const length = Math.max(1, (to - from) / columns);
  const kept: number[] = [];
  let column = -1;
  for (const at of moments) {
    if (at < from || at > to) continue;
    const here = Math.floor((at - from) / length);
    if (here !== column) kept.push(at);
    column = here;
  }
  return kept;
};

const stretch = { from: natural, to: natural };

export const timelineRequests: readonly RequestRow[] = [
  request('chronovisor/timeline', { ...stretch, columns: v.pipe(natural, v.minValue(1)) }, timelineOf),
  request(
    'chronovisor/findEvent',
    {
      ...stretch,
      kind: v.picklist(['trap', 'return', 'space', 'console']),
      cause: optional(natural),
      interrupt: optional(v.boolean()),
      hart: optional(natural),
      last: optional(v.boolean()),
    },
    (session, { from, to, kind, cause, interrupt, hart, last }): FindEventAnswer => {
      const { target } = session.launched('chronovisor/findEvent');
      const wanted = { kind, cause: cause ?? undefined, interrupt: interrupt ?? undefined, hart: hart ?? undefined };
      return findKnownEvent(target.history, target.console.log, wanted, clip(target, from, to), last === true);
    },
  ),
  request(
    'chronovisor/console',
    { from: optional(natural), to: optional(natural), bytesMax: optional(v.pipe(natural, v.minValue(1))) },
    (session, { from, to, bytesMax }) => {
      const { target } = session.launched('chronovisor/console');
      const within = clip(target, from ?? 0, to ?? Number.MAX_SAFE_INTEGER);
      const sizeBytes = Math.min(bytesMax ?? consoleBytesMax, consoleBytesMax);
      return consoleOf(target.console.log, target.history, within, sizeBytes);
    },
  ),
];
