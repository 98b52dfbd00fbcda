/** `chronovisor fork`: goes to a moment of a trace, changes something, and records what happens then as another trace. */

import { type Command, InvalidArgumentError, Option } from 'commander';
import type { Moment } from '../../traces/time.ts';
import type { Edit } from '../forks/fork.ts';
import type { CliHost } from './cli.ts';
import { addTraceOptions, type TraceOptions } from './trace-options.ts';
import { parseMoment } from './values.ts';

export interface ForkOptions extends TraceOptions {
  readonly at: Moment | 'start' | 'end';
  readonly output: string;
  readonly name?: string;
  readonly edit?: readonly Edit[];
  readonly runUntil?: Moment;
  readonly follow?: boolean;
}

export const addFork = (program: Command, host: CliHost): void => {
  const edits: Edit[] = [];
  const option = (flags: string, meaning: string, parse: (text: string) => Edit): Option =>
    new Option(flags, meaning).argParser((text) => edits.push(parse(text)));
  const command = program
    .command('fork')
    .summary('go on otherwise from a moment of a trace')
    .description(
      'Goes to a moment of a trace, makes changes there in the order in which they are given, and records what happens then ' +
        'as a trace of its own. The trace itself stays as it is.',
    )
    .requiredOption('-o, --output <trace>', 'the .chrono file to write; an existing one is replaced')
    .option('--at <moment>', 'the moment, such as 250000 or 1.5G, or start, or end', parseAt, 'end' as const)
    .addOption(option('--set <register=value>', 'set a register, of another hart as 1:a0=5', parseSet))
    .addOption(option('--write <address=bytes>', 'write hexadecimal bytes to a physical address', parseWrite))
    .addOption(option('--type <text>', 'type at the console; \\n, \\r, \\t, \\xHH and \\\\ as in C', parseType))
    .addOption(option('--turn <hart:steps>', 'give a hart the turn for so many steps', parseTurn))
    .option('--follow', "give it the inputs that the trace has from there on, at the trace's moments")
    .option('--run-until <moment>', "where its recording ends (default: the trace's end)", parseMoment)
    .option('--name <name>', 'what it is called');
  addTraceOptions(command).action(async (file: string, options: ForkOptions) => {
    const { forkTrace } = await import('./fork-command.ts');
    await forkTrace(file, edits, options, host);
  });
};

const parseAt = (text: string): ForkOptions['at'] => (text === 'start' || text === 'end' ? text : parseMoment(text));

export const parseSet = (text: string): Edit => {
  const match = /^(?:([0-7]):)?([!-~]{1,32}?)=(-?(?:0x[0-9a-f]{1,16}|\d{1,20}))$/i.exec(text);
  if (match === null) throw new InvalidArgumentError('It must be such as a0=5, pc=0x80000000 or 1:a0=-1.');
  const [, hart, register, value] = match;
  const magnitude = BigInt(value!.replace('-', ''));
  const bits = BigInt.asUintN(64, value!.startsWith('-') ? -magnitude : magnitude);
  return { kind: 'setRegister', hart: Number(hart ?? 0), register: register!, value: bits };
};

export const parseWrite = (text: string): Edit => {
  const match = /^(0x[0-9a-f]{1,12}|\d{1,15})=((?:[0-9a-f]{2}){1,65536})$/i.exec(text);
  if (match === null) throw new InvalidArgumentError('It must be such as 0x80001000=ff00.');
  return { kind: 'setMemory', address: Number(match[1]), bytes: Uint8Array.from(Buffer.from(match[2]!, 'hex')) };
};

export const parseType = (text: string): Edit => {
  const plain = text.replace(/\\(x[0-9a-f]{2}|.)/gi, (all, code: string) => {
    const known = { n: '\n', r: '\r', t: '\t', '\\': '\\' }[code];
    if (known !== undefined) return known;
    return code.length === 3 ? String.fromCharCode(Number.parseInt(code.slice(1), 16)) : all;
  });
  if (plain === '') throw new InvalidArgumentError('It must be at least one character.');
  return { kind: 'serial', bytes: new TextEncoder().encode(plain) };
};

export const parseTurn = (text: string): Edit => {
  const match = /^([0-7]):([1-9]\d{0,8})$/.exec(text);
  if (match === null) throw new InvalidArgumentError('It must be such as 1:5000.');
  return { kind: 'schedule', hart: Number(match[1]), steps: Number(match[2]) };
};
