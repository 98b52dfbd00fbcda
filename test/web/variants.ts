/** The modules that a browser has in place of those with Node, as one, so that they are bundled as for a browser. */

export * as compression from '../../adapter/host/compression.ts';
export * as hashes from '../../adapter/host/hashes.ts';
export * as paths from '../../adapter/host/paths.ts';
export * as threads from '../../adapter/host/threads.ts';
export * as turns from '../../adapter/host/turns.ts';
