/** A thread as a bundle, built for a test file from the sources. */

import { basename, join } from 'node:path';
import { build } from 'esbuild';

/** @returns the file. `worker`: its source below adapter/ */
export const bundleWorker = async (folder: string, worker = 'farm/farm-worker'): Promise<string> => {
  const outfile = join(folder, `${basename(worker)}.mjs`);
  await build({
    entryPoints: [join(import.meta.dirname, `../../adapter/${worker}.ts`)],
    outfile,
    bundle: true,
    platform: 'node',
    target: 'node20',
    format: 'esm',
    logLevel: 'warning',
    banner: { js: "import { createRequire } from 'node:module'; const require = createRequire(import.meta.url);" },
  });
  return outfile;
};
