/** Messages of log points: text with expressions in braces, `called with {a0} at {pc}`, `name {entry->name,s}`. */

import { InputError } from '../program/input-error.ts';
import { evaluateExpression, type Scope } from './evaluate-expression.ts';
import { type Names, type Node, parseExpression } from './expression.ts';
import { numberOf } from './value.ts';
import { type Format, type Surroundings, splitFormat, valueText } from './value-text.ts';

export type LogMessage = (scope: Scope, symbolic: Surroundings['symbolic']) => string;

interface Part {
  readonly node: Node;
  readonly format: Format | undefined;
}

/** @throws {DapError} when an expression in braces is wrong */
export const parseLogMessage = (text: string, names: Names): LogMessage => {
  const parts = text.split(/\{([^{}]*)\}/).map((part, index): string | Part => {
    // Every second part of a split is what the group matched.
    if (index % 2 === 0) return part;
    const { expression, format } = splitFormat(part);
    return { node: parseExpression(expression, names), format };
  });
  return (scope, symbolic) =>
    parts.map((part) => (typeof part === 'string' ? part : said(part, scope, symbolic))).join('');
};

const said = ({ node, format }: Part, scope: Scope, symbolic: Surroundings['symbolic']): string => {
  try {
    const value = evaluateExpression(node, scope);
    const bits = value.type === undefined && format === undefined ? numberOf(value, scope.read) : undefined;
    return typeof bits === 'bigint'
      ? `0x${bits.toString(16)}`
      : valueText(value, { read: scope.read, symbolic }, format);
  } catch (error) {
    if (error instanceof InputError) return `<${error.message}>`;
    throw error;
  }
};
