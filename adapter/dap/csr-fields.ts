/**
 * The fields of CSRs for people: THE table, one row a register, as the manual draws them. Registers that are one number
 * have no row. It reads nothing and changes nothing.
 */

import { exceptions, interrupts } from './trap-words.ts';

export interface CsrField {
  readonly name: string;
  /** Bits high:low, both counted. */
  readonly high: number;
  readonly low: number;
  /** Words for values, by value. */
  readonly words?: Readonly<Record<string, string>>;
}

export const fieldValue = (register: bigint, { high, low }: CsrField): bigint =>
  BigInt.asUintN(high - low + 1, register >> BigInt(low));

/** The fields of a register, or `undefined` when it is one number. */
export const csrFields = (name: string): readonly CsrField[] | undefined => rows[name];

/** What a decoded register says in one line: its set bits and its fields with words. */
export const csrSummary = (name: string, register: bigint): string | undefined => {
  const fields = csrFields(name);
  if (fields === undefined) return undefined;
  const said = fields.flatMap((field) => {
    const value = fieldValue(register, field);
    const words = field.words?.[String(value)];
    if (field.high === field.low && words === undefined) return value === 1n ? [field.name] : [];
    return [`${field.name}=${words ?? (value < 10n ? value : `0x${value.toString(16)}`)}`];
  });
  return said.join(' ');
};

const bit = (name: string, at: number): CsrField => ({ name, high: at, low: at });
const bits = (name: string, high: number, low: number, words?: CsrField['words']): CsrField => ({
  name,
  high,
  low,
  ...(words && { words }),
});

const modes = { 0: 'U', 1: 'S', 3: 'M' };
const dirtiness = { 0: 'off', 1: 'initial', 2: 'clean', 3: 'dirty' };
const widths = { 1: '32', 2: '64', 3: '128' };
const vectoring = { 0: 'direct', 1: 'vectored' };
const translations = { 0: 'bare', 8: 'Sv39', 9: 'Sv48', 10: 'Sv57' };
const rounding = {
  0: 'to nearest, ties to even',
  1: 'towards zero',
  2: 'down',
  3: 'up',
  4: 'to nearest, ties away from zero',
};

const allExceptions = exceptions.map(({ code, words }) => bit(words, code));
const allInterrupts = interrupts.map(({ code, id }) => ({ code, name: id.toUpperCase() }));
const supervisorInterrupts = allInterrupts.filter(({ name }) => name.startsWith('S'));
const withSuffix = (of: readonly { readonly code: number; readonly name: string }[], suffix: string): CsrField[] =>
  of.map(({ code, name }) => bit(`${name}${suffix}`, code));

const trapVector = [bits('BASE', 63, 2), bits('MODE', 1, 0, vectoring)];
const counters = [bit('CY', 0), bit('TM', 1), bit('IR', 2), bits('HPM', 31, 3)];
const flags = [bit('NX', 0), bit('UF', 1), bit('OF', 2), bit('DZ', 3), bit('NV', 4)];
const permissions = { 0: '-', 1: 'r', 2: 'w', 3: 'rw', 4: 'x', 5: 'rx', 6: 'wx', 7: 'rwx' };
const matching = { 0: 'off', 1: 'TOR', 2: 'NA4', 3: 'NAPOT' };
const protection = (first: number): CsrField[] =>
  Array.from({ length: 8 }, (_, index) => [
    bits(`${first + index} permits`, index * 8 + 2, index * 8, permissions),
    bits(`${first + index} matches`, index * 8 + 4, index * 8 + 3, matching),
    bit(`${first + index} locked`, index * 8 + 7),
  ]).flat();

/** A cause is a word of its own: the code's meaning depends on the interrupt bit, so both are one field here. */
const causeFields = [bit('Interrupt', 63), bits('Exception Code', 62, 0)];

const supervisorStatus = [
  bit('SIE', 1),
  bit('SPIE', 5),
  bits('SPP', 8, 8, modes),
  bits('FS', 14, 13, dirtiness),
  bit('SUM', 18),
  bit('MXR', 19),
  bits('UXL', 33, 32, widths),
  bit('SD', 63),
];

const rows: Readonly<Record<string, readonly CsrField[]>> = {
  sstatus: supervisorStatus,
  mstatus: [
    bit('SIE', 1),
    bit('MIE', 3),
    bit('SPIE', 5),
    bit('MPIE', 7),
    bits('SPP', 8, 8, modes),
    bits('MPP', 12, 11, modes),
    bits('FS', 14, 13, dirtiness),
    bit('MPRV', 17),
    bit('SUM', 18),
    bit('MXR', 19),
    bit('TVM', 20),
    bit('TW', 21),
    bit('TSR', 22),
    bits('UXL', 33, 32, widths),
    bits('SXL', 35, 34, widths),
    bit('SD', 63),
  ],
  misa: [bits('MXL', 63, 62, widths), ...[...'ABCDFHIMSUV'].map((letter) => bit(letter, letter.charCodeAt(0) - 65))],
  satp: [bits('MODE', 63, 60, translations), bits('ASID', 59, 44), bits('PPN', 43, 0)],
  scause: causeFields,
  mcause: causeFields,
  stvec: trapVector,
  mtvec: trapVector,
  sie: withSuffix(supervisorInterrupts, 'E'),
  sip: withSuffix(supervisorInterrupts, 'P'),
  mie: withSuffix(allInterrupts, 'E'),
  mip: withSuffix(allInterrupts, 'P'),
  medeleg: allExceptions,
  mideleg: withSuffix(allInterrupts, ''),
  scounteren: counters,
  mcounteren: counters,
  mcountinhibit: [bit('CY', 0), bit('IR', 2), bits('HPM', 31, 3)],
  senvcfg: [bit('FIOM', 0)],
  menvcfg: [bit('FIOM', 0), bit('STCE', 63)],
  fflags: flags,
  frm: [bits('RM', 2, 0, rounding)],
  fcsr: [bits('RM', 7, 5, rounding), ...flags],
  pmpcfg0: protection(0),
  pmpcfg2: protection(8),
};
