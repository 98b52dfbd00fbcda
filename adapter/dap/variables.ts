/** Requests about values: the groups of registers, what is in them, and changing them at the live end. */

import type { DebugProtocol } from '@vscode/debugprotocol';
import { fNames, xNames } from '../../vmm/isa/register-names.ts';
import { csrByName, csrIsReadOnly, csrRows } from '../../vmm/machine/csr.ts';
import type { Hart } from '../../vmm/machine/hart.ts';
import { isRegister } from '../../vmm/machine/registers.ts';
import { declare } from '../program/types/declaration.ts';
import { stripped } from '../program/types/type.ts';
import { csrFields, csrSummary, fieldValue } from './csr-fields.ts';
import type { Debugger } from './debugger.ts';
import { badValue, notWritable, unknownName } from './errors.ts';
import { floatText, parseFloatText } from './float-values.ts';
import { readLinked, type ViewFrame } from './frames.ts';
import type { Group } from './handles.ts';
import { natural, optional, type RequestRow, request, text, whole } from './request.ts';
import { frameBlocks, frameValue, namesAt, parseCondition, registerIn, scopeOf } from './scope.ts';
import type { Target } from './target.ts';
import { modeName } from './threads.ts';
import { trapWords } from './trap-words.ts';
import { numberOf, type Value } from './value.ts';
import { hasParts, indexedCount, partsOf, type Surroundings, valueText } from './value-text.ts';

type Variable = DebugProtocol.Variable;

/** Elements that are given at once where nobody says how many. */
const partsMax = 1000;

const hex = (value: bigint): string => `0x${value.toString(16)}`;
const floatCsrs = ['fcsr', 'frm', 'fflags'];
/** Causes are shown in words, which need two fields at once. */
const causes = ['scause', 'mcause'];

/** A register's value as it is shown: its number, and what the number means. */
export const registerText = (target: Target, hart: Hart, name: string): string => {
  const value = target.registers(hart)(name);
  if (fNames.includes(name) || /^f\d+$/.test(name)) return floatText(value);
  if (causes.includes(name)) return `${hex(value)} ${trapWords(value, 0n, 0n, () => '').split(' at ')[0]}`;
  const summary = csrSummary(name, value);
  if (summary !== undefined) return summary === '' ? hex(value) : `${hex(value)} ${summary}`;
  const symbolic = target.program.symbolic(value);
  return symbolic === undefined ? hex(value) : `${hex(value)} ${symbolic}`;
};

const plain = (name: string, value: string): Variable => ({
  name,
  value,
  variablesReference: 0,
  presentationHint: { attributes: ['readOnly'] },
});

const registerVariable = (session: Debugger, target: Target, hart: Hart, name: string, label = name): Variable => ({
  name: label,
  value: registerText(target, hart, name),
  evaluateName: `$${name}`,
  variablesReference:
    csrFields(name) === undefined ? 0 : session.handles.group({ kind: 'fields', hart, register: name }),
  ...(!fNames.includes(name) && { memoryReference: hex(target.registers(hart)(name)) }),
});

const trapVariables = (target: Target, hart: Hart): Variable[] => {
  const place = (address: bigint): string => target.programs.describe(hart, address);
  return (['s', 'm'] as const).flatMap((mode) => {
    const [cause, epc, value] = [hart.get(`${mode}cause`), hart.get(`${mode}epc`), hart.get(`${mode}tval`)];
    const into = mode === 's' ? 'S-mode' : 'M-mode';
    // No machine with compressed instructions raises cause 0 (Unprivileged, the C extension), so no trap has set it. A
    // kernel may have set the place all the same, to return to a lower mode for the first time.
    if (cause === 0n && value === 0n) return [plain(`into ${into}`, 'none yet')];
    return [
      plain(`into ${into}`, trapWords(cause, epc, value, place)),
      plain(`${mode}cause`, registerText(target, hart, `${mode}cause`)),
      { ...plain(`${mode}epc`, place(epc)), memoryReference: hex(epc) },
      { ...plain(`${mode}tval`, place(value)), memoryReference: hex(value) },
    ];
  });
};

const positionVariables = (target: Target, hart: Hart): Variable[] => {
  const { timeline, machine, session } = target;
  return [
    plain('moment', `${timeline.now}`),
    plain('end', timeline.atLiveEnd ? `${timeline.end} (live)` : `${timeline.end}`),
    plain('hart', `${hart.id}`),
    plain('steps of this hart', `${hart.count('steps')}`),
    plain('traps of this hart', `${hart.count('traps')}`),
    plain('mode', modeName(hart)),
    plain('clock', `${machine.ticks} ticks of 100 ns`),
    plain('recording', session.kind === 'live' ? 'being made' : 'made'),
  ];
};

const fieldVariables = (target: Target, hart: Hart, register: string): Variable[] => {
  const value = target.registers(hart)(register);
  return (csrFields(register) ?? []).map((field) => {
    const found = fieldValue(value, field);
    const words = field.words?.[String(found)];
    const number = found < 10n ? `${found}` : hex(found);
    return plain(field.name, words === undefined ? number : `${number} (${words})`);
  });
};

const variablesOf = (session: Debugger, target: Target, group: Group, start: number, count: number): Variable[] => {
  const { hart } = group;
  const variable = (name: string, label?: string): Variable => registerVariable(session, target, hart, name, label);
  switch (group.kind) {
    case 'registers':
      return [variable('pc'), ...xNames.map((name) => variable(name))];
    case 'csrs':
      return csrRows.filter(({ name }) => !floatCsrs.includes(name)).map(({ name }) => variable(name));
    case 'float':
      return [...floatCsrs.map((name) => variable(name)), ...fNames.map((name) => variable(name))];
    case 'trap':
      return trapVariables(target, hart);
    case 'position':
      return positionVariables(target, hart);
    case 'fields':
      return fieldVariables(target, hart, group.register);
    case 'restored':
      return ['pc', ...xNames].map((name) => restoredVariable(target, group.frame, name));
    case 'arguments':
    case 'locals':
      return frameVariables(session, target, group.frame, group.kind === 'arguments');
    case 'parts':
      return partsOf(group.value, surroundings(target, hart), start, count).map(({ name, value, path }) =>
        valueVariable(session, target, hart, name, value, path(group.path)),
      );
  }
};

const restoredVariable = (target: Target, frame: ViewFrame, name: string): Variable => {
  const value = registerIn(target, frame, name);
  const symbolic = value === undefined ? undefined : target.program.symbolic(value);
  if (value === undefined) return plain(name, '<not saved by the functions that were called>');
  return {
    ...plain(name, `${hex(value)}${symbolic === undefined ? '' : ` ${symbolic}`}`),
    memoryReference: hex(value),
  };
};

/** A name of an inner block hides that of an outer one. */
const frameVariables = (session: Debugger, target: Target, frame: ViewFrame, parameters: boolean): Variable[] => {
  const seen = new Set<string>();
  const found: Variable[] = [];
  for (const { variables } of frameBlocks(target, frame)) {
    for (const variable of variables) {
      if (variable.parameter !== parameters) continue;
      const { name } = variable;
      const hidden = seen.has(name);
      seen.add(name);
      const value = frameValue(target, frame, variable);
      const label = hidden ? `${name} (hidden, line ${variable.line ?? '?'})` : name;
      found.push(valueVariable(session, target, frame.hart, label, value, hidden ? undefined : name));
    }
  }
  return found;
};

export const surroundings = (target: Target, hart: Hart): Surroundings => ({
  read: (address, sizeBytes) => readLinked(target, hart, address, sizeBytes),
  symbolic: (address) => target.program.symbolic(address),
});

/** What can be opened of a value, as DAP says it. */
export const openable = (session: Debugger, target: Target, hart: Hart, value: Value, path: string) => {
  const indexed = indexedCount(value);
  const opens = target.program.try(() => hasParts(value, surroundings(target, hart))) ?? false;
  const at = value.address ?? pointedAt(target, hart, value);
  return {
    variablesReference: opens ? session.handles.group({ kind: 'parts', hart, value, path }) : 0,
    ...(opens && indexed !== undefined && { indexedVariables: indexed }),
    ...(at !== undefined && { memoryReference: hex(at) }),
  };
};

/** Where a pointer leads: what a person wants to see of its memory. */
const pointedAt = (target: Target, hart: Hart, value: Value): bigint | undefined => {
  if (stripped(value.type)?.kind !== 'pointer') return undefined;
  const found = numberOf(value, surroundings(target, hart).read);
  return typeof found === 'bigint' ? found : undefined;
};

const valueVariable = (
  session: Debugger,
  target: Target,
  hart: Hart,
  name: string,
  value: Value,
  path: string | undefined,
): Variable => ({
  name,
  value: target.program.try(() => valueText(value, surroundings(target, hart))) ?? '<the debug information is damaged>',
  ...(value.type !== undefined && { type: declare(value.type) }),
  ...(path !== undefined && { evaluateName: path }),
  ...openable(session, target, hart, value, path ?? name),
  presentationHint: { attributes: ['readOnly'] },
});

/** Sets a register as an input of the recording. Gives what it holds then, which for a CSR may be less than was asked. */
const setRegister = (session: Debugger, target: Target, hart: Hart, spelt: string, text: string): object => {
  const name = spelt.replace(/^\$/, '');
  if (!isRegister(name)) throw csrFields(name) === undefined ? unknownName(spelt) : notWritable(spelt);
  if (!isWritable(name)) throw notWritable(name);
  const value = valueTyped(target, hart, name, text);
  target.needLiveEnd().recorder.input({ kind: 'setRegister', hart: hart.id, register: name, value });
  session.send('invalidated', { areas: ['stacks', 'variables'] });
  return { value: registerText(target, hart, name) };
};

const isRegisterGroup = ({ kind }: Group): boolean =>
  kind === 'registers' || kind === 'csrs' || kind === 'float' || kind === 'trap' || kind === 'position';

const isWritable = (name: string): boolean => {
  if (name === 'zero' || name === 'x0' || name === 'privilege') return false;
  const row = csrByName(name);
  return row === undefined || (row.write !== undefined && !csrIsReadOnly(row.number));
};

const valueTyped = (target: Target, hart: Hart, name: string, text: string): bigint => {
  const isFloat = fNames.includes(name) || /^f\d+$/.test(name);
  // "1.5" is no expression, and "1" for a floating-point register is more often 1.0 than the smallest denormal.
  const float = isFloat ? parseFloatText(text) : undefined;
  if (float !== undefined) return float;
  if (text.trim() === '') throw badValue(name, text, 'a number or an expression');
  return parseCondition(text, namesAt(target.program))(scopeOf(target, hart));
};

export const variableRequests: readonly RequestRow[] = [
  request(
    'variables',
    { variablesReference: whole, start: optional(natural), count: optional(natural) },
    (session, { variablesReference, start, count }) => {
      const { target: whole } = session.halted('variables');
      const group = session.handles.groupOf(variablesReference);
      const target = whole.seenFrom('frame' in group ? group.frame.program : whole.programs.at(group.hart));
      const from = start ?? 0;
      if (group.kind === 'parts') {
        const most = (count ?? 0) > 0 ? Math.min(count!, partsMax) : partsMax;
        return { variables: variablesOf(session, target, group, from, most) };
      }
      const all = variablesOf(session, target, group, 0, partsMax);
      return { variables: (count ?? 0) > 0 ? all.slice(from, from + count!) : all.slice(from) };
    },
  ),
  request('setVariable', { variablesReference: whole, name: text, value: text }, (session, args) => {
    const { target } = session.halted('setVariable');
    const group = session.handles.groupOf(args.variablesReference);
    if (group.kind === 'fields') throw notWritable(`${group.register}.${args.name}`);
    if (!isRegisterGroup(group)) throw notWritable(args.name);
    return setRegister(session, target, group.hart, args.name, args.value);
  }),
  request('setExpression', { expression: text, value: text, frameId: optional(whole) }, (session, args) => {
    const { target } = session.halted('setExpression');
    const hart = session.hartOf(args.frameId ?? undefined, target);
    return setRegister(session, target, hart, args.expression.trim(), args.value);
  }),
];
