/** docs/trace-format.md and the sample of each format version agree with the code. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { inputKinds } from '../../traces/events.ts';
import { formatVersion, type TraceHeader } from '../../traces/header.ts';
import { MemorySource, storedOnly } from '../../traces/memory.ts';
import { openTrace } from '../../traces/reader.ts';
import { moment } from '../../traces/time.ts';
import { brotli, contentsOf, type Recording, record, tiny, tinyWithStates } from './support.ts';

const root = join(import.meta.dirname, '..', '..');
const page = readFileSync(join(root, 'docs', 'trace-format.md'), 'utf8');

const header: TraceHeader = {
  formatVersion,
  createdBy: 'chronovisor 0.1.0',
  machine: {
    board: 'virt',
    harts: 1,
    ramBytes: 16 * 1024 * 1024,
    bios: 'none',
    timePolicy: 'virtual',
    idlePolicy: 'skip',
    timebaseHz: 10_000_000,
    stepsPerTick: 10,
    quantumSteps: 1000,
    append: '',
    devices: [],
    digestStride: 10_000_000,
  },
  images: [],
};

describe('docs/trace-format.md', () => {
  test('has in its hexdump what the writer writes', async () => {
    const written = await record(
      {
        header,
        images: [],
        events: [
          { at: moment(300), kind: 'serial', bytes: new TextEncoder().encode('ls\r') },
          { at: moment(1000), kind: 'clock', ticks: 100 },
        ],
        digests: [],
        end: { at: moment(5000), reason: 'poweroff', exitCode: 0 },
        flushEvery: 10,
      },
      storedOnly,
    );
    let text = '';
    for (const [, offset, row] of page.matchAll(/^([0-9a-f]{4}) {2}((?:[0-9a-f]{2} {1,2})*[0-9a-f]{2})(?: .*)?$/gm)) {
      expect(Number.parseInt(offset!, 16)).toBe(text.length / 2);
      text += row!.replaceAll(' ', '');
    }
    expect(text).toBe(Buffer.from(written).toString('hex'));
  });

  test('has a row for every input kind', () => {
    const rows = inputKinds.map(({ code, kind, fields, meaning }) => {
      const columns = Object.entries(fields).map(([name, { column }]) => `${name}: ${column}`);
      return `| ${code} | ${kind} | ${columns.join(', ')} | ${meaning} |`;
    });
    expect(page).toContain(rows.join('\n'));
  });
});

describe('traces/samples', () => {
  // A sample is written once, by the version that introduced the format, and never again.
  const check = (version: number, recording: Recording) =>
    test(`has a trace of format ${version} that is still read as it was recorded`, async () => {
      const sample = readFileSync(join(root, 'traces', 'samples', `format-${version}.chrono`));
      const trace = await openTrace(new MemorySource(sample), brotli);
      expect(trace.header).toEqual({ ...recording.header, formatVersion: version });
      expect([...trace.events]).toEqual(recording.events);
      expect([...trace.digests]).toEqual(recording.digests);
      expect(trace.end).toEqual(recording.end);
      expect(trace.image(0)).toEqual(recording.images[0]);
      const { begins, states = [] } = recording;
      const expected = begins === undefined ? states : [begins, ...states];
      expect(trace.states.map((state) => contentsOf(state.load()))).toEqual(expected.map(contentsOf));
      expect(trace.bookmarks().list).toEqual(recording.bookmarks?.at(-1)?.put ?? []);
    });
  const samples = [tiny, tinyWithStates];
  for (const [index, recording] of samples.entries()) check(index + 1, recording);

  test('has one of each', () => expect(samples.length).toBe(formatVersion));
});
