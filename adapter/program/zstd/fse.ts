/**
 * Tables of finite state entropy: each state has a symbol, and how the next state follows from bits (RFC 8878, 4.1). They are
 * made from how often each symbol occurs, which is written as bits from the first byte on (4.1.1).
 */

import { type BackwardBits, ZstdDamage } from './bits.ts';

export interface FseTable {
  /** The states are numbers of so many bits. */
  readonly log: number;
  readonly symbols: Uint8Array;
  readonly bitCounts: Uint8Array;
  readonly bases: Uint16Array;
}

/** A table of one state, for one symbol that is repeated. */
export const singleTable = (symbol: number): FseTable => ({
  log: 0,
  symbols: Uint8Array.of(symbol),
  bitCounts: Uint8Array.of(0),
  bases: Uint16Array.of(0),
});

export const nextState = ({ bitCounts, bases }: FseTable, state: number, bits: BackwardBits): number =>
  bases[state]! + bits.read(bitCounts[state]!);

/** @param counts of each symbol; -1 is less than once, and has one state */
export const tableOf = (counts: ArrayLike<number>, log: number): FseTable => {
  const size = 1 << log;
  const symbols = new Uint8Array(size);
  const next = new Uint16Array(counts.length);
  let high = size;
  for (let symbol = 0; symbol < counts.length; symbol++) {
    next[symbol] = Math.max(1, counts[symbol]!);
    if (counts[symbol] === -1) symbols[--high] = symbol;
  }
  const step = (size >> 1) + (size >> 3) + 3;
  let at = 0;
  for (let symbol = 0; symbol < counts.length; symbol++) {
    for (let left = counts[symbol]!; left > 0; left--) {
      symbols[at] = symbol;
      do at = (at + step) & (size - 1);
      while (at >= high && high > 0);
    }
  }
  const bitCounts = new Uint8Array(size);
  const bases = new Uint16Array(size);
  for (let state = 0; state < size; state++) {
    const number = next[symbols[state]!]!++;
    const count = log - (31 - Math.clz32(number));
    bitCounts[state] = count;
    bases[state] = (number << count) - size;
  }
  return { log, symbols, bitCounts, bases };
};

/** A written table, and where it ends. */
export const readTable = (bytes: Uint8Array, start: number, logMax: number, symbolMax: number) => {
  let place = 8 * start;
  const peek = (count: number): number => {
    const at = place >> 3;
    const three = (bytes[at] ?? 0) | ((bytes[at + 1] ?? 0) << 8) | ((bytes[at + 2] ?? 0) << 16);
    return (three >> (place & 7)) & ((1 << count) - 1);
  };
  const log = peek(4) + 5;
  place += 4;
  if (log > logMax) throw new ZstdDamage(`a table of 2^${log} states`);
  const counts: number[] = [];
  let left = 1 << log;
  while (left > 0 && counts.length <= symbolMax) {
    // A count and one more is up to `left` and one more; small ones take a bit less.
    const bits = 32 - Math.clz32(left + 1);
    const small = (1 << bits) - 1 - (left + 1);
    let value = peek(bits);
    const low = value & ((1 << (bits - 1)) - 1);
    if (low < small) {
      value = low;
      place += bits - 1;
    } else {
      if (value >= 1 << (bits - 1)) value -= small;
      place += bits;
    }
    const count = value - 1;
    left -= Math.abs(count);
    counts.push(count);
    for (let more = count === 0 ? 3 : 0; more === 3; ) {
      more = peek(2);
      place += 2;
      for (let zeros = more; zeros > 0; zeros--) counts.push(0);
      if (counts.length > symbolMax + 1) break;
    }
  }
  const end = Math.ceil(place / 8);
  if (left !== 0 || counts.length > symbolMax + 1 || end > bytes.length)
    throw new ZstdDamage('a table of other states');
  return { table: tableOf(counts, log), end };
};
