/**
 * Accesses of a block that lie close together: loads, or stores, through one base register that keeps its value. One
 * look at the TLB serves them all, when it finds the whole span from the lowest to the highest in one page.
 */

import { spanBytesMax } from '../span-lookup.ts';
import type { Block, Region } from './region.ts';

export interface Span {
  readonly isWrite: boolean;
  readonly base: number;
  /** Distances from the base: of the first byte, and past the last. */
  low: number;
  high: number;
  /** How many accesses it is of. */
  accesses: number;
  /** Local of the host address of its first byte; -1 until it was found. */
  host: number;
}

const none: readonly undefined[] = [];

/** The span of each instruction of a block, by its place in it: of those that make a plain access. */
export const spansOf = ({ instructions }: Region, { first, count, accesses }: Block): readonly (Span | undefined)[] => {
  if (accesses === 0) return none;
  const spans: (Span | undefined)[] = [];
  /** By base register: those for reading, then those for writing. */
  const open = new Array<Span | undefined>(64).fill(undefined);
  for (let at = first; at < first + count; at += 1) {
    const { rs1, rd, immediate, readBytes, writeBytes, writes, isSystem } = instructions[at]!.is;
    const sizeBytes = readBytes + writeBytes;
    let span: Span | undefined;
    if (sizeBytes !== 0 && rs1 !== 0) {
      const key = writeBytes !== 0 ? rs1 + 32 : rs1;
      const high = immediate + sizeBytes;
      span = open[key];
      if (span === undefined || Math.max(span.high, high) - Math.min(span.low, immediate) > spanBytesMax) {
        span = { isWrite: writeBytes !== 0, base: rs1, low: immediate, high, accesses: 0, host: -1 };
        open[key] = span;
      }
      span.low = Math.min(span.low, immediate);
      span.high = Math.max(span.high, high);
      span.accesses += 1;
    }
    if (isSystem) open.fill(undefined); // the machine may map things anew
    spans.push(span);
    if (writes !== 0) {
      open[rd] = undefined;
      open[rd + 32] = undefined;
    }
  }
  return spans;
};
