/**
 * Says on stderr what went wrong, in one sentence, and which exit code it is. A stack trace is for us, not for the
 * person: only with CHRONOVISOR_DEBUG in the environment.
 */

import { CommanderError } from 'commander';
import { TraceError } from '../../traces/errors.ts';
import { DeviceTreeError } from '../../vmm/machine/devicetree/reader.ts';
import { MachineError } from '../../vmm/machine/errors.ts';
import { DivergenceError } from '../../vmm/replay/divergence.ts';
import { brief, InputError } from '../program/input-error.ts';
import { UsageError } from './errors.ts';
import { exitCodes } from './exit-codes.ts';

export interface Report {
  readonly exitCode: number;
  /** Nothing when the person asked for help or a version. */
  readonly text: string;
}

export const reportOf = (error: unknown, debug: boolean): Report => {
  const { exitCode, text } = sentenceOf(error);
  const stack = debug && error instanceof Error && error.stack !== undefined ? `\n${error.stack}` : '';
  return { exitCode, text: text === '' ? '' : `chronovisor: ${text}${stack}\n` };
};

const sentenceOf = (error: unknown): Report => {
  if (error instanceof CommanderError) return commandLineReport(error);
  if (error instanceof UsageError) return { exitCode: exitCodes.usage, text: error.message };
  if (isBadInput(error)) return { exitCode: exitCodes.badInput, text: error.message };
  if (error instanceof DivergenceError) return { exitCode: exitCodes.divergence, text: divergenceText(error) };
  const found = brief(error instanceof Error ? error.message : String(error));
  const text = `This is a bug in Chronovisor: expected no error here, found "${found}". Run it again with CHRONOVISOR_DEBUG=1 and report what it prints.`;
  return { exitCode: exitCodes.bug, text };
};

const isBadInput = (error: unknown): error is Error =>
  [InputError, TraceError, DeviceTreeError, MachineError].some((kind) => error instanceof kind);

const divergenceText = ({ divergence: { at, part, expected, found } }: DivergenceError): string =>
  `The replay differs from its recording at moment ${at}, first in ${part}: expected ${expected}, found ${found}. ` +
  'Replay it with the version that recorded it, which "chronovisor info" says; if it is this one, report a bug.';

const commandLineReport = (error: CommanderError): Report => {
  if (error.exitCode === 0) return { exitCode: exitCodes.ok, text: '' };
  // Without a command commander prints the help, on stderr, and that says enough.
  if (error.code === 'commander.help') return { exitCode: exitCodes.usage, text: '' };
  const message = error.message
    .replace(/^error: /, '')
    .replace(/\.$/, '')
    .replace(/\n/g, ' ');
  const separator = 'The machine\'s options come behind "--": chronovisor record -o run.chrono -- -machine virt ...';
  // QEMU's options have one hyphen and more than one letter, ours two hyphens.
  const isOfMachine = error.code === 'commander.unknownOption' && /'-[^-']/.test(message);
  const remedy = isOfMachine ? `${separator}; --help` : '--help';
  return { exitCode: exitCodes.usage, text: `${capital(message)}. ${capital(remedy)} lists the options.` };
};

const capital = (text: string): string => text.charAt(0).toUpperCase() + text.slice(1);
