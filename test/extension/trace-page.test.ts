/** The page of a recording: what it says, and that nothing of a trace is more than text in it. */

import { describe, expect, test } from 'vitest';
import { bytesText, escaped } from '../../extension/src/trace-editor/html.ts';
import { type Page, pageMessageOf, pageOf } from '../../extension/src/trace-editor/page.ts';
import { endWords, parseSummary } from '../../extension/src/trace-editor/summary.ts';

const printed = {
  formatVersion: 1,
  createdBy: 'chronovisor 0.1.0',
  machine: {
    ...{ board: 'virt', harts: 2, ramBytes: 2 ** 27, bios: 'default', timePolicy: 'virtual', idlePolicy: 'skip' },
    ...{ append: 'console=ttyS0', devices: [{ kind: 'virtio-blk', slot: 7 }], digestStride: 1_000_000 },
  },
  images: [{ role: 'kernel', name: 'Image', sizeBytes: 3_000_000, digest: 'sha256:0123456789abcdef', embedded: true }],
  ...{
    steps: 12_345_678,
    complete: true,
    end: { reason: 'poweroff', exitCode: 2 },
    events: { serial: 3 },
    digests: 12,
  },
  sizes: {
    ...{ fileBytes: 2000, headerBytes: 100, imageBytes: 1500, eventBytes: 200 },
    ...{ digestBytes: 150, stateBytes: 0, bookmarkBytes: 0, endBytes: 50, tornBytes: 0 },
  },
};
const summary = parseSummary(JSON.stringify(printed));

const page = (more: Partial<Page> = {}): string =>
  pageOf({
    ...{ name: 'run.chrono', nonce: 'NONCE', mayRun: true, verification: { kind: 'not yet' } },
    state: { kind: 'trace', summary },
    ...more,
  });

const check = (text: string, more?: Partial<Page>) => expect(page(more)).toContain(text);

describe('the page of a recording', () => {
  test('says how long it is', () => check('12,345,678 steps'));
  test('says how it ended', () => check('the guest switched itself off with exit code 2'));
  test('says what it is of', () => check('virt, 2 harts, 128 MiB of RAM'));
  test('says what was put in', () => check('3 serial'));
  test('lists its images', () => check('<td>Image</td><td class="number">2.9 MiB</td><td>in the trace</td>'));
  test('says what the file is made of, the largest first', () =>
    expect(page().indexOf('aria-label="images"')).toBeLessThan(page().indexOf('aria-label="inputs"')));
  test('offers to verify', () => check('data-command="verify"'));
  test('offers to cancel instead while that goes on', () => {
    const text = page({ verification: { kind: 'running' } });
    expect([text.includes('data-command="cancel"'), text.includes('data-command="verify"')]).toEqual([true, false]);
  });
  test('runs nothing where the folder is not trusted', () =>
    expect(page({ mayRun: false })).not.toMatch(/data-command="(start|end|panic|verify)"/));
  test('says what is wrong with a damaged one, and offers to read the rest', () => {
    const text = page({ state: { kind: 'damaged', message: 'The chunk 3 is damaged', salvaged: false } });
    expect(text).toContain('The chunk 3 is damaged');
    expect(text).toContain('data-command="salvage"');
  });
});

describe('what happened', () => {
  const history = {
    traps: [
      { words: 'environment call from U-mode', count: 1234, first: 5000, last: 6_000_000 },
      { words: 'store page fault', count: 1, first: 7000, last: 7000 },
    ],
    panics: [{ moment: 27_000_000, line: 'panic: <freelist>' }],
    panicCount: 3,
  };
  const known = { state: { kind: 'trace', summary: { ...summary, history } } } as const;

  test('is known after a verification, where no index is kept', () => check('known once it has been verified'));
  test('is each cause, and how often', () =>
    check('<th scope="row">environment call from U-mode</th><td class="number">1,234</td>', known));
  test('is each panic in the words of the guest, which are text', () => check('panic: &lt;freelist&gt;', known));
  test('says how many panics are not shown', () => check('And 2 more.', known));
  test('has buttons that open the recording at the first and last of a cause', () => {
    const moments = [...page(known).matchAll(/data-command="moment" data-moment="(\d+)"/g)].map(([, at]) => Number(at));
    expect(moments).toEqual([27_000_000, 5000, 6_000_000, 7000]);
  });
  test('has no buttons where the folder is not trusted', () => {
    const text = page({ ...known, mayRun: false });
    expect([text.includes('data-command="moment"'), text.includes('27,000,000')]).toEqual([false, true]);
  });
});

describe('text of a trace', () => {
  const hostile = `<img src=x onerror="alert(1)">'&\u202e\u001b[31m`;

  test('is never more than text', () => {
    const images = [{ ...summary.images[0]!, name: hostile, role: hostile, digest: hostile }];
    const machine = { ...summary.machine, append: hostile, bios: hostile, devices: [{ kind: hostile, slot: 0 }] };
    const end = { reason: hostile, message: hostile };
    const panics = [{ moment: 1, line: hostile }];
    const history = { traps: [{ words: hostile, count: 1, first: 1, last: 1 }], panics, panicCount: 1 };
    const all = {
      ...summary,
      history,
      images,
      machine,
      end,
      createdBy: hostile,
      damage: hostile,
      events: { [hostile]: 1 },
    };
    const text = page({ name: hostile, state: { kind: 'trace', summary: all } });
    expect(text).not.toContain('<img');
    expect(text).not.toContain('"alert(');
    expect(text).not.toMatch(/[\u202e\u001b]/);
    expect(text).toContain('&lt;img');
  });

  test('shows what cannot be seen as a sign', () => expect(escaped('a\u0000b\u200bc')).toBe('a\ufffdb\ufffdc'));
});

test('the page loads nothing, and runs and styles only what has its nonce', () => {
  const text = page();
  expect(text).toContain(`content="default-src 'none'; style-src 'nonce-NONCE'; script-src 'nonce-NONCE'"`);
  expect(text.match(/<(script|style)[^>]*>/g)).toEqual(['<style nonce="NONCE">', '<script nonce="NONCE">']);
  expect(text).not.toMatch(/\son\w+=|\sstyle=|https?:/);
});

test('only messages with a known command are taken', () => {
  const messages = [{ command: 'verify', moment: null }, { command: 'rm' }, 7, undefined, null];
  expect(messages.map(pageMessageOf)).toEqual(['verify', undefined, undefined, undefined, undefined]);
});

test('only moments that can be are taken', () => {
  const moments = [5, 0, -1, 0.5, Number.NaN, 2 ** 60, '5', undefined];
  expect(moments.map((moment) => pageMessageOf({ command: 'moment', moment }))).toEqual([
    { moment: 5 },
    { moment: 0 },
    ...Array(6).fill(undefined),
  ]);
});

test('what is no summary is refused', () => {
  expect(() => parseSummary('{"steps": 1}')).toThrow();
  expect(() => parseSummary('nothing')).toThrow();
});

test('a recording without an end says so', () =>
  expect(endWords({ ...summary, complete: false, end: undefined })).toBe(
    'the recorder was stopped before it wrote the end',
  ));

test('sizes have units that a person reads', () =>
  expect([0, 1023, 1024, 1536, 2 ** 31].map(bytesText)).toEqual([
    '0 bytes',
    '1023 bytes',
    '1 KiB',
    '1.5 KiB',
    '2 GiB',
  ]));
