/** THE table of exit codes. `chronovisor --help` prints it. */

/**
 * For `run` and `record` the guest's own code comes through, so those from 1 to 63 are surely the guest's. A guest that
 * gives one of the others is told apart by the last line on stderr.
 */
export const exitCodes = {
  ok: 0,
  /** Of `diff`, as of the command of that name. */
  differs: 1,
  usage: 64,
  badInput: 65,
  divergence: 66,
  scriptUnfinished: 67,
  bug: 70,
} as const;

export type ExitCode = (typeof exitCodes)[keyof typeof exitCodes];

export const exitCodeHelp: readonly (readonly [code: string, meaning: string])[] = [
  ['0', 'done; of run and record: the guest switched itself off with code 0, or was left'],
  ['N', 'of run and record: the code that the guest gave to the finisher (255 when it is larger)'],
  [String(exitCodes.differs), 'of diff: the traces differ'],
  [String(exitCodes.usage), 'the command line is wrong'],
  [String(exitCodes.badInput), 'a file is missing, damaged, or not what it should be'],
  [String(exitCodes.divergence), 'a replay differs from its recording'],
  [String(exitCodes.scriptUnfinished), 'the run ended while the script still waited for the guest to print something'],
  [String(exitCodes.bug), 'a bug in Chronovisor; with CHRONOVISOR_DEBUG=1 it says where'],
];

/** A process has eight bits for its code; what does not fit must not become 0. */
export const exitCodeOfGuest = (code: number): number => (code >= 0 && code <= 255 ? code : 255);
