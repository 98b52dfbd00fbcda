/** What can be wrong with files and scripts of the host, each as one function and one sentence. */

import { brief, InputError, type Sentence } from '../program/input-error.ts';

export type HostErrorCode = 'file' | 'script' | 'node';

export class HostError extends InputError {
  readonly code: HostErrorCode;

  constructor(code: HostErrorCode, sentence: Sentence, options?: ErrorOptions) {
    super(sentence, options);
    this.name = 'HostError';
    this.code = code;
  }
}

/** `purpose` is what the file is for: "the kernel", "the trace". */
export const unreadableFile = (purpose: string, file: string, cause: unknown) =>
  new HostError(
    'file',
    {
      what: `${capital(purpose)} ${brief(file)} cannot be read`,
      expected: 'a file that may be read',
      found: fileProblem(cause),
      remedy: 'Check the name and the folder',
    },
    { cause },
  );

export const unwritableFile = (purpose: string, file: string, cause: unknown) =>
  new HostError(
    'file',
    {
      what: `${capital(purpose)} ${brief(file)} cannot be written`,
      expected: 'a folder that exists and may be written',
      found: fileProblem(cause),
      remedy: 'Name another place',
    },
    { cause },
  );

export const sameFile = (purpose: string, file: string, output: string) =>
  new HostError('file', {
    what: `The ${output} would overwrite ${purpose} ${brief(file)}`,
    expected: `a file of its own for the ${output}`,
    found: 'the same file',
    remedy: 'Name another one with -o',
  });

export const badScriptLine = (line: number, expected: string, found: string) =>
  new HostError('script', {
    what: `Line ${line} of the script cannot be understood`,
    expected,
    found: brief(found),
    remedy: 'A script has lines such as: wait "login: ", send "root\\n", quit, and # for comments',
  });

/** `what` begins the sentence: "Recording". */
export const needsNode = (what: string) =>
  new HostError('node', {
    what: `${what} is not possible in a browser`,
    expected: 'VS Code on a computer, or with a server, where the extension has Node',
    found: 'a web extension host',
    remedy: 'Open the folder in VS Code for the desktop, or use the command line',
  });

const fileProblem = (cause: unknown): string => {
  const code = cause instanceof Error && 'code' in cause ? String(cause.code) : '';
  const known = problems[code];
  return known ?? brief(cause instanceof Error ? cause.message : String(cause));
};

const problems: Readonly<Record<string, string>> = {
  ENOENT: 'nothing of that name',
  EISDIR: 'a folder',
  ENOTDIR: 'a name whose folder is a file',
  EACCES: 'one that may not be opened',
  EPERM: 'one that may not be opened',
  ENOSPC: 'a disk that is full',
  ESPIPE: 'a pipe, where writing can only go on',
  EROFS: 'a file system that is read-only',
  ERR_FS_FILE_TOO_LARGE: 'a file of more than 2 GiB',
};

const capital = (text: string): string => text.charAt(0).toUpperCase() + text.slice(1);
