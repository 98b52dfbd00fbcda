/**
 * The request that sets stops at what the guest does, for which the protocol has none:
 *
 *     chronovisor/setStops  {stops: StopAsked[]}  ->  SetStopsAnswer, one answer for each in their order
 *
 * It replaces all that were set by it. They stop a run in both directions at the same moments: the one after the step that
 * did it. The `stopped` event has the reason `guest stop` and says in `text` what happened. Programs are named as they are
 * in the launch configuration; an expression is of the kernel's variables unless it says otherwise, and of memory: a register
 * in it is refused.
 */

import * as v from 'valibot';
import type { Privilege } from '../../vmm/machine/hart.ts';
import { InputError } from '../program/input-error.ts';
import type { Debugger } from './debugger.ts';
import { badStop } from './errors.ts';
import type { GuestStop } from './guest-stops.ts';
import { natural, optional, type RequestRow, request, text } from './request.ts';
import { currentHart } from './stops.ts';
import { WatchedExpression } from './watched-expression.ts';

export type StopAsked =
  /** A hart, or any, comes to the mode; without one, to another mode than it had. */
  | { readonly kind: 'mode'; readonly mode?: 'U' | 'S' | 'M'; readonly hart?: number }
  /** A hart, or any, gets this satp; without one, another than it had. In hexadecimal digits. */
  | { readonly kind: 'process'; readonly satp?: string; readonly hart?: number }
  /** The guest prints the text, or what a regular expression matches, however many writes it takes. */
  | { readonly kind: 'console'; readonly text: string }
  | { readonly kind: 'console'; readonly pattern: string; readonly ignoreCase?: boolean }
  /** An expression was not true and becomes true. */
  | { readonly kind: 'expression'; readonly expression: string; readonly program?: string };

export interface SetStopsAnswer {
  readonly stops: readonly StopAnswer[];
}

/** What is not verified is not set, and `message` says why. */
export interface StopAnswer {
  readonly verified: boolean;
  readonly message?: string;
}

const stopsMax = 100;
const modes: Readonly<Record<string, Privilege>> = { U: 0, S: 1, M: 3 };

const asked = v.object({
  kind: v.picklist(['mode', 'process', 'console', 'expression']),
  hart: optional(natural),
  mode: optional(v.picklist(['U', 'S', 'M'])),
  satp: optional(text),
  text: optional(text),
  pattern: optional(text),
  ignoreCase: optional(v.boolean()),
  expression: optional(text),
  program: optional(text),
});
type Asked = v.InferOutput<typeof asked>;

/** @throws {InputError} when there is no such stop */
const stopOf = (session: Debugger, stop: Asked): GuestStop => {
  const { target } = session.launched('chronovisor/setStops');
  const { harts } = target.machine;
  if (stop.hart != null && stop.hart >= harts.length)
    throw badStop('hart', `a hart below ${harts.length}`, `${stop.hart}`);
  const hart = stop.hart == null ? {} : { hart: stop.hart };
  switch (stop.kind) {
    case 'mode':
      return { kind: 'mode', ...hart, ...(stop.mode != null && { mode: modes[stop.mode]! }) };
    case 'process':
      return { kind: 'process', ...hart, ...(stop.satp != null && { satp: satpFrom(stop.satp) }) };
    case 'console':
      return { kind: 'console', ...patternFrom(stop) };
    case 'expression': {
      const { all, kernel } = target.programs;
      const program = stop.program == null ? kernel : all.find(({ label }) => label === stop.program);
      if (program === undefined) throw badStop('program', 'the name of a program of this session', stop.program ?? '');
      if (stop.expression == null) throw badStop('expression', 'an expression of memory', 'none');
      const expression = new WatchedExpression(target, program, currentHart(target.machine), stop.expression);
      return { kind: 'expression', expression };
    }
  }
};

const satpFrom = (digits: string): bigint => {
  if (!/^(0x)?[\da-f]{1,16}$/i.test(digits)) throw badStop('satp', 'a number such as 0x8000000000080200', digits);
  return BigInt(digits.replace(/^(0x)?/i, '0x'));
};

/** What only an engine can match that may take exponential time (v8-flags.ts): references back, and looking around. */
const slow = /\\[1-9]|\\k<|\(\?<?[=!]/;

/** Of bytes, a character each, as the tape of the console is searched. */
const patternFrom = ({
  text: plain,
  pattern,
  ignoreCase,
}: Asked): Pick<GuestStop & { kind: 'console' }, 'pattern' | 'words'> => {
  const bytes = (found: string): string => Buffer.from(found).toString('latin1');
  if (plain != null && plain !== '') {
    const escaped = bytes(plain).replace(/[\\^$.*+?()[\]{}|/]/g, '\\$&');
    return { pattern: new RegExp(escaped, 'g'), words: JSON.stringify(plain) };
  }
  if (pattern == null || pattern === '') throw badStop('text', 'a text or a pattern', 'none');
  if (slow.test(pattern)) throw badStop('pattern', 'one without \\1, \\k<name> and conditions as (?=...)', pattern);
  try {
    const flags = ignoreCase === true ? 'gi' : 'g';
    return { pattern: new RegExp(bytes(pattern), flags), words: `what /${pattern}/ matches` };
  } catch (error) {
    throw badStop('pattern', 'a regular expression as JavaScript has them', (error as Error).message);
  }
};

const setStops = (session: Debugger, all: readonly Asked[]): SetStopsAnswer => {
  session.halted('chronovisor/setStops');
  const accepted: GuestStop[] = [];
  const stops = all.map((stop): StopAnswer => {
    try {
      accepted.push(stopOf(session, stop));
      return { verified: true };
    } catch (error) {
      if (error instanceof InputError) return { verified: false, message: error.message };
      throw error;
    }
  });
  session.guestStops.set(accepted);
  return { stops };
};

export const stopRequests: readonly RequestRow[] = [
  request('chronovisor/setStops', { stops: v.pipe(v.array(asked), v.maxLength(stopsMax)) }, (session, args) =>
    setStops(session, args.stops),
  ),
];
