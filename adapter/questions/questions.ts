/** THE table of questions, and how one is written as a line of text: `last-write &proc[3].state`, `traps --cause 13 --last`. */

import { becomes } from './becomes.ts';
import { calls } from './calls.ts';
import { unknownQuestion } from './errors.ts';
import { executed, log } from './executions.ts';
import { consoleChar } from './printed.ts';
import type { Question, Words } from './question.ts';
import { traps } from './traps.ts';
import { valueOrigin } from './value-origin.ts';
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
  valueOrigin,
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

/** Those that have no value behind them, and those that have. */
const flags: ReadonlySet<string> = new Set(['last', 'next', 'count', 'all']);
const valued: ReadonlySet<string> = new Set(['if', 'hits', 'cause', 'from', 'to', 'size']);

/**
 * A question with its arguments out of a line of text.
 * @throws {QuestionError} when there is no such question
 */
export const parseQuestion = (line: string): { readonly question: Question; readonly args: unknown } => {
  const [, name = '', rest = ''] = /^\s*(\S*)\s*(.*)$/s.exec(line) ?? [];
  const found = questionNamed(name);
  const words = wordsOf(rest);
  const { from, to } = words.options;
  const range = { ...(from !== undefined && { from: Number(from) }), ...(to !== undefined && { to: Number(to) }) };
  return { question: found, args: { ...found.argumentsOf(words), ...range } };
};

/** Options are at the end, each `--name` or `--name value`; what is called otherwise is a part of an expression. */
const wordsOf = (text: string): Words => {
  const options: Record<string, string | true> = {};
  const parts = text.split(/(?:^|\s)(?=--[a-z]+(?:\s|$))/);
  for (;;) {
    const [, name, value] = /^--([a-z]+)\s*(.*)$/s.exec(parts.at(-1) ?? '') ?? [];
    const isOption = name !== undefined && (value === '' ? flags : valued).has(name);
    if (!isOption) return { rest: parts.join(' ').trim(), options };
    options[name] = value === '' ? true : value!.trim().replace(/^"(.*)"$/s, '$1');
    parts.pop();
  }
};
