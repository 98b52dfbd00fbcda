/** Registers as variables: of a hart or restored for a caller, the fields of control and status registers, the last trap. */

import type { DebugProtocol } from '@vscode/debugprotocol';
import { fNames } from '../../vmm/isa/register-names.ts';
import type { Hart } from '../../vmm/machine/hart.ts';
import { floatText } from '../values/float-registers.ts';
import { csrFields, csrSummary, fieldValue } from './csr-fields.ts';
import type { Debugger } from './debugger.ts';
import type { ViewFrame } from './frames.ts';
import { registerIn } from './scope.ts';
import type { Target } from './target.ts';
import { modeName } from './threads.ts';
import { trapWords } from './trap-words.ts';

type Variable = DebugProtocol.Variable;

const hex = (value: bigint): string => `0x${value.toString(16)}`;
export const floatCsrs = ['fcsr', 'frm', 'fflags'];
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

export const plain = (name: string, value: string): Variable => ({
  name,
  value,
  variablesReference: 0,
  presentationHint: { attributes: ['readOnly'] },
});

export const registerVariable = (
  session: Debugger,
  target: Target,
  hart: Hart,
  name: string,
  label = name,
): Variable => ({
  name: label,
  value: registerText(target, hart, name),
  evaluateName: `$${name}`,
  variablesReference:
    csrFields(name) === undefined ? 0 : session.handles.group({ kind: 'fields', hart, register: name }),
  ...(!fNames.includes(name) && { memoryReference: hex(target.registers(hart)(name)) }),
});

export const trapVariables = (target: Target, hart: Hart): Variable[] => {
  const place = (address: bigint): string => target.program.describe(address);
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

export const positionVariables = (target: Target, hart: Hart): Variable[] => {
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

export const fieldVariables = (target: Target, hart: Hart, register: string): Variable[] => {
  const value = target.registers(hart)(register);
  return (csrFields(register) ?? []).map((field) => {
    const found = fieldValue(value, field);
    const words = field.words?.[String(found)];
    const number = found < 10n ? `${found}` : hex(found);
    return plain(field.name, words === undefined ? number : `${number} (${words})`);
  });
};

export const restoredVariable = (target: Target, frame: ViewFrame, name: string): Variable => {
  const value = registerIn(target, frame, name);
  const symbolic = value === undefined ? undefined : target.program.symbolic(value);
  if (value === undefined) return plain(name, '<not saved by the functions that were called>');
  return {
    ...plain(name, `${hex(value)}${symbolic === undefined ? '' : ` ${symbolic}`}`),
    memoryReference: hex(value),
  };
};
