/** Sequences: how many literals are copied, then how many bytes from how far back (RFC 8878, 3.1.1.3.2 and 3.1.1.4). */

import { BackwardBits, ZstdDamage } from './bits.ts';
import { type FseTable, nextState, readTable, singleTable, tableOf } from './fse.ts';

/** A kind of code: its table where a block has none of its own, and what each code means. */
interface CodeKind {
  readonly logMax: number;
  readonly symbolMax: number;
  readonly predefined: FseTable;
}

/** So many of each value, one kind after the other. */
const runs = (...pairs: readonly (readonly [value: number, count: number])[]): number[] =>
  pairs.flatMap(([value, count]) => Array<number>(count).fill(value));

// The distributions of 3.1.1.3.2.2.
const literalCounts = runs([4, 1], [3, 1], [2, 11], [1, 3], [2, 9], [3, 1], [2, 1], [1, 5], [-1, 4]);
const matchCounts = runs([1, 1], [4, 1], [3, 1], [2, 6], [1, 37], [-1, 7]);
const offsetCounts = runs([1, 6], [2, 3], [1, 15], [-1, 5]);

const literalKind: CodeKind = { logMax: 9, symbolMax: 35, predefined: tableOf(literalCounts, 6) };
const offsetKind: CodeKind = { logMax: 8, symbolMax: 31, predefined: tableOf(offsetCounts, 5) };
const matchKind: CodeKind = { logMax: 9, symbolMax: 52, predefined: tableOf(matchCounts, 6) };

// How many bits follow a code (3.1.1.3.2.1.1); the values follow from them, each beginning where the one before it ends.
const literalBits = [...runs([0, 16], [1, 4], [2, 2], [3, 2]), 4, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16];
const matchBits = [...runs([0, 32], [1, 4], [2, 2], [3, 2], [4, 2]), 5, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16];

const basesOf = (bits: readonly number[], first: number): number[] => {
  let base = first;
  return bits.map((count) => {
    base += 1 << count;
    return base - (1 << count);
  });
};
const literalBases = basesOf(literalBits, 0);
const matchBases = basesOf(matchBits, 3);

/** What a frame's blocks hand on to the next. */
export interface SequenceState {
  tables: readonly FseTable[] | undefined;
  /** The last three distances. */
  offsets: [number, number, number];
}

export const newSequenceState = (): SequenceState => ({ tables: undefined, offsets: [1, 4, 8] });

/** What is unpacked, and how far. */
export interface Output {
  readonly bytes: Uint8Array;
  /** Where the frame began: nothing before it is copied. */
  start: number;
  at: number;
}

/**
 * Makes a block from its literals and the sequences at a place.
 * @param limit how far the block may reach
 */
export const runSequences = (
  packed: Uint8Array,
  start: number,
  literals: Uint8Array,
  state: SequenceState,
  output: Output,
  limit: number,
): void => {
  const { count, modes, at } = readHeader(packed, start);
  let used = 0;
  if (count > 0) {
    const bits = readTables(packed, at, modes, state);
    const [literalTable, offsetTable, matchTable] = state.tables as [FseTable, FseTable, FseTable];
    let literalState = bits.read(literalTable.log);
    let offsetState = bits.read(offsetTable.log);
    let matchState = bits.read(matchTable.log);
    for (let left = count; left > 0; left--) {
      const offsetCode = offsetTable.symbols[offsetState]!;
      const value = 2 ** offsetCode + bits.read(offsetCode);
      const matchCode = matchTable.symbols[matchState]!;
      const matchBytes = matchBases[matchCode]! + bits.read(matchBits[matchCode]!);
      const literalCode = literalTable.symbols[literalState]!;
      const literalBytes = literalBases[literalCode]! + bits.read(literalBits[literalCode]!);
      if (used + literalBytes > literals.length) throw new ZstdDamage('a sequence of more literals than there are');
      if (output.at + literalBytes + matchBytes > limit) throw new ZstdDamage('a block that is longer than it may be');
      copyLiterals(output, literals, used, literalBytes);
      used += literalBytes;
      copyMatch(output, distanceOf(state, value, literalBytes), matchBytes);
      if (left === 1) break;
      literalState = nextState(literalTable, literalState, bits);
      matchState = nextState(matchTable, matchState, bits);
      offsetState = nextState(offsetTable, offsetState, bits);
      if (bits.left < 0) break;
    }
    if (bits.left !== 0) throw new ZstdDamage('sequences of another length');
  }
  if (output.at + literals.length - used > limit) throw new ZstdDamage('a block that is longer than it may be');
  copyLiterals(output, literals, used, literals.length - used);
};

const readHeader = (packed: Uint8Array, start: number): { count: number; modes: number; at: number } => {
  const byte = (index: number): number => {
    const found = packed[start + index];
    if (found === undefined) throw new ZstdDamage('a block without its sequences');
    return found;
  };
  const first = byte(0);
  if (first === 0) return { count: 0, modes: 0, at: start + 1 };
  const [count, sizeBytes] =
    first < 128
      ? [first, 1]
      : first < 255
        ? [((first - 128) << 8) + byte(1), 2]
        : [byte(1) + (byte(2) << 8) + 0x7f00, 3];
  const modes = byte(sizeBytes);
  if ((modes & 3) !== 0) throw new ZstdDamage('sequences of an unknown kind');
  return { count, modes, at: start + sizeBytes + 1 };
};

/** The tables of a block, and its bits behind them. */
const readTables = (packed: Uint8Array, start: number, modes: number, state: SequenceState): BackwardBits => {
  let at = start;
  const tables = [literalKind, offsetKind, matchKind].map((kind, index) => {
    switch ((modes >> (6 - 2 * index)) & 3) {
      case 0:
        return kind.predefined;
      case 1: {
        const symbol = packed[at++] ?? 255;
        if (symbol > kind.symbolMax) throw new ZstdDamage(`a code of ${symbol}`);
        return singleTable(symbol);
      }
      case 2: {
        const { table, end } = readTable(packed, at, kind.logMax, kind.symbolMax);
        at = end;
        return table;
      }
      default:
        if (state.tables === undefined) throw new ZstdDamage('a table of the block before the first');
        return state.tables[index]!;
    }
  });
  state.tables = tables;
  return new BackwardBits(packed, at, packed.length);
};

/** Small values are the last distances again; without literals, those but the last (3.1.1.5). */
const distanceOf = ({ offsets }: SequenceState, value: number, literalBytes: number): number => {
  const index = value > 3 ? 3 : value - (literalBytes === 0 ? 0 : 1);
  const distance = value > 3 ? value - 3 : index === 3 ? offsets[0] - 1 : offsets[index]!;
  if (index > 1) offsets[2] = offsets[1];
  if (index > 0) offsets[1] = offsets[0];
  offsets[0] = distance;
  return distance;
};

const copyLiterals = (output: Output, literals: Uint8Array, from: number, count: number): void => {
  const { bytes } = output;
  if (count > longBytesMin) bytes.set(literals.subarray(from, from + count), output.at);
  else for (let index = 0; index < count; index++) bytes[output.at + index] = literals[from + index]!;
  output.at += count;
};

/** What is copied may overlap itself, and is repeated then. */
const copyMatch = (output: Output, distance: number, count: number): void => {
  const { bytes, start, at } = output;
  if (!(distance > 0 && distance <= at - start)) throw new ZstdDamage(`a copy from ${distance} bytes back`);
  if (count > longBytesMin && distance >= count) bytes.copyWithin(at, at - distance, at - distance + count);
  else for (let index = at; index < at + count; index++) bytes[index] = bytes[index - distance]!;
  output.at = at + count;
};

/** Shorter runs are copied faster byte by byte. */
const longBytesMin = 32;
