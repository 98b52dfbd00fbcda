/** Stepping by line through Debian's kernel, optimised, with its debug information: as exact as in small programs. */
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { virtualPolicy } from '../../adapter/boot/configuration.ts';
import { parseMachineOptions } from '../../adapter/cli/qemu-options.ts';
import { createRecording } from '../../adapter/session/record.ts';
import { noCheckpoints } from '../../adapter/session/session.ts';
import { moment } from '../../traces/time.ts';
import { folder, replay } from './fixture.ts';
import { byLine } from './processes.ts';

const cache = join(import.meta.dirname, '../guests/debian/.cache');
const symbols = join(process.env.CHRONOVISOR_KERNEL_DEBUG ?? cache, 'vmlinux');
const isThere = existsSync(symbols) && existsSync(join(cache, 'Image'));
const skipped = isThere ? '' : ' (skipped: fetch it with sh test/guests/debian/fetch.sh --debug)';
const recordedSteps = 260_000_000;
const walkSteps = 120;

const name = `steps from start_kernel are undone, those into without being remembered${skipped}`;

test.skipIf(!isThere)(name, { timeout: 300_000 }, async () => {
  const file = join(folder, 'linux.chrono');
  const { recorder, timeline } = await createRecording({
    options: parseMachineOptions(['-m', '256M', '-kernel', join(cache, 'Image'), '-append', 'console=ttyS0']),
    policy: virtualPolicy,
    trace: { file, embedded: true },
    checkpoints: noCheckpoints,
    console: () => {},
  });
  while (timeline.now < recordedSteps) timeline.forward(moment(recordedSteps));
  recorder.end({ reason: 'stopped' });

  const client = await replay(file, { symbols });
  await client.functionBreakpoints({ name: 'start_kernel' });
  await client.move('configurationDone');
  await client.move('continue');
  await client.functionBreakpoints();
  await client.move('next', byLine);
  const kinds = ['next', 'stepIn', 'next', 'next', 'stepIn', 'next', 'stepOut'] as const;
  for (let count = 0; count < walkSteps; count++) {
    const from = await client.moment();
    // Nothing returns from start_kernel.
    const { stackFrames } = (await client.stackTraceRequest({ threadId: 1 })).body;
    const kind = stackFrames[0]!.name === 'start_kernel' ? kinds[count % 6]! : kinds[count % 7]!;
    expect(await client.move(kind, byLine)).toMatchObject({ reason: 'step' });
    const to = await client.moment();
    await client.move('stepBack', byLine);
    expect([kind, await client.moment()]).toEqual([kind, from]);
    await client.goTo(to);
    if (kind === 'stepIn') {
      await client.move('chronovisor/stepBackInto', byLine);
      expect([kind, to, await client.moment()]).toEqual([kind, to, from]);
      await client.goTo(to);
    }
  }
});
