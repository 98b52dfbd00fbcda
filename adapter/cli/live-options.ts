/** The options that `run`, `record` and `stats` have in common. Nothing runs here: `--help` needs no machine. */

import type { Command } from 'commander';
import { Option } from 'commander';
import type { Moment } from '../../traces/time.ts';
import { escapeHelp } from '../host/console.ts';
import { optionHelp } from './qemu-options.ts';
import { columns, parseMoment, parsePositiveSteps } from './values.ts';

export interface LiveOptions {
  readonly time: 'virtual' | 'host';
  readonly input?: string;
  readonly script?: string;
  readonly until?: Moment;
  readonly seed?: string;
  readonly digestStride?: number;
}

export const addLiveOptions = (command: Command): Command =>
  command
    .argument('[machine...]', "the machine's options, behind --, as for qemu-system-riscv64 -M virt")
    .addOption(
      new Option('--time <policy>', "the guest's clock: counted in steps, or the host's")
        .choices(['virtual', 'host'])
        .default('virtual'),
    )
    .option('--input <file>', 'type what a file holds, line by line as the guest falls silent')
    .option('--script <file>', 'type when the guest has printed something: lines wait "text", send "text", quit')
    .option('--until <moment>', 'end the run at this moment, such as 250000 or 1.5G', parseMoment)
    .option('--seed <text>', 'where random bytes come from with virtual time')
    .addHelpText('after', `\nThe machine's options:\n${machineHelp()}\n${escapeHelp}\n`);

export const digestStrideOption = (): Option =>
  new Option('--digest-stride <steps>', 'steps between two digests of the state (default: 500M)').argParser(
    parsePositiveSteps,
  );

export const statesOption = (): Option =>
  new Option('--states <steps>', 'put states into the middle of the trace too, at least so many steps apart').argParser(
    parsePositiveSteps,
  );

const machineHelp = (): string => columns(optionHelp().map(([spelling, meaning]) => [`  ${spelling}`, meaning]));
