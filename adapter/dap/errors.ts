/** What the debugger tells a person when a request cannot be done, each as one function and one sentence. */

import { ExpressionError } from '../expressions/errors.ts';
import { brief, InputError, type Sentence } from '../program/input-error.ts';

/** Numbers that a client can tell apart; DAP's `Message.id`. */
const errorIds = {
  arguments: 1001,
  request: 1002,
  notLaunched: 1003,
  running: 1004,
  launch: 1005,
  thread: 1006,
  reference: 1007,
  expression: 1008,
  past: 1009,
  value: 1010,
  memory: 1011,
  moment: 1012,
  fork: 1013,
  bookmark: 1014,
} as const;

/** The number of an error that a person can do something about, wherever it comes from. */
export const errorIdOf = (error: unknown): number => {
  if (error instanceof DapError) return error.id;
  return error instanceof ExpressionError ? errorIds.expression : 1000;
};

export type DapErrorCode = keyof typeof errorIds;

export class DapError extends InputError {
  readonly code: DapErrorCode;

  constructor(code: DapErrorCode, sentence: Sentence) {
    super(sentence);
    this.name = 'DapError';
    this.code = code;
  }

  get id(): number {
    return errorIds[this.code];
  }
}

export const badArguments = (command: string, field: string, problem: string) =>
  new DapError('arguments', {
    what: `The arguments of the request ${brief(command)} are not valid`,
    expected: 'what the Debug Adapter Protocol says',
    found: brief(field === '' ? problem : `${field}: ${problem}`),
    remedy: 'Report it to the maker of the debugger front end',
  });

export const badMessage = (found: string) =>
  new DapError('request', {
    what: 'A message of the client could not be read and was passed over',
    expected: 'a header with Content-Length and as many bytes of JSON',
    found: brief(found),
    remedy: 'Report it to the maker of the debugger front end',
  });

export const sessionEnded = (command: string) =>
  new DapError('notLaunched', {
    what: `The request ${brief(command)} came too late`,
    expected: 'a session that is not over',
    found: 'one that was ended',
    remedy: 'Begin another debug session',
  });

export const unknownRequest = (command: string) =>
  new DapError('request', {
    what: `The request ${brief(command)} is not known`,
    expected: 'one that the capabilities announce',
    found: brief(command) === '' ? 'none' : brief(command),
    remedy: 'Report it to the maker of the debugger front end',
  });

export const notLaunched = (command: string) =>
  new DapError('notLaunched', {
    what: `The request ${brief(command)} came too early`,
    expected: 'a launch before it',
    found: 'no machine',
    remedy: 'Launch a trace or a machine first',
  });

export const launchedTwice = () =>
  new DapError('launch', {
    what: 'There is a machine already',
    expected: 'one launch in a session',
    found: 'a second one',
    remedy: 'Start another debug session',
  });

export const machineRuns = (command: string) =>
  new DapError('running', {
    what: `The request ${brief(command)} needs a machine that stands still`,
    expected: 'a machine that is paused',
    found: 'one that runs',
    remedy: 'Pause it first',
  });

export const noPanic = () =>
  new DapError('request', {
    what: 'There is no panic to go to',
    expected: 'a program with a symbol panic, or a panic handler of Rust',
    found: 'none',
    remedy: 'Name the program with the symbols in "program", or set a breakpoint on the function that ends the kernel',
  });

export const badLaunch = (field: string, problem: string) =>
  new DapError('launch', {
    what: `The launch configuration is not valid${field === '' ? '' : ` at "${brief(field)}"`}`,
    expected: '"trace" with the name of a recording, or "machine" with the options of a machine to record',
    found: brief(problem),
    remedy: 'Correct it in launch.json',
  });

export const unbalancedQuote = (line: string) =>
  new DapError('launch', {
    what: 'The machine line of the launch configuration ends inside a quotation',
    expected: 'a closing quotation mark',
    found: brief(line),
    remedy: 'Close the quotation, or give the words as an array',
  });

export const unknownThread = (id: number, harts: number) =>
  new DapError('thread', {
    what: `There is no thread ${id}`,
    expected: harts === 1 ? 'thread 1, which is hart 0' : `a thread from 1 to ${harts}, one for each hart`,
    found: `${id}`,
    remedy: 'Choose another thread',
  });

export const unknownFrame = (id: number) =>
  new DapError('reference', {
    what: `There is no stack frame ${id}`,
    expected: 'a frame of the present stop',
    found: `${id}`,
    remedy: 'Ask for the stack again',
  });

export const unknownReference = (reference: number) =>
  new DapError('reference', {
    what: `There are no variables ${reference}`,
    expected: 'a reference of the present stop',
    found: `${reference}`,
    remedy: 'Ask for the scopes again',
  });

export const badAddress = (text: string) =>
  new DapError('memory', {
    what: 'This is no address',
    expected: 'a number such as 0x80000000',
    found: brief(text),
    remedy: 'Give a number in hexadecimal or decimal',
  });

export const badHitCondition = (text: string) =>
  new DapError('expression', {
    what: `The hit count "${brief(text)}" cannot be understood`,
    expected: 'a number, perhaps with one of == >= > <= < % before it',
    found: brief(text),
    remedy: 'Say for example >=3 or %10',
  });

export const pastIsFixed = (at: number, end: number, recording: boolean) =>
  new DapError('past', {
    what: 'The past cannot be changed',
    expected: recording ? `the machine at its live end, moment ${end}` : 'a machine that is being recorded',
    found: recording ? `moment ${at}` : 'a recording that was made',
    remedy: `${recording ? 'Continue to the end first, or fork' : 'Fork'} the timeline here and change that (chronovisor/fork)`,
  });

export const badValue = (name: string, text: string, expected: string) =>
  new DapError('value', {
    what: `${brief(name)} cannot take this value`,
    expected,
    found: brief(text),
    remedy: 'Give another value',
  });

export const notWritable = (name: string) =>
  new DapError('value', {
    what: `${brief(name)} cannot be changed`,
    expected: 'a register that software can write',
    found: brief(name),
    remedy: 'Change the register that it comes from',
  });

export const notAssignable = (name: string, why: string | undefined) =>
  new DapError('value', {
    what: `${brief(name)} cannot be changed`,
    expected: 'a number, a pointer or an enumerator that is in memory or in a register',
    found: brief(why ?? 'a value that is computed, or one that has parts'),
    remedy: 'Change one of its parts, or what it comes from',
  });

export const notYours = (name: string) =>
  new DapError('value', {
    what: `${brief(name)} cannot be changed`,
    expected: 'a register of the innermost frame',
    found: 'one of a caller, which gets it back when the call is over',
    remedy: 'Step out to that frame first',
  });

export const badStop = (field: string, expected: string, found: string) =>
  new DapError('value', {
    what: `This stop cannot be set: its ${field} is wrong`,
    expected,
    found: brief(found),
    remedy: 'Correct it; the other stops are set',
  });

export const registerStop = (text: string, register: string) =>
  new DapError('expression', {
    what: `The expression "${brief(text)}" cannot be waited for`,
    expected: 'an expression of memory, which changes only where something is written',
    found: `the register ${brief(register)}, which may change at every step`,
    remedy: 'Use it as the condition of a breakpoint',
  });

export const constantStop = (text: string) =>
  new DapError('expression', {
    what: `The expression "${brief(text)}" cannot be waited for`,
    expected: 'an expression of memory, which changes only where something is written',
    found: 'one that reads no memory',
    remedy: 'Name a variable, or memory as *(int*)0x80001000',
  });

export const noRam = (address: bigint) =>
  new DapError('memory', {
    what: `There is no memory to write at 0x${address.toString(16)}`,
    expected: 'an address that is mapped to RAM now',
    found: 'none',
    remedy: 'Choose another address, or go to a moment at which it is mapped',
  });

export const badMoment = (text: string, end: number) =>
  new DapError('moment', {
    what: 'This is no moment of the recording',
    expected: `a whole number from 0 to ${end}, or start or end`,
    found: brief(text),
    remedy: 'Give a moment that the recording has',
  });

export const unknownEntry = () =>
  new DapError('reference', {
    what: 'It is not known where this frame began',
    expected: 'a frame of a function with debug information, or the innermost one',
    found: 'a frame without it',
    remedy: 'Step back out to it',
  });

export const noCode = (place: string, hasDebugInfo: boolean) =>
  new DapError('memory', {
    what: `There is no code for ${brief(place)}`,
    expected: 'a line at or before the last one with code, of a file of the program',
    found: hasDebugInfo ? 'none in the debug information' : 'a program without debug information',
    remedy: hasDebugInfo
      ? 'Check that the program was built from this file'
      : 'Build the program with -g, or say where its debug information is: "symbols" in launch.json',
  });

export const noSource = (path: string) =>
  new DapError('reference', {
    what: `The source ${brief(path)} is not on this computer`,
    expected: 'a file that the debug information names and that can be read',
    found: 'none',
    remedy: 'Say where it is: "sourceMap" in launch.json',
  });

export const unknownFork = (id: number, known: readonly number[]) =>
  new DapError('fork', {
    what: `There is no timeline ${id}`,
    expected: `one of ${known.join(', ')}, where 0 is the one that was launched`,
    found: `${id}`,
    remedy: 'Ask chronovisor/forks which there are',
  });

export const tooManyForks = (most: number) =>
  new DapError('fork', {
    what: 'There is no room for another timeline',
    expected: `at most ${most} forks at a time, since each is a machine of its own`,
    found: `${most}`,
    remedy: 'Delete one that is not needed, after saving it if it is to be kept',
  });

export const tooManyQuestions = (most: number) =>
  new DapError('request', {
    what: 'So many questions cannot be answered at once',
    expected: `at most ${most} that are not answered yet`,
    found: `${most}`,
    remedy: 'Wait for their answers, or cancel some',
  });

export const forkOnly = (what: string) =>
  new DapError('fork', {
    what: `The timeline that was launched cannot be ${what}`,
    expected: 'a fork of it',
    found: 'timeline 0',
    remedy: 'Choose a fork',
  });

export const badBookmark = (problem: string) =>
  new DapError('bookmark', {
    what: 'This is no change of the bookmarks',
    expected: '"add" with a note, "edit" or "remove" with an id, or "list"',
    found: brief(problem),
    remedy: 'Give what is missing',
  });
