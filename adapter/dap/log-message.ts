/** Messages of log points: text with expressions in braces, `called with {a0} at {pc}`, `name {entry->name,s}`. */

import type { Scope } from '../expressions/evaluate.ts';
import type { Names } from '../expressions/parse.ts';
import { evaluateWatch, parseWatch, type Watch } from '../expressions/watch.ts';
import { InputError } from '../program/input-error.ts';
import { type Surroundings, valueText } from '../values/text.ts';
import { numberOf } from '../values/value.ts';

export type LogMessage = (scope: Scope, symbolic: Surroundings['symbolic']) => string;

/** @throws {InputError} when an expression in braces is wrong */
export const parseLogMessage = (text: string, names: Names): LogMessage => {
  // Every second part of a split is what the group matched.
  const parts = text
    .split(/\{([^{}]*)\}/)
    .map((part, index): string | Watch => (index % 2 === 0 ? part : parseWatch(part, names)));
  return (scope, symbolic) =>
    parts.map((part) => (typeof part === 'string' ? part : said(part, scope, symbolic))).join('');
};

const said = (watch: Watch, scope: Scope, symbolic: Surroundings['symbolic']): string => {
  try {
    const value = evaluateWatch(watch, scope);
    const isPlain = value.type === undefined && value.list === undefined && watch.letter === undefined;
    const bits = isPlain ? numberOf(value, scope.read) : undefined;
    return typeof bits === 'bigint'
      ? `0x${bits.toString(16)}`
      : valueText(value, { read: scope.read, symbolic }, watch.letter);
  } catch (error) {
    if (error instanceof InputError) return `<${error.message}>`;
    throw error;
  }
};
