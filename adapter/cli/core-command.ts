/** What `core` does: replays to the moment and writes the file. Loaded when it does. */

import { basename } from 'node:path';
import { type CoreWritten, writeCoreOf } from '../core/core.ts';
import { momentBeyondEnd, noSuchHart } from '../core/errors.ts';
import { refuseSameFile, SparseFile } from '../host/files.ts';
import { plural } from '../program/input-error.ts';
import type { ReplaySession } from '../session/session.ts';
import type { CliHost } from './cli.ts';
import type { CoreOptions } from './core.ts';
import { goTo, incompleteText, openToVerify } from './replay-command.ts';
import { grouped, sizeText } from './values.ts';

export const writeCoreFile = async (file: string, options: CoreOptions, host: CliHost): Promise<void> => {
  const { output, hart, physical = false } = options;
  refuseSameFile(output, [['the trace', file]], 'core file');
  const session = await openToVerify(file, options);
  try {
    const { machine, trace } = session;
    const at = options.at === 'start' ? trace.start : options.at === 'end' ? trace.until : options.at;
    if (at > trace.until) throw momentBeyondEnd(at, trace.until);
    if (machine.harts[hart] === undefined) throw noSuchHart(hart, machine.harts.length);
    session.timeline.jumpToKept(at);
    await goTo(session, at, 'replaying', host);
    const command = `${basename(file)} at moment ${machine.now}`;
    const core = new SparseFile('the core file', output);
    let written: CoreWritten;
    try {
      written = writeCoreOf(machine, { hart, physical, command }, core);
    } catch (error) {
      core.discard();
      throw error;
    }
    core.close();
    host.stdout.write(writtenText(session, hart, output, written));
    const incomplete = incompleteText(trace);
    if (machine.now >= trace.until && incomplete !== '') host.stderr.write(`chronovisor: ${incomplete}\n`);
  } finally {
    session.close();
  }
};

const writtenText = ({ machine }: ReplaySession, hart: number, file: string, written: CoreWritten): string => {
  const { addresses, ranges, sizeBytes, storedBytes } = written;
  return (
    `moment ${grouped(machine.now)}: ${plural(machine.harts.length, 'hart')}, ${addresses} addresses of hart ${hart} in ` +
    `${plural(ranges, 'range')}; ${file} has ${sizeText(sizeBytes)}, ${sizeText(storedBytes)} of it not zeros.\n`
  );
};
