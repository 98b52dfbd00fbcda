/** THE table of questions, and how one is written as a line of text: `last-write &proc[3].state`, `traps --cause 13 --last`. */

import { becomes } from './becomes.ts';
import { calls } from './calls.ts';
import { unknownQuestion } from './errors.ts';
import { executed, log } from './executions.ts';
import { consoleChar } from './printed.ts';
import type { Question, Words } from './question.ts';
import { traps } from './traps.ts';
import { firstWrite, lastWrite, writes } from './writes.ts';

export const questions: readonly Question[] = [
  lastWrite,
  firstWrite,
  writes,
  executed,
  calls,
  becomes,
  traps,
  consoleChar,
  log,
];

/** @throws {QuestionError} when there is no such question */
export const questionNamed = (name: string): Question => {
  const found = questions.find((one) => one.name === name);
  if (found === undefined)
    throw unknownQuestion(
      name,
      questions.map((one) => one.name),
    );
  return found;
};

/** Options that have no value behind them. */
const flags: ReadonlySet<string> = new Set(['last', 'next', 'count', 'all']);

/**
 * A question with its arguments out of a line of text.
 * @throws {QuestionError} when there is no such question
 */
export const parseQuestion = (line: string): { readonly question: Question; readonly args: unknown } => {
  const [, name = '', rest = ''] = /^\s*(\S*)\s*(.*)$/s.exec(line) ?? [];
  const found = questionNamed(name);
  return { question: found, args: found.argumentsOf(wordsOf(rest)) };
};

/** Options are at the end, each `--name` or `--name value`; a decrement of an expression is none. */
const wordsOf = (text: string): Words => {
  const options: Record<string, string | true> = {};
  let rest = text.trim();
  for (;;) {
    const found = /(?:^|\s)--([a-z]+)(?:\s+("(?:[^"\\]|\\.)*"|(?:(?!\s--[a-z]|").)*))?$/s.exec(rest);
    const [whole, name, value] = found ?? [];
    if (whole === undefined || name === undefined) return { rest, options };
    const hasValue = value !== undefined && value.trim() !== '';
    if (flags.has(name) === hasValue) return { rest, options };
    options[name] = hasValue ? value.trim().replace(/^"(.*)"$/s, '$1') : true;
    rest = rest.slice(0, rest.length - whole.length).trim();
  }
};
