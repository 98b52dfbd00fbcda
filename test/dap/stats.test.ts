/** `chronovisor/stats`, and `stats` in the debug console: counts since the launch, times since they were asked for. */

import { beforeAll, describe, expect, test } from 'vitest';
import type { StatsAnswer } from '../../adapter/dap/custom-requests.ts';
import type { TestClient } from './client.ts';
import { refusal } from './client.ts';
import { demoElf, newClient, record, replay } from './fixture.ts';

const steps = 3_000_000;
let trace = '';
beforeAll(async () => {
  trace = await record(demoElf, 'stats', steps);
});

const stats = async (client: TestClient, args: object = {}): Promise<StatsAnswer> =>
  (await client.customRequest('chronovisor/stats', args)).body;

const shares = ({ time }: StatsAnswer): number => time.reduce((sum, { share }) => sum + share, 0);

describe('the statistics of a session', () => {
  test('have no times at first, and all of the time after that', async () => {
    const client = await replay(trace);
    const first = await stats(client);
    expect(first).toMatchObject({ sampling: false, samples: 0, sampledMs: 0, steps: { made: 0 } });
    expect(shares(first)).toBe(0);
    await client.goTo(steps);
    const second = await stats(client);
    expect(second).toMatchObject({ sampling: true, steps: { made: steps } });
    expect(second.samples).toBeGreaterThan(0);
    expect(shares(second)).toBeCloseTo(1, 9);
    expect(second.devices.find(({ name }) => name === 'uart0')?.writes).toBeGreaterThan(0);
  });

  test('count again what is done again after going back', async () => {
    const client = await replay(trace);
    await client.goTo(steps);
    await client.goTo(1000);
    expect((await stats(client)).steps.made).toBe(steps + 1000);
  });

  test('begin at zero after a reset', async () => {
    const client = await replay(trace);
    await client.goTo(1000);
    expect((await stats(client, { reset: true })).steps.made).toBe(1000);
    expect(await stats(client)).toMatchObject({
      steps: { made: 0 },
      tlbFills: { read: 0, write: 0, execute: 0 },
      devices: [],
    });
    await client.goTo(1234);
    expect((await stats(client)).steps.made).toBe(234);
  });

  test('are sampled no more when that is asked for, and keep what there was', async () => {
    const client = await replay(trace);
    await stats(client);
    await client.goTo(steps);
    expect((await stats(client, { sampling: false })).sampling).toBe(true);
    const kept = await stats(client, { sampling: false });
    await client.goTo(0);
    const later = await stats(client, { sampling: false });
    expect([kept.sampling, later.sampling, later.samples]).toEqual([false, false, kept.samples]);
    expect(kept.samples).toBeGreaterThan(0);
  });

  test('are sampled of the timeline that one is in alone', async () => {
    const client = await replay(trace);
    await stats(client);
    await client.moved('chronovisor/fork', {});
    expect((await stats(client, { sampling: false })).sampling).toBe(false);
    await client.moved('chronovisor/switchFork', { id: 0 });
    expect((await stats(client)).sampling).toBe(false);
  });

  test('are there in words in the debug console', async () => {
    const client = await replay(trace);
    expect(await client.evaluate('stats')).toMatch(/\nTime is sampled from now on\.$/);
    await client.goTo(steps);
    expect(await client.evaluate('stats reset')).toMatch(/^steps +3,000,000, /m);
    expect(await client.evaluate('stats')).toMatch(/^steps +0, /m);
  });

  test('are refused before a launch, and with arguments that are none', async () => {
    const client = newClient();
    await client.initializeRequest({ adapterID: 'chronovisor' });
    expect(await refusal(client.customRequest('chronovisor/stats'))).toContain('chronovisor/stats');
    const other = await replay(trace);
    expect(await refusal(other.customRequest('chronovisor/stats', { reset: 'yes' }))).toContain('reset');
  });
});
