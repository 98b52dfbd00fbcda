/** What the tests of bad input and of samples share: the command line within this process, and traces to damage. */

import { PassThrough, Readable } from 'node:stream';
import { expect } from 'vitest';
import { runCli } from '../../adapter/cli/cli.ts';
import { exitCodes } from '../../adapter/cli/exit-codes.ts';

export interface Outcome {
  readonly exitCode: number;
  readonly stdout: string;
  readonly stderr: string;
}

/** Runs the command line as the shell does, with an empty pipe as stdin. `folder` is shown as FOLDER. */
export const runWords = async (words: readonly string[], folder: string): Promise<Outcome> => {
  const [stdout, stderr] = [collector(), collector()];
  const exitCode = await runCli(words, {
    stdin: Readable.from([]) as unknown as NodeJS.ReadStream,
    stdout: stdout.stream,
    stderr: stderr.stream,
    debug: false,
    exitCode: exitCodes.ok,
  });
  const shown = (text: string): string => text.replaceAll(folder, 'FOLDER');
  return { exitCode, stdout: shown(stdout.text()), stderr: shown(stderr.text()) };
};

/** `runWords` with words that are split at spaces; FOLDER stands for the folder. */
export const runLine = (line: string, folder: string): Promise<Outcome> =>
  runWords(
    line.split(' ').map((word) => word.replace('FOLDER', folder)),
    folder,
  );

const collector = (): { readonly stream: NodeJS.WriteStream; readonly text: () => string } => {
  const stream = new PassThrough();
  const chunks: Buffer[] = [];
  stream.on('data', (chunk: Buffer) => chunks.push(chunk));
  return { stream: stream as unknown as NodeJS.WriteStream, text: () => Buffer.concat(chunks).toString('utf8') };
};

/** Numerical Recipes' linear congruential generator, so that a failure can be repeated. */
export const randomNumbers = (seed: number) => {
  let state = seed;
  return (below: number): number => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return Math.floor((state / 2 ** 32) * below);
  };
};

/** What everything on stderr is like that says what is wrong: sentences on one line, ours, and nothing of the program's inside. */
export const expectSentences = (stderr: string): void => {
  expect(stderr).toMatch(/^chronovisor: \S[^\n]*\.\n$/);
  expect(stderr).not.toMatch(
    /\bat (file:|async |new |[\w.]+ \()|node:|Error:|undefined|NaN|\[object|bug in Chronovisor/,
  );
};

/** What was expected, what was found, and what to do. */
export const expectRefusal = ({ exitCode, stdout, stderr }: Outcome, exitCodesAllowed: readonly number[]): void => {
  expectSentences(stderr);
  expect(exitCodesAllowed).toContain(exitCode);
  expect(stdout).toBe('');
  expect(stderr).toMatch(/: expected .*, found .*\. [A-Z].*\.\n$/);
};
