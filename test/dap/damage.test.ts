/** What a client gets for requests that are wrong, and that the adapter lives through whatever comes. */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll, describe, expect, test } from 'vitest';
import { requests } from '../../adapter/dap/requests.ts';
import { refusal } from './client.ts';
import { bareElf, demoElf, folder, machineLine, newClient, record, replay } from './fixture.ts';

let hello = '';
beforeAll(async () => {
  hello = await record(bareElf('hello'), 'hello', 1_000_000);
});

const checkLaunch = async (args: object, sentence: string): Promise<void> => {
  const client = newClient();
  await client.initializeRequest({ adapterID: 'chronovisor' });
  const message = await refusal(client.launchRequest(args));
  expect(message.replaceAll(folder, 'FOLDER')).toContain(sentence);
  expect(message).not.toMatch(/\n\s+at /);
};

describe('a launch', () => {
  test('needs a trace or a machine', () => checkLaunch({}, 'found neither "trace" nor "machine"'));
  test('takes only one of them', () => checkLaunch({ trace: 'a', machine: 'b' }, 'found both "trace" and "machine"'));
  test('names the field that is wrong', () => checkLaunch({ trace: 5 }, 'not valid at "trace"'));
  test('does not record a recording', () => checkLaunch({ trace: 'a', record: 'b' }, 'not valid at "record"'));
  test('says which words it knows', () =>
    checkLaunch({ trace: 'a', stopAt: 'middle' }, 'found expected "start", "end" or "panic"'));
  test('knows whole moments', () => checkLaunch({ trace: 'a', moment: -1 }, 'not valid at "moment"'));
  test('stands at a moment of a trace only', () =>
    checkLaunch({ machine: 'a', moment: 5 }, 'a moment without "trace"'));
  test('names the file that is missing', () =>
    checkLaunch({ trace: join(folder, 'nothing') }, 'FOLDER/nothing cannot be read: expected a file that may be read'));
  test('refuses a trace that is none', () => {
    writeFileSync(join(folder, 'text'), 'no trace at all, but a text');
    return checkLaunch({ trace: join(folder, 'text') }, 'expected');
  });
  test('names an option that is unknown', () => checkLaunch({ machine: '-magic 5' }, '-magic'));
  test('finds relative names in its folder', () =>
    checkLaunch({ machine: '-bios none -kernel no.elf', cwd: folder }, 'no.elf'));
  test('refuses a program that is no ELF', () => checkLaunch({ trace: hello, program: hello }, 'is not an ELF file'));
  test('is made once', async () => {
    const client = await replay(hello);
    expect(await refusal(client.launchRequest({}))).toContain('There is a machine already');
  });
});

describe('a request', () => {
  test('before the launch is told so', async () => {
    const client = newClient();
    await client.initializeRequest({ adapterID: 'chronovisor' });
    expect(await refusal(client.continueRequest({ threadId: 1 }))).toContain('expected a launch before it');
    expect((await client.threadsRequest()).body).toEqual({ threads: [] });
  });

  test('about a thread that is not there is refused', async () => {
    const client = await replay(hello);
    await client.move('configurationDone');
    expect(await refusal(client.stackTraceRequest({ threadId: 7 }))).toContain('There is no thread 7');
    expect(await refusal(client.nextRequest({ threadId: 0 }))).toContain('There is no thread 0');
  });

  test('that nobody knows is refused by name', async () => {
    const client = await replay(hello);
    expect(await refusal(client.customRequest('makeCoffee'))).toContain('The request makeCoffee is not known');
  });

  test('with wrong arguments names the field', async () => {
    const client = await replay(hello);
    const wrong = client.customRequest('readMemory', { memoryReference: 5, count: 1 });
    expect(await refusal(wrong)).toContain('found memoryReference: Invalid type');
  });

  test('for a second motion while one is under way is refused', async () => {
    const client = newClient();
    await client.begin({ machine: machineLine(bareElf('echo')) });
    await client.configurationDoneRequest();
    expect(await refusal(client.continueRequest({ threadId: 1 }))).toContain('Pause it first');
  });
});

/** A generator of numbers that is the same each time (xorshift32). */
const numbers = (seed: number) => {
  let state = seed;
  return (below: number): number => {
    state ^= state << 13;
    state ^= state >>> 17;
    state ^= state << 5;
    return (state >>> 0) % below;
  };
};

const commands = [...requests.keys()].filter((command) => !['disconnect', 'terminate', 'launch'].includes(command));
const scalars = [
  null,
  true,
  -1,
  0,
  1,
  2,
  7,
  1e30,
  0.5,
  '',
  'panic',
  '0x80000000',
  '$a0',
  '(((',
  'go end',
  '{a0}',
  '\u0000',
];

/** Any value, of any shape, with names that requests look for. */
const junk = (random: (below: number) => number, depth = 0): unknown => {
  const keys = ['threadId', 'frameId', 'variablesReference', 'name', 'value', 'expression', 'memoryReference', 'offset']
    .concat(['count', 'data', 'breakpoints', 'condition', 'hitCondition', 'logMessage', 'filters', 'filterOptions'])
    .concat(['filterId', 'instructionCount', 'instructionOffset', 'instructionReference', 'moment', 'text', 'context']);
  if (depth < 3 && random(4) === 0) return Array.from({ length: random(4) }, () => junk(random, depth + 1));
  if (depth === 0 || (depth < 3 && random(3) === 0)) {
    const entries = Array.from({ length: random(6) }, () => [keys[random(keys.length)]!, junk(random, depth + 1)]);
    return Object.fromEntries(entries);
  }
  return scalars[random(scalars.length)];
};

const framed = (body: string): string => `Content-Length: ${Buffer.byteLength(body)}\r\n\r\n${body}`;

describe('the adapter', () => {
  test('lives through 1000 messages that are wrong in every way', async () => {
    const client = await replay(hello);
    await client.move('configurationDone');
    const random = numbers(2463534242);
    for (let message = 0; message < 1000; message += 1) {
      const command = commands[random(commands.length)]!;
      const body = JSON.stringify({ seq: 10_000 + message, type: 'request', command, arguments: junk(random) });
      const kind = random(5);
      if (kind === 0) client.toAdapter.write(framed(body.slice(0, random(body.length))));
      else if (kind === 1) client.toAdapter.write(framed(JSON.stringify(junk(random, 1))));
      else if (kind === 2)
        client.toAdapter.write(framed(JSON.stringify({ type: 'request', command: junk(random, 1) })));
      else client.toAdapter.write(framed(body));
      if (message % 50 === 0) await new Promise(setImmediate);
    }
    // Some of them set it in motion.
    for (;;) {
      await client.pauseRequest({ threadId: 1 });
      const { body } = await client.customRequest('chronovisor/position');
      if (!(body as { running: boolean }).running) break;
    }
    await client.functionBreakpoints();
    await client.filters();
    expect((await client.threadsRequest()).body.threads).toHaveLength(1);
    expect((await client.frame()).id).toBeGreaterThan(0);
    expect(await client.evaluate('1 + 1')).toBe('2');
    expect(await client.move('stepBack')).toHaveProperty('reason');
  });

  test('says what it can do', async () => {
    const client = newClient();
    const { body } = await client.initializeRequest({ adapterID: 'chronovisor' });
    const yes = Object.entries(body!).flatMap(([name, value]) => (value === true ? [name] : []));
    expect(yes).toContain('supportsStepBack');
    // What it announces is in the table of requests.
    const announced = yes.flatMap((name) => /^supports(.*)Request$/.exec(name)?.[1] ?? []);
    const command = (name: string) => name.charAt(0).toLowerCase() + name.slice(1);
    expect(announced.filter((name) => !requests.has(command(name)))).toEqual([]);
    expect(body!.exceptionBreakpointFilters!.map(({ filter }) => filter)).toContain('load-page-fault');
  });

  test('pauses a long search within a moment, many times over', async () => {
    const client = await replay(await record(demoElf, 'long', 20_000_000));
    await client.move('configurationDone');
    for (let time = 0; time < 5; time += 1) {
      const stopped = client.nextStop();
      await client.continueRequest({ threadId: 1 });
      await client.pauseRequest({ threadId: 1 });
      const { description } = await stopped;
      expect(description ?? 'Paused').not.toContain('end');
    }
  });
});
