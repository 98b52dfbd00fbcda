/**
 * Origins in a real kernel with two harts: wherever in RAM bytes of a disk's sectors or of a typed line are found in the
 * end (page cache, copies of files, the terminal's buffers, the shell's), they are followed to the disk and to the typing.
 */

import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { initialMemoryOf } from '../../adapter/questions/origin.ts';
import { openRecording } from '../../adapter/session/replay.ts';
import { denseCheckpoints, type ReplaySession } from '../../adapter/session/session.ts';
import { moment } from '../../traces/time.ts';
import { memoryPlace } from '../../vmm/history/origin/place.ts';
import { beginningsOf } from '../../vmm/history/origin/ways.ts';
import { ramBase } from '../../vmm/machine/memory.ts';
import { type CommandLine, createCommandLine } from '../kernels/command-line.ts';
import { linux, shellScript } from '../kernels/guests.ts';
import { createRandom } from '../kernels/sessions.ts';
import { ask } from './guests.ts';

const timeoutMs = 900_000;
const sectorBytes = 512;
const random = createRandom(1);
const disk = Uint8Array.from({ length: 2 ** 20 }, () => Math.floor(random() * 256));
const typedLine = 'md5sum /tmp/copy';
/** Before the power is off: memory holds what it did at the prompt. */
const stepsBeforeEnd = 20_000_000;

let cli: CommandLine;
let session: ReplaySession;
beforeAll(async () => {
  cli = await createCommandLine();
  cli.file('disk.img', disk);
  cli.file(
    'linux.script',
    shellScript(['dd if=/dev/vda of=/tmp/file bs=64k count=8', 'cp /tmp/file /tmp/copy', typedLine]),
  );
  const machine = linux('-smp 2 -drive file=disk.img,if=none,format=raw,id=x0 -device virtio-blk-device,drive=x0');
  const { exitCode, stderr } = await cli.run(`record -o linux.chrono --script linux.script -- ${machine}`);
  if (exitCode !== 0) throw new Error(`the recording failed with code ${exitCode}: ${stderr}`);
  const file = join(cli.folder, 'linux.chrono');
  session = await openRecording({ file, verify: false, checkpoints: denseCheckpoints, console: () => {} });
  session.timeline.seek(moment(session.trace.until - stepsBeforeEnd));
}, timeoutMs);
afterAll(() => {
  session?.close(); // not there when the recording failed
  cli.remove();
});

/** Of each place in RAM that holds these bytes: where they come from. */
const originsOf = (bytes: Uint8Array): readonly (readonly string[])[] => {
  const { timeline, machine } = session;
  const initialMemory = initialMemoryOf(session)!;
  const ram = Buffer.from(machine.readRam(ramBase, machine.memory.ramBytes)!);
  const found: string[][] = [];
  for (let at = ram.indexOf(bytes); at >= 0; at = ram.indexOf(bytes, at + 1)) {
    const answer = ask(timeline, { place: memoryPlace(ramBase + at, bytes.length), initialMemory });
    found.push(
      beginningsOf(answer).map(({ node: { origin }, nodeOffset, offset }) => {
        if (origin?.kind === 'disk') return `sector ${origin.sector} byte ${origin.offset + nodeOffset}`;
        return origin?.kind === 'typed'
          ? `${offset} typed ${String.fromCharCode(origin.character)}`
          : `${origin?.kind}`;
      }),
    );
  }
  return found;
};

test.each([17, 200, 1000])(
  'all copies of what sector %i holds come from it',
  (sector) => {
    const start = sector * sectorBytes + 16;
    const origins = originsOf(disk.subarray(start, start + 8));
    expect(origins.length).toBeGreaterThanOrEqual(3); // the disk's page cache, and two files
    for (const origin of origins) expect(origin).toEqual([`sector ${sector} byte 16`]);
  },
  timeoutMs,
);

test(
  'all copies of a typed line come from the typing',
  () => {
    const origins = originsOf(new TextEncoder().encode(typedLine));
    expect(origins.length).toBeGreaterThan(0);
    // The shell puts words together with spaces of its own.
    const expected = [...typedLine].map((character, index) => `${index} typed ${character}`);
    for (const origin of origins)
      expect(origin.filter((_, index) => typedLine[index] !== ' ')).toEqual(
        expected.filter((_, index) => typedLine[index] !== ' '),
      );
    expect(origins).toContainEqual(expected);
  },
  timeoutMs,
);
