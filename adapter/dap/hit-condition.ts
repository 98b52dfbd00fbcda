/** Hit counts of breakpoints: `3` and `==3` stop the third time, `>=3` from the third on, `%3` every third time. */

import { badHitCondition } from './errors.ts';

/** Whether to stop the `hits`th time, counted from 1. */
export type HitCondition = (hits: number) => boolean;

const comparisons: Readonly<Record<string, (hits: number, count: number) => boolean>> = {
  '': (hits, count) => hits === count,
  '=': (hits, count) => hits === count,
  '==': (hits, count) => hits === count,
  '>': (hits, count) => hits > count,
  '>=': (hits, count) => hits >= count,
  '<': (hits, count) => hits < count,
  '<=': (hits, count) => hits <= count,
  '%': (hits, count) => count > 0 && hits % count === 0,
};

/** @throws {DapError} when the text is no hit count */
export const parseHitCondition = (text: string): HitCondition => {
  const match = /^\s*(==?|>=?|<=?|%|)\s*(\d{1,15})\s*$/.exec(text);
  const compare = match === null ? undefined : comparisons[match[1]!];
  if (match === null || compare === undefined) throw badHitCondition(text);
  const count = Number(match[2]);
  return (hits) => compare(hits, count);
};
