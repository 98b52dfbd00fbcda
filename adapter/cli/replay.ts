/** `chronovisor replay`: goes to a moment of a trace and shows what the guest prints, or the state's digest there. */

import type { Command } from 'commander';
import { type Moment, moment } from '../../traces/time.ts';
import type { Digester } from '../../vmm/machine/digest.ts';
import type { ReplaySession } from '../session/session.ts';
import type { CliHost } from './cli.ts';
import { addTraceOptions, type TraceOptions } from './trace-options.ts';
import { columns, grouped, parseMoment } from './values.ts';

interface ReplayOptions extends TraceOptions {
  readonly until?: Moment;
  readonly digest?: boolean;
  readonly console?: boolean;
}

export const addReplay = (program: Command, host: CliHost): void => {
  const command = program
    .command('replay')
    .summary('replay a trace to a moment')
    .description('Replays a trace to its end or to a moment, and says where it stands there.')
    .option('--until <moment>', 'stop at this moment, such as 250000 or 1.5G', parseMoment)
    .option('--digest', "print the digest of the machine's state there")
    .option('--console', 'print what the guest printed');
  addTraceOptions(command).action(async (file: string, options: ReplayOptions) => {
    const { cacheFolder, Digester, goTo, incompleteText, noCheckpoints, openRecording } = await import(
      './replay-command.ts'
    );
    const session = await openRecording({
      file,
      verify: true,
      checkpoints: noCheckpoints,
      keepImages: false,
      cacheFolder: cacheFolder(),
      console: options.console ? (bytes) => void host.stdout.write(bytes) : () => {},
      salvage: options.salvage === true,
      imageFolders: options.images ?? [],
    });
    try {
      await goTo(session, options.until ?? session.trace.until, 'replaying', host);
      session.replayer.verifyEnd();
      session.keepCode();
    } finally {
      session.close();
    }
    const incomplete = incompleteText(session.trace);
    if (session.machine.now >= session.trace.until && incomplete !== '')
      host.stderr.write(`chronovisor: ${incomplete}\n`);
    if (options.digest) host.stdout.write(digestText(session, new Digester(session.machine, session.hash64)));
    if (!options.console && !options.digest) host.stdout.write(placeText(session));
  });
};

const placeText = ({ machine, replayer, trace }: ReplaySession): string => {
  const harts = machine.harts.map(
    (hart) => `hart ${hart.id}: pc 0x${hart.get('pc').toString(16)}, ${modes[hart.privilege]}-mode`,
  );
  const end = machine.now >= trace.until ? ', the end' : '';
  return `moment ${grouped(machine.now)}${end}; ${replayer.digestsCompared} digests equal\n${harts.map((line) => `${line}\n`).join('')}`;
};

const modes = { 0: 'U', 1: 'S', 3: 'M' } as const;

/** One line a part, so that two of them can be compared with diff. */
const digestText = ({ hash64 }: ReplaySession, digester: Digester): string => {
  const { at, ram, harts, machine: record, devices } = digester.digest();
  const hex = (value: bigint): string => value.toString(16).padStart(16, '0');
  return columns([
    ['moment', moment(at).toString()],
    ['machine', hex(hash64(record, 0n))],
    ...harts.map((hart, index) => [`hart${index}`, hex(hash64(hart, 0n))]),
    ['ram', hex(ram)],
    ...devices.map(({ name, hash }) => [name, hex(hash)]),
  ]);
};
