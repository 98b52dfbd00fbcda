// Bundles the command line, the demo, the benchmark and the extension. `npm ci` runs it as `prepare`.
import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { cpSync, existsSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { build } from 'esbuild';
import { browser, constantsInPlace, emittedAhead, plainMembers } from './esbuild.plugins.mjs';

const shebang = '#!/usr/bin/env node';
const banner = {
  js: `${shebang}\nimport { createRequire as makeRequire } from 'node:module'; const require = makeRequire(import.meta.url);`,
};
/** Tells kept translated code of one engine from another's (adapter/session/code-cache.ts). */
const engineBuild = createHash('sha256');
for (const file of readdirSync('vmm', { recursive: true }).sort())
  if (file.endsWith('.ts')) engineBuild.update(readFileSync(join('vmm', file)));
const define = { ENGINE_BUILD: JSON.stringify(engineBuild.digest('hex')) };

const node = {
  define,
  plugins: [constantsInPlace, plainMembers, emittedAhead],
  bundle: true,
  platform: 'node',
  target: 'node20',
  sourcemap: true,
  logLevel: 'warning',
  minifySyntax: true, // puts constants where they are named
};

// Programs that start fast: a script with the code that V8 made of it in a rehearsal, and what loads both.
const hello = ['-M', 'virt', '-m', '128M', '-bios', 'none', '-nographic', '-kernel', 'test/guests/bare/hello.elf'];
const scratch = mkdtempSync(join(tmpdir(), 'chronovisor-build-'));
const trace = join(scratch, 'hello.chrono');
const bench = (kind) => ['--child', JSON.stringify({ kind, workload: 'hello', traceFile: trace })];
const programs = {
  chronovisor: {
    entry: 'adapter/cli/main.ts',
    builtins: ['child_process', 'crypto', 'fs/promises', 'os', 'perf_hooks', 'readline', 'zlib'],
    rehearsals: [['--help'], ['run', '--', ...hello], ['record', '-o', trace, '--', ...hello], ['verify', trace]],
  },
  bench: {
    entry: 'test/bench/main.ts',
    builtins: ['crypto', 'perf_hooks', 'util', 'zlib'],
    rehearsals: ['run', 'record', 'replay'].map(bench),
  },
};
for (const [name, { entry, builtins, rehearsals }] of Object.entries(programs)) {
  if (!existsSync(entry)) continue;
  const [loader, cache] = [`dist/${name}.cjs`, `dist/${name}.cache`];
  rmSync(cache, { force: true }); // V8 tells another bundle by its length alone
  await build({
    ...node,
    entryPoints: [entry],
    outfile: `dist/${name}.bundle.cjs`,
    format: 'cjs',
    banner: { js: '(function (require, module, __dirname) {' }, // as adapter/cli/start.ts calls it
    footer: { js: '})' },
    define: { ...define, 'import.meta.dirname': '__dirname' },
  });
  await build({
    ...node,
    entryPoints: ['adapter/cli/start.ts'],
    outfile: loader,
    format: 'cjs',
    define: { 'import.meta.filename': '__filename', BUILTINS: JSON.stringify(builtins) },
    banner: { js: shebang },
  });
  if (!existsSync(hello.at(-1))) continue;
  const env = { ...process.env, CHRONOVISOR_CODE_CACHE: rehearsals.map((words) => JSON.stringify(words)).join('\n') };
  const { status, stderr } = spawnSync(process.execPath, [loader], { env, encoding: 'utf8' });
  if (status !== 0 || !existsSync(cache)) console.warn(`${name} will start slowly: its rehearsal failed. ${stderr}`);
}
rmSync(scratch, { recursive: true });

const others = {
  demo: 'adapter/cli/demo.ts',
  soak: 'test/bench/soak.ts',
  'verify-tier': 'test/bench/verify-tier.ts',
  'bench-symbols': 'test/bench/symbols.ts',
  'bench-asking': 'test/bench/asking.ts',
  'bench-travel': 'test/bench/travel.ts',
  'bench-from-the-end': 'test/bench/from-the-end.ts',
  'bench-pause': 'test/bench/pause.ts',
};
for (const [name, entry] of Object.entries(others)) {
  if (existsSync(entry))
    await build({ ...node, entryPoints: [entry], outfile: `dist/${name}.mjs`, format: 'esm', banner });
}
// Threads are files of their own beside each bundle that starts them.
const threads = {
  'index-worker': 'adapter/program/index-worker.ts',
  'farm-worker': 'adapter/farm/farm-worker.ts',
  'history-worker': 'adapter/history/history-worker.ts',
};
for (const folder of ['dist', 'extension/dist'])
  for (const [name, entry] of Object.entries(threads))
    await build({ ...node, entryPoints: [entry], outfile: `${folder}/${name}.mjs`, format: 'esm', banner });
if (existsSync('extension/src/extension.ts')) {
  await build({
    ...node,
    entryPoints: ['extension/src/extension.ts'],
    outfile: 'extension/dist/extension.cjs',
    format: 'cjs',
    external: ['vscode'],
  });
  // The pages of its views, which run in a browser.
  await build({
    bundle: true,
    platform: 'browser',
    target: 'es2022',
    logLevel: 'warning',
    entryPoints: ['timeline.ts', 'terminal.ts', 'memory.ts', 'page.css'].map((name) => `extension/src/webview/${name}`),
    outdir: 'extension/dist/webview',
    format: 'iife',
  });
  // The extension where there is no Node, with all of the adapter in it.
  await build({
    ...browser,
    entryPoints: ['extension/src/web/extension.ts'],
    outfile: 'extension/dist/web/extension.js',
  });
  await build({
    ...node,
    entryPoints: ['adapter/cli/main.ts'],
    outfile: 'extension/dist/chronovisor.mjs',
    format: 'esm',
    banner,
  });
  // The demo kernel comes with the extension, with the sources that its debug information names.
  const isDemo = (file) => !/\.build|\.git|fixed|\.txt$|check\.sh$/.test(file);
  rmSync('extension/dist/demo', { recursive: true, force: true });
  cpSync('test/guests/demo', 'extension/dist/demo', { recursive: true, filter: isDemo });
}
