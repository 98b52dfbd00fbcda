/** How the command line's own options spell moments and counts. How these are shown is in shown.ts. */

import { InvalidArgumentError } from 'commander';
import { type Moment, moment } from '../../traces/time.ts';
import { timebaseHz } from '../../vmm/machine/platform.ts';
import type { Keep } from '../../vmm/record/flight.ts';

export { columns, grouped, sizeText } from './shown.ts';

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
