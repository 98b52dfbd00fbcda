/**
 * What a recorder of steps must know of an instruction before it is made, found once for each word: which registers it
 * reads and writes, and where it accesses memory. What becomes of the values is flow.ts.
 */

import { expandCompressed, type Fields, fields, lengthOf } from '../../isa/decode.ts';
import { type Effect, effectValues, type SystemOp, type Value, valueChildren } from '../../isa/meaning.ts';
import { type MemoryAccess, readsWrites } from '../../isa/reads-writes.ts';
import type { Row } from '../../isa/row.ts';

export type OperandFile = 'x' | 'f';

/** A register field that the instruction reads. */
export interface SourceRegister {
  readonly field: 'rs1' | 'rs2' | 'rs3';
  readonly file: OperandFile;
  readonly index: number;
}

export interface Instruction {
  /** As it lies in memory; 16-bit ones zero-extended. */
  readonly raw: number;
  readonly row: Row;
  readonly found: Fields;
  readonly lengthBytes: 2 | 4;
  readonly effects: readonly Effect[];
  /** Without x0. */
  readonly sources: readonly SourceRegister[];
  readonly written: { readonly file: OperandFile; readonly index: number } | undefined;
  readonly access: (MemoryAccess & { readonly base: number; readonly offset: number }) | undefined;
  readonly csr: number | undefined;
  /** Sets and clears of no bits do not write (Zicsr, table 9.1). */
  readonly writesCsr: boolean;
  readonly system: SystemOp | undefined;
  /** Whether it can go elsewhere than to the instruction behind it. */
  readonly jumps: boolean;
}

const known = new Map<number, Instruction | undefined>();

/** `undefined` when the word is illegal. */
export const instructionOf = (raw: number): Instruction | undefined => {
  const found = known.get(raw);
  if (found !== undefined || known.has(raw)) return found;
  const made = describe(raw);
  known.set(raw, made);
  return made;
};

const describe = (raw: number): Instruction | undefined => {
  const facts = readsWrites(raw);
  const lengthBytes = lengthOf(raw);
  const word = lengthBytes === 2 ? expandCompressed(raw) : raw;
  if (facts === undefined || word === undefined) return undefined;
  const { row } = facts;
  const found = fields(word, row);
  const effects = flatten(row.meaning);
  const values = effects.flatMap(effectValues).flatMap(subtree);
  const [x] = facts.xWritten;
  const [f] = facts.fWritten;
  return {
    raw,
    row,
    found,
    lengthBytes,
    effects,
    sources: sourcesOf(row, found, values, facts.system),
    written: x !== undefined ? { file: 'x', index: x } : f !== undefined ? { file: 'f', index: f } : undefined,
    access: accessOf(facts.memory[0], found),
    csr: facts.csr,
    writesCsr:
      facts.csr !== undefined &&
      (facts.system === 'csrrw' || facts.system === 'csrrwi' || found.rs1 !== 0 || found.zimm !== 0),
    system: facts.system,
    jumps: effects.some(({ k }) => k === 'jump' || k === 'branch'),
  };
};

const flatten = (effect: Effect): readonly Effect[] =>
  effect.k === 'sequence' ? effect.effects.flatMap(flatten) : [effect];

const subtree = (value: Value): readonly Value[] => [value, ...valueChildren(value).flatMap(subtree)];

const operandFields = ['rs1', 'rs2', 'rs3'] as const;

const sourcesOf = (
  row: Row,
  found: Fields,
  values: readonly Value[],
  system: SystemOp | undefined,
): readonly SourceRegister[] =>
  operandFields.flatMap((field): SourceRegister[] => {
    const file = values.some((value) => value.k === 'f' && value.field === field) ? 'f' : 'x';
    const reads =
      file === 'f' ||
      values.some((value) => value.k === 'x' && value.field === field) ||
      (system !== undefined && field === 'rs1' && row.picture.includes('s'));
    if (!reads || (file === 'x' && found[field] === 0)) return [];
    return [{ field, file, index: found[field] }];
  });

/** Every access of the instruction set is at a register plus a constant. */
const accessOf = (access: MemoryAccess | undefined, found: Fields): Instruction['access'] => {
  if (access === undefined) return undefined;
  const { address } = access;
  if (address.k === 'x') return { ...access, base: found[address.field], offset: 0 };
  if (address.k === 'binary' && address.op === 'add' && address.a.k === 'x' && address.b.k === 'imm')
    return { ...access, base: found[address.a.field], offset: Number(found.imm) };
  throw new Error('an instruction accesses memory at more than a register and a constant: teach it to accessOf');
};
