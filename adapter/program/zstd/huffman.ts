/** Huffman codes of literals: their description and their streams (RFC 8878, 4.2). */

import { BackwardBits, ZstdDamage } from './bits.ts';
import { nextState, readTable } from './fse.ts';

export interface HuffmanTable {
  /** The longest code. */
  readonly bits: number;
  /** For each number of so many bits, the symbol whose code it begins with, and the length of that. */
  readonly symbols: Uint8Array;
  readonly lengths: Uint8Array;
}

const bitsMax = 11;
const weightLogMax = 6;
/** The last one has no weight of its own. */
const symbolsMax = 255;

/** The description at a place, and where it ends. */
export const readHuffman = (bytes: Uint8Array, start: number): { table: HuffmanTable; end: number } => {
  const header = bytes[start]!;
  const at = start + 1;
  const packedBytes = header < 128 ? header : Math.ceil((header - 127) / 2);
  const end = at + packedBytes;
  if (!(end <= bytes.length)) throw new ZstdDamage('a description of codes that is cut off');
  const weights =
    header < 128
      ? packedWeights(bytes, at, end)
      : Array.from({ length: header - 127 }, (_, index) => (bytes[at + (index >> 1)]! >> (index & 1 ? 0 : 4)) & 15);
  return { table: tableOfWeights(weights), end };
};

/** Two states take turns until no bits are left. */
const packedWeights = (bytes: Uint8Array, start: number, end: number): number[] => {
  const { table, end: streamAt } = readTable(bytes.subarray(0, end), start, weightLogMax, bitsMax + 1);
  const bits = new BackwardBits(bytes, streamAt, end);
  const states = [bits.read(table.log), bits.read(table.log)];
  const weights: number[] = [];
  for (let turn = 0; weights.length < symbolsMax - 1; turn ^= 1) {
    weights.push(table.symbols[states[turn]!]!);
    states[turn] = nextState(table, states[turn]!, bits);
    if (bits.left < 0) {
      weights.push(table.symbols[states[turn ^ 1]!]!);
      return weights;
    }
  }
  throw new ZstdDamage('weights of more than 256 symbols');
};

/** A weight is how many numbers begin with a code, as a power of two and one more; that of the last symbol follows. */
const tableOfWeights = (weights: number[]): HuffmanTable => {
  let sum = 0;
  for (const weight of weights) {
    if (weight > bitsMax) throw new ZstdDamage(`a weight of ${weight}`);
    sum += weight === 0 ? 0 : 1 << (weight - 1);
  }
  const bits = 32 - Math.clz32(sum);
  const rest = (1 << bits) - sum;
  if (sum === 0 || bits > bitsMax || (rest & (rest - 1)) !== 0) throw new ZstdDamage('weights that are no code');
  const all = [...weights, 32 - Math.clz32(rest)];
  const symbols = new Uint8Array(1 << bits);
  const lengths = new Uint8Array(1 << bits);
  let at = 0;
  for (let weight = 1; weight <= bits; weight++) {
    for (let symbol = 0; symbol < all.length; symbol++) {
      if (all[symbol] !== weight) continue;
      const next = at + (1 << (weight - 1));
      symbols.fill(symbol, at, next);
      lengths.fill(bits + 1 - weight, at, next);
      at = next;
    }
  }
  return { bits, symbols, lengths };
};

/** Fills a part of `target` with the symbols of a stream, which it must use up. */
export const readStream = (table: HuffmanTable, bits: BackwardBits, target: Uint8Array): void => {
  const { symbols, lengths } = table;
  const mask = (1 << table.bits) - 1;
  let number = bits.read(table.bits);
  for (let at = 0; at < target.length; at++) {
    target[at] = symbols[number]!;
    const length = lengths[number]!;
    number = ((number << length) | bits.read(length)) & mask;
  }
  if (bits.left !== -table.bits) throw new ZstdDamage('a stream of another length');
};

/** One stream, or four after a table of their sizes. */
export const readLiterals = (
  table: HuffmanTable,
  bytes: Uint8Array,
  start: number,
  end: number,
  streams: 1 | 4,
  target: Uint8Array,
): void => {
  if (streams === 1) {
    readStream(table, new BackwardBits(bytes, start, end), target);
    return;
  }
  const each = Math.floor((target.length + 3) / 4);
  let at = start + 6;
  for (let stream = 0; stream < 4; stream++) {
    const sizeAt = start + 2 * stream;
    const next = stream === 3 ? end : at + (bytes[sizeAt]! | (bytes[sizeAt + 1]! << 8));
    const from = stream * each;
    if (next > end || from > target.length) throw new ZstdDamage('streams beyond their block');
    const to = stream === 3 ? target.length : from + each;
    readStream(table, new BackwardBits(bytes, at, next), target.subarray(from, to));
    at = next;
  }
};
