/** The extension as it is installed: its manifest, its package, and the adapter that the package brings along. */
import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { cpSync, existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { createVSIX } from '@vscode/vsce';
import { build } from 'esbuild';
import * as v from 'valibot';
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from 'vitest';
import { checkLaunch, launchAttributes } from '../../adapter/dap/launch.ts';
import { browser } from '../../esbuild.plugins.mjs';
import { TestClient } from '../dap/client.ts';
import { demoElf } from '../dap/fixture.ts';
import { zipNames } from './zip.ts';

const root = resolve(import.meta.dirname, '../..');
const read = (file: string): string => readFileSync(join(root, file), 'utf8');

const manifestSchema = v.object({
  name: v.string(),
  version: v.string(),
  main: v.string(),
  browser: v.string(),
  license: v.string(),
  activationEvents: v.array(v.string()),
  capabilities: v.object({ untrustedWorkspaces: v.object({ supported: v.string() }) }),
  engines: v.object({ vscode: v.string() }),
  contributes: v.object({
    commands: v.array(v.object({ command: v.string(), title: v.string() })),
    views: v.record(v.string(), v.array(v.object({ id: v.string(), name: v.string() }))),
    debuggers: v.tuple([
      v.object({
        type: v.string(),
        configurationAttributes: v.object({ launch: v.object({ properties: v.record(v.string(), v.unknown()) }) }),
        initialConfigurations: v.array(v.record(v.string(), v.unknown())),
        configurationSnippets: v.array(v.object({ label: v.string(), body: v.record(v.string(), v.unknown()) })),
      }),
    ]),
  }),
});
const manifest = v.parse(manifestSchema, JSON.parse(read('extension/package.json')));
const [contributed] = manifest.contributes.debuggers;

/** The text of each source of the extension. */
const sources = (): string[] =>
  readdirSync(join(root, 'extension/src'), { recursive: true, encoding: 'utf8' })
    .filter((name) => name.endsWith('.ts'))
    .map((name) => read(join('extension/src', name)));

let folder = '';
const packed = () => join(folder, 'extension');
beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'chronovisor-extension-'));
  cpSync(join(root, 'extension'), packed(), {
    recursive: true,
    filter: (file) => !/(node_modules|dist|\.vsix)$/.test(file),
  });
  // Bundled here as esbuild.config.mjs does it, so that no test writes into the source tree.
  const node = { bundle: true, platform: 'node', target: 'node20', logLevel: 'warning' } as const;
  const banner =
    "import { createRequire as makeRequire } from 'node:module'; const require = makeRequire(import.meta.url);";
  await build({
    ...node,
    entryPoints: [join(root, 'extension/src/extension.ts')],
    outfile: join(packed(), 'dist/extension.cjs'),
    format: 'cjs',
    external: ['vscode'],
  });
  await build({
    bundle: true,
    platform: 'browser',
    target: 'es2022',
    logLevel: 'warning',
    entryPoints: ['timeline.ts', 'terminal.ts', 'page.css'].map((name) => join(root, 'extension/src/webview', name)),
    outdir: join(packed(), 'dist/webview'),
    format: 'iife',
  });
  await build({
    ...browser,
    entryPoints: [join(root, 'extension/src/web/extension.ts')],
    outfile: join(packed(), 'dist/web/extension.js'),
  });
  await build({
    ...node,
    entryPoints: [join(root, 'adapter/cli/main.ts')],
    outfile: join(packed(), 'dist/chronovisor.mjs'),
    format: 'esm',
    banner: { js: banner },
  });
  await build({
    ...node,
    entryPoints: [join(root, 'adapter/program/index-worker.ts')],
    outfile: join(packed(), 'dist/index-worker.mjs'),
    format: 'esm',
  });
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

describe("the extension's manifest", () => {
  test('has the version and the licence of the project', () => {
    const { version, license } = JSON.parse(read('package.json'));
    expect([manifest.version, manifest.license]).toEqual([version, license]);
    expect(read('extension/LICENSE')).toBe(read('LICENSE'));
  });

  test('asks for no newer VS Code than the one whose interface it is written against', () => {
    const types = JSON.parse(read('node_modules/@types/vscode/package.json')).version.split('.').slice(0, 2).join('.');
    expect(manifest.engines.vscode).toBe(`^${types}.0`);
  });

  test('names what the build makes', () => {
    const config = read('esbuild.config.mjs');
    expect(config).toContain(join('extension', manifest.main));
    expect(config).toContain(join('extension', manifest.browser));
    expect(config).toContain("'extension/dist/chronovisor.mjs'");
    // The thread that scans debug information is looked for beside the adapter.
    expect(config).toContain("for (const folder of ['dist', 'extension/dist'])");
    expect(read('adapter/program/names/build.ts')).toContain("threadFile('index-worker')");
    expect(read('extension/src/adapter.ts')).toContain("asAbsolutePath('dist/chronovisor.mjs')");
    expect(read('extension/src/demo.ts')).toContain("asAbsolutePath('dist/demo')");
  });

  test('wakes the extension for its own debug type', () => {
    expect(contributed.type).toBe('chronovisor');
    expect(manifest.activationEvents).toContain('onDebugResolve:chronovisor');
    expect(read('extension/src/debug-type.ts')).toContain("debugType = 'chronovisor'");
  });

  test('has a command for each that it registers, and registers each that it has', () => {
    const registered = sources().flatMap((source) =>
      [...source.matchAll(/registerCommand\(\s*'([^']+)'/g)].map((found) => found[1]!),
    );
    const acts = [...read('extension/src/debug-commands.ts').matchAll(/^ {2}(\w+): (?:async )?\(session/gm)];
    const all = [...registered, ...acts.map((found) => `chronovisor.${found[1]}`)];
    expect(manifest.contributes.commands.map(({ command }) => command).sort()).toEqual(all.sort());
  });

  test('has a view for each that it fills, and fills each that it has', () => {
    const filled = sources().flatMap((source) =>
      [...source.matchAll(/(?:registerWebviewViewProvider|createTreeView)\(\s*'([^']+)'/g)].map((found) => found[1]),
    );
    const { views } = manifest.contributes;
    expect(
      Object.values(views)
        .flatMap((all) => all.map(({ id }) => id))
        .sort(),
    ).toEqual(filled.sort());
  });

  test('has a file for each picture that it names', () => {
    const named = [...read('extension/package.json').matchAll(/"((?:media|walkthrough)\/[^"]+)"/g)].map(
      (found) => found[1]!,
    );
    expect(named.length).toBeGreaterThan(10);
    expect(named.filter((name) => !existsSync(join(root, 'extension', name)))).toEqual([]);
  });

  test('is where the reference of launch attributes in the README comes from', () => {
    const check = spawnSync(process.execPath, [join(root, 'extension/launch-reference.mjs'), '--check']);
    expect(check.stderr.toString()).toBe('');
  });

  test('runs no guest in a folder that is not trusted', () =>
    expect(manifest.capabilities.untrustedWorkspaces.supported).toBe('limited'));

  test('offers only configurations that the adapter takes', () => {
    const known = new Set([
      ...Object.keys(contributed.configurationAttributes.launch.properties),
      'type',
      'request',
      'name',
    ]);
    const bodies = [
      ...contributed.initialConfigurations,
      ...contributed.configurationSnippets.map(({ body }) =>
        Object.fromEntries(Object.entries(body).map(([key, value]) => [key, filledIn(String(value))])),
      ),
    ];
    expect(bodies.length).toBeGreaterThanOrEqual(4);
    for (const body of bodies) {
      expect(Object.keys(body).filter((key) => !known.has(key))).toEqual([]);
      expect(() => checkLaunch(body)).not.toThrow();
    }
  });

  test('describes each attribute that the adapter reads, and no other', () => {
    const described = Object.keys(contributed.configurationAttributes.launch.properties);
    expect(described.sort()).toEqual([...launchAttributes].sort());
  });
});

/** A snippet's text as it stands after nothing was changed in it. */
const filledIn = (text: string): string =>
  text
    .replace(/\$\{\d+\|([^,|]*)[^}]*\}/g, '$1')
    .replace(/\$\{\d+:([^}]*)\}/g, '$1')
    .replace(/^\^"(.*)"$/, '$1');

describe("the extension's package", () => {
  test('contains what runs, and nothing else', async () => {
    const packagePath = join(folder, 'chronovisor.vsix');
    // Without the scripts: packing would build into the source tree.
    const { scripts: _, ...rest } = JSON.parse(readFileSync(join(packed(), 'package.json'), 'utf8'));
    writeFileSync(join(packed(), 'package.json'), JSON.stringify(rest));
    const options = { dependencies: false, allowMissingRepository: true, rewriteRelativeLinks: false };
    await createVSIX({ cwd: packed(), packagePath, ...options });
    const pictures = ['media', 'walkthrough'].flatMap((name) =>
      readdirSync(join(packed(), name)).map((file) => `extension/${name}/${file}`),
    );
    const contents = [
      '[Content_Types].xml',
      'extension.vsixmanifest',
      'extension/LICENSE.txt',
      'extension/dist/chronovisor.mjs',
      'extension/dist/extension.cjs',
      'extension/dist/index-worker.mjs',
      ...pictures,
      'extension/dist/webview/page.css',
      'extension/dist/webview/terminal.js',
      'extension/dist/webview/timeline.js',
      'extension/dist/web/extension.js',
      'extension/package.json',
      'extension/readme.md',
    ];
    expect(zipNames(readFileSync(packagePath)).sort()).toEqual(contents.sort());
  });

  test('starts an adapter that debugs the demo kernel', async () => {
    const adapter: ChildProcess = spawn(process.execPath, [join(packed(), 'dist/chronovisor.mjs'), 'dap'], {
      env: { ...process.env, ELECTRON_RUN_AS_NODE: '1' },
      cwd: folder,
    });
    onTestFinished(() => void adapter.kill());
    const exited = new Promise<number | null>((resolve) => adapter.once('exit', resolve));
    const client = new TestClient({ input: adapter.stdin!, output: adapter.stdout! });
    await client.begin({
      machine: `-m 32M -nographic -bios none -kernel ${demoElf}`,
      record: 'demo.chrono',
      idle: 'skip',
    });
    await client.filters({ filterId: 'panic' });
    const panic = client.nextStop();
    await client.configurationDoneRequest();
    expect(await panic).toMatchObject({ description: 'Paused on guest panic' });
    expect((await client.frame()).name).toBe('panic');
    const at = await client.moment();
    await client.move('stepBack');
    expect(await client.moment()).toBe(at - 1);
    await client.disconnectRequest();
    expect(await exited).toBe(0);
  });
});
