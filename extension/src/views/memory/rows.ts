/** Bytes of the guest's memory as rows of a page: what is known of each, and how a row looks. It asks nobody and draws nothing. */

import type { ReadMemoryAnswer } from '../requests.ts';

export const rowBytes = 16;

/** Bytes as they were read from an address on; `undefined` is one that cannot be read. */
export interface Bytes {
  readonly address: bigint;
  readonly bytes: readonly (number | undefined)[];
}

export interface Cell {
  readonly address: bigint;
  /** Two hexadecimal digits, or two dots for a byte that cannot be read. */
  readonly text: string;
  /** As ASCII; a dot for what has no sign. */
  readonly sign: string;
  /** Whether it was another when one last stood still. */
  readonly changed: boolean;
}

export interface Row {
  /** Sixteen hexadecimal digits. */
  readonly address: string;
  readonly cells: readonly Cell[];
}

const wrapped = (address: bigint): bigint => BigInt.asUintN(64, address);

/** Where the page begins that shows an address. */
export const beginOf = (address: bigint): bigint => address - (address % BigInt(rowBytes));

/** The page before or after, within the address space. */
export const moved = (begin: bigint, bytes: number): bigint => wrapped(begin + BigInt(bytes));

/** @param count how many bytes were asked for */
export const bytesOf = (answer: ReadMemoryAnswer, asked: bigint, count: number): Bytes => {
  const data = Uint8Array.from(atob(answer.data ?? ''), (sign) => sign.charCodeAt(0));
  return { address: asked, bytes: Array.from({ length: count }, (_, index) => data[index]) };
};

/** @param before what was shown when one last stood still, perhaps of other addresses */
export const rowsOf = ({ address, bytes }: Bytes, before: Bytes | undefined): Row[] => {
  const cells = bytes.map((byte, index): Cell => {
    const at = wrapped(address + BigInt(index));
    return { address: at, text: textOf(byte), sign: signOf(byte), changed: hasChanged(at, byte, before) };
  });
  const rows: Row[] = [];
  for (let index = 0; index < cells.length; index += rowBytes) {
    const row = cells.slice(index, index + rowBytes);
    rows.push({ address: row[0]!.address.toString(16).padStart(16, '0'), cells: row });
  }
  return rows;
};

const hasChanged = (at: bigint, byte: number | undefined, before: Bytes | undefined): boolean => {
  if (before === undefined) return false;
  const index = wrapped(at - before.address);
  return index < before.bytes.length && before.bytes[Number(index)] !== byte;
};

const textOf = (byte: number | undefined): string => byte?.toString(16).padStart(2, '0') ?? '··';

const signOf = (byte: number | undefined): string =>
  byte === undefined ? ' ' : byte >= 0x20 && byte < 0x7f ? String.fromCharCode(byte) : '.';

/** Some bytes as the questions to the history have them: `0x80005ff8,8`. */
export const expressionOfBytes = (one: bigint, other: bigint): string => {
  const [first, last] = one < other ? [one, other] : [other, one];
  return `0x${first.toString(16)},${last - first + 1n}`;
};
