/**
 * What the protocol has no request for: where one is in the recording, going to a moment, and typing at the guest's
 * console. The types here are the contract with whoever sends them.
 *
 *     chronovisor/position  ->  Position
 *     chronovisor/goTo      {moment}  ->  nothing; a `stopped` event with reason `goto` follows
 *     chronovisor/type      {text}    ->  nothing; the guest receives it at the live end
 */

import { type Moment, moment } from '../../traces/time.ts';
import type { Debugger } from './debugger.ts';
import { badMoment, pastIsFixed } from './errors.ts';
import { natural, type RequestRow, request, text } from './request.ts';

export interface Position {
  readonly moment: number;
  /** The furthest moment that is known. */
  readonly end: number;
  /** Whether the recording goes on from here. */
  readonly live: boolean;
  /** Whether the machine moves at present; `moment` is then only where it was a little ago. */
  readonly running: boolean;
}

export interface GoToArguments {
  readonly moment: number;
}

export interface TypeArguments {
  readonly text: string;
}

export const positionOf = (session: Debugger): Position => {
  const { timeline } = session.launched('chronovisor/position').target;
  return { moment: timeline.now, end: timeline.end, live: timeline.atLiveEnd, running: session.running };
};

/** Begins a motion to a moment. */
export const goTo = (session: Debugger, destination: Moment): void => {
  const { traveller } = session.halted('chronovisor/goTo');
  const title = `Going to moment ${destination}`;
  session.move(traveller.goTo(destination), { title, destination, backwards: true, progress: true });
};

/** @throws {DapError} when the recording does not reach so far */
export const checkMoment = (session: Debugger, value: number, spelt: string): Moment => {
  const { timeline } = session.halted('chronovisor/goTo').target;
  if (!Number.isSafeInteger(value) || value < 0 || value > timeline.end) throw badMoment(spelt, timeline.end);
  return moment(value);
};

/** @throws {DapError} when there is nobody to type to */
export const typeText = (session: Debugger, typed: string): void => {
  const { live, timeline } = session.launched('chronovisor/type').target;
  if (live === undefined) throw pastIsFixed(timeline.now, timeline.end, false);
  live.type(new TextEncoder().encode(typed));
};

export const customRequests: readonly RequestRow[] = [
  request('chronovisor/position', {}, (session) => positionOf(session)),
  request('chronovisor/goTo', { moment: natural }, (session, args, call) => {
    const destination = checkMoment(session, args.moment, String(args.moment));
    call.after(() => goTo(session, destination));
  }),
  request('chronovisor/type', { text }, (session, args) => {
    typeText(session, args.text);
  }),
];
