/** Names of files, as the host's system writes them. Nothing is looked up. In a browser: web/paths.ts. */

export { basename, dirname, isAbsolute, join, normalize, posix, resolve, sep } from 'node:path';
