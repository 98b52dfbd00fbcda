/**
 * What a launch configuration says, checked, and what comes of it: a trace that is opened or a machine that is recorded.
 *
 *     { "trace": "run.chrono", "stopAt": "end" }
 *     { "machine": "-m 128M -bios none -kernel kernel.elf", "record": "run.chrono" }
 */

import * as v from 'valibot';
import { hostPolicy, type RunPolicy, virtualPolicy } from '../boot/configuration.ts';
import type { DeviceOption, MachineOptions } from '../boot/machine-options.ts';
import { parseMachineOptions } from '../cli/qemu-options.ts';
import { FileSource } from '../host/files.ts';
import { cacheFolder } from '../host/folders.ts';
import { join, resolve } from '../host/paths.ts';
import { SpillFile } from '../host/spill-file.ts';
import { readElf } from '../program/elf.ts';
import { NameCache } from '../program/names/cache.ts';
import type { RecordingCopy } from '../session/copy.ts';
import { createRecording } from '../session/record.ts';
import { openRecording } from '../session/replay.ts';
import { type CheckpointPolicy, denseCheckpoints, type Session } from '../session/session.ts';
import { ConsoleOutput } from './console-output.ts';
import { badLaunch } from './errors.ts';
import type { ProgramFile } from './program.ts';
import { programEntries, readPrograms } from './program-entries.ts';
import { Target } from './target.ts';
import { splitWords } from './words.ts';

const name = v.pipe(v.string(), v.nonEmpty('expected the name of a file, found nothing'));

export const launchSchema = v.object({
  /** A recording to replay. Either this or `machine`. */
  trace: v.nullish(name),
  /** A machine to record, in the words of `qemu-system-riscv64 -M virt`: one line, or a list of words. */
  machine: v.nullish(v.union([v.string(), v.array(v.string())], 'expected a line of options or a list of words')),
  /** Where the recording of `machine` goes; without it, it is kept in memory and lost at the end. */
  record: v.nullish(name),
  /** An ELF with the symbols; by default the kernel of the machine or trace, when that is one. */
  program: v.nullish(name),
  /** Another ELF with the debug information and symbols of the program: a separate debug file, or a kernel's `vmlinux`. */
  symbols: v.nullish(name),
  /** Further programs: user programs and kernel modules. See program-entries.ts. */
  programs: v.nullish(programEntries),
  /** Where sources are: the beginning of a path as the compiler knew it, and what stands there instead. */
  sourceMap: v.nullish(v.record(v.string(), v.string('expected the name of a folder'), 'expected paths and folders')),
  /** Where separate debug files and .dwo files of programs are, besides beside them. */
  debugFolders: v.nullish(
    v.array(
      v.pipe(v.string(), v.nonEmpty('expected the name of a folder, found nothing')),
      'expected a list of folders',
    ),
  ),
  /** The folder where indexes of debug information and translated code are kept, or false to keep none; by default the user's cache folder. */
  cache: v.nullish(v.union([name, v.literal(false)], 'expected the name of a folder, or false')),
  /** Whether to stop before the first instruction. By default a trace does, a machine does not. */
  stopOnEntry: v.nullish(v.boolean('expected true or false')),
  /** Where one stands first in a trace: at its start, at its end, or where the guest panicked last (at the end if it never did). */
  stopAt: v.nullish(v.picklist(['start', 'end', 'panic'], 'expected "start", "end" or "panic"')),
  /** The moment of a trace at which one stands first, instead of `stopAt`; its end where it has not so many. */
  moment: v.nullish(v.pipe(v.number('expected a moment, a whole number'), v.safeInteger(), v.minValue(0))),
  /** The guest's clock of `machine`: a function of its steps, or the host's. */
  timePolicy: v.nullish(v.picklist(['virtual', 'host'], 'expected "virtual" or "host"')),
  /** Whether idle time of `machine` is waited out in real time, as a person at the console needs it, or skipped. */
  idle: v.nullish(v.picklist(['wait', 'skip'], 'expected "wait" or "skip"')),
  /** Whether data breakpoints on writes stop at those that change something, as by default, or at each. */
  dataBreakpoints: v.nullish(v.picklist(['change', 'write'], 'expected "change" or "write"')),
  /** The folder from which relative names are meant; by default that of the adapter's process. */
  cwd: v.nullish(name),
});

/** The names of all attributes. */
export const launchAttributes: readonly string[] = Object.keys(launchSchema.entries);

export type LaunchArguments = v.InferOutput<typeof launchSchema>;

/** @throws {DapError} that names the field that is wrong */
export const checkLaunch = (value: unknown): LaunchArguments => {
  const checked = v.safeParse(launchSchema, value ?? {}, { abortEarly: true });
  if (!checked.success) throw badLaunch(v.getDotPath(checked.issues[0]) ?? '', checked.issues[0].message);
  const { trace, machine, record } = checked.output;
  const has = (field: unknown): boolean => field !== undefined && field !== null;
  if (has(trace) && has(machine)) throw badLaunch('machine', 'both "trace" and "machine"');
  if (!has(trace) && !has(machine)) throw badLaunch('', 'neither "trace" nor "machine"');
  if (has(trace) && has(record)) throw badLaunch('record', '"record" beside "trace", which is recorded already');
  if (has(checked.output.moment) && !has(trace)) throw badLaunch('moment', 'a moment without "trace"');
  return checked.output;
};

/** For a target that no person looks at. */
export interface TargetRequest {
  readonly checkpoints?: CheckpointPolicy;
  /** A recording that is being made, which is replayed in place of what the launch names. */
  readonly copy?: RecordingCopy | undefined;
}

/**
 * @throws {InputError} when a file or an option is wrong
 * @throws {TraceError} when the trace is damaged
 */
export const openTarget = async (
  args: LaunchArguments,
  log: (line: string) => void = () => {},
  { checkpoints = denseCheckpoints, copy }: TargetRequest = {},
): Promise<Target> => {
  const inFolder = (file: string): string => resolve(args.cwd ?? '.', file);
  const console = new ConsoleOutput();
  const closes: { close(): void }[] = [];
  try {
    return await openWith(args, { console, inFolder, closes, log, checkpoints, copy });
  } catch (error) {
    for (const one of closes) one.close();
    throw error;
  }
};

/** What an opening needs besides the arguments, and what it leaves to be closed. */
interface Opening {
  readonly console: ConsoleOutput;
  readonly inFolder: (file: string) => string;
  readonly closes: { close(): void }[];
  readonly log: (line: string) => void;
  readonly checkpoints: CheckpointPolicy;
  readonly copy: RecordingCopy | undefined;
}

const openWith = async (args: LaunchArguments, opening: Opening): Promise<Target> => {
  const { console, inFolder, closes, log } = opening;
  // First, so that a wrong name makes no trace.
  const read = (what: string, file: string | null | undefined): ProgramFile | undefined => {
    if (file == null) return undefined;
    const bytes = new FileSource(what, inFolder(file));
    closes.push(bytes);
    readElf(bytes, file, 'symbols');
    return { name: inFolder(file), bytes };
  };
  const [program, debug] = [read('the program', args.program), read('the symbols', args.symbols)];
  const [first, ...rest] = readPrograms(args.programs ?? [], inFolder);
  const isKernel = program === undefined && first?.space.kind === 'kernel' && first.options.sections === undefined;
  const others = first === undefined || isKernel ? rest : [first, ...rest];
  const map = Object.entries(args.sourceMap ?? {}).map(([from, to]) => ({ from, to: inFolder(to) }));
  const folder = folderOf(args.cache, inFolder);
  const session = await openSession(args, opening, folder);
  const cache = folder === undefined ? undefined : new NameCache(join(folder, 'names'), { log });
  return new Target(session, console, {
    ...(isKernel ? { program: first.file, debug: first.options.debug } : { program, debug }),
    others,
    map,
    folders: [resolve(args.cwd ?? '.')],
    companions: { debug: (args.debugFolders ?? []).map(inFolder), map },
    cache,
    closes,
    launch: args,
    ...(args.trace != null && { history: { file: inFolder(args.trace), cacheFolder: folder, log } }),
  });
};

/** The folder of caches, if there is to be one. */
const folderOf = (asked: LaunchArguments['cache'], inFolder: Opening['inFolder']): string | undefined => {
  if (asked === false) return undefined;
  return asked == null ? cacheFolder() : inFolder(asked);
};

const openSession = (
  args: LaunchArguments,
  { inFolder, console, checkpoints, copy, closes }: Opening,
  folder: string | undefined,
): Promise<Session> => {
  const spill =
    checkpoints === denseCheckpoints && folder !== undefined ? new SpillFile(join(folder, 'spill')) : undefined;
  if (spill !== undefined) closes.push(spill);
  const common = { checkpoints: { ...checkpoints, spill }, console: console.take, cacheFolder: folder };
  const file = inFolder(args.trace ?? '');
  if (args.trace != null || copy !== undefined) return openRecording({ file, copy, verify: true, ...common });
  const { machine } = args;
  const words = typeof machine === 'string' ? splitWords(machine) : (machine ?? []);
  const trace = args.record == null ? undefined : { file: inFolder(args.record), embedded: true };
  return createRecording({
    options: relativeTo(parseMachineOptions(words), inFolder),
    policy: policyOf(args),
    ...(trace && { trace }),
    ...common,
  });
};

/** A person is there, so idle time passes as it does for them, unless they want it otherwise. */
const policyOf = ({ timePolicy, idle }: LaunchArguments): RunPolicy => ({
  ...(timePolicy === 'host' ? hostPolicy(Date.now() / 1000) : virtualPolicy),
  idle: idle ?? 'wait',
});

const relativeTo = (options: MachineOptions, inFolder: (file: string) => string): MachineOptions => {
  const file = (found: string | undefined): string | undefined => (found === undefined ? undefined : inFolder(found));
  return {
    ...options,
    bios: typeof options.bios === 'object' ? { file: inFolder(options.bios.file) } : options.bios,
    kernel: file(options.kernel),
    initrd: file(options.initrd),
    dtb: file(options.dtb),
    devices: options.devices.map(
      (device): DeviceOption => ('file' in device ? { ...device, file: inFolder(device.file) } : device),
    ),
    loaders: options.loaders.map((loader) => ({ ...loader, file: inFolder(loader.file) })),
  };
};
