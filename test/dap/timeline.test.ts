/** `chronovisor/timeline`, `findEvent` and `console`: what views over time are told, from an index and without one. */

import { beforeAll, describe, expect, test } from 'vitest';
import type { ConsoleAnswer } from '../../adapter/dap/console-chunks.ts';
import { consoleOf } from '../../adapter/dap/console-chunks.ts';
import { ConsoleLog } from '../../adapter/dap/console-log.ts';
import { eventsMax, findEvent, findKnownEvent, pictureOf } from '../../adapter/dap/timeline.ts';
import type { TimelineAnswer } from '../../adapter/dap/timeline-requests.ts';
import { moment } from '../../traces/time.ts';
import { indexOf, runOf } from '../history/fixture.ts';
import { refusal, type TestClient } from './client.ts';
import { FakeHistory, kernelEvents, kernelHistory } from './fake-history.ts';
import { demoElf, machineLine, newClient, record, replay } from './fixture.ts';

const interval = (from: number, to: number) => ({ from: moment(from), to: moment(to) });
const tenMillion = 10_000_000;
const long = kernelHistory(tenMillion, 400);
const whole = interval(0, tenMillion * 400);

describe('a picture of the history', () => {
  test('has the densities of ten million events, and none of them one by one', () => {
    const { densities, columns, events, covered } = pictureOf(long, whole, 1000);
    expect({ columns, events, covered }).toEqual({ columns: 1000, events: undefined, covered: [whole] });
    expect(densities.traps.map(({ words }) => words)).toEqual([
      'environment call from U-mode',
      'supervisor timer interrupt',
    ]);
    const sums = densities.traps.map(({ counts }) => counts.reduce((sum, count) => sum + count));
    for (const sum of sums) expect(sum / (tenMillion / 8)).toBeCloseTo(1, 0);
    expect(JSON.stringify(densities).length).toBeLessThan(200_000);
  });

  test('has each event where there are few', () => {
    const { events } = pictureOf(long, interval(4_000_000, 4_003_200), 1000);
    expect(events).toEqual([
      { kind: 'trap', at: 4_000_000, hart: 0, cause: 8, interrupt: false, from: 0, to: 1 },
      { kind: 'return', at: 4_000_400, hart: 0, from: 1, to: 0 },
      { kind: 'trap', at: 4_000_800, hart: 0, cause: 5, interrupt: true, from: 0, to: 1 },
      { kind: 'return', at: 4_001_200, hart: 0, from: 1, to: 0 },
      { kind: 'console', at: 4_001_600, offset: 1250, bytes: 'Qw==' },
      { kind: 'return', at: 4_002_000, hart: 0, from: 1, to: 0 },
      { kind: 'space', at: 4_002_400, hart: 0, satp: '8000000000080001' },
      { kind: 'return', at: 4_002_800, hart: 0, from: 1, to: 0 },
    ]);
  });

  test('has at most so many events as are promised', () => {
    expect(pictureOf(long, interval(0, eventsMax * 400), 100).events).toHaveLength(eventsMax);
    expect(pictureOf(long, interval(0, eventsMax * 400 + 1), 100).events).toBeUndefined();
  });

  test('has no more columns than there are steps', () => {
    expect(pictureOf(long, interval(10, 17), 1000).columns).toBe(7);
    expect(pictureOf(long, interval(10, 10), 1000).columns).toBe(1);
  });

  test('says what is covered of it', () => {
    const parts = [interval(0, 100), interval(500, 900)];
    const history = new FakeHistory(parts, kernelEvents(10, 100));
    expect(pictureOf(history, interval(50, 600), 10).covered).toEqual([interval(50, 100), interval(500, 600)]);
    expect(pictureOf(history, interval(100, 500), 10)).toMatchObject({ covered: [], densities: { traps: [] } });
    expect(pictureOf(undefined, interval(0, 10), 10).covered).toEqual([]);
  });
});

describe('an event that is looked for', () => {
  const at = (wanted: Parameters<typeof findEvent>[1], from: number, to: number, last: boolean) =>
    findEvent(long, wanted, interval(from, to), last)?.at;

  test('is the first of its kind, or the last', () => {
    expect(at({ kind: 'console' }, 2_000_000_000, whole.to, false)).toBe(2_000_001_600);
    expect(at({ kind: 'console' }, 0, 2_000_000_000, true)).toBe(1_999_998_400);
    expect(at({ kind: 'trap', cause: 5, interrupt: true }, 1, 4000, false)).toBe(800);
    expect(at({ kind: 'trap', cause: 8, interrupt: false, hart: 1 }, 0, 1_000_000, true)).toBe(995_200);
  });

  test('need not be there', () => {
    expect(at({ kind: 'trap', cause: 13 }, 0, 40_000, false)).toBeUndefined();
    expect(at({ kind: 'trap', cause: 13 }, 0, 40_000, true)).toBeUndefined();
  });
});

describe('an event that is looked for where not all is indexed', () => {
  const log = new ConsoleLog(moment(0), 0);
  for (const [index, text] of ['one', 'two', 'three'].entries()) {
    log.add(moment(1000 + index * 10), 1000 + index * 10, new TextEncoder().encode(text));
  }
  log.reach(moment(5000), 5000);
  const find = (kind: 'trap' | 'console', from: number, to: number, last: boolean, history?: FakeHistory) =>
    findKnownEvent(history, log, { kind }, interval(from, to), last);

  test('may be what a session saw printed', () => {
    expect(find('console', 0, 5000, false)).toMatchObject({ event: { at: 1000, bytes: 'b25l', offset: 0 } });
    expect(find('console', 0, 1020, true)).toMatchObject({ event: { at: 1010, bytes: 'dHdv', offset: 3 } });
    expect(find('console', 0, 5000, true)).toEqual({ event: expect.objectContaining({ at: 1020, offset: 6 }) });
  });
  test('is not there for certain where the session was', () => {
    expect(find('console', 1021, 5000, false)).toEqual({});
    expect(find('console', 0, 1000, true)).toEqual({});
  });
  test('may be there where nobody was', () => {
    expect(find('console', 1021, 5001, false)).toEqual({ partial: true });
    expect(find('trap', 0, 5000, false)).toEqual({ partial: true });
  });
  test('is the first, or the last, of what both know', () => {
    const history = new FakeHistory([interval(0, 500)], kernelEvents(10, 40)); // prints at 160
    expect(find('console', 0, 5000, false, history).event).toMatchObject({ at: 160 });
    expect(find('console', 0, 5000, true, history).event).toMatchObject({ at: 1020 });
    expect(find('trap', 0, 400, false, history)).toEqual({ event: expect.objectContaining({ at: 0 }) });
  });
});

describe('the log of the console', () => {
  const bytes = (text: string): Uint8Array => new TextEncoder().encode(text);
  const textOf = ({ bytes }: { readonly bytes: Uint8Array }): string => new TextDecoder().decode(bytes);

  test('has once what was printed again and again', () => {
    const log = new ConsoleLog(moment(0), 0);
    log.add(moment(10), 10, bytes('a'));
    log.add(moment(20), 20, bytes('b'));
    log.add(moment(10), 35, bytes('a')); // back to 5, and on
    log.add(moment(20), 45, bytes('b'));
    log.add(moment(30), 55, bytes('c'));
    expect(textOf(log.between(moment(0), moment(100), 100))).toBe('abc');
    expect(log.known).toEqual({ from: 0, to: 31 });
  });

  test('takes nothing from behind a gap', () => {
    const log = new ConsoleLog(moment(0), 0);
    log.add(moment(10), 10, bytes('a'));
    log.reach(moment(500), 20);
    log.add(moment(510), 30, bytes('z'));
    expect(log.known).toEqual({ from: 0, to: 11 });
    expect(textOf(log.between(moment(0), moment(1000), 100))).toBe('a');
  });

  test('forgets the oldest, and says so', () => {
    const log = new ConsoleLog(moment(0), 0, 8);
    for (let at = 0; at < 10; at += 1) log.add(moment(at * 10), at * 10, bytes(String(at)));
    expect(log.known.from).toBe(31);
    expect(log.between(moment(0), moment(1000), 100)).toMatchObject({ offset: 4, moments: { 0: 40 } });
    expect(textOf(log.between(moment(0), moment(1000), 100))).toBe('456789');
  });

  test('gives what one step printed as a whole', () => {
    const log = new ConsoleLog(moment(0), 0);
    log.add(moment(1), 1, bytes('hello'));
    log.add(moment(2), 2, bytes('there'));
    expect(textOf(log.between(moment(0), moment(9), 2))).toBe('hello');
  });

  test('is joined with what the index knows, and pages come to its end', () => {
    const log = new ConsoleLog(moment(4801), 0); // begins after the index's first characters
    log.add(moment(4801), 0, bytes('xyz'));
    log.reach(moment(8000), 3199);
    const history = kernelHistory(100, 400);
    const first = consoleOf(log, history, interval(0, 20_000), 1000);
    expect(first.known).toEqual([interval(0, 20_000)]);
    const text = first.chunks.map((chunk) => Buffer.from(chunk.bytes, 'base64').toString()).join('|');
    expect(text).toBe('AB|xyz|CDEF'); // the index has C at 8000
    expect(first.chunks[0]).toEqual({ moment: 1600, offset: 0, bytes: 'QUI=', later: [3200] });
    let paged = '';
    for (let from = 0; from < 20_000; ) {
      const page = consoleOf(log, history, interval(from, 20_000), 1);
      paged += page.chunks.map((chunk) => Buffer.from(chunk.bytes, 'base64').toString()).join('');
      expect(page.to).toBeGreaterThan(from);
      from = page.to;
    }
    expect(paged).toBe('ABxyzCDEF');
  });
});

const steps = 400_000;
let trace = '';
beforeAll(async () => {
  trace = await record(demoElf, 'timeline', steps);
});

const timeline = async (client: TestClient, args: object): Promise<TimelineAnswer> =>
  (await client.customRequest('chronovisor/timeline', args)).body;
const printed = async (client: TestClient, args: object = {}): Promise<ConsoleAnswer> =>
  (await client.customRequest('chronovisor/console', args)).body;
const bytesOf = ({ chunks }: ConsoleAnswer) =>
  chunks.flatMap((chunk) => {
    let at = chunk.moment;
    return [...Buffer.from(chunk.bytes, 'base64')].map((byte, index) => {
      at += index === 0 ? 0 : (chunk.later?.[index - 1] ?? 0);
      return { byte, at, offset: (chunk.offset ?? 0) + index };
    });
  });

describe('the index of a recording', () => {
  test('and the log of a session know the same of the console', async () => {
    const run = await runOf('demo/demo.elf -m 32M', steps, true);
    const index = indexOf(run, 4096, [moment(steps / 2), moment(steps)]);
    const client = await replay(trace);
    await client.move('continue');
    const seen = bytesOf(await printed(client));
    expect(bytesOf(consoleOf(undefined, index, interval(0, steps), 2 ** 18))).toEqual(seen);
    const { densities, covered } = pictureOf(index, interval(0, steps), 100);
    expect(covered).toEqual([interval(0, steps)]);
    expect(densities.consoleBytes.reduce((sum, bytes) => sum + bytes)).toBe(seen.length);
    const privileges = densities.privilegeSteps.map((counts) => counts.reduce((sum, count) => sum + count));
    expect(privileges.reduce((sum, count) => sum + count)).toBeCloseTo(steps, -2);
  });
});

test('a machine that is recorded tells what it did, as a part of it', async () => {
  const client = newClient();
  await client.begin({ machine: machineLine(demoElf), stopOnEntry: true, idle: 'skip', cache: false });
  await client.functionBreakpoints({ name: 'path_resolve' });
  await client.move('configurationDone');
  await client.move('continue');
  const end = await client.moment();
  const answer = await timeline(client, { from: 0, to: end, columns: 10 });
  expect(answer).toMatchObject({ partial: true, indexed: false, position: { live: true } });
  expect(answer.stops.at(-1)).toMatchObject({ moment: end });
  expect(answer.checkpoints[0]).toBe(0);
  expect(answer.densities.consoleBytes.reduce((sum, count) => sum + count)).toBe(client.output.length);
  const find = async (args: object) =>
    (await client.customRequest('chronovisor/findEvent', { from: 0, to: end, ...args })).body;
  const { event, partial } = await find({ kind: 'console', last: true });
  expect([Buffer.from(event.bytes, 'base64').toString(), partial]).toEqual([client.output.at(-1), undefined]);
  expect(await find({ kind: 'trap' })).toEqual({ partial: true });
  await client.moved('chronovisor/fork', {});
  expect(await timeline(client, { from: 0, to: end, columns: 10 })).toMatchObject({ partial: true, to: end });
});

describe('a session', () => {
  test('says where it is, has checkpoints and where it stopped, and what is not known', async () => {
    const client = await replay(trace);
    await client.goTo(1000);
    await client.goTo(200_000);
    const answer = await timeline(client, { from: 0, to: 10 ** 12, columns: 800 });
    expect(answer).toMatchObject({ from: 0, to: steps, columns: 800, harts: 1, indexed: false, covered: [] });
    expect(answer.position).toEqual({ moment: 200_000, end: steps, live: false, running: false });
    expect(answer.checkpoints[0]).toBe(0);
    expect(answer.stops.map(({ moment }) => moment)).toEqual([1000, 200_000]);
    expect((await timeline(client, { from: 900, to: 1100, columns: 10 })).stops).toEqual([
      { moment: 1000, words: 'Paused on goto' },
    ]);
  });

  test('knows the step that printed each character', async () => {
    const client = await replay(trace);
    await client.move('continue');
    const all = bytesOf(await printed(client));
    expect(Buffer.from(all.map(({ byte }) => byte)).toString()).toBe(client.output);
    expect(all.length).toBeGreaterThan(20);
    // Another session, which stops before and after the step, is shown one character more after it.
    const other = await replay(trace);
    for (const { at, offset } of [all[0]!, all[7]!, all.at(-1)!]) {
      await other.goTo(at);
      expect(other.output).toHaveLength(offset);
      await other.goTo(at + 1);
      expect(other.output).toHaveLength(offset + 1);
    }
  });

  test('knows it also after going to and fro', async () => {
    const client = await replay(trace);
    await client.goTo(200_000);
    await client.goTo(10);
    await client.goTo(300_000);
    await client.move('stepBack');
    await client.move('continue');
    const answer = await printed(client);
    expect(answer.known).toEqual([{ from: 0, to: steps }]);
    expect(Buffer.from(bytesOf(answer).map(({ byte }) => byte)).toString()).toBe(client.output);
    expect((await printed(client, { from: 10, to: 20 })).chunks).toEqual([]);
  });

  test('has what it saw of the console though nothing is indexed', async () => {
    const client = await replay(trace);
    await client.goTo(1000);
    const { densities, covered } = await timeline(client, { from: 0, to: 1000, columns: 10 });
    expect([covered, densities.traps]).toEqual([[], []]);
    expect(densities.consoleBytes.reduce((sum, count) => sum + count)).toBe(client.output.length);
  });

  test('refuses what makes no sense', async () => {
    const client = newClient();
    await client.initializeRequest({ adapterID: 'chronovisor' });
    const ask = (args: object) => refusal(client.customRequest('chronovisor/timeline', args));
    expect(await ask({ from: 0, to: 1, columns: 1 })).toContain('came too early');
    expect(await ask({ from: 0, to: 1, columns: 0 })).toContain('columns');
    expect(await ask({ from: -1, to: 1, columns: 1 })).toContain('from');
  });
});
