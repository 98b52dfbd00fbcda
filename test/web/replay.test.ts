/** The extension in a web extension host replays a recording as the adapter under Node does. */

import { copyFileSync, cpSync, mkdirSync, readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { beforeAll, describe, expect, test } from 'vitest';
import { virtualPolicy } from '../../adapter/boot/configuration.ts';
import { parseMachineOptions } from '../../adapter/cli/qemu-options.ts';
import { brotli, FileSource } from '../../adapter/host/files.ts';
import { createRecording } from '../../adapter/session/record.ts';
import { noCheckpoints } from '../../adapter/session/session.ts';
import { openTrace } from '../../traces/reader.ts';
import { moment } from '../../traces/time.ts';
import { refusal, type TestClient } from '../dap/client.ts';
import { bareElf, demoElf, folder, newClient, record } from '../dap/fixture.ts';
import { bundle, root, scriptOf, WebHost } from './host.ts';

const workspace = join(folder, 'workspace');
const trace = join(workspace, 'demo.chrono');
const sources = resolve(import.meta.dirname, '../guests/demo');

beforeAll(async () => {
  mkdirSync(workspace);
  cpSync(sources, workspace, { recursive: true, filter: (file) => !/\.(elf|txt|sh|md|ld)$|\.build/.test(file) });
  copyFileSync(await record(demoElf, 'demo', 30_000_000), trace);
  await bundle();
});

/** A session in each kind of host, at the recording's end. */
const sessions = async (more: object = {}): Promise<readonly [node: TestClient, web: TestClient]> => {
  const web = (await WebHost.start(workspace)).client();
  const node = newClient();
  const launch = { stopAt: 'end', cache: false, ...more };
  const open = async (client: TestClient, kind: string, names: object): Promise<void> => {
    const beganMs = performance.now();
    await client.begin({ ...launch, ...names });
    await client.move('configurationDone');
    console.log(`${kind}: from opening to the first stop ${(performance.now() - beganMs).toFixed(0)} ms`);
  };
  await open(node, 'under Node', { trace, cwd: workspace });
  await open(web, 'in a web host', { trace: '/folder/demo.chrono', cwd: '/folder' });
  return [node, web];
};

/** An answer, with names of files as the other host has them. */
const inWeb = (answer: unknown): unknown =>
  JSON.parse(JSON.stringify(answer).replaceAll(`"${workspace}/`, `"${root}/folder/`));

/** Both answer the same. Gives the answer. */
const check = async (
  [node, web]: readonly [TestClient, TestClient],
  ask: (client: TestClient) => Promise<unknown>,
): Promise<string> => {
  const [expected, found] = [inWeb(await ask(node)), await ask(web)];
  expect(found).toEqual(expected);
  return JSON.stringify(found);
};

const stack = async (client: TestClient): Promise<unknown> =>
  (await client.stackTraceRequest({ threadId: 1 })).body.stackFrames;

const variables = async (client: TestClient): Promise<unknown> => {
  const { scopes } = (await client.scopesRequest({ frameId: (await client.frame()).id })).body;
  return Promise.all(scopes.map(async (scope) => [scope.name, [...(await client.children(scope.variablesReference))]]));
};

describe('the bundle for browsers', () => {
  test('has no module of Node, and asks for VS Code alone', async () => {
    const { metafile } = await bundle();
    const asked = Object.values(metafile.outputs).flatMap(({ imports }) => imports.map(({ path }) => path));
    expect([...new Set(asked)]).toEqual(['vscode']);
    expect(Object.keys(metafile.inputs).filter((name) => /^node:|commander/.test(name))).toEqual([]);
  });

  test('is not much larger than it was', async () => {
    const { contents } = scriptOf(await bundle());
    console.log(`the web bundle: ${(contents.length / 1024).toFixed(0)} KiB`);
    expect(contents.length).toBeLessThan(2 ** 21);
  });
});

describe('a session in a web extension host', () => {
  test('stops at the end, shows sources of the workspace, and steps back as under Node', async () => {
    const both = await sessions({ stopAt: 'panic' });
    expect(await check(both, stack)).toContain(`"path":"${root}/folder/`);
    await check(both, variables);
    for (let step = 0; step < 3; step++) {
      await check(both, (client) => client.move('stepBack', { granularity: 'line' }));
      await check(both, stack);
      await check(both, variables);
      await check(both, (client) => client.moment());
    }
  });

  test('stops at a line whose file VS Code names by its URI', async () => {
    const both = await sessions();
    const line =
      readFileSync(join(sources, 'buffer.c'), 'utf8')
        .split('\n')
        .findIndex((text) => text.includes('buffer_allocate(')) + 1;
    const places = [join(workspace, 'buffer.c'), `${root}/folder/buffer.c`];
    for (const [index, client] of both.entries()) {
      const { body } = await client.setBreakpointsRequest({
        source: { path: places[index]! },
        breakpoints: [{ line }],
      });
      expect(body.breakpoints[0]).toMatchObject({ verified: true });
    }
    await check(both, (client) => client.move('reverseContinue'));
    expect(await check(both, stack)).toContain('buffer_allocate');
  });

  test('answers questions to the whole history as under Node', async () => {
    const both = await sessions();
    const answer = async (client: TestClient): Promise<unknown> => {
      const items: unknown[] = [];
      const done = new Promise<unknown>((resolve) =>
        client.on('chronovisor/answer', ({ body }) => {
          items.push(...body.items);
          if (body.done) resolve({ items, error: body.error });
        }),
      );
      await client.customRequest('chronovisor/ask', { question: 'executed panic' });
      return done;
    };
    expect(await check(both, answer)).toContain('panic');
  });

  test('gives registers, memory, instructions and the console as under Node', async () => {
    const both = await sessions();
    await check(both, (client) => client.evaluate('$sp'));
    const at = { memoryReference: '0x80000000' };
    await check(both, async (client) => (await client.customRequest('readMemory', { ...at, count: 256 })).body);
    await check(
      both,
      async (client) => (await client.customRequest('disassemble', { ...at, instructionCount: 40 })).body,
    );
    await check(both, async (client) => (await client.customRequest('chronovisor/console', {})).body);
    await check(both, async (client) => (await client.customRequest('loadedSources')).body);
  });

  test('takes images that a recording does not hold from beside it', async () => {
    const file = join(workspace, 'bare.chrono');
    copyFileSync(bareElf('hello'), join(workspace, 'hello.elf'));
    const { recorder, timeline } = await createRecording({
      options: parseMachineOptions(['-m', '32M', '-bios', 'none', '-kernel', join(workspace, 'hello.elf')]),
      policy: virtualPolicy,
      trace: { file, embedded: false },
      checkpoints: noCheckpoints,
      console: () => {},
    });
    timeline.forward(moment(1_000));
    recorder.end({ reason: 'stopped' });
    const web = (await WebHost.start(workspace)).client();
    await web.begin({ trace: '/folder/bare.chrono', stopAt: 'end' });
    await web.move('configurationDone');
    expect(await web.moment()).toBe(timeline.now);
  });

  test('says what is not there', async () => {
    const web = (await WebHost.start(workspace)).client();
    expect(await refusal(web.begin({ trace: '/folder/other.chrono' }))).toContain('nothing of that name');
  });

  test('says that recording needs Node', async () => {
    const web = (await WebHost.start(workspace)).client();
    const launch = { machine: '-bios none -kernel demo.elf', cwd: '/folder' };
    expect(await refusal(web.begin(launch))).toContain('Recording is not possible in a browser');
  });

  test('writes a bookmark into the file of the workspace', async () => {
    const host = await WebHost.start(workspace);
    copyFileSync(trace, join(workspace, 'marked.chrono'));
    const web = host.client();
    await web.begin({ trace: '/folder/marked.chrono', stopAt: 'start' });
    await web.customRequest('chronovisor/bookmarks', { action: 'add', moment: 1234, note: 'here' });
    await host.next('written');
    const written = await openTrace(new FileSource('the trace', join(workspace, 'marked.chrono')), brotli);
    expect(written.bookmarks().list).toEqual([{ id: 1, at: 1234, note: 'here' }]);
  });
});

describe('the editor of a recording in a web extension host', () => {
  test('shows what it holds, and verifies it', async () => {
    const host = await WebHost.start(workspace);
    host.send('open', { name: 'demo.chrono', press: 'verify' });
    expect(await host.next('page', (page) => page.includes('Debug From the End'))).toContain('demo.chrono');
    expect(await host.next('page', (page) => /&#10003;|role="alert"/.test(page))).toContain('all equal');
  });

  test('says what is wrong with one that is damaged', async () => {
    const host = await WebHost.start(workspace);
    copyFileSync(join(sources, 'main.c'), join(workspace, 'broken.chrono'));
    host.send('open', { name: 'broken.chrono' });
    expect(await host.next('page', (page) => page.includes('role="alert"'))).toContain('expected');
  });

  test('says that recording needs Node where somebody asks for it', async () => {
    const host = await WebHost.start(workspace);
    host.send('command', 'chronovisor.record');
    expect(await host.next('error')).toContain('Recording is not possible in a browser');
  });
});
