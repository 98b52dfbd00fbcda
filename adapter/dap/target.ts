/**
 * What is debugged: a machine with its history, the program in it, and what a person may ask of them between two motions.
 * How one moves through the history is in travel.ts.
 */

import type { Hart } from '../../vmm/machine/hart.ts';
import type { Machine } from '../../vmm/machine/machine.ts';
import { peekRegister } from '../../vmm/machine/registers.ts';
import type { Timeline } from '../../vmm/timeline/timeline.ts';
import { bootImage } from '../boot/boot.ts';
import { type LiveSession, type Session, symbolsOf } from '../session/session.ts';
import { StatsCollector } from '../stats/stats.ts';
import type { ConsoleOutput } from './console-output.ts';
import { pastIsFixed, unknownThread } from './errors.ts';
import type { RegisterReader } from './expression.ts';
import { GuestMemory } from './guest-memory.ts';
import { Live } from './live.ts';
import { Program } from './program.ts';

export class Target {
  readonly session: Session;
  readonly program: Program;
  readonly console: ConsoleOutput;
  readonly memory: GuestMemory;
  /** Samples nothing until somebody asks. */
  readonly stats: StatsCollector;
  /** Present while the timeline has a live end. */
  readonly live: Live | undefined;

  /** `program`: when it is not what was loaded. */
  constructor(session: Session, console: ConsoleOutput, program?: Program) {
    this.session = session;
    this.console = console;
    this.program = program ?? new Program(symbolsOf(session));
    this.memory = new GuestMemory(session.machine, bootImage(session.header.machine, session.images).rom);
    this.stats = new StatsCollector(session);
    this.live = session.kind === 'live' ? new Live(session.recorder) : undefined;
  }

  get machine(): Machine {
    return this.session.machine;
  }
  get timeline(): Timeline {
    return this.session.timeline;
  }

  /** Threads are harts; their numbers begin with 1, as DAP wants them. */
  hart(threadId: number): Hart {
    const hart = this.machine.harts[threadId - 1];
    if (hart === undefined) throw unknownThread(threadId, this.machine.harts.length);
    return hart;
  }

  /** The value of a register that is known to exist. */
  registers(hart: Hart): RegisterReader {
    return (name) => peekRegister(hart, name, this.machine.ticks) ?? 0n;
  }

  /** @throws {DapError} unless the machine stands at the live end of its recording */
  needLiveEnd(): LiveSession {
    const { session, timeline } = this;
    const isLive = session.kind === 'live';
    if (!isLive || !timeline.atLiveEnd) throw pastIsFixed(timeline.now, timeline.end, isLive);
    return session;
  }

  /** The recording ends here, if there is one; files are closed. */
  close(): void {
    this.stats.stop();
    if (this.session.kind === 'live') this.session.recorder.end({ reason: 'stopped' });
    else this.session.close();
  }
}
