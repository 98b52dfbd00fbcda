/** Names of files where there is no system: those of volume.ts, which are written as POSIX has them. */

import path from 'path-browserify';
import type * as node from '../paths.ts';

export const { basename, dirname, isAbsolute, join, normalize } = path;

export const sep = '/';

/** There is no folder that one is in but the topmost. */
export const resolve = (...parts: string[]): string => path.resolve('/', ...parts);

export const posix = { ...path, resolve };

({ basename, dirname, isAbsolute, join, normalize, resolve, sep }) satisfies Omit<typeof node, 'posix'>;
