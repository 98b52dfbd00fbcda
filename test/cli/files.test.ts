import { mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { HostError } from '../../adapter/host/errors.ts';
import { brotli, FileSink, FileSource, readWhole, refuseSameFile } from '../../adapter/host/files.ts';
import { openTrace } from '../../traces/reader.ts';
import { moment } from '../../traces/time.ts';
import { TraceWriter } from '../../traces/writer.ts';

let folder = '';
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'chronovisor-files-'));
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const checkError = (action: () => unknown, sentence: string): void => {
  let found: unknown;
  try {
    action();
  } catch (error) {
    found = error;
  }
  expect(found).toBeInstanceOf(HostError);
  expect((found as HostError).message.replaceAll(folder, 'FOLDER')).toBe(sentence);
};

describe('a file of the host', () => {
  test('holds what was appended to it before it is closed', () => {
    const file = join(folder, 'appended');
    const sink = new FileSink('the trace', file);
    sink.append(Uint8Array.of(1, 2));
    sink.append(Uint8Array.of(3));
    sink.flush();
    expect([...readFileSync(file)]).toEqual([1, 2, 3]);
    sink.close();
    const source = new FileSource('the trace', file);
    expect([source.sizeBytes, ...source.read(1, 2)]).toEqual([3, 2, 3]);
    source.close();
  });

  test('carries a trace there and back', async () => {
    const file = join(folder, 'small.chrono');
    const sample = new FileSource('the trace', join(import.meta.dirname, '../../traces/samples/format-1.chrono'));
    const { header } = await openTrace(sample, brotli);
    const image = new Uint8Array(header.images[0]!.sizeBytes).fill(7);
    const writer = await TraceWriter.create(new FileSink('the trace', file), header, [image], brotli);
    writer.event({ at: moment(5), kind: 'serial', bytes: Uint8Array.of(0x6c, 0x73) });
    writer.end({ at: moment(9), reason: 'poweroff', exitCode: 0 });
    const trace = await openTrace(new FileSource('the trace', file), brotli);
    expect(trace.image(0)).toEqual(image);
    expect([...trace.events]).toEqual([{ at: 5, kind: 'serial', bytes: Uint8Array.of(0x6c, 0x73) }]);
    expect(trace.until).toBe(9);
  });

  test('is refused by name when it is not there', () =>
    checkError(
      () => readWhole('the kernel', join(folder, 'none')),
      'The kernel FOLDER/none cannot be read: expected a file that may be read, found nothing of that name. ' +
        'Check the name and the folder.',
    ));
  test('is refused when it is a folder', () =>
    checkError(
      () => new FileSource('the trace', folder),
      'The trace FOLDER cannot be read: expected a file that may be read, found a folder. Check the name and the folder.',
    ));
  test('is refused when its folder is not there', () =>
    checkError(
      () => new FileSink('the trace', join(folder, 'none/x.chrono')),
      'The trace FOLDER/none/x.chrono cannot be written: expected a folder that exists and may be written, ' +
        'found nothing of that name. Name another place.',
    ));
  test('is not overwritten by a recording that reads it, whatever its name', () => {
    writeFileSync(join(folder, 'kernel'), 'kernel');
    symlinkSync(join(folder, 'kernel'), join(folder, 'link'));
    checkError(
      () => refuseSameFile(join(folder, 'link'), [['the kernel', join(folder, 'kernel')]]),
      'The recording would overwrite the kernel FOLDER/kernel: expected a file of its own for the recording, ' +
        'found the same file. Name another one with -o.',
    );
  });
});

describe('compressed bytes', () => {
  const plain = new Uint8Array(100_000).fill(42);
  test('are small and come back', () => {
    const compressed = brotli.compress(plain);
    expect(compressed.length).toBeLessThan(200);
    expect(brotli.decompress(compressed, plain.length)).toEqual(plain);
  });
  test('are refused when they are more than they should be', () => {
    expect(() => brotli.decompress(brotli.compress(plain), plain.length - 1)).toThrow();
  });
});
