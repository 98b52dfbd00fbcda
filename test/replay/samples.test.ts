/**
 * Every sample trace of a machine replays and verifies for ever, whatever the machine has become since.
 *
 * `CHRONOVISOR_ACCEPT=samples npx vitest run test/replay` records those that are not there yet and writes the golden texts.
 */

import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { openRecording } from '../../adapter/session/replay.ts';
import { moment } from '../../traces/time.ts';
import { samples } from './samples.ts';
import { runWords } from './support.ts';

const folder = join(import.meta.dirname, '../../traces/samples');
const accepting = process.env.CHRONOVISOR_ACCEPT === 'samples';

describe.each(samples)('traces/samples/$name.chrono', ({ name, record }) => {
  const file = join(folder, `${name}.chrono`);

  test('is verified, prints what it printed, and holds what it held', async () => {
    if (accepting && !existsSync(file)) await record(file);
    const words = [['verify'], ['info', '--events'], ['replay', '--console'], ['replay', '--digest']];
    let found = '';
    for (const [command, ...options] of words) {
      const { exitCode, stdout, stderr } = await runWords([command!, file, ...options], folder);
      expect([exitCode, stderr]).toEqual([0, '']);
      found += `--- ${[command, ...options].join(' ')}\n${stdout}`;
    }
    const golden = join(import.meta.dirname, 'golden', `${name}.txt`);
    if (accepting) writeFileSync(golden, found);
    expect(found).toBe(readFileSync(golden, 'utf8'));
  });

  test('is verified in steps of any size, and again after going back', async () => {
    for (const stride of [1, 7, 1000]) {
      const session = await openRecording({
        file,
        verify: true,
        checkpoints: { stride: 500, budgetBytes: 2 ** 24 },
        console: () => {},
      });
      const { timeline, replayer, trace } = session;
      while (timeline.now < trace.until) timeline.seek(moment(timeline.now + stride));
      replayer.verifyEnd();
      expect(replayer.digestsCompared).toBe(trace.digests.count);
      session.close();
    }
  });
});
