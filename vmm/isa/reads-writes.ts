/**
 * Which registers and which memory an instruction reads and writes, found by walking its meaning. It executes nothing;
 * the address of an access is a tree that evaluate.ts can evaluate.
 */

import { decode, expandCompressed, lengthOf } from './decode.ts';
import { type Fields, fields } from './fields.ts';
import { type Effect, effectValues, type Size, type SystemOp, type Value, valueChildren } from './meaning.ts';
import type { Row } from './row.ts';

export type AccessKind = 'load' | 'store' | 'atomic' | 'loadReserved' | 'storeConditional';

export interface MemoryAccess {
  readonly kind: AccessKind;
  readonly size: Size;
  readonly address: Value;
  readonly reads: boolean;
  /** A store-conditional may write. */
  readonly writes: boolean;
}

/** Register numbers ascend and are unique; x0 is never among them, as nothing can be learnt from it or put into it. */
export interface ReadsWrites {
  readonly row: Row;
  readonly xRead: readonly number[];
  readonly xWritten: readonly number[];
  readonly fRead: readonly number[];
  readonly fWritten: readonly number[];
  readonly memory: readonly MemoryAccess[];
  /** The CSR that a Zicsr instruction names. */
  readonly csr?: number;
  /** Does more than the registers and memory here say: the machine decides. */
  readonly system?: SystemOp;
}

/** Of the instruction at the low end of `word`, 16 or 32 bits long; `undefined` when it is illegal. */
export const readsWrites = (word: number): ReadsWrites | undefined => {
  const full = lengthOf(word) === 2 ? expandCompressed(word) : word;
  const row = full === undefined ? undefined : decode(full);
  if (full === undefined || row === undefined) return undefined;
  const found = fields(full, row);
  const effects = flatten(row.meaning);
  const values = effects.flatMap(effectValues).flatMap(subtree);
  const system = effects.find((effect) => effect.k === 'system')?.op;
  return {
    row,
    xRead: unique([
      ...values.flatMap((value) => (value.k === 'x' ? [found[value.field]] : [])),
      ...(system === undefined ? [] : sources(row, found)),
    ]).filter((index) => index !== 0),
    xWritten:
      effects.some(({ k }) => k === 'setX') || (system !== undefined && found.rd !== 0) ? nonZero(found.rd) : [],
    fRead: unique(values.flatMap((value) => (value.k === 'f' ? [found[value.field]] : []))),
    fWritten: effects.some(({ k }) => k === 'setF') ? [found.rd] : [],
    memory: [...values.flatMap(accessOf), ...effects.flatMap(storeOf)],
    ...(row.extension === 'Zicsr' ? { csr: found.csr } : {}),
    ...(system === undefined ? {} : { system }),
  };
};

const flatten = (effect: Effect): readonly Effect[] =>
  effect.k === 'sequence' ? effect.effects.flatMap(flatten) : [effect];

const subtree = (value: Value): readonly Value[] => [value, ...valueChildren(value).flatMap(subtree)];

/** A system operation has no tree: it reads the registers that its encoding names. */
const sources = (row: Row, found: Fields): readonly number[] => [
  ...(row.picture.includes('s') ? [found.rs1] : []),
  ...(row.picture.includes('t') ? [found.rs2] : []),
];

const accessOf = (value: Value): readonly MemoryAccess[] => {
  switch (value.k) {
    case 'load':
    case 'loadReserved':
      return [{ kind: value.k, size: value.size, address: value.address, reads: true, writes: false }];
    case 'atomic':
      return [{ kind: value.k, size: value.size, address: value.address, reads: true, writes: true }];
    case 'storeConditional':
      return [{ kind: value.k, size: value.size, address: value.address, reads: false, writes: true }];
    default:
      return [];
  }
};

const storeOf = (effect: Effect): readonly MemoryAccess[] =>
  effect.k === 'store'
    ? [{ kind: 'store', size: effect.size, address: effect.address, reads: false, writes: true }]
    : [];

const nonZero = (index: number): readonly number[] => (index === 0 ? [] : [index]);

const unique = (indices: readonly number[]): readonly number[] => [...new Set(indices)].sort((a, b) => a - b);
