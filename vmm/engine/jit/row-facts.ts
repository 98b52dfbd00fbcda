/** What the translator must know of rows before it emits them, found by walking their meanings once. */

import type { FloatHelperName } from '../../float/helpers.ts';
import { effectValues, type Value, valueChildren, type XField } from '../../isa/meaning.ts';
import type { Row } from '../../isa/row.ts';
import type { Region } from './region.ts';

interface UsedFields {
  readonly rs1: boolean;
  readonly rs2: boolean;
  readonly rd: boolean;
}

const usedFields = new Map<Row, UsedFields>();

/** Only CSR accesses have registers; those with an immediate have no rs1. */
const systemFields = ({ meaning, picture }: Row): UsedFields => {
  const isCsr = meaning.k === 'system' && meaning.op.startsWith('csrr');
  return { rs1: isCsr && picture.includes('s'), rs2: false, rd: isCsr };
};

/** Which integer register fields a row's meaning names; those that the machine reads and writes, too. */
export const fieldsOf = (row: Row): UsedFields => {
  if (row.meaning.k === 'system') return systemFields(row);
  let used = usedFields.get(row);
  if (used === undefined) {
    const named = new Set<XField>();
    const visit = (value: Value): void => {
      if (value.k === 'x') named.add(value.field);
      valueChildren(value).forEach(visit);
    };
    const parts = row.meaning.k === 'sequence' ? row.meaning.effects : [row.meaning];
    for (const part of parts) effectValues(part).forEach(visit);
    used = { rs1: named.has('rs1'), rs2: named.has('rs2'), rd: parts.some((part) => part.k === 'setX') };
    usedFields.set(row, used);
  }
  return used;
};

const leaving = new Map<Row, boolean>();

/** Whether an instruction of this row may leave the region before it is done: an access to memory, or the machine's. */
export const mayLeave = (row: Row): boolean => {
  let leaves = leaving.get(row);
  if (leaves === undefined) {
    const reaches = (value: Value): boolean => reachingKinds.has(value.k) || valueChildren(value).some(reaches);
    const parts = row.meaning.k === 'sequence' ? row.meaning.effects : [row.meaning];
    leaves =
      row.usesFloat ||
      parts.some((part) => part.k === 'store' || part.k === 'system' || effectValues(part).some(reaches));
    leaving.set(row, leaves);
  }
  return leaves;
};
const reachingKinds: ReadonlySet<Value['k']> = new Set(['load', 'atomic', 'loadReserved', 'storeConditional']);

interface Needs {
  readonly helpers: ReadonlySet<FloatHelperName>;
  readonly operations: ReadonlySet<string>;
}

const rowNeeds = new Map<Row, Needs>();

/** Helpers and operations that the instructions of some regions name. */
export const needsOf = (regions: readonly Region[]): Needs => {
  const helpers = new Set<FloatHelperName>();
  const operations = new Set<string>();
  for (const region of regions)
    for (const block of region.blocks.values())
      for (const { row } of block.instructions) {
        const needs = needsOfRow(row);
        for (const helper of needs.helpers) helpers.add(helper);
        for (const operation of needs.operations) operations.add(operation);
      }
  return { helpers, operations };
};

const needsOfRow = (row: Row): Needs => {
  let needs = rowNeeds.get(row);
  if (needs === undefined) {
    const helpers = new Set<FloatHelperName>();
    const operations = new Set<string>();
    const visit = (value: Value): void => {
      if (value.k === 'float') helpers.add(value.helper);
      if (value.k === 'binary' || value.k === 'unary') operations.add(value.op);
      valueChildren(value).forEach(visit);
    };
    effectValues(row.meaning).forEach(visit);
    needs = { helpers, operations };
    rowNeeds.set(row, needs);
  }
  return needs;
};
