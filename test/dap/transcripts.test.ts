/**
 * Every request of THE table as a client has it: answered where it is right, and refused with a sentence where it is wrong, too
 * early, too late, or about what is not there any more.
 */

import { copyFileSync } from 'node:fs';
import { join } from 'node:path';
import type { DebugProtocol } from '@vscode/debugprotocol';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { requests } from '../../adapter/dap/requests.ts';
import { refusal, type TestClient } from './client.ts';
import { bareElf, demoElf, folder, machineLine, newClient, record } from './fixture.ts';
import { historyTranscripts } from './transcripts/history.ts';
import { lookTranscripts } from './transcripts/look.ts';
import { motionTranscripts } from './transcripts/motion.ts';
import { sessionTranscripts } from './transcripts/session.ts';
import { stopTranscripts } from './transcripts/stops.ts';
import {
  freshClient,
  liveLaunch,
  nowhere,
  numbersAt,
  program,
  type Stop,
  stopIn,
  type Transcript,
  type Transcripts,
} from './transcripts/transcript.ts';

const transcripts: Transcripts = {
  ...sessionTranscripts,
  ...motionTranscripts,
  ...lookTranscripts,
  ...stopTranscripts,
  ...historyTranscripts,
};
/** Their transcripts are tests of their own. */
const apart = ['launch', 'disconnect', 'terminate'];
const all = Object.entries(transcripts);

let trace = '';
beforeAll(async () => {
  trace = await record(program, 'transcripts', 100_000);
});

/** A recording of one's own, for bookmarks are written into it. */
const stopped = async (transcript: Pick<Transcript, 'of'>, name: string, client = newClient()): Promise<Stop> => {
  if (transcript.of === 'live') return stopIn(client, liveLaunch, folder);
  const copy = join(folder, `${name.replace('/', '-')}.chrono`);
  copyFileSync(trace, copy);
  return stopIn(client, { trace: copy }, folder);
};

test('every request has a transcript, and every transcript a request', () => {
  expect([...Object.keys(transcripts), ...apart].sort()).toEqual([...requests.keys()].sort());
});

describe('a request that is right is answered', () => {
  const right = all.filter(([command]) => command !== 'chronovisor/goToPanic');
  test.each(right)('%s', async (command, transcript) => {
    const { before = [], args, answer, follows } = transcript;
    const at = await stopped(transcript, command);
    const { client } = at;
    for (const [earlier, given] of before) {
      const arrived = client.nextStop();
      await client.customRequest(earlier, given);
      await arrived;
    }
    const event = follows && client.waitForEvent(follows[0], 30_000);
    const { body } = await client.customRequest(command, args(at));
    if (answer !== undefined) expect(body).toMatchObject(answer);
    if (follows !== undefined) expect(((await event) as DebugProtocol.Event).body).toMatchObject(follows[1]);
  });

  test('chronovisor/goToPanic', async () => {
    const client = newClient();
    await client.begin({ trace: await record(demoElf, 'panics', 40_000_000), cache: false });
    await client.move('configurationDone');
    expect(await client.moved('chronovisor/goToPanic', {})).toMatchObject({ description: 'Paused on guest panic' });
  });
});

/** A session that many tests send a request to which changes nothing. */
const shared = (begin: (client: TestClient) => Promise<unknown>) => {
  const found: { client: TestClient; at: Stop } = { client: freshClient(), at: undefined as unknown as Stop };
  beforeAll(async () => {
    found.at = (await begin(found.client)) as Stop;
  });
  afterAll(() => found.client.close());
  return found;
};

const refused = async (client: TestClient, command: string, args: unknown, sentence: string): Promise<void> => {
  const message = await refusal(client.customRequest(command, args));
  expect(message).toContain(sentence);
  expect(message).not.toMatch(/\n\s+at /);
};

interface Shape {
  readonly type: string;
  readonly wrapped?: Shape;
}
const shapesOf = (command: string): readonly (readonly [name: string, shape: Shape])[] =>
  Object.entries(requests.get(command)!.entries as unknown as Record<string, Shape>);
const takes = (command: string, name: string): boolean => name in requests.get(command)!.entries;

/** What no argument of a shape can be. */
const wrongFor = ({ type, wrapped }: Shape): unknown => {
  if (type === 'nullish') return wrongFor(wrapped!);
  return type === 'string' ? 5 : 'nonsense';
};

describe('a request that is wrong is refused', () => {
  const session = shared((client) => stopped({}, 'wrong', client));

  const mistaken = all.filter(([, { mistake }]) => mistake !== undefined);
  test.each(mistaken)('%s with a mistake', async (command, transcript) => {
    const [args, sentence] = transcript.mistake!;
    await refused(session.client, command, args(session.at), sentence);
  });

  test.each(all)('%s with arguments that are none', async (command) => {
    await refused(session.client, command, 'nonsense', 'not valid');
  });

  test.each(all)('%s with an argument of another type', async (command, { args }) => {
    for (const [name, shape] of shapesOf(command)) {
      const given = { ...args(session.at), [name]: wrongFor(shape) };
      await refused(session.client, command, given, `found ${name}`);
    }
  });

  test.each(all)('%s without an argument that it needs', async (command, { args }) => {
    const given = args(session.at);
    for (const [name, { type }] of shapesOf(command)) {
      if (type === 'nullish') continue;
      const rest = Object.fromEntries(Object.entries(given).filter(([each]) => each !== name));
      await refused(session.client, command, rest, `found ${name}`);
    }
  });

  const threaded = all.filter(([command]) => takes(command, 'threadId'));
  test.each(threaded)('%s about a thread that is not there', async (command, { args }) => {
    for (const threadId of [0, 2, -1, 2 ** 40]) {
      await refused(session.client, command, { ...args(session.at), threadId }, `There is no thread ${threadId}`);
    }
  });
});

describe('a request about an earlier stop is refused', () => {
  const session = shared(async (client) => {
    const before = await stopped({}, 'stale', client);
    await client.move('stepIn');
    expect((await numbersAt(client)).frameId).not.toBe(before.frameId);
    return before;
  });
  // Of the steps, which share their shape, only these have a target.
  const targeted = ['stepIn', 'goto'];
  const stale = (['frameId', 'variablesReference', 'targetId'] as const).flatMap((name) =>
    all
      .filter(([command]) => takes(command, name) && (name !== 'targetId' || targeted.includes(command)))
      .map(([command, { args }]) => ({ command, name, args })),
  );
  test.each(stale)('$command with its $name', async ({ command, name, args }) => {
    const given = { ...args(session.at), [name]: session.at[name] };
    expect(await refusal(session.client.customRequest(command, given))).toMatch(
      /^There (is no stack frame|are no variables) \d/,
    );
  });
});

describe('a request out of order', () => {
  const early = shared((client) => client.initializeRequest({ adapterID: 'chronovisor' }));
  const late = shared(async (client) => {
    const at = await stopped({}, 'late', client);
    const terminated = client.waitForEvent('terminated');
    await client.terminateRequest();
    await terminated;
    return at;
  });

  test.each(all)('%s before a launch', async (command, { args, always }) => {
    const given = args(nowhere(early.client, folder));
    if (always) await early.client.customRequest(command, given);
    else await refused(early.client, command, given, 'came too early');
  });
  test.each(all)('%s after the end', async (command, { args, always }) => {
    if (always) await late.client.customRequest(command, args(late.at));
    else await refused(late.client, command, args(late.at), 'came too late');
  });
  test('launch after the end', () => refused(late.client, 'launch', { trace }, 'came too late'));
  test('terminate after the end', async () => {
    await late.client.terminateRequest();
  });
});

describe('while the machine moves', () => {
  const session = shared(async (client) => {
    await client.begin({ machine: machineLine(bareElf('echo')), cache: false });
    await client.configurationDoneRequest();
    expect((await client.customRequest('chronovisor/position')).body).toMatchObject({ running: true });
    return nowhere(client, folder);
  });
  const others = all.filter(([command]) => command !== 'pause');

  test.each(others.filter(([, { moving }]) => !moving))('%s is refused', async (command, { args }) => {
    await refused(session.client, command, args(session.at), 'Pause it first');
  });
  test.each(others.filter(([, { moving }]) => moving))('%s is not', async (command, { args }) => {
    const answer = session.client.customRequest(command, args(session.at));
    const message = await answer.then(
      () => '',
      (error: Error) => error.message,
    );
    expect(message).not.toContain('Pause it first');
  });
});
