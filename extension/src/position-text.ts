/** Where one is in a recording, in words for people. It asks nobody. */

import type { Position } from '../../adapter/dap/custom-requests.ts';

export const count = (value: number): string => value.toLocaleString('en-US');

export const plural = (number: number, noun: string): string => `${count(number)} ${noun}${number === 1 ? '' : 's'}`;

export interface PositionText {
  /** For the status bar; icons are between `$(` and `)`. */
  readonly text: string;
  readonly tooltip: string;
}

export const positionText = ({ moment, end, live, running }: Position): PositionText => {
  const where = `moment ${count(moment)} of ${count(end)}`;
  if (running) return { text: `$(sync~spin) ${count(moment)}`, tooltip: `Running, at about moment ${count(moment)}` };
  if (live) return { text: `$(record) live, ${count(moment)}`, tooltip: `The live end: moment ${count(moment)}` };
  const part = end === 0 ? 100 : Math.floor((moment / end) * 100);
  return { text: `$(history) ${count(moment)} of ${count(end)}`, tooltip: `In the past: ${where}, ${part} %` };
};

/** What a person types for a moment: digits, with separators or without; or why it is none. */
export const momentOf = (typed: string, end: number): number | string => {
  const digits = typed.trim().replace(/[\s,_']/g, '');
  if (!/^\d{1,16}$/.test(digits)) return 'A moment is a whole number';
  return Number(digits) <= end ? Number(digits) : `The recording ends at moment ${count(end)}`;
};
