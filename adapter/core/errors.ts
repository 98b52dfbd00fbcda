/** What can be wrong with a core file that is asked for, each as one function and one sentence. */

import { InputError, plural, type Sentence } from '../program/input-error.ts';

export class CoreError extends InputError {
  constructor(sentence: Sentence) {
    super(sentence);
    this.name = 'CoreError';
  }
}

const instead = 'Write physical memory with --physical';

export const noSuchHart = (hart: number, harts: number) =>
  new CoreError({
    what: `There is no hart ${hart}`,
    expected: harts === 1 ? 'hart 0' : `a hart from 0 to ${harts - 1}`,
    found: `${hart}`,
    remedy: 'Give --hart another number',
  });

export const momentBeyondEnd = (moment: number, end: number) =>
  new CoreError({
    what: 'The recording does not come to this moment',
    expected: `a moment from 0 to ${end}`,
    found: `${moment}`,
    remedy: 'Give --at an earlier one, or "end"',
  });

export const tooManyRanges = (hart: number, most: number) =>
  new CoreError({
    what: `The pages that hart ${hart} maps are too scattered for a core file`,
    expected: `up to ${plural(most, 'range')}`,
    found: 'more',
    remedy: instead,
  });

export const tooManyEntries = (hart: number, most: number) =>
  new CoreError({
    what: `The page tables of hart ${hart} have no end that can be waited for`,
    expected: `up to ${plural(most, 'entry').replace(/ys$/, 'ies')}`,
    found: 'more: perhaps a table that names itself',
    remedy: instead,
  });
