/** Physical memory protection; answers from Privileged 3.7.1. */

import { describe, expect, test } from 'vitest';
import { tlbKinds } from '../../vmm/engine/layout.ts';
import type { Hart, Privilege } from '../../vmm/machine/hart.ts';
import { pmpAllows, pmpUniform } from '../../vmm/machine/pmp.ts';
import { freshHart, M, S, U } from './system-fixture.ts';

type Entry = readonly [config: number, address: bigint];

const hartWith = (entries: readonly Entry[]): Hart => {
  const hart = freshHart();
  entries.forEach(([config, address], index) => {
    const word = index < 8 ? 'pmpcfg0' : 'pmpcfg2';
    hart.set(word, hart.get(word) | (BigInt(config) << BigInt(8 * (index & 7))));
    hart.set(`pmpaddr${index}` as 'pmpaddr0', address);
  });
  return hart;
};

const r = 1;
const w = 2;
const x = 4;
const tor = 1 << 3;
const na4 = 2 << 3;
const napot = 3 << 3;
const locked = 1 << 7;
const everywhere = (1n << 54n) - 1n;
/** pmpaddr of a naturally aligned region. */
const region = (base: bigint, sizeBytes: bigint): bigint => (base >> 2n) | (sizeBytes / 8n - 1n);

const check = (
  sentence: string,
  entries: readonly Entry[],
  level: Privilege,
  kind: keyof typeof tlbKinds,
  address: number,
  sizeBytes: number,
  allowed: boolean,
) =>
  test(sentence, () => {
    expect(pmpAllows(hartWith(entries), level, address, sizeBytes, tlbKinds[kind])).toBe(allowed);
  });

const checkUniform = (sentence: string, entries: readonly Entry[], page: number, uniform: boolean) =>
  test(sentence, () => expect(pmpUniform(hartWith(entries), page)).toBe(uniform));

describe('verdicts', () => {
  check('with no entry on, M may', [], M, 'write', 0x8000_0000, 8, true);
  check('with no entry on, S may not, since entries are implemented', [], S, 'read', 0x8000_0000, 8, false);
  check('NAPOT with all ones is everywhere', [[napot | r, everywhere]], U, 'read', 0xffff_ffff_f000, 8, true);
  check('TOR up to the top is everywhere', [[tor | r | w | x, everywhere]], U, 'execute', 0x8000_0000, 4, true);
  check('permission is by kind', [[napot | r | x, everywhere]], S, 'write', 0x8000_0000, 8, false);
  check('entries without L do not bind M', [[napot, everywhere]], M, 'write', 0x8000_0000, 8, true);
  check('entries with L bind M', [[napot | locked | r, everywhere]], M, 'write', 0x8000_0000, 8, false);
  check('NAPOT begins at its base', [[napot | r, region(0x8000_0000n, 0x1000n)]], S, 'read', 0x8000_0000, 8, true);
  check('NAPOT ends after its size', [[napot | r, region(0x8000_0000n, 0x1000n)]], S, 'read', 0x8000_1000, 8, false);
  check('the smallest NAPOT is 8 bytes', [[napot | r, region(0x8000_0008n, 8n)]], S, 'read', 0x8000_0008, 8, true);
  check('NA4 is 4 bytes', [[na4 | r, 0x8000_0004n >> 2n]], S, 'read', 0x8000_0004, 4, true);
  check('an access must lie wholly in the entry', [[na4 | r, 0x8000_0004n >> 2n]], S, 'read', 0x8000_0000, 8, false);
  check(
    'an access partly in an entry fails even in M',
    [[na4 | r, 0x8000_0004n >> 2n]],
    M,
    'read',
    0x8000_0000,
    8,
    false,
  );
  check('the first TOR begins at 0', [[tor | r, 0x8000_0000n >> 2n]], S, 'read', 0, 8, true);
  check('TOR does not hold its top', [[tor | r, 0x8000_0000n >> 2n]], S, 'read', 0x8000_0000, 8, false);
  check(
    'TOR begins where the entry before it says, even if that is off',
    [
      [0, 0x1000n >> 2n],
      [tor | r, 0x2000n >> 2n],
    ],
    S,
    'read',
    0xff8,
    8,
    false,
  );
  check(
    'TOR whose bounds are not in order matches nothing',
    [
      [0, 0x2000n >> 2n],
      [tor | r, 0x1000n >> 2n],
    ],
    S,
    'read',
    0x1800,
    8,
    false,
  );
  check(
    'an empty TOR does not split an access',
    [
      [0, 0x1004n >> 2n],
      [tor | r, 0x1004n >> 2n],
      [napot | r, everywhere],
    ],
    S,
    'read',
    0x1000,
    8,
    true,
  );
  check(
    'the lowest-numbered entry decides',
    [
      [napot, region(0x8000_0000n, 0x1000n)],
      [napot | r, everywhere],
    ],
    S,
    'read',
    0x8000_0000,
    8,
    false,
  );
  check(
    'where it does not match, the next decides',
    [
      [napot, region(0x8000_0000n, 0x1000n)],
      [napot | r, everywhere],
    ],
    S,
    'read',
    0x8000_1000,
    8,
    true,
  );
  check(
    'the sixteenth entry counts',
    [...Array.from({ length: 15 }, (): Entry => [0, 0n]), [napot | r, everywhere]],
    S,
    'read',
    0,
    8,
    true,
  );
});

describe('uniform pages', () => {
  checkUniform('no entry on', [], 0x8000_0000, true);
  checkUniform('one entry over all', [[napot | r, everywhere]], 0x8000_0000, true);
  checkUniform('an entry of 2 KiB inside', [[napot | r, region(0x8000_0800n, 0x800n)]], 0x8000_0000, false);
  checkUniform('the page beside it', [[napot | r, region(0x8000_0800n, 0x800n)]], 0x8000_1000, true);
  checkUniform(
    'a smaller entry behind a whole one does not show',
    [
      [napot | r, everywhere],
      [na4, 0x8000_0000n >> 2n],
    ],
    0x8000_0000,
    true,
  );
  checkUniform('any address of the page asks for the page', [[na4, 0x8000_0000n >> 2n]], 0x8000_0ff8, false);
});
