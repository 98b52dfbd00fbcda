/**
 * Decoding for the interpreter, in WebAssembly: an instruction's bits become the decoded form of predecode.ts, which is the
 * reference. JS is called where it must be said first what a 16-bit instruction expands to, or which rows the words of an
 * opcode may be of; that stays in the linear memory.
 *
 *     decode (raw: i32, entry: i32)    `entry`: offset of the entry from decodedBase
 */

import { bucketOf, rowsLike } from '../isa/decode.ts';
import type { ImmediateFormat, Row } from '../isa/row.ts';
import type { MachineMemory } from '../machine/memory.ts';
import type { Code } from '../wasm/code.ts';
import type { ModuleBuilder } from '../wasm/module.ts';
import { op } from '../wasm/opcodes.ts';
import { emitHash } from './hash.ts';
import {
  decodedBase,
  expansionsBase,
  meaningBytes,
  meaningsBase,
  meaningsBits,
  rowBucketsBase,
  rowFormBytes,
  rowFormsBase,
  rowFormsMax,
} from './layout.ts';

/** Instead of what an illegal 16-bit instruction expands to: no word of 32 bits, as is the 0 of one that was not asked for yet. */
const illegalExpansion = 1;

/** What a row's `number` is (see predecode.ts). */
const numberKind: Record<ImmediateFormat | 'shift', number> = { none: 0, shift: 1, I: 2, S: 3, B: 4, U: 5, J: 6 };

/** What decoding needs to know of a row besides its bits. */
export interface RowForm {
  readonly handler: number;
  readonly handlerForZero: number;
  readonly usesShift: boolean;
}

/** Lays what decoding needs into a machine's memory. */
export class DecodeTables {
  readonly #i32: Int32Array;
  readonly #formOf: (row: Row) => RowForm;
  #forms = 0;

  constructor({ i32 }: MachineMemory, formOf: (row: Row) => RowForm) {
    this.#i32 = i32;
    this.#formOf = formOf;
  }

  /** `word`: what a 16-bit instruction expands to; undefined when it is illegal. */
  layExpansion(half: number, word: number | undefined): void {
    this.#i32[(expansionsBase >>> 2) + half] = word ?? illegalExpansion;
  }

  /** The rows that words like this one may be of, each as {mask, match, handlers, kind of its number}: i32 each, the handler for rd = x0 in the second byte. */
  layRows(word: number): void {
    const bucket = (rowBucketsBase >>> 2) + bucketOf(word);
    if (this.#i32[bucket] !== 0) return;
    const rows = rowsLike(word);
    if (this.#forms + rows.length > rowFormsMax)
      throw new Error(`rowFormsMax is too small for ${rows.length} more rows`);
    const first = rowFormsBase + this.#forms * rowFormBytes;
    for (const [index, row] of rows.entries()) {
      const { handler, handlerForZero, usesShift } = this.#formOf(row);
      const at = (first + index * rowFormBytes) >>> 2;
      this.#i32[at] = row.mask;
      this.#i32[at + 1] = row.match;
      this.#i32[at + 2] = handler | (handlerForZero << 8);
      this.#i32[at + 3] = numberKind[usesShift ? 'shift' : row.immediate];
    }
    this.#forms += rows.length;
    this.#i32[bucket] = (first << 7) | (rows.length + 1);
  }
}

/** Defines `decode`; `anew` is the same function in JS. */
export const defineDecode = (module: ModuleBuilder, anew: number): number =>
  module.define({ parameters: ['i32', 'i32'], results: [] }, (code) => emitDecode(code, anew), 'decodeBits');

const [raw, entry] = [0, 1];

const emitDecode = (code: Code, anew: number): void => {
  const [bits, word, form, last, meaning] = [
    code.local('i32'),
    code.local('i32'),
    code.local('i32'),
    code.local('i32'),
    code.local('i32'),
  ];
  const [fields, number] = [code.local('i32'), code.local('i32')];
  const unknown = code.block();
  code.get(raw).i32(3).ops(op.i32And).i32(3).ops(op.i32Eq).if();
  code.get(raw).tee(bits).set(word);
  code.else();
  code.get(raw).i32(0xffff).ops(op.i32And).tee(bits);
  code.i32(2).ops(op.i32Shl).memory(op.i32Load, expansionsBase).tee(word).ops(op.i32Eqz).brIf(unknown);
  code.end();

  const found = code.block();
  const none = code.block();
  code.get(word).i32(illegalExpansion).ops(op.i32Eq).brIf(none);
  // The bucket: see bucketOf.
  pushBits(code, word, 2, 31).i32(2).ops(op.i32Shl);
  pushBits(code, word, 12, 7).i32(7).ops(op.i32Shl, op.i32Or);
  code.memory(op.i32Load, rowBucketsBase).tee(last).ops(op.i32Eqz).brIf(unknown);
  code.get(last).i32(7).ops(op.i32ShrU).i32(-rowFormBytes).ops(op.i32And).tee(form);
  code.get(last).i32(0x7f).ops(op.i32And).i32(1).ops(op.i32Sub).i32(rowFormBytes).ops(op.i32Mul, op.i32Add).set(last);
  const next = code.loop();
  code.get(form).get(last).ops(op.i32Eq).brIf(none);
  code.get(word).get(form).memory(op.i32Load, 0).ops(op.i32And);
  code.get(form).memory(op.i32Load, 4).ops(op.i32Eq).brIf(found);
  code.get(form).i32(rowFormBytes).ops(op.i32Add).set(form);
  code.br(next);
  code.end();
  code.end(); // none
  code.i32(0).set(fields);
  code.get(bits).set(number);
  emitKeep(code, { bits, fields, number, meaning });
  code.ops(op.return);
  code.end(); // found

  code.get(form).memory(op.i32Load, 8);
  code.i32(0).i32(8);
  pushBits(code, word, 7, 31).ops(op.select, op.i32ShrU).i32(0xff).ops(op.i32And);
  for (const [bit, to] of [
    [7, 8],
    [15, 16],
    [20, 24],
  ] as const)
    pushBits(code, word, bit, 31)
      .i32(to + 3)
      .ops(op.i32Shl, op.i32Or);
  code.set(fields);
  const isNumber = code.block();
  const blocks = Object.values(numberKind)
    .map(() => code.block())
    .reverse();
  code.get(form).memory(op.i32Load, 12).brTable(blocks, blocks[0]!);
  for (const kind of ['none', 'shift', 'I', 'S', 'B', 'U', 'J'] as const) {
    code.end();
    pushNumber(code, word, kind);
    code.set(number).br(isNumber);
  }
  code.end(); // isNumber
  emitKeep(code, { bits, fields, number, meaning });
  code.ops(op.return);
  code.end(); // unknown
  code.get(raw).get(entry).call(anew);
};

/** Pushes some bits of a local. */
const pushBits = (code: Code, local: number, low: number, mask: number): Code =>
  code.get(local).i32(low).ops(op.i32ShrU).i32(mask).ops(op.i32And);

/** Pushes the immediate of a word in a format (smallImmediateOf in fields.ts), its shift amount, or the word. */
const pushNumber = (code: Code, word: number, kind: ImmediateFormat | 'shift'): void => {
  /** Pushes the word's highest bits, sign-extended. */
  const pushTop = (low: number): Code => code.get(word).i32(low).ops(op.i32ShrS);
  const or = (low: number, mask: number, to: number): void => {
    pushBits(code, word, low, mask);
    if (to !== 0) code.i32(to).ops(op.i32Shl);
    code.ops(op.i32Or);
  };
  switch (kind) {
    case 'none':
      code.get(word);
      return;
    case 'shift':
      pushBits(code, word, 20, 63);
      return;
    case 'I':
      pushTop(20);
      return;
    case 'S':
      pushTop(25).i32(5).ops(op.i32Shl);
      or(7, 0x1f, 0);
      return;
    case 'B':
      pushTop(31).i32(12).ops(op.i32Shl);
      or(7, 1, 11);
      or(25, 0x3f, 5);
      or(8, 0xf, 1);
      return;
    case 'U':
      code.get(word).i32(~0xfff).ops(op.i32And);
      return;
    case 'J':
      pushTop(31).i32(20).ops(op.i32Shl);
      or(12, 0xff, 12);
      or(20, 1, 11);
      or(21, 0x3ff, 1);
      return;
  }
};

interface Kept {
  readonly bits: number;
  readonly fields: number;
  readonly number: number;
  readonly meaning: number;
}

/** Into the entry, and by the bits for the next time. */
const emitKeep = (code: Code, { bits, fields, number, meaning }: Kept): void => {
  emitHash(code, bits, meaningsBits, meaningBytes);
  code.tee(meaning).get(bits).memory(op.i32Store, meaningsBase);
  for (const [base, at] of [
    [meaningsBase, meaning],
    [decodedBase, entry],
  ] as const) {
    code
      .get(at)
      .get(fields)
      .memory(op.i32Store, base + 4);
    code
      .get(at)
      .get(number)
      .memory(op.i32Store, base + 8);
  }
};
