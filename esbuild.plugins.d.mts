/** For tests, which make the bundle as the build does. */

import type { BuildOptions, Plugin } from 'esbuild';

export const emittedAhead: Plugin;
export const browser: BuildOptions;

export const isTableOfNumbers: (value: unknown) => boolean;
