/** Messages of log points: text with expressions in braces, `called with {a0} at {pc}`. */

import { type Expression, type Names, parseExpression, type RegisterReader } from './expression.ts';

export type LogMessage = (register: RegisterReader) => string;

/** @throws {DapError} when an expression in braces is wrong */
export const parseLogMessage = (text: string, names: Names): LogMessage => {
  const parts = text.split(/\{([^{}]*)\}/).map((part, index): string | Expression =>
    // Every second part of a split is what the group matched.
    index % 2 === 1 ? parseExpression(part, names) : part,
  );
  return (register) =>
    parts.map((part) => (typeof part === 'string' ? part : `0x${part(register).toString(16)}`)).join('');
};
