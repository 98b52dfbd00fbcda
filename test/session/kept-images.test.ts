/** Images that are kept compressed from recording to recording: the same trace comes of them, and of a damaged file nothing bad. */

import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { brotli } from '../../adapter/host/compression.ts';
import { sha256 } from '../../adapter/host/hashes.ts';
import { KeptImages, packPieces, unpackPieces } from '../../adapter/session/kept-images.ts';
import type { Compression } from '../../traces/bytes.ts';
import type { ImageDescription } from '../../traces/header.ts';

let folder: string;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'kept-images-'));
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const piece = 2 ** 20;
const imageOf = (sizeBytes: number): { image: ImageDescription; data: Uint8Array } => {
  // Not at the beginning of its buffer.
  const data = new Uint8Array(sizeBytes + 24).subarray(24).fill(7);
  for (let at = 0; at < data.length; at += 3) data[at] = at >>> 8;
  const digest = `sha256:${sha256().update(data).digest('hex')}`;
  return { image: { role: 'kernel', name: 'Image', sizeBytes, digest, embedded: true }, data };
};

/** Counts what it is asked to compress. */
const counting = (): { compression: Compression; asked: () => number } => {
  let asked = 0;
  const compress: Compression['compress'] = (bytes) => {
    asked += 1;
    return brotli.compress(bytes);
  };
  return { compression: { ...brotli, compress }, asked: () => asked };
};

/** As the trace's writer does: pieces in order, then something else. */
const write = (kept: KeptImages, data: Uint8Array): Uint8Array[] => {
  const { compression } = kept;
  const pieces: Uint8Array[] = [];
  for (let at = 0; at < data.length; at += piece) pieces.push(compression.compress(data.subarray(at, at + piece)));
  pieces.push(compression.compress(new Uint8Array(5000)));
  kept.keep();
  return pieces.map((bytes) => Uint8Array.from(bytes));
};

describe('compressed images', () => {
  const { image, data } = imageOf(2 * piece + 1000);

  test('are compressed once, and written alike from then on', () => {
    const [first, second] = [counting(), counting()];
    const written = write(new KeptImages(folder, [image], [data], first.compression), data);
    expect(first.asked()).toBe(4);
    expect(write(new KeptImages(folder, [image], [data], second.compression), data)).toEqual(written);
    expect(second.asked()).toBe(1);
    expect(brotli.decompress(written[1]!, piece)).toEqual(data.slice(piece, 2 * piece));
  });

  test('are compressed anew when the file is damaged', () => {
    const name = readdirSync(join(folder, 'images')).find((file) => file.includes(image.digest.slice(7)))!;
    const file = join(folder, 'images', name);
    const whole = readFileSync(file);
    for (const damaged of [whole.subarray(0, 5), whole.subarray(0, whole.length - 1), whole.with(9, whole[9]! ^ 1)]) {
      writeFileSync(file, damaged);
      const { compression, asked } = counting();
      write(new KeptImages(folder, [image], [data], compression), data);
      expect(asked()).toBe(4);
      expect(readFileSync(file)).toEqual(whole);
    }
  });

  test('are not kept when they are small, or not embedded', () => {
    const small = imageOf(piece - 1);
    const [first, second] = [counting(), counting()];
    for (let time = 0; time < 2; time += 1)
      write(new KeptImages(folder, [small.image], [small.data], first.compression), small.data);
    expect(first.asked()).toBe(4);
    write(new KeptImages(folder, [image], [undefined], second.compression), data);
    expect(second.asked()).toBe(4);
    expect(readdirSync(join(folder, 'images'))).toHaveLength(1);
  });

  test('are the same pieces when they were packed', () => {
    const pieces = new Map([
      [0, Uint8Array.of(1, 2, 3)],
      [3 * piece, new Uint8Array()],
      [0xfff0_0000, Uint8Array.of(9)],
    ]);
    const unpacked = unpackPieces(Buffer.from(packPieces(pieces)));
    expect([...unpacked!].map(([offset, bytes]) => [offset, [...bytes]])).toEqual(
      [...pieces].map(([offset, bytes]) => [offset, [...bytes]]),
    );
  });
});
