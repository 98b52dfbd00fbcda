/** What the translator must know of rows before it emits them, found by walking their meanings once. */

import type { FloatHelperName } from '../../float/helpers.ts';
import {
  type Binary,
  type Effect,
  effectValues,
  type SystemOp,
  type Unary,
  type Value,
  valueChildren,
  type XField,
} from '../../isa/meaning.ts';
import type { Row } from '../../isa/row.ts';
import { isInLibrary } from '../library.ts';
import { isSignExtended } from '../narrow-values.ts';

/** Where control goes after an instruction. `on`: just to the next one. */
export type Flow = 'on' | 'branch' | 'jump' | 'system';

export interface RowFacts {
  /** Which integer register fields the meaning names; those that the machine reads and writes, too. */
  readonly rs1: boolean;
  readonly rs2: boolean;
  readonly rd: boolean;
  /** Whether an instruction of this row may leave the region before it is done: an access to memory, or the machine's. */
  readonly mayLeave: boolean;
  readonly flow: Flow;
  readonly isSystem: boolean;
  readonly isAuipc: boolean;
  /** Bytes of memory that it reads or writes at rs1 plus its immediate and nothing else; 0 for all others. */
  readonly readBytes: number;
  readonly writeBytes: number;
  /** Whether rd holds a sign-extended number of 32 bits where the registers of these fields do. */
  readonly mayBeSignExtended: boolean;
  readonly signExtendedFromRs1: boolean;
  readonly signExtendedFromRs2: boolean;
  /** Whether what it does with 32 bits is to be sign-extended after that; loads and comparisons have all 64 bits at once. */
  readonly widens: boolean;
  /** Whether rd gets what simple operations make of registers and constants, and nothing else happens. */
  readonly isPlain: boolean;
  /** Helpers, and operations of the library, that it names. */
  readonly helpers: readonly FloatHelperName[];
  readonly operations: readonly string[];
}

const known = new Map<Row, RowFacts>();

export const rowFactsOf = (row: Row): RowFacts => {
  let facts = known.get(row);
  if (facts === undefined) {
    facts = findFacts(row);
    known.set(row, facts);
  }
  return facts;
};

const findFacts = (row: Row): RowFacts => {
  const { meaning } = row;
  const parts = meaning.k === 'sequence' ? meaning.effects : [meaning];
  const values: Value[] = [];
  const visit = (value: Value): void => {
    values.push(value);
    valueChildren(value).forEach(visit);
  };
  for (const part of parts) effectValues(part).forEach(visit);
  const names = (field: XField): boolean => values.some((value) => value.k === 'x' && value.field === field);
  const isSystem = meaning.k === 'system';
  // Only CSR accesses have registers; those with an immediate have no rs1.
  const isCsr = isSystem && meaning.op.startsWith('csrr');
  const access = findAccess(meaning);
  const signExtendedFrom = findSignExtended(meaning);
  return {
    rs1: isSystem ? isCsr && row.picture.includes('s') : names('rs1'),
    rs2: names('rs2'),
    rd: isCsr || parts.some(({ k }) => k === 'setX'),
    mayLeave:
      row.usesFloat ||
      parts.some(({ k }) => k === 'store' || k === 'system') ||
      values.some(({ k }) => reachingKinds.has(k)),
    flow: flowOf(meaning),
    isSystem,
    isAuipc: row.name === 'auipc',
    readBytes: access?.isWrite === false ? access.sizeBytes : 0,
    writeBytes: access?.isWrite === true ? access.sizeBytes : 0,
    mayBeSignExtended: signExtendedFrom !== undefined,
    signExtendedFromRs1: signExtendedFrom?.has('rs1') === true,
    signExtendedFromRs2: signExtendedFrom?.has('rs2') === true,
    widens: meaning.k === 'setX' && isWidened(meaning.value),
    isPlain: meaning.k === 'setX' && values.every(isPlain),
    helpers: [...new Set(values.flatMap((value) => (value.k === 'float' ? [value.helper] : [])))],
    operations: [
      ...new Set(
        values.flatMap((value) =>
          (value.k === 'binary' || value.k === 'unary') && isInLibrary(value.op) ? [value.op] : [],
        ),
      ),
    ],
  };
};

const reachingKinds: ReadonlySet<Value['k']> = new Set(['load', 'atomic', 'loadReserved', 'storeConditional']);

/**
 * The fields whose registers must hold a sign-extended number of 32 bits for rd to hold one; undefined when it may not all the same.
 * Each condition of isSignExtended is that some registers hold such numbers, all of them.
 */
const findSignExtended = (effect: Effect): ReadonlySet<XField> | undefined => {
  if (effect.k !== 'setX') return undefined;
  const fields = new Set<XField>();
  return isSignExtended(effect.value, (field) => fields.add(field) !== undefined) ? fields : undefined;
};

const isWidened = (value: Value): boolean =>
  (value.k === 'unary' && value.op === 'sext32' && value.a.k !== 'load') ||
  (value.k === 'binary' && (value.op === 'and' || value.op === 'or' || value.op === 'xor'));

const isPlain = (value: Value): boolean =>
  value.k === 'x' ||
  value.k === 'imm' ||
  value.k === 'const' ||
  (value.k === 'field' && value.name === 'shamt') ||
  (value.k === 'unary' && plainUnaries.has(value.op)) ||
  (value.k === 'binary' && plainBinaries.has(value.op));
const plainUnaries: ReadonlySet<Unary> = new Set(['sext8', 'sext16', 'sext32', 'zext8', 'zext16', 'zext32']);
const plainBinaries: ReadonlySet<Binary> = new Set([
  ...(['add', 'sub', 'and', 'or', 'xor', 'shl', 'shrU', 'shrS', 'eq', 'ne', 'ltS', 'ltU', 'geS', 'geU'] as const),
]);

/** CSR accesses and sfence.vma go on with the next instruction; the machine may say otherwise. */
const staysInFlow: ReadonlySet<SystemOp> = new Set([
  ...(['csrrw', 'csrrs', 'csrrc', 'csrrwi', 'csrrsi', 'csrrci', 'sfenceVma'] as const),
]);

const flowOf = (meaning: Effect): Flow => {
  if (meaning.k === 'system') return staysInFlow.has(meaning.op) ? 'on' : 'system';
  if (meaning.k === 'branch') return 'branch';
  return meaning.k === 'jump' || (meaning.k === 'sequence' && meaning.effects.some(({ k }) => k === 'jump'))
    ? 'jump'
    : 'on';
};

/** A plain access to memory, at rs1 plus the immediate. */
interface PlainAccess {
  readonly isWrite: boolean;
  readonly sizeBytes: number;
}

const findAccess = (effect: Effect): PlainAccess | undefined => {
  if (effect.k === 'store') return isBased(effect.address) ? { isWrite: true, sizeBytes: effect.size } : undefined;
  if (effect.k !== 'setX' && effect.k !== 'setF') return undefined;
  const load = loadIn(effect.value);
  return load !== undefined && isBased(load.address) ? { isWrite: false, sizeBytes: load.size } : undefined;
};

const loadIn = (value: Value): Extract<Value, { k: 'load' }> | undefined => {
  if (value.k === 'load') return value;
  return value.k === 'unary' ? loadIn(value.a) : undefined;
};

const isBased = (address: Value): boolean =>
  address.k === 'binary' &&
  address.op === 'add' &&
  address.a.k === 'x' &&
  address.a.field === 'rs1' &&
  address.b.k === 'imm';
