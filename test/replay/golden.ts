/**
 * A golden file of what commands answered, one section a test, beside the test. A section that is missing fails, one that
 * no test asks for fails too, and a new one is accepted by CHRONOVISOR_ACCEPT=NAME, where the file is NAME.golden.txt.
 */

import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { basename } from 'node:path';
import { afterAll, expect } from 'vitest';
import type { Outcome } from './support.ts';

export interface Golden {
  /** Of the test that runs; `line` is its command, for whoever reads the file. */
  readonly check: (line: string, outcome: Outcome) => void;
}

/** At most one a test file. */
export const golden = (file: string): Golden => {
  const accepting = process.env.CHRONOVISOR_ACCEPT === basename(file, '.golden.txt');
  const kept = existsSync(file) ? sectionsOf(readFileSync(file, 'utf8')) : new Map<string, string>();
  const asked = new Map<string, string>();
  afterAll(() => {
    if (accepting) writeFileSync(file, [...asked.values()].join('\n'));
    else
      expect(
        [...kept.keys()].filter((name) => !asked.has(name)),
        'sections that no test asks for',
      ).toEqual([]);
  });
  return {
    check: (line, outcome) => {
      const name = expect.getState().currentTestName?.replaceAll(' > ', ': ') ?? '';
      expect(asked.has(name), `two tests are called "${name}"`).toBe(false);
      const found = sectionText(name, line, outcome);
      asked.set(name, found);
      if (!accepting) expect(found).toBe(kept.get(name));
    },
  };
};

const sectionText = (name: string, line: string, { exitCode, stdout, stderr }: Outcome): string =>
  `=== ${name}\n$ chronovisor ${line}\nexit ${exitCode}\n${stdout}${stderr}`;

const sectionsOf = (text: string): Map<string, string> => {
  const parts = text.split(/\n(?==== )/).filter((part) => part !== '');
  return new Map(parts.map((part) => [/^=== (.*)$/m.exec(part)?.[1] ?? '', part]));
};
