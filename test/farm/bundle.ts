/** The farm's thread as a bundle, built for a test file from the sources. */

import { join } from 'node:path';
import { build } from 'esbuild';

/** @returns the file */
export const bundleWorker = async (folder: string): Promise<string> => {
  const outfile = join(folder, 'farm-worker.mjs');
  await build({
    entryPoints: [join(import.meta.dirname, '../../adapter/farm/farm-worker.ts')],
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
