/**
 * One debug session: what is debugged, what is set, and whether it moves. Requests are answered elsewhere, by theme; how
 * messages come and go is server.ts's.
 */

import type { Moment } from '../../traces/time.ts';
import type { Hart } from '../../vmm/machine/hart.ts';
import { Breakpoints, type DataAccess } from './breakpoints.ts';
import { machineRuns, notLaunched, sessionEnded } from './errors.ts';
import { ForkList } from './fork-list.ts';
import { GuestStops } from './guest-stops.ts';
import { Handles } from './handles.ts';
import { MotionDriver, type MotionListener } from './motion.ts';
import { Progress } from './progress.ts';
import { StopLog } from './stop-log.ts';
import { StopRules } from './stop-rules.ts';
import {
  asInstructionStop,
  currentHart,
  hasSource,
  type StoppedBody,
  siteOf,
  stoppedAfterError,
  stoppedBody,
} from './stops.ts';
import type { Target } from './target.ts';
import { Trail } from './trail.ts';
import { TrapFilters } from './trap-filters.ts';
import { type Arrival, type Motion, Traveller } from './travel.ts';

export type SendEvent = (event: string, body?: object) => void;

/** A target with what moves it. */
export interface Launched {
  readonly target: Target;
  readonly traveller: Traveller;
  readonly trail: Trail;
  /** What to do once the client has set its breakpoints; does nothing the second time. */
  readonly begin: () => void;
}

/** What is known of a motion besides its steps. */
export interface MotionOptions {
  readonly title: string;
  /** The thread that the person asked for. */
  readonly thread?: number;
  /** Whether it may go backwards, so that the client must be told that every thread runs. */
  readonly backwards?: boolean;
  /** Where it goes, when that is known, for progress in per cent. */
  readonly destination?: Moment;
  /** Whether progress is shown at all: not for running, which has no end in sight. */
  readonly progress?: boolean;
  /** Whether it looks for something: given up, it ends where it began. */
  readonly searches?: boolean;
  /** Whether it is a step by line, which can be undone together with those before it. */
  readonly leavesTrail?: boolean;
}

export class Debugger {
  readonly send: SendEvent;
  readonly breakpoints = new Breakpoints();
  readonly filters = new TrapFilters();
  readonly guestStops = new GuestStops();
  /** What stops where a client asks for a data breakpoint on writes. */
  dataWrites: DataAccess & ('change' | 'write') = 'change';
  readonly handles = new Handles();
  readonly forks = new ForkList();
  readonly stops = new StopLog();
  /** Whether the client can show progress. */
  showsProgress = false;
  /** The client turns to a frame without source text only where it is told of a stop at an instruction. */
  wantsInstructionStops = false;
  /** A launch is under way. */
  launching = false;
  /** Present while requests wait for their answers. */
  held: Promise<void> | undefined;
  /** How the last motion ended. */
  lastArrival: Arrival | undefined;
  readonly #driver = new MotionDriver();
  #launched: Launched | undefined;
  #progress: Progress | undefined;
  #motions = 0;
  #questions = 0;
  #closed = false;

  constructor(send: SendEvent) {
    this.send = (event, body) => {
      if (!this.#closed) send(event, body);
    };
  }

  get isLaunched(): boolean {
    return this.#launched !== undefined && !this.#closed;
  }
  /** The session is over: what was launched is closed. */
  get isClosed(): boolean {
    return this.#closed;
  }
  get running(): boolean {
    return this.#driver.running;
  }

  /** Present while the names of the program are being collected. */
  get collecting(): Promise<void> | undefined {
    return this.#launched?.target.program.collecting;
  }

  /** A number that no other question to any timeline of the session has. */
  nextQuestion(): number {
    this.#questions += 1;
    return this.#questions;
  }

  /** Notes that a request is answered later, so that others can wait for it. */
  hold<Answer>(answer: Promise<Answer>): Promise<Answer> {
    const all = Promise.all([this.held, answer.catch(() => {})]).then(() => {
      if (this.held === all) this.held = undefined;
    });
    this.held = all;
    return answer;
  }

  launch(target: Target, begin: () => void): void {
    const say = (message: string) => this.send('output', { category: 'console', output: `${message}\n` });
    const traveller = new Traveller(target, new StopRules(target, this, say));
    const said = new Set<string>();
    const sayDamage = (message: string): void => {
      if (said.has(message)) return;
      said.add(message);
      this.send('output', { category: 'important', output: `The debug information is not used in full: ${message}\n` });
    };
    for (const program of target.programs.all) program.onDamage = sayDamage;
    let begun = false;
    const once = (): void => {
      if (!begun) begin();
      begun = true;
    };
    this.#leave();
    target.machine.patience.waitUntil(() => this.#driver.isLate);
    this.#launched = { target, traveller, trail: new Trail(), begin: once };
  }

  /** From now on another timeline of the machine is debugged; those that were launched before stay as they are. */
  switchTo(launched: Launched): void {
    this.#leave();
    this.handles.forget();
    this.lastArrival = undefined;
    this.#launched = launched;
  }

  /** What is debugged no more, for now or for good, has nothing that goes on. */
  #leave(): void {
    const target = this.#launched?.target;
    target?.live?.pause();
    target?.stats.stop(); // V8 samples for each that wants it
  }

  /** @throws {DapError} before a launch and after the end */
  launched(command: string): Launched {
    if (this.#closed) throw sessionEnded(command);
    if (this.#launched === undefined) throw notLaunched(command);
    return this.#launched;
  }

  /** @throws {DapError} before a launch and while the machine runs */
  halted(command: string): Launched {
    const launched = this.launched(command);
    if (this.running) throw machineRuns(command);
    return launched;
  }

  /** Begins a motion; the client is told when it ends. */
  move(motion: Motion, options: MotionOptions): void {
    this.handles.forget();
    const { target, trail } = this.launched('continue');
    if (options.leavesTrail !== true) {
      trail.clear();
      target.callSite = undefined;
    }
    const threadId = options.thread ?? currentHart(target.machine).id + 1;
    // After a step back, clients show the threads that were not named as still paused unless they are told.
    if (options.backwards === true) this.send('continued', { threadId, allThreadsContinued: true });
    this.#motions += 1;
    const { timeline } = target;
    const [from, to] = [timeline.now, options.destination];
    const shows = this.showsProgress && options.progress === true;
    this.#progress = shows ? new Progress(this.send, `motion-${this.#motions}`, options.title) : undefined;
    const listener: MotionListener = {
      beat: (at) => {
        this.#sayConsole(target);
        if (at === undefined) return;
        const share = to === undefined || to === from ? undefined : ((at - from) / (to - from)) * 100;
        this.#progress?.update(`moment ${at}`, share);
      },
      arrived: (arrival) => {
        if (this.#closed) return;
        this.#settled(target);
        this.lastArrival = arrival;
        if (arrival.reason === 'breakpoint') target.callSite = siteOf(target, arrival);
        this.#sayStopped(stoppedBody(target, arrival, options.thread));
      },
      failed: (error) => {
        if (this.#closed) return;
        this.#settled(target);
        this.lastArrival = undefined;
        this.#sayStopped(stoppedAfterError(target, error));
      },
    };
    const { traveller } = this.launched('continue');
    if (options.searches === true) timeline.leaveNear();
    this.#driver.start(motion, listener, options.searches === true ? () => traveller.goTo(from) : undefined);
  }

  #settled(target: Target): void {
    this.#progress?.end();
    this.#progress = undefined;
    target.live?.pause();
    this.#sayConsole(target);
  }

  #sayConsole(target: Target): void {
    const output = target.console.drain();
    if (output !== '') this.send('output', { category: 'stdout', output });
  }

  /** Tells the client that the machine stands here without having moved. */
  stopHere(reason: string, description?: string): void {
    const { target } = this.launched('launch');
    const threadId = currentHart(target.machine).id + 1;
    this.#sayStopped({
      reason,
      threadId,
      allThreadsStopped: true,
      ...(description !== undefined && { description }),
    });
  }

  #sayStopped(body: StoppedBody): void {
    const { target } = this.launched('stopped');
    this.stops.add(target.timeline.now, body.description ?? `Paused on ${body.reason}`);
    const asInstruction = this.wantsInstructionStops && !hasSource(target, body);
    this.send('stopped', asInstruction ? asInstructionStop(body) : body);
  }

  pause(): void {
    this.#driver.pause();
    this.#launched?.target.live?.wake();
  }

  /** Gives up the motion whose progress is shown under this name. */
  cancel(progressId: string): void {
    if (this.#progress?.id === progressId) this.pause();
  }

  /** The hart that an expression is about: the frame's, or the one that the machine is about to run. */
  hartOf(frameId: number | undefined, target: Target): Hart {
    return frameId === undefined ? currentHart(target.machine) : this.handles.frameOf(frameId).hart;
  }

  /** The session ends: a motion is given up, the recording ends here. Idempotent. */
  close(): void {
    if (this.#closed) return;
    this.#driver.abandon();
    this.#launched?.target.live?.wake();
    for (const target of new Set([...this.forks.targets, ...(this.#launched ? [this.#launched.target] : [])])) {
      try {
        target.close();
      } catch (error) {
        // The end of a recording may be refused, by a full disk for one; the session ends all the same.
        const output = error instanceof Error ? error.message : String(error);
        this.send('output', { category: 'stderr', output: `${output}\n` });
      }
    }
    this.#closed = true;
  }
}
