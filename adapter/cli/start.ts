/**
 * The file that Node starts: it loads the bundle beside it (NAME.bundle.cjs) together with the code that V8 made of it when
 * it was built (NAME.cache), which saves parsing and compiling it: a quarter of a start. V8 refuses code of another version
 * or for other options of its own; then the bundle is compiled as any file is. Nothing of the program is here. It is built
 * as a CommonJS module (NAME.cjs), since Node's loader of others takes a tenth of a start.
 *
 * With `CHRONOVISOR_CODE_CACHE` set, which the build does, it makes NAME.cache: each line of that is a command's words
 * as JSON, and they are run one after the other, so that what a start needs has been compiled.
 */

import { readFileSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname } from 'node:path';
import { pathToFileURL } from 'node:url';
import { Script } from 'node:vm';
import { setV8Flags } from '../host/v8-flags.ts';

/** Set by the build: modules of Node's that every run of the program uses. */
declare const BUILTINS: readonly string[];

type Program = (require: NodeJS.Require, module: { exports: unknown }, folder: string) => void;

const bundle = import.meta.filename.replace(/\.cjs$/, '.bundle.cjs');
const cache = import.meta.filename.replace(/\.cjs$/, '.cache');

const codeOrNone = (): Buffer | undefined => {
  try {
    return readFileSync(cache);
  } catch {
    return undefined; // it was never made, or somebody took it away: it only saves time
  }
};

// Node keeps the code of its own modules, too, and V8 refuses it once it is asked for other options than Node was built with.
const require = createRequire(bundle);
for (const name of BUILTINS) require(name);
setV8Flags(); // here: V8 refuses kept code that was made with other flags
const cachedData = codeOrNone();
// The bundle is a function of what a module is given, and ASCII, which Latin-1 reads fastest.
const script = new Script(readFileSync(bundle, 'latin1'), {
  filename: pathToFileURL(bundle).href,
  ...(cachedData === undefined ? {} : { cachedData }),
});
const program = script.runInThisContext() as Program;
const start = (): void => program(require, { exports: {} }, dirname(bundle));

const rehearsals = process.env.CHRONOVISOR_CODE_CACHE?.split('\n');
if (rehearsals === undefined) start();
else {
  let isOver = false;
  const next = (): void => {
    const words = rehearsals.shift();
    if (words === undefined) {
      writeFileSync(cache, script.createCachedData());
      isOver = true;
      return;
    }
    process.argv.splice(2, Number.POSITIVE_INFINITY, ...(JSON.parse(words) as string[]));
    start();
  };
  process.on('beforeExit', () => {
    // In a turn of the event loop: what only waits for V8 does not keep a process that is about to exit.
    if (!process.exitCode && !isOver) setImmediate(next); // a failure is the build's to tell
  });
  next();
}
