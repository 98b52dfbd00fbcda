/**
 * `npm run bench`: how fast guests run, what recording costs, how that compares with QEMU, and how long going back
 * takes. All modes take turns in each round, so that the noise of the machine hits them alike; a table for people, and
 * JSON with every single run. It asserts no speed, but a guest that prints something wrong makes it fail.
 *
 *   npm run bench -- [--qemu] [--modes MODE,...] [--runs N] [--only NAME]... [--json FILE]
 *
 * Modes are run, record, again (recorded with translated code kept of earlier runs) and replay, which are ours, and tcg, icount, rr-record and rr-replay, which are QEMU's and need
 * no --qemu when they are named.
 */

import { resolve } from 'node:path';
import { parseArgs } from 'node:util';

const {
  values: { child, ...options },
} = parseArgs({
  options: {
    qemu: { type: 'boolean', default: false },
    modes: { type: 'string' },
    runs: { type: 'string', default: '5' },
    only: { type: 'string', multiple: true, default: [] },
    json: { type: 'string', default: resolve(import.meta.dirname, 'bench.json') },
    child: { type: 'string' },
  },
});

// Each loaded when it is wanted, as a person's run loads no tables. Not awaited, so that it can be bundled as the command
// line is, whose start is measured: see adapter/cli/start.ts.
void (child === undefined
  ? import('./rounds.ts').then(({ benchInFolder }) => benchInFolder(options))
  : import('./child.ts').then(({ runChild }) => runChild(child)));
