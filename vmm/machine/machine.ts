/**
 * The machine: harts, board, clock and the run loop that takes it from moment to moment. Given the same initial state
 * and the same inputs at the same moments it does the same, in whatever portions it is run. It knows no host.
 *
 * Between steps, in this order: wake-ups that are due, timer lines, the choice of the hart, its interrupts. All of that
 * happens when the machine is about to make a step, never on arriving at a moment, so that stopping somewhere changes
 * nothing ("settling" is idempotent).
 *
 * It is long because it is the one place where the parts meet: each method joins two of them and keeps nothing of its own
 * besides the record and what the run under way was asked for, so that whoever looks for what happens between two steps finds
 * all of it here, in order.
 */

import type { InputEvent } from '../../traces/events.ts';
import type { MachineConfiguration } from '../../traces/header.ts';
import { type Moment, moment } from '../../traces/time.ts';
import { Engine, type RunMode } from '../engine/engine.ts';
import { runExit } from '../engine/exits.ts';
import { hartStateBytes, machineBase, machineOffset, scratch } from '../engine/layout.ts';
import { Agenda } from './agenda.ts';
import { type Board, createBoard } from './board.ts';
import { Bus } from './bus.ts';
import { Clock } from './clock.ts';
import { noReservation } from './csr/reset.ts';
import { Hart } from './hart.ts';
import { type MachineImage, type MachineRecord, placeImage, startHarts } from './image.ts';
import { inputProblem } from './inputs.ts';
import { pendingInterrupt, wakesWaiting } from './interrupts.ts';
import { createMemory, type EmitCovering, hostOffset, inRam, type MachineMemory } from './memory.ts';
import { dataContext, fetchContext } from './mmu.ts';
import type { MachineObserver } from './observer.ts';
import { Patience } from './patience.ts';
import { pokeRegister } from './registers.ts';
import { bootSupervisor, createSbi } from './sbi.ts';
import { createSlowPath } from './slowpath.ts';
import { StepNotes } from './step-notes.ts';
import type { RunOptions, Stop } from './stops.ts';
import type { HartServices } from './system.ts';
import { Translations, type WatchedAccess, type WatchRange } from './translations.ts';
import { enterTrap } from './trap.ts';

/** What goes out of a machine. Not state: a replay produces it again. */
export interface MachineOutputs {
  /** Characters of the console. */
  readonly console: (bytes: Uint8Array) => void;
  /** Entropy for a device at the present moment; `taken` bytes were had before. */
  readonly entropy: (device: string, sizeBytes: number, taken: number) => Uint8Array;
}

export type { MachineImage, MachineRecord, Placement } from './image.ts';

/** Where the fields of the machine's record are, in arrays of their width. */
const nowIndex = (machineBase + machineOffset.now) >>> 3;
const quantumEndIndex = (machineBase + machineOffset.quantumEnd) >>> 3;
const entropyTakenIndex = (machineBase + machineOffset.entropyTaken) >>> 3;
const currentHartIndex = (machineBase + machineOffset.currentHart) >>> 2;
const stoppedIndex = (machineBase + machineOffset.stopped) >>> 2;
const exitCodeIndex = (machineBase + machineOffset.exitCode) >>> 2;

const running = 0;
const poweredOff = 1;

export class Machine {
  readonly configuration: MachineConfiguration;
  readonly memory: MachineMemory;
  readonly harts: readonly Hart[];
  readonly engine: Engine;
  readonly translations: Translations;
  readonly board: Board;
  readonly bus: Bus;
  /** Who is told what happens here, if anybody. Not state. */
  observer: MachineObserver | undefined;
  /** Of whoever runs it, if they have to do with a clock. Not state. */
  readonly patience: Patience;
  /** Steps that were made here, also again after going back; `now` is where one stands. For statistics. */
  stepsMade = 0;
  /** Of these, those for which nothing but the interpreter was to be used. */
  stepsWithoutCode = 0;
  readonly #clock: Clock;
  readonly #agenda: Agenda;
  #current: Hart;
  #inRun = false;
  #stopRequested = false;
  readonly #notes = new StepNotes();
  /** How the slice under way is run, who is asked at breakpoints, and what was answered before the step at which moment. */
  #mode: RunMode = 'free';
  #stopsAt: RunOptions['stopsAt'];
  #askedAt = -1;
  #hasStopped = false;
  readonly #noteAccess = (access: WatchedAccess): void => {
    this.#notes.accessed(access, this.#inRun ? this.#current.get('pc') : undefined);
    this.#cutSlice();
  };

  /** `emitCovering`: what is executed and written is marked on the way, for the history index. */
  constructor(image: MachineImage, outputs: MachineOutputs, emitCovering?: EmitCovering) {
    const { configuration } = image;
    const output = (bytes: Uint8Array): void => {
      this.observer?.printed?.(bytes);
      outputs.console(bytes);
      if (this.#notes.printed()) this.#cutSlice();
    };
    this.configuration = configuration;
    this.memory = createMemory(configuration.ramBytes, emitCovering);
    this.patience = new Patience(this.memory, () => this.requestStop());
    this.harts = Array.from({ length: configuration.harts }, (_, id) => new Hart(this.memory, id));
    this.#current = this.harts[0]!;
    this.translations = new Translations(this.memory, configuration.harts);
    this.translations.onTableWritten = (address) => this.observer?.wroteEntry?.(address);
    this.#clock = new Clock(this.memory, configuration.stepsPerTick);
    this.memory.f64[scratch.stepsPerTick >>> 3] = configuration.stepsPerTick;
    this.board = createBoard(image, {
      memory: this.memory,
      translations: this.translations,
      now: () => this.#stepMoment(),
      ticks: () => this.#clock.ticksAt(this.#stepMoment()),
      setTicks: (ticks) => this.#setClock(ticks),
      wakeAt: (device, at) => {
        this.#agenda.wakeAt(device, at);
        this.#cutSlice();
      },
      interruptLine: (hart, bit, high) => this.#setLine(this.harts[hart]!, bit, high),
      timerChanged: () => this.#scheduleChanged(),
      endReservations: (address, sizeBytes) => this.#endReservations(address, sizeBytes),
      writing: (address, sizeBytes, device, source) => this.observer?.wroteMemory?.(address, sizeBytes, device, source),
      output,
      entropy: (device, sizeBytes) => this.#takeEntropy(outputs, device, sizeBytes),
      power: (action, exitCode) => this.#powerDown(action, exitCode),
    });
    this.#agenda = new Agenda({
      harts: this.harts,
      board: this.board,
      clock: this.#clock,
      setLine: (hart, bit, high) => this.#setLine(hart, bit, high),
    });
    const services: HartServices = {
      ticks: () => this.#clock.ticksAt(this.#stepMoment()),
      steps: (hart) => hart.steps + (hart === this.#current ? this.#sliceMade() : 0),
      dropTranslations: (hart) => this.translations.dropHart(hart.id),
      timerChanged: () => this.#scheduleChanged(),
      returned: () => {
        this.#notes.hasReturned = true;
      },
      ...(image.supervisorStart && { firmware: this.#createFirmware(output) }),
    };
    this.bus = new Bus(this.board.devices, image.rom);
    this.engine = new Engine(
      this.memory,
      {
        ...createSlowPath({
          memory: this.memory,
          bus: this.bus,
          translations: this.translations,
          services,
          patience: this.patience,
          currentHart: () => this.#current,
        }),
        met: () => this.#met(),
      },
      this.translations,
    );
    placeImage(image, this.memory, this.translations);
    startHarts(image, this.harts);
    this.#quantumEnd = configuration.quantumSteps;
  }

  #createFirmware(output: MachineOutputs['console']): (hart: Hart) => boolean {
    return createSbi({
      harts: this.harts,
      setTimer: (hart, ticks) => {
        hart.set('stimecmp', ticks);
        this.#scheduleChanged();
      },
      startHart: (hart, pc, opaque) => {
        bootSupervisor(hart, pc, opaque);
        this.#scheduleChanged();
      },
      stopHart: () => this.#cutSlice(),
      dropTranslations: () => {}, // they are kept coherent with the tables
      interruptsChanged: () => this.#cutSlice(),
      output,
      input: () => this.board.uart.take() ?? -1,
      power: (action, exitCode) => this.#powerDown(action, exitCode),
      readRam: (address, sizeBytes) => this.readRam(address, sizeBytes),
      writeRam: (address, bytes) => this.writeRam(address, bytes),
      observer: this.translations,
    });
  }

  // Time

  get now(): Moment {
    return moment(this.#now);
  }

  /** The moment of the step that is being made, as a device sees it; between steps, the present one. */
  get stepMoment(): Moment {
    return this.#stepMoment();
  }

  /** The guest's clock at the present moment, in ticks of 100 ns. */
  get ticks(): number {
    return this.#clock.ticksAt(this.now);
  }

  // Each is so small that V8 copies it to where it is called: a slice asks a dozen times.
  get #now(): number {
    return this.memory.f64[nowIndex]!;
  }
  set #now(moment: number) {
    this.memory.f64[nowIndex] = moment;
  }
  get #quantumEnd(): number {
    return this.memory.f64[quantumEndIndex]!;
  }
  set #quantumEnd(moment: number) {
    this.memory.f64[quantumEndIndex] = moment;
  }
  get #present(): number {
    return this.memory.i32[currentHartIndex]!;
  }
  set #present(hart: number) {
    this.memory.i32[currentHartIndex] = hart;
  }
  get #stopped(): number {
    return this.memory.i32[stoppedIndex]!;
  }

  /** Steps made in the slice under way, without the one that is being made. */
  #sliceMade(): number {
    const { i32 } = this.memory;
    return this.#inRun ? i32[scratch.sliceBudget >>> 2]! - i32[scratch.budget >>> 2]! - 1 : 0;
  }

  /** The moment of the step that is being made, or the present one between steps. */
  #stepMoment(): Moment {
    return moment(this.#now + this.#sliceMade());
  }

  /** Ends the slice under way after the present instruction: something must be looked at before the next one. */
  #cutSlice(): void {
    if (!this.#inRun) return;
    const { i32 } = this.memory;
    const rest = i32[scratch.budget >>> 2]!;
    i32[scratch.sliceBudget >>> 2]! -= rest;
    i32[scratch.budget >>> 2] = 0;
    i32[scratch.cut >>> 2]! += rest;
  }

  #scheduleChanged(): void {
    this.#agenda.changed();
    this.#cutSlice();
  }

  #setClock(ticks: number): void {
    this.#clock.set(this.#stepMoment(), ticks);
    this.#scheduleChanged();
  }

  #setLine(hart: Hart, bit: number, high: boolean): void {
    const before = hart.lines;
    const after = high ? before | bit : before & ~bit;
    if (after === before) return;
    hart.lines = after;
    this.#cutSlice();
  }

  #takeEntropy(outputs: MachineOutputs, device: string, sizeBytes: number): Uint8Array {
    const { f64 } = this.memory;
    const taken = f64[entropyTakenIndex]!;
    f64[entropyTakenIndex] = taken + sizeBytes;
    return outputs.entropy(device, sizeBytes, taken);
  }

  #powerDown(action: 'off' | 'reset', exitCode: number): void {
    const { i32 } = this.memory;
    i32[stoppedIndex] = action === 'off' ? poweredOff : poweredOff + 1;
    i32[exitCodeIndex] = exitCode;
    this.#cutSlice();
  }

  // Running

  /**
   * Asks `run` to come back with reason `requested`: from within a callback, right after the instruction under way, so
   * that the moment does not depend on the engine.
   */
  requestStop(): void {
    this.#stopRequested = true;
    this.#cutSlice();
  }

  /**
   * Runs until the moment `until`, or until something else stops it before.
   */
  run(until: Moment, options: RunOptions = {}): Stop {
    const { armed = false, traps = false, returns = false, spaces = false, prints = false, watch = noRanges } = options;
    this.translations.watch(watch, this.#noteAccess);
    this.#notes.begin(this.#now, prints);
    const mode = armed ? 'armed' : 'free';
    this.#stopsAt = options.stopsAt;
    this.#askedAt = -1;
    this.memory.u32[scratch.leaveAlways >>> 2] = traps || returns || spaces ? 1 : 0;
    this.#stopRequested = false;
    while (this.#now < until) {
      if (this.#stopped !== running) return this.#powerStop();
      if (this.#stopRequested) return { reason: 'requested' };
      const hart = this.#prepare();
      if (!(hart instanceof Hart)) return this.#noted() ?? hart;
      // What a device does between two steps shows after the second one: before it, whoever comes there has not seen it.
      const next = this.#notes.isAny ? this.#now + 1 : until;
      const cause = pendingInterrupt(hart);
      if (cause >= 0) {
        enterTrap(hart, cause, 0n, true);
        hart.steps += 1;
        this.#now += 1;
        this.stepsMade += 1;
        const stop = this.#noted();
        if (stop !== undefined) return stop;
        if (traps) return { reason: 'trap', hart: hart.id, interrupt: true };
        continue;
      }
      const trapsBefore = hart.traps;
      const satpBefore = spaces ? hart.get('satp') : 0n;
      if (this.#runHart(hart, Math.min(next, this.#agenda.nextDue, this.#turnEnd()), mode)) {
        this.#notes.hasReturned = false; // a run that stops at returns would have stopped there
        this.#notes.carry(this.#now);
        return { reason: 'breakpoint', hart: hart.id, pc: hart.get('pc') };
      }
      const stop = this.#noted();
      if (stop !== undefined) return stop;
      if (traps && hart.traps !== trapsBefore) return { reason: 'trap', hart: hart.id, interrupt: false };
      if (returns && this.#notes.hasReturned) return { reason: 'return', hart: hart.id };
      if (spaces && hart.get('satp') !== satpBefore) return { reason: 'space', hart: hart.id };
      this.#notes.hasReturned = false;
    }
    return this.#stopped !== running ? this.#powerStop() : { reason: 'until' };
  }

  /** The stop for what was watched for in the last step, if anything. */
  #noted(): Stop | undefined {
    return this.#notes.isAny ? this.#notes.stop(this.#present) : undefined;
  }

  /** Everything that happens between two steps. Idempotent, so that an input may come after it or a run go on. */
  #prepare(): Hart | Stop {
    for (;;) {
      if (this.#agenda.isDue(this.#now)) this.#agenda.settle(this.#now);
      const hart = this.#schedule();
      if (hart !== undefined) return hart;
      const idle = this.#idle();
      if (idle !== undefined) return idle;
    }
  }

  /** Does what is to be done before the next step, as an input would that does nothing. */
  settle(): void {
    this.#prepare();
  }

  #powerStop(): Stop {
    const action = this.#stopped === poweredOff ? 'off' : 'reset';
    return { reason: 'power', action, exitCode: this.memory.i32[exitCodeIndex]! };
  }

  /** True when the breakpoint filter stopped it. */
  #runHart(hart: Hart, limit: number, mode: RunMode): boolean {
    const now = this.#now;
    this.#current = hart;
    this.#mode = mode;
    this.translations.select(hart, dataContext(hart), fetchContext(hart));
    const budget = Math.min(limit - now, this.patience.sliceSteps);
    const { i32 } = this.memory;
    i32[scratch.sliceBudget >>> 2] = budget;
    i32[scratch.budget >>> 2] = budget;
    this.#inRun = true;
    const exit = this.engine.run(hart, mode);
    this.#inRun = false;
    this.#countMade(hart);
    const made = this.#now - now;
    this.engine.ran(made);
    if (exit === runExit.hot) this.patience.tookLong(); // something may have been compiled
    if (made > 0) this.patience.sliced(made);
    return exit === runExit.breakpoint;
  }

  /** What was made of the slice under way is in the past: moment and counts are those of the step that comes next. */
  #countMade(hart: Hart): void {
    const { i32 } = this.memory;
    const rest = i32[scratch.budget >>> 2]!;
    const made = i32[scratch.sliceBudget >>> 2]! - rest;
    i32[scratch.sliceBudget >>> 2] = rest;
    hart.steps += made;
    this.#now += made;
    this.stepsMade += made;
    if (!this.engine.usesCode(this.#mode)) this.stepsWithoutCode += made;
  }

  /** The engine has come to a breakpoint, twice where translated code leaves the step to the interpreter. */
  #met(): 0 | 1 {
    if (this.#mode === 'free') return 0;
    const stopsAt = this.#stopsAt;
    if (stopsAt === undefined) return 1;
    const hart = this.#current;
    this.#countMade(hart);
    const now = this.#now;
    if (this.#askedAt !== now) {
      this.#askedAt = now;
      this.#inRun = false; // for whoever looks, it stands between two steps
      this.#hasStopped = stopsAt(hart);
      this.#inRun = true;
    }
    return this.#hasStopped ? 1 : 0;
  }

  /** When the present hart gives way. One that is alone never does. */
  #turnEnd(): number {
    return this.harts.length === 1 ? Number.POSITIVE_INFINITY : this.#quantumEnd;
  }

  /** The hart that makes the next step: the present one until its quantum ends or it waits, then the next in turn. */
  #schedule(): Hart | undefined {
    const present = this.#present;
    const start = this.#now < this.#turnEnd() ? 0 : 1;
    const first = this.harts[present]!;
    if (start === 0 && first.waiting === 0 && first.isStarted) return first;
    const count = this.harts.length;
    for (let turn = start; turn < count + start; turn += 1) {
      const hart = this.harts[(present + turn) % count]!;
      if (!hart.isStarted) continue;
      if (hart.waiting !== 0) {
        if (!wakesWaiting(hart)) continue;
        hart.waiting = 0;
      }
      if (hart.id !== present || turn !== 0) this.#giveTurn(hart.id, this.configuration.quantumSteps);
      return hart;
    }
    return undefined;
  }

  #giveTurn(hart: number, steps: number): void {
    const present = this.#present;
    if (hart !== present) this.harts[present]!.set('reservation', noReservation);
    this.#present = hart;
    this.#quantumEnd = this.#now + steps;
  }

  /**
   * Nothing can run: the board's own work is done at once; else the clock jumps to the next timer, if this machine
   * skips idle time. Gives a stop when only the world outside can go on.
   */
  #idle(): Stop | undefined {
    if (this.#agenda.wakeNext()) return undefined;
    const untilTicks = this.#agenda.idleUntilTicks(this.#now);
    if (untilTicks === undefined || this.configuration.idlePolicy === 'wait') return { reason: 'idle', untilTicks };
    this.#setClock(untilTicks);
    return undefined;
  }

  // Inputs

  /**
   * Takes an input at the present moment. The same for a recording and its replay.
   * @throws {MachineError} when it is one that this machine cannot take
   */
  apply(event: InputEvent): void {
    const problem = inputProblem(event, this.configuration);
    if (problem !== undefined) throw problem;
    this.#prepare();
    switch (event.kind) {
      case 'serial':
        this.board.uart.receive(event.bytes);
        return;
      case 'clock':
        this.#setClock(event.ticks);
        return;
      case 'entropy':
        return; // the device asks for it when it needs it
      case 'power':
        this.#powerDown(event.action === 'reset' ? 'reset' : 'off', 0);
        return;
      case 'setRegister':
        pokeRegister(this.harts[event.hart]!, event.register, event.value);
        this.translations.dropHart(event.hart);
        this.#agenda.changed();
        return;
      case 'setMemory':
        this.writeRam(event.address, event.bytes);
        return;
      case 'schedule':
        this.#giveTurn(event.hart, event.steps);
        return;
      case 'disk':
        return; // refused above
      default:
        event satisfies never;
    }
  }

  /** A copy of RAM at a physical address, or `undefined` when the range is not in RAM. */
  readRam(address: number, sizeBytes: number): Uint8Array | undefined {
    if (!inRam(this.memory, address, sizeBytes)) return undefined;
    return this.memory.u8.slice(hostOffset(address), hostOffset(address) + sizeBytes);
  }

  /** Writes RAM and drops what was derived from it; false when the range is not in RAM. For inputs only: a write that no input stands for breaks replay. */
  writeRam(address: number, bytes: Uint8Array): boolean {
    if (!inRam(this.memory, address, bytes.length)) return false;
    this.observer?.wroteMemory?.(address, bytes.length);
    this.translations.beforeWrite(address, bytes.length);
    this.#endReservations(address, bytes.length);
    this.memory.u8.set(bytes, hostOffset(address));
    return true;
  }

  #endReservations(address: number, sizeBytes: number): void {
    for (const hart of this.harts) {
      const reserved = hart.get('reservation');
      if (reserved === noReservation) continue;
      if (reserved < BigInt(address + sizeBytes) && BigInt(address) < reserved + reservedBytes)
        hart.set('reservation', noReservation);
    }
  }

  // State

  save(): MachineRecord {
    const { u8 } = this.memory;
    return {
      machine: u8.slice(machineBase, machineBase + machineStateBytes),
      harts: this.harts.map((hart) => u8.slice(hart.base, hart.base + hartStateBytes)),
      wakeups: this.#agenda.save(),
      devices: this.board.devices.map((device) => ({ name: device.name, state: device.save() })),
    };
  }

  /** After this, and after RAM was set to what it was, the machine is as it was. Drops every translation. */
  restore(record: MachineRecord): void {
    this.memory.u8.set(record.machine, machineBase);
    for (const [index, hart] of this.harts.entries()) this.memory.u8.set(record.harts[index]!, hart.base);
    for (const [index, device] of this.board.devices.entries()) device.restore(record.devices[index]!.state);
    this.#agenda.restore(record.wakeups);
    this.translations.reset();
  }
}

/** Bytes of the machine record that are state. */
export const machineStateBytes = 64;

/** The most that a reservation covers; an LR of a word is taken for one of a double word. */
const reservedBytes = 8n;

const noRanges: readonly WatchRange[] = [];
