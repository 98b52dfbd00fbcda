/** Launch configurations that are made up, and the words on where one is. */

import { describe, expect, test } from 'vitest';
import { checkLaunch } from '../../adapter/dap/launch.ts';
import { freeName, recordingName, recordLaunch, replayLaunch } from '../../extension/src/launches.ts';
import { momentOf, positionText } from '../../extension/src/position-text.ts';

describe('a launch configuration', () => {
  test('to record is one that the adapter takes', () => {
    const launch = recordLaunch({ name: 'make qemu', line: '-bios none -kernel k/kernel.elf', folder: 'os' });
    expect(checkLaunch(launch)).toMatchObject({
      machine: '-bios none -kernel k/kernel.elf',
      // biome-ignore lint/suspicious/noTemplateCurlyInString: it is VS Code that puts the folder in
      record: '${workspaceFolder}/kernel.chrono',
      // biome-ignore lint/suspicious/noTemplateCurlyInString: as above
      cwd: '${workspaceFolder}/os',
    });
  });

  test.each(['start', 'end', 'panic'] as const)('to replay from the %s is one that the adapter takes', (stopAt) =>
    expect(checkLaunch(replayLaunch('/a/b.chrono', stopAt))).toMatchObject({ trace: '/a/b.chrono', stopAt }),
  );
  test('to replay from a moment is one that the adapter takes', () =>
    expect(checkLaunch(replayLaunch('/a/b.chrono', 500))).toEqual(expect.objectContaining({ moment: 500 })));
});

describe('the name of a recording', () => {
  const check = (line: string, expected: string) => expect(recordingName(line)).toBe(expected);

  test('is that of the kernel', () => check('-m 1G -kernel out/os.elf', 'os.chrono'));
  test('is a common one where there is no kernel', () => check('-bios fw.bin', 'run.chrono'));
  test('is a common one where the name would be no name', () => check(`-kernel 'a b$(c)'`, 'run.chrono'));
  test('is one that is free', () => {
    const taken = new Set(['os.chrono', 'os-2.chrono']);
    expect(freeName('os.chrono', (name) => taken.has(name))).toBe('os-3.chrono');
  });
});

describe('where one is', () => {
  const check = (moment: number, end: number, live: boolean, running: boolean) =>
    positionText({ moment, end, live, running }).text;

  test('is said in the past', () =>
    expect(check(1_234_567, 9_876_543, false, false)).toBe('$(history) 1,234,567 of 9,876,543'));
  test('is said at the live end', () => expect(check(5_000, 5_000, true, false)).toBe('$(record) live, 5,000'));
  test('is said of a recording, which has no live end', () =>
    expect(check(5, 5, false, false)).toBe('$(history) 5 of 5'));
  test('is said while it runs', () => expect(check(5, 9, false, true)).toBe('$(sync~spin) 5'));
});

describe('a moment that is typed', () => {
  test('may have separators', () => expect(momentOf(' 1,234_567 ', 2e6)).toBe(1_234_567));
  test('lies in the recording', () => expect(momentOf('11', 10)).toBe('The recording ends at moment 10'));
  test('is a whole number', () => expect(momentOf('-1', 10)).toBe('A moment is a whole number'));
});
