/**
 * What a person may go on typing in an expression: members behind `.` and `->`, registers behind `$` and their fields, names
 * in scope and of the program, commands of the console. It evaluates what stands before a member, and changes nothing.
 */

import type { DebugProtocol } from '@vscode/debugprotocol';
import { fNames, xNames } from '../../vmm/isa/register-names.ts';
import { csrRows } from '../../vmm/machine/csr.ts';
import { evaluateExpression } from '../expressions/evaluate.ts';
import { parseExpression } from '../expressions/parse.ts';
import { InputError } from '../program/input-error.ts';
import { pathOfWritten } from '../program/symbol-names.ts';
import { stripped } from '../program/types/type.ts';
import { membersIn } from '../values/parts.ts';
import { targetOf } from '../values/value.ts';
import { csrFields } from './csr-fields.ts';
import type { ViewFrame } from './frames.ts';
import { optional, type RequestRow, request, text, whole } from './request.ts';
import { frameBlocks, scopeOf } from './scope.ts';
import type { Target } from './target.ts';
import { namesIn, type Viewpoint, viewpointOf } from './viewpoint.ts';

type Item = DebugProtocol.CompletionItem;

const itemsMax = 200;
/** Nobody types more; what is looked at takes more than linear time. */
const typedMax = 4096;
const words = ['sizeof', 'offsetof', 'container_of', 'true', 'false', 'NULL'];

/** What is typed is split at the last joint: what stands before it, and what has been begun behind it. */
const lastJoint = /^(?<before>.*?)(?<joint>\.|->)\s*(?<begun>\w*)$/s;

/** The expression that ends here, as far as it goes back: names, joints, and what is in brackets. */
const operandAtEnd = (text: string): string => {
  let at = text.length;
  let depth = 0;
  for (; at > 0; at--) {
    const character = text[at - 1]!;
    if (character === ')' || character === ']') depth += 1;
    else if (character === '(' || character === '[') {
      if (depth === 0) break;
      depth -= 1;
    } else if (depth === 0 && !/[\w$.:>]/.test(character) && !(character === '-' && text[at] === '>')) break;
    else if (depth === 0 && character === '>' && text[at - 2] !== '-') break;
  }
  return text.slice(at);
};

export const completionsOf = ({ target, frame }: Viewpoint, typed: string): readonly Item[] => {
  const register = /\$(\w*)(?:\.(\w*))?$/.exec(typed);
  if (register !== null) return registerItems(register[1]!, register[2]);
  const joint = lastJoint.exec(typed)?.groups;
  if (joint !== undefined) return memberItems(target, frame, operandAtEnd(joint.before!.trimEnd()), joint.begun!);
  return nameItems(target, frame, /[\w:]*$/.exec(typed)![0]);
};

const registerItems = (name: string, field: string | undefined): readonly Item[] => {
  if (field !== undefined) {
    const found = (csrFields(name) ?? []).filter((row) => row.name.startsWith(field));
    return found.map((row) => item(row.name, 'property', field.length));
  }
  const names = ['pc', ...xNames, 'fp', ...fNames, ...csrRows.map((row) => row.name)];
  return names.filter((one) => one.startsWith(name)).map((one) => item(one, 'variable', name.length));
};

const item = (label: string, type: Item['type'], length: number, detail?: string): Item => ({
  label,
  ...(type !== undefined && { type }),
  // Clients replace what was begun by what is chosen.
  length,
  ...(detail !== undefined && { detail }),
});

const memberItems = (target: Target, frame: ViewFrame, object: string, begun: string): readonly Item[] => {
  if (object === '') return [];
  try {
    const scope = scopeOf(target, frame.hart, frame);
    let value = evaluateExpression(parseExpression(object, namesIn(frame)), scope);
    if (stripped(value.type)?.kind === 'pointer') value = targetOf(value, scope.read);
    return membersIn(value, scope.read)
      .filter(({ name }) => name.startsWith(begun))
      .slice(0, itemsMax)
      .map(({ name, detail }) => item(name, 'field', begun.length, detail));
  } catch (error) {
    if (error instanceof InputError) return [];
    throw error;
  }
};

const nameItems = (target: Target, frame: ViewFrame, begun: string): readonly Item[] => {
  const locals = frameBlocks(target, frame).flatMap(({ variables }) => variables.map(({ name }) => name));
  const names = target.program.info?.names;
  const kinds = ['variable', 'function', 'enumerator'] as const;
  const globals = begun.length < 2 ? [] : (names?.search(begun, { kinds, limit: itemsMax, caseSensitive: true }) ?? []);
  const all = [...locals, ...words, ...globals.map(({ name }) => name), ...symbolsNamed(target, begun)];
  const fitting = [...new Set(all)].filter((name) => name.startsWith(begun));
  return fitting.slice(0, itemsMax).map((name) => item(name, 'variable', begun.length));
};

/** Names that a program knows without debug information, as far as they can be typed. */
const symbolsNamed = ({ program }: Target, begun: string): readonly string[] => {
  if (begun.length < 2) return [];
  const { symbols } = program.search({ text: begun, start: 0, count: itemsMax });
  return symbols.flatMap(({ name }) => pathOfWritten(name) ?? []);
};

export const completionRequests: readonly RequestRow[] = [
  request('completions', { frameId: optional(whole), text, column: whole, line: optional(whole) }, (session, args) => {
    const { target } = session.halted('completions');
    const from = viewpointOf(session, target, args.frameId);
    const line = args.text.split('\n')[Math.max(0, (args.line ?? 1) - 1)] ?? '';
    return { targets: completionsOf(from, line.slice(0, Math.max(0, args.column - 1)).slice(-typedMax)) };
  }),
];
