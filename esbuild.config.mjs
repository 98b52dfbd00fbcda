// Bundles the command line, the demo, the benchmark and the extension. `npm ci` runs it as `prepare`.
import { existsSync } from 'node:fs';
import { build } from 'esbuild';

const banner = {
  js: "#!/usr/bin/env node\nimport { createRequire as makeRequire } from 'node:module'; const require = makeRequire(import.meta.url);",
};
const node = { bundle: true, platform: 'node', target: 'node20', sourcemap: true, logLevel: 'warning', minify: false };
const programs = { chronovisor: 'adapter/cli/main.ts', demo: 'adapter/cli/demo.ts', bench: 'test/bench/main.ts' };
for (const [name, entry] of Object.entries(programs)) {
  if (!existsSync(entry)) continue;
  await build({ ...node, entryPoints: [entry], outfile: `dist/${name}.mjs`, format: 'esm', banner });
}
// The thread that scans debug information is a file of its own beside each bundle that starts it.
for (const folder of ['dist', 'extension/dist']) {
  const outfile = `${folder}/index-worker.mjs`;
  await build({ ...node, entryPoints: ['adapter/program/index-worker.ts'], outfile, format: 'esm' });
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
