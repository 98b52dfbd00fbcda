/** Images are read where they were when they were recorded, as long as they are there; if not, the trace has them. */

import { mkdtempSync, readdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { imageDigest, virtualPolicy } from '../../adapter/boot/configuration.ts';
import { parseMachineOptions } from '../../adapter/cli/qemu-options.ts';
import { ImagePlaces } from '../../adapter/session/image-places.ts';
import { createRecording } from '../../adapter/session/record.ts';
import { openRecording } from '../../adapter/session/replay.ts';
import { noCheckpoints } from '../../adapter/session/session.ts';
import type { ImageDescription } from '../../traces/header.ts';
import { moment } from '../../traces/time.ts';

let folder: string;
let file: string;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'image-places-'));
  file = join(folder, 'Image');
  writeFileSync(file, bytes);
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const bytes = Uint8Array.from({ length: 2 ** 20 + 24 }, (_, at) => at >>> 3);
/** As long, and not the same. */
const otherBytes = bytes.with(2 ** 19, 1);
const imageOf = (data: Uint8Array, embedded = true): ImageDescription => {
  const [sizeBytes, digest] = [data.length, imageDigest(data)];
  return { role: 'loader', name: 'Image', sizeBytes, digest, embedded, address: 0x8100_0000 };
};

/** Vitest's own comparison of a mebibyte takes seconds. */
const isTheImage = (found: Uint8Array | undefined): boolean =>
  found !== undefined && Buffer.compare(found, bytes) === 0;

const keptPlaces = (): string[] => readdirSync(join(folder, 'places'), { encoding: 'utf8' });

describe('the place of an image', () => {
  const image = imageOf(bytes);

  test('is remembered while the image is there', () => {
    const places = new ImagePlaces(folder);
    expect(places.find(image)).toBeUndefined();
    places.remember(image, file);
    expect(isTheImage(new ImagePlaces(folder).find(image))).toBe(true);
    expect(places.find(imageOf(otherBytes))).toBeUndefined();
  });

  test('is the last one', () => {
    const places = new ImagePlaces(folder);
    const moved = join(folder, 'moved');
    renameSync(file, moved);
    expect(places.find(image)).toBeUndefined();
    places.remember(image, moved);
    expect(isTheImage(places.find(image))).toBe(true);
    renameSync(moved, file);
    places.remember(image, file);
  });

  test.each([
    ['something else', otherBytes],
    ['more', Buffer.concat([bytes, Buffer.of(0)])],
    ['nothing', new Uint8Array()],
  ])('is not believed when there is %s', (_, found) => {
    writeFileSync(file, found);
    expect(new ImagePlaces(folder).find(image)).toBeUndefined();
    writeFileSync(file, bytes);
  });

  test.each(['', '\0', tmpdir()])('may be no name of a file: %j', (name) => {
    const [kept] = keptPlaces();
    const whole = readFileSync(join(folder, 'places', kept!));
    writeFileSync(join(folder, 'places', kept!), name);
    expect(new ImagePlaces(folder).find(image)).toBeUndefined();
    writeFileSync(join(folder, 'places', kept!), whole);
  });

  test('is not kept for a small image, or one that is not in the trace', () => {
    const places = new ImagePlaces(folder);
    const before = keptPlaces();
    for (const each of [imageOf(bytes.subarray(0, 2 ** 20 - 1)), imageOf(bytes.with(0, 9), false)])
      places.remember(each, file);
    expect(keptPlaces()).toEqual(before);
  });
});

test('a recording is replayed alike with the image at its place, changed or taken away', async () => {
  const trace = join(folder, 'a.chrono');
  const cacheFolder = join(folder, 'cache');
  const guest = join(import.meta.dirname, '../guests/bare/hello.elf');
  const { recorder, timeline } = await createRecording({
    options: parseMachineOptions([
      '-bios',
      'none',
      '-kernel',
      guest,
      '-device',
      `loader,file=${file},addr=0x81000000,force-raw=on`,
    ]),
    policy: virtualPolicy,
    trace: { file: trace, embedded: true },
    checkpoints: noCheckpoints,
    cacheFolder,
    console: () => {},
  });
  while (timeline.forward(moment(Number.MAX_SAFE_INTEGER)).reason !== 'power');
  recorder.end({ reason: 'poweroff' });
  expect(readdirSync(join(cacheFolder, 'places'))).toHaveLength(1);

  const replay = async (): Promise<number> => {
    const session = await openRecording({
      file: trace,
      verify: true,
      checkpoints: noCheckpoints,
      cacheFolder,
      console: () => {},
    });
    expect(isTheImage(session.images[1]!.bytes)).toBe(true);
    session.timeline.forward(session.trace.until);
    session.replayer.verifyEnd();
    session.close();
    return session.replayer.digestsCompared;
  };
  expect(await replay()).toBe(1);
  writeFileSync(file, otherBytes);
  expect(await replay()).toBe(1);
  rmSync(file);
  expect(await replay()).toBe(1);
});
