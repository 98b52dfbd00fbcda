import { spawnSync } from 'node:child_process';
import { expect, test } from 'vitest';
import { v8FlagsOf } from '../../adapter/host/v8-flags.ts';

test('V8 knows each flag that it is given', () => {
  const { stdout } = spawnSync(process.execPath, ['--v8-options'], { encoding: 'utf8' });
  const known = new Set(stdout.match(/^ +--[a-z0-9-]+/gm)?.map((name) => name.trim()));
  expect(
    v8FlagsOf(Number.parseInt(process.versions.v8, 10))
      .map((flag) => flag.split('=')[0])
      .filter((name) => !known.has(name!)),
  ).toEqual([]);
});
