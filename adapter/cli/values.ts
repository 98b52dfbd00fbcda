/** How the command line's own options spell moments and counts, and how they are shown. */

import { InvalidArgumentError } from 'commander';
import { type Moment, moment } from '../../traces/time.ts';
import { timebaseHz } from '../../vmm/machine/platform.ts';
import type { Keep } from '../../vmm/record/flight.ts';

const scales: Readonly<Record<string, number>> = { '': 1, k: 1e3, m: 1e6, g: 1e9 };

/** `250000`, `250_000`, `250k`, `1.5M`, `2G`: a count of steps. */
export const parseSteps = (text: string): number => {
  const match = /^(\d[\d_]{0,20}(?:\.\d{1,9})?)([kmg]?)$/i.exec(text);
  const count = match === null ? Number.NaN : Number(match[1]!.replaceAll('_', '')) * scales[match[2]!.toLowerCase()]!;
  if (!Number.isSafeInteger(count))
    throw new InvalidArgumentError('It must be a whole number such as 250000, 250k or 1.5M.');
  return count;
};

export const parsePositiveSteps = (text: string): number => {
  const count = parseSteps(text);
  if (count < 1) throw new InvalidArgumentError('It must be at least 1.');
  return count;
};

export const parseMoment = (text: string): Moment => moment(parseSteps(text));

/** `60s` of the guest's time, `500MB` of memory, `2G` or `2Gsteps`. */
export const parseKeep = (text: string): Keep => {
  const match = /^(\d{1,9}(?:\.\d{1,6})?)\s*(s|[kmg]i?b|[kmg]?(?: ?steps)?)$/i.exec(text);
  const unit = (match?.[2] ?? '').toLowerCase();
  const scale = { k: 1e3, m: 1e6, g: 1e9 }[unit.charAt(0)] ?? 1;
  const amount = Number(match?.[1] ?? 0);
  if (amount === 0) throw new InvalidArgumentError('It must be such as 60s, 500MB or 2G.');
  if (unit === 's') return { unit: 'ticks', amount: amount * timebaseHz };
  return { unit: unit.endsWith('b') ? 'bytes' : 'steps', amount: amount * scale };
};

/** A regular expression; nothing for an empty text. */
export const parsePattern = (text: string): RegExp | undefined => {
  try {
    return text === '' ? undefined : new RegExp(text, 'i');
  } catch {
    throw new InvalidArgumentError('It must be a regular expression such as "panic:".');
  }
};

/** 12345678 as `12,345,678`. */
export const grouped = (value: number | bigint): string => String(value).replace(/\B(?=(\d{3})+$)/g, ',');

/** 31457280 as `30.0 MiB`. */
export const sizeText = (bytes: number): string => {
  if (bytes < 1024) return `${bytes} B`;
  if (bytes < 1024 ** 2) return `${(bytes / 1024).toFixed(1)} KiB`;
  return bytes < 1024 ** 3 ? `${(bytes / 1024 ** 2).toFixed(1)} MiB` : `${(bytes / 1024 ** 3).toFixed(2)} GiB`;
};

/** Rows of text in columns, two spaces apart. */
export const columns = (rows: readonly (readonly string[])[], indent = ''): string => {
  const widths: number[] = [];
  for (const row of rows)
    for (const [index, cell] of row.entries()) widths[index] = Math.max(widths[index] ?? 0, cell.length);
  const line = (row: readonly string[]): string => row.map((cell, index) => cell.padEnd(widths[index]!)).join('  ');
  return rows.map((row) => `${indent}${line(row).trimEnd()}\n`).join('');
};
