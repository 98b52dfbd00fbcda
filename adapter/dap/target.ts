/**
 * What is debugged: a machine with its history, the program in it, and what a person may ask of them between two motions.
 * How one moves through the history is in travel.ts.
 */

import type { Moment } from '../../traces/time.ts';
import { BranchedHistory } from '../../vmm/history/branched-history.ts';
import type { History } from '../../vmm/history/history.ts';
import { HistoryIndex } from '../../vmm/history/history-index.ts';
import type { Hart } from '../../vmm/machine/hart.ts';
import type { Machine } from '../../vmm/machine/machine.ts';
import { ramBase } from '../../vmm/machine/memory.ts';
import { peekRegister } from '../../vmm/machine/registers.ts';
import type { Timeline } from '../../vmm/timeline/timeline.ts';
import { bootImage, bootPrograms } from '../boot/boot.ts';
import { BackgroundHistory, type BackgroundHistoryOptions } from '../history/background-history.ts';
import { LiveHistory } from '../history/live-history.ts';
import type { NameCache } from '../program/names/cache.ts';
import type { LiveSession, Session } from '../session/session.ts';
import { StatsCollector } from '../stats/stats.ts';
import { type CompanionFolders, Companions } from './companions.ts';
import type { ConsoleOutput } from './console-output.ts';
import { pastIsFixed, unknownThread } from './errors.ts';
import { GuestMemory } from './guest-memory.ts';
import type { LaunchArguments } from './launch.ts';
import type { CallSite } from './line-places.ts';
import { Live } from './live.ts';
import { Program, type ProgramFile, type ProgramOptions } from './program.ts';
import { type PlacedProgram, type ProgramSpace, Programs } from './programs.ts';
import { type SourceOptions, Sources } from './sources.ts';

/** A program besides the kernel. */
export interface OtherProgram {
  readonly file: ProgramFile;
  readonly space: ProgramSpace;
  readonly options: ProgramOptions;
}

/** What a launch configuration says of the programs and their sources. */
export interface TargetOptions extends SourceOptions {
  /** When it is not what was loaded. */
  readonly program?: ProgramFile | undefined;
  readonly debug?: ProgramFile | undefined;
  readonly others?: readonly OtherProgram[];
  /** Where files that programs name may be; without, none is opened. */
  readonly companions?: CompanionFolders | undefined;
  /** Where indexes of its names are kept. */
  readonly cache?: NameCache | undefined;
  /** What it was launched with, to open it again elsewhere. */
  readonly launch?: LaunchArguments;
  /** Where what is known of the whole history comes from, for a recording that was made. */
  readonly history?: Omit<BackgroundHistoryOptions, 'onGrowth'> | undefined;
  /** The one that it is a fork of, and where: its programs are read once, and its past is this one's, too. */
  readonly forkOf?: { readonly parent: Target; readonly at: Moment } | undefined;
  /** What is closed with the target, such as the files that these are read from. */
  readonly closes?: readonly { close(): void }[];
}

/** Firmware lies below a kernel, which is on the next 2 MiB ("Linux RISC-V boot requirements"). */
const kernelOffset = 0x20_0000n;

/** The kernel, or the firmware where there is no kernel that is an ELF. */
const loadedProgram = ({ images }: Session): ProgramFile | undefined => {
  const { kernel, bios } = bootPrograms(images);
  const file = (kernel ?? bios)?.file;
  const role = kernel === undefined ? 'bios' : 'kernel';
  const image = file === undefined ? undefined : images.find((candidate) => candidate.role === role);
  return image && { name: image.name, bytes: image.bytes };
};

export class Target {
  readonly session: Session;
  /** The one that is looked at: the kernel, unless this is the target as a frame of another program sees it (`seenFrom`). */
  readonly program: Program;
  readonly programs: Programs;
  readonly console: ConsoleOutput;
  readonly memory: GuestMemory;
  /** Samples nothing until somebody asks. */
  readonly stats: StatsCollector;
  /** Present while the timeline has a live end. */
  readonly live: Live | undefined;

  readonly sources: Sources;
  /** Set by a motion that has ended there. */
  callSite: CallSite | undefined;
  /** What it was launched with; of a fork, what it goes back to was. */
  readonly launch: LaunchArguments | undefined;
  readonly #forkOf: TargetOptions['forkOf'];
  readonly #placed: readonly PlacedProgram[];
  readonly #closes: { close(): void }[];
  readonly #historyOptions: BackgroundHistoryOptions | undefined;
  #history: BackgroundHistory | LiveHistory | undefined;

  constructor(session: Session, console: ConsoleOutput, options: TargetOptions = {}) {
    const {
      program,
      debug,
      others = [],
      companions: folders,
      cache,
      closes = [],
      launch,
      history,
      forkOf,
      ...sources
    } = options;
    const opened: Companions[] = [];
    const companionsOf = (file: ProgramFile | undefined): Companions | undefined => {
      if (folders === undefined) return undefined;
      // A program that comes with the recording is in no folder of this computer, whatever its name is.
      const one = new Companions(file?.name, folders);
      opened.push(one);
      return one;
    };
    const shares = forkOf?.parent;
    this.session = session;
    this.#forkOf = forkOf;
    this.console = console;
    console.follow(session.machine);
    const { machine } = session.header;
    const boot = bootImage(machine, session.images);
    const firmwareBytes = machine.bios === 'none' ? 0n : kernelOffset;
    const loadAddress = boot.supervisorStart?.pc ?? BigInt(ramBase) + firmwareBytes;
    const companions = shares === undefined ? companionsOf(program ?? debug) : undefined;
    this.program =
      shares?.program ?? new Program(program ?? loadedProgram(session), { debug, loadAddress, cache, companions });
    this.launch = launch ?? shares?.launch;
    this.#historyOptions = history;
    this.memory = new GuestMemory(session.machine, boot.rom);
    this.#placed =
      shares === undefined
        ? others.map(({ file, space, options }) => ({
            program: new Program(file, { ...options, companions: companionsOf(file) }),
            space,
          }))
        : shares.#placed;
    this.#closes = [...closes, ...opened];
    this.programs = new Programs(this.program, this.#placed, this.memory);
    this.sources = shares?.sources ?? new Sources(this.programs.all, sources);
    this.stats = new StatsCollector(session);
    this.live = session.kind === 'live' ? new Live(session.recorder) : undefined;
  }

  /**
   * The same target, with names and types as another one of its programs has them, and memory as a process has it.
   * @param satp the process's page tables, when they are not those that its hart has now
   */
  seenFrom(program: Program, satp?: bigint): Target {
    if (program === this.program && satp === undefined) return this;
    const memory = satp === undefined ? this.memory : this.memory.inSpace(satp);
    return Object.create(this, { program: { value: program }, memory: { value: memory } });
  }

  /** The line of an inlined call that a hart is shown at. */
  callSiteOf({ id }: Hart): CallSite | undefined {
    return this.callSite?.hart === id && this.callSite.moment === this.timeline.now ? this.callSite : undefined;
  }

  get machine(): Machine {
    return this.session.machine;
  }
  get timeline(): Timeline {
    return this.session.timeline;
  }

  /**
   * Begins to find out what is known of the whole history; `onGrowth` is called when more is.
   * @returns settles when no more will be found out
   */
  async exploreHistory(onGrowth: () => void, options: Partial<BackgroundHistoryOptions> = {}): Promise<void> {
    const { session } = this;
    const all = { ...options, onGrowth };
    if (session.kind === 'live') {
      const from = this.#forkOf?.at ?? session.timeline.start;
      this.#history ??= new LiveHistory(session, { ...all, from });
      return;
    }
    if (this.#historyOptions === undefined) return;
    const history =
      (this.#history as BackgroundHistory | undefined) ??
      new BackgroundHistory(session, { ...this.#historyOptions, ...all });
    this.#history = history;
    await history.finished;
  }

  /** What is known by now of the whole history, if anything is. */
  get history(): History | undefined {
    const own = this.#history?.index;
    const past = this.#forkOf?.parent.history;
    if (this.#forkOf === undefined || past === undefined) return own;
    return new BranchedHistory(this.#forkOf.at, past, own ?? new HistoryIndex(this.machine.memory.ramBytes));
  }

  /** Keeps what explores the history from competing with a search, where it would; call the answer when that is over. */
  makeWay(): () => void {
    return this.#history?.makeWay() ?? (() => {});
  }

  /** Threads are harts; their numbers begin with 1, as DAP wants them. */
  hart(threadId: number): Hart {
    const hart = this.machine.harts[threadId - 1];
    if (hart === undefined) throw unknownThread(threadId, this.machine.harts.length);
    return hart;
  }

  /** The value of a register, unless no register has this name. */
  register(hart: Hart, name: string): bigint | undefined {
    return peekRegister(hart, name, this.machine.ticks);
  }

  /** The value of a register that is known to exist. */
  registers(hart: Hart): (name: string) => bigint {
    return (name) => this.register(hart, name) ?? 0n;
  }

  /** @throws {DapError} unless the machine stands at the live end of its recording */
  needLiveEnd(): LiveSession {
    const { session, timeline } = this;
    const isLive = session.kind === 'live';
    if (!isLive || !timeline.atLiveEnd) throw pastIsFixed(timeline.now, timeline.end, isLive);
    return session;
  }

  /** Has something closed with it. */
  closeWith(one: { close(): void }): void {
    this.#closes.push(one);
  }

  /** The recording ends here, if there is one; files are closed. */
  close(): void {
    this.stats.stop();
    this.#history?.close();
    this.session.keepCode();
    if (this.session.kind === 'live') this.session.recorder.end({ reason: 'stopped' });
    else this.session.close();
    for (const one of this.#closes) one.close();
  }
}
