/**
 * What the protocol has no request for: where one is in the recording, going to a moment, and typing at the guest's
 * console. The types here are the contract with whoever sends them.
 *
 *     chronovisor/position  ->  Position
 *     chronovisor/goTo      {moment}  ->  nothing; a `stopped` event with reason `goto` follows
 *     chronovisor/type      {text}    ->  nothing; the guest receives it at the live end
 *     chronovisor/stats     {reset?, sampling?}  ->  StatsAnswer: where time went and what there was how often
 *     chronovisor/symbols   {query, matching?, kinds?, start?, count?}  ->  SymbolsAnswer: what has such a name
 *
 * Those that are like a request of the protocol are beside it: `chronovisor/stepBackInto` and `chronovisor/stepBackOut` in
 * execution.ts, `chronovisor/goToLast` in target-requests.ts; `chronovisor/goToPanic` is in panic.ts.
 *
 * Nothing is sampled until `chronovisor/stats` is asked for the first time, so its first answer has counts and no times.
 * What it answers was true before it does what the arguments ask for.
 */

import type { DebugProtocol } from '@vscode/debugprotocol';
import * as v from 'valibot';
import { type Moment, moment } from '../../traces/time.ts';
import type { Stats } from '../stats/stats.ts';
import type { Debugger } from './debugger.ts';
import { badMoment, pastIsFixed } from './errors.ts';
import { afterNames, natural, optional, type RequestRow, request, text } from './request.ts';

export interface Position {
  readonly moment: number;
  /** The furthest moment that is known. */
  readonly end: number;
  /** Whether the recording goes on from here. */
  readonly live: boolean;
  /** Whether the machine moves at present; `moment` is then only where it was a little ago. */
  readonly running: boolean;
  /** Present where there is a live end to go back to: a finished recording has none, but a fork of it has. */
  readonly records?: true;
}

export interface GoToArguments {
  readonly moment: number;
}

export interface TypeArguments {
  readonly text: string;
}

export interface StatsArguments {
  /** Times and counts begin at zero after this answer. */
  readonly reset?: boolean;
  /** Whether time is sampled from here on; true when absent. A run that is sampled is a few per cent slower. */
  readonly sampling?: boolean;
}

/** Counts are since the launch or the last reset; times are of what was sampled since then. */
export interface StatsAnswer extends Stats {
  /** Whether time was sampled until now. */
  readonly sampling: boolean;
}

export interface SymbolsArguments {
  /** A part of the name, or some of its characters; `A` and `a` differ when there is a capital letter. */
  readonly query: string;
  /** `substring` unless it says otherwise; `fuzzy` finds names that have the characters in this order. */
  readonly matching?: 'substring' | 'fuzzy';
  /** Functions and data unless it says otherwise. */
  readonly kinds?: readonly ('function' | 'data' | 'type')[];
  /** The page: how many matches to pass over, none if absent, and how many to give, 100 if absent, at most 1000. */
  readonly start?: number;
  readonly count?: number;
}

/** The best matches first: those that begin with the text, then the shorter ones. */
export interface SymbolsAnswer {
  /** How many match, on all pages. */
  readonly total: number;
  readonly symbols: readonly SymbolFound[];
}

export interface SymbolFound {
  readonly name: string;
  readonly kind: 'function' | 'data' | 'type';
  /** In hexadecimal digits, as DAP has memory references; absent where there is no place in memory. */
  readonly memoryReference?: string;
  /** Where it is declared, when that is known. */
  readonly source?: DebugProtocol.Source;
  readonly line?: number;
}

const symbolsMax = 1000;
const symbolsEntries = {
  query: text,
  matching: optional(v.picklist(['substring', 'fuzzy'])),
  kinds: optional(v.array(v.picklist(['function', 'data', 'type']))),
  start: optional(natural),
  count: optional(natural),
};

export const symbolsOf = (
  session: Debugger,
  args: v.InferOutput<v.ObjectSchema<typeof symbolsEntries, undefined>>,
): SymbolsAnswer => {
  const { program, sources } = session.launched('chronovisor/symbols').target;
  const { query, matching, kinds, start, count } = args;
  const { total, symbols } = program.search({
    text: query.trim(),
    matching: matching ?? undefined,
    kinds: kinds ?? undefined,
    start: start ?? 0,
    count: Math.min(count ?? 100, symbolsMax),
  });
  const found = symbols.map(({ name, kind, address, source }) => ({
    name,
    kind,
    ...(address !== undefined && { memoryReference: `0x${address.toString(16)}` }),
    ...(source !== undefined && { source: sources.describe(source.path), line: source.line }),
  }));
  return { total, symbols: found };
};

const statsEntries = { reset: optional(v.boolean()), sampling: optional(v.boolean()) };

export const statsOf = (
  session: Debugger,
  { reset, sampling }: v.InferOutput<v.ObjectSchema<typeof statsEntries, undefined>>,
): StatsAnswer => {
  const { stats } = session.launched('chronovisor/stats').target;
  const answer = { sampling: stats.sampling, ...stats.read() };
  if (reset === true) stats.reset();
  if (sampling === false) stats.stop();
  else stats.start();
  return answer;
};

export const positionOf = (session: Debugger): Position => {
  const { timeline, live } = session.launched('chronovisor/position').target;
  const { now, end, atLiveEnd } = timeline;
  return { moment: now, end, live: atLiveEnd, running: session.running, ...(live !== undefined && { records: true }) };
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
  afterNames(request('chronovisor/symbols', symbolsEntries, symbolsOf)),
  request('chronovisor/stats', statsEntries, (session, args) => statsOf(session, args)),
];
