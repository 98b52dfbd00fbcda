// Bundles the command line, the demo, the benchmark and the extension. `npm ci` runs it as `prepare`.
import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { build } from 'esbuild';

const shebang = '#!/usr/bin/env node';
const requireBanner =
  "import { createRequire as makeRequire } from 'node:module'; const require = makeRequire(import.meta.url);";
const banner = { js: `${shebang}\n${requireBanner}` };
/** Tells kept translated code of one engine from another's (adapter/session/code-cache.ts). */
const engineBuild = createHash('sha256');
for (const file of readdirSync('vmm', { recursive: true }).sort())
  if (file.endsWith('.ts')) engineBuild.update(readFileSync(join('vmm', file)));
const define = { ENGINE_BUILD: JSON.stringify(engineBuild.digest('hex')) };
const node = {
  define,
  bundle: true,
  platform: 'node',
  target: 'node20',
  sourcemap: true,
  logLevel: 'warning',
  minify: false,
};

// Programs that start fast: a script with the code that V8 made of it in a rehearsal, and what loads both.
const hello = ['-M', 'virt', '-m', '128M', '-bios', 'none', '-nographic', '-kernel', 'test/guests/bare/hello.elf'];
const scratch = mkdtempSync(join(tmpdir(), 'chronovisor-build-'));
const trace = join(scratch, 'hello.chrono');
const bench = (kind) => ['--child', JSON.stringify({ kind, workload: 'hello', traceFile: trace })];
const programs = {
  chronovisor: {
    entry: 'adapter/cli/main.ts',
    rehearsals: [['--help'], ['run', '--', ...hello], ['record', '-o', trace, '--', ...hello], ['verify', trace]],
  },
  bench: { entry: 'test/bench/main.ts', rehearsals: ['run', 'record', 'replay'].map(bench) },
};
for (const [name, { entry, rehearsals }] of Object.entries(programs)) {
  if (!existsSync(entry)) continue;
  const [loader, cache] = [`dist/${name}.mjs`, `dist/${name}.cache`];
  rmSync(cache, { force: true }); // V8 tells another bundle by its length alone
  await build({
    ...node,
    entryPoints: [entry],
    outfile: `dist/${name}.cjs`,
    format: 'cjs',
    define: { ...define, 'import.meta.dirname': '__dirname' },
  });
  await build({
    ...node,
    entryPoints: ['adapter/cli/start.ts'],
    outfile: loader,
    format: 'esm',
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
  'bench-symbols': 'test/bench/symbols.ts',
  'bench-asking': 'test/bench/asking.ts',
};
for (const [name, entry] of Object.entries(others)) {
  if (existsSync(entry))
    await build({ ...node, entryPoints: [entry], outfile: `dist/${name}.mjs`, format: 'esm', banner });
}
// A thread is a file of its own beside each bundle that starts it: what scans debug information, and the seats of the farm.
for (const folder of ['dist', 'extension/dist']) {
  for (const entry of ['adapter/program/index-worker.ts', 'adapter/farm/farm-worker.ts']) {
    const outfile = `${folder}/${basename(entry, '.ts')}.mjs`;
    await build({ ...node, entryPoints: [entry], outfile, format: 'esm', banner: { js: requireBanner } });
  }
}
if (existsSync('extension/src/extension.ts')) {
  await build({
    ...node,
    entryPoints: ['extension/src/extension.ts'],
    outfile: 'extension/dist/extension.cjs',
    format: 'cjs',
    external: ['vscode'],
  });
  await build({
    ...node,
    entryPoints: ['adapter/cli/main.ts'],
    outfile: 'extension/dist/chronovisor.mjs',
    format: 'esm',
    banner,
  });
}
