/** What an entry of the table of requests is: a command, the shape of its arguments, and what answers it. */

import * as v from 'valibot';
import type { Debugger } from './debugger.ts';
import { badArguments, type DapError } from './errors.ts';

/** One request on its way to its answer. */
export interface Call {
  readonly command: string;
  /** Something to do as soon as the answer is sent. */
  readonly after: (act: () => void) => void;
}

export interface RequestRow {
  readonly command: string;
  /** The shapes of the arguments' fields. */
  readonly entries: v.ObjectEntries;
  /** Checks the arguments, then gives the answer's body. */
  readonly answer: (session: Debugger, args: unknown, call: Call) => object | undefined | Promise<object | undefined>;
}

/** `entries` are the arguments' fields; what the protocol has besides is ignored. An answer may have no body. */
export const request = <const Entries extends v.ObjectEntries>(
  command: string,
  entries: Entries,
  answer: (
    session: Debugger,
    args: v.InferOutput<v.ObjectSchema<Entries, undefined>>,
    call: Call,
  ) => object | undefined | Promise<object | undefined>,
): RequestRow => {
  const schema = v.object(entries);
  return {
    command,
    entries,
    answer: (session, args, call) => {
      const checked = v.safeParse(schema, args ?? {}, { abortEarly: true });
      if (!checked.success) throw problemOf(command, checked.issues[0]);
      return answer(session, checked.output, call);
    },
  };
};

/**
 * A request that asks for names of the program by what they are called: it is answered once they are collected.
 * @param asks whether these arguments, not checked yet, ask for any
 */
export const afterNames = (row: RequestRow, asks: (args: unknown) => boolean = () => true): RequestRow => ({
  ...row,
  answer: (session, args, call) => {
    const { collecting } = session;
    if (collecting === undefined || !asks(args)) return row.answer(session, args, call);
    return session.hold(collecting.then(() => row.answer(session, args, call)));
  },
});

/** A request that takes it for granted that those before it are answered. */
export const afterHeld = (row: RequestRow): RequestRow => ({
  ...row,
  answer: (session, args, call) => {
    const { held } = session;
    if (held === undefined) return row.answer(session, args, call);
    return held.then(() => row.answer(session, args, call));
  },
});

const problemOf = (command: string, issue: v.BaseIssue<unknown>): DapError =>
  badArguments(command, v.getDotPath(issue) ?? '', issue.message);

const textMax = 65_536;

/** Shapes that many arguments have. */
export const text = v.pipe(v.string(), v.maxLength(textMax));
export const whole = v.pipe(v.number(), v.safeInteger());
export const natural = v.pipe(v.number(), v.safeInteger(), v.minValue(0));
export const optional = <Schema extends v.GenericSchema>(schema: Schema) => v.nullish(schema);
