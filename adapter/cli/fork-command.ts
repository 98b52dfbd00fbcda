/** What `fork` and `forks` do. Loaded when one does. */

import { readdirSync, rmSync, statSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { describeEvent, type InputEvent } from '../../traces/events.ts';
import { openTrace } from '../../traces/reader.ts';
import { inputsFrom, runFork } from '../forks/follow.ts';
import { createFork, type Edit } from '../forks/fork.ts';
import { brotli, FileSource, refuseSameFile } from '../host/files.ts';
import { momentOutside, notAForkOf } from '../session/errors.ts';
import { openRecording } from '../session/replay.ts';
import { noCheckpoints } from '../session/session.ts';
import type { CliHost } from './cli.ts';
import type { ForkOptions } from './fork.ts';
import type { ForksOptions } from './forks.ts';
import { goTo } from './replay-command.ts';
import { columns, grouped, sizeText } from './values.ts';

export const forkTrace = async (
  file: string,
  edits: readonly Edit[],
  options: ForkOptions,
  host: CliHost,
): Promise<void> => {
  refuseSameFile(options.output, [['the trace', file]], 'fork');
  const parent = await openRecording({
    file,
    verify: true,
    checkpoints: noCheckpoints,
    console: () => {},
    salvage: options.salvage === true,
    imageFolders: options.images ?? [],
  });
  try {
    const { trace, timeline } = parent;
    const at = options.at === 'start' ? trace.start : options.at === 'end' ? trace.until : options.at;
    if (at > trace.until) throw momentOutside(at, trace.start, trace.until);
    timeline.jumpToKept(at);
    await goTo(parent, at, 'replaying', host);
    const name = options.name ?? basename(options.output, '.chrono');
    const follows = options.follow === true;
    const fork = createFork(parent, {
      name,
      parent: basename(file),
      edits,
      follows,
      checkpoints: noCheckpoints,
      console: (bytes) => void host.stdout.write(bytes),
    });
    const inputs = follows ? inputsFrom(timeline.log, timeline.cursor) : [];
    const run = runFork(fork.session, options.runUntil ?? trace.until, inputs);
    let step = run.next();
    for (; step.done !== true; step = run.next()) await new Promise(setImmediate); // a signal must be able to end this
    fork.session.recorder.end({ reason: 'stopped' });
    await fork.save(options.output);
    host.stderr.write(`chronovisor: ${forkText(name, at, fork.session.timeline.now, step.value, edits)}\n`);
  } finally {
    parent.close();
  }
};

const forkText = (name: string, at: number, now: number, stop: string, edits: readonly Edit[]): string => {
  const ends = {
    until: `came to moment ${grouped(now)}`,
    idle: `only waits from moment ${grouped(now)} on`,
    off: `switched itself off at moment ${grouped(now)}`,
    reset: `asked for a reset at moment ${grouped(now)}`,
  };
  const changes = edits.map((edit) => describeEvent({ ...edit, at } as InputEvent));
  return `${name}: from moment ${grouped(at)}${changes.length === 0 ? ', unchanged' : `, where ${changes.join(', and ')}`}; the guest ${ends[stop as keyof typeof ends]}.`;
};

/** The forks beside a trace that name it as their parent, or all in its folder. */
export const listForks = async (file: string, options: ForksOptions, host: CliHost): Promise<void> => {
  const isFolder = statSync(file, { throwIfNoEntry: false })?.isDirectory() === true;
  const folder = isFolder ? file : dirname(file);
  if (!isFolder) new FileSource('the trace', file).close();
  const rows: {
    name: string;
    parent: string | undefined;
    at: number;
    until: number;
    file: string;
    sizeBytes: number;
  }[] = [];
  for (const name of readdirSync(folder)
    .filter((entry) => entry.endsWith('.chrono'))
    .sort()) {
    const fork = await forkIn(join(folder, name));
    if (fork !== undefined && (isFolder || fork.parent === basename(file))) rows.push({ ...fork, file: name });
  }
  if (options.delete !== undefined) {
    const victim = rows.find((row) => row.name === options.delete || row.file === options.delete);
    if (victim === undefined)
      throw notAForkOf(
        options.delete,
        rows.map(({ name }) => name),
      );
    rmSync(join(folder, victim.file));
    host.stdout.write(`${victim.name} (${victim.file}) is deleted.\n`);
    return;
  }
  if (options.json) host.stdout.write(`${JSON.stringify(rows, undefined, 2)}\n`);
  else if (rows.length === 0) host.stdout.write('There are no forks.\n');
  else {
    const cells = rows.map((row) => [
      row.name,
      row.parent ?? '',
      grouped(row.at),
      grouped(row.until),
      row.file,
      sizeText(row.sizeBytes),
    ]);
    host.stdout.write(columns([['fork', 'of', 'from', 'to', 'file', 'size'], ...cells]));
  }
};

/** What a file says that it is a fork of; nothing when it is none, or cannot be read. */
const forkIn = async (file: string) => {
  let source: FileSource | undefined;
  try {
    source = new FileSource('the trace', file);
    const { header, until, sizes } = await openTrace(source, brotli);
    if (header.fork === undefined) return undefined;
    const { name, parent, at } = header.fork;
    return { name, parent, at, until, sizeBytes: sizes.fileBytes };
  } catch {
    return undefined; // `info` says what is wrong with it
  } finally {
    source?.close();
  }
};
