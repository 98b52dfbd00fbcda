/**
 * Replays a stretch of the history one step at a time and writes down what each step read and wrote. It looks before
 * each step at the hart that will make it, so the machine does all it does anyway and nothing else.
 */

import { type Moment, moment } from '../../../traces/time.ts';
import { hartOffset, tlbKinds } from '../../engine/layout.ts';
import type { Hart } from '../../machine/hart.ts';
import type { Machine } from '../../machine/machine.ts';
import { hostOffset, inRam } from '../../machine/memory.ts';
import type { MachineObserver } from '../../machine/observer.ts';
import { platformRow } from '../../machine/platform.ts';
import type { Timeline } from '../../timeline/timeline.ts';
import { csrCell } from './csr-cells.ts';
import { type Instruction, instructionOf } from './instruction.ts';
import { lookAhead, nextHart, physicalOf, presentHart } from './looking-ahead.ts';
import { type StepExtra, StepLog, stepKind } from './steps.ts';

const xWord = hartOffset.x >>> 2;
const pcWord = hartOffset.pc >>> 2;
const yieldSteps = 20_000;
const two32 = 2 ** 32;
const uart = platformRow('uart0');
const lcrDivisorAccess = 0x80;
const supervisor = 1;
const a6 = 16;
const a7 = 17;

/** What one hart is about to do. */
interface Prospect {
  pc: bigint;
  word: number;
  rs1: bigint;
  rs2: bigint;
  address: number;
  instruction: Instruction | undefined;
  extra: StepExtra | undefined;
}

/** Replays [from, to), at most to the end, and stands there then. Yields between portions. */
export function* recordSteps(timeline: Timeline, from: Moment, to: Moment): Generator<Moment, StepLog> {
  yield* timeline.travel(from);
  const recorder = new Recorder(timeline.machine, new StepLog(from, to - from));
  const outer = timeline.machine.observer;
  try {
    while (timeline.now < to) {
      timeline.machine.observer = recorder.observer;
      const portionEnd = Math.min(to, timeline.now + yieldSteps);
      while (timeline.now < portionEnd) if (!recorder.step(timeline)) return recorder.finish(timeline);
      timeline.machine.observer = outer;
      if (timeline.now < to) yield timeline.now;
    }
    return recorder.finish(timeline);
  } finally {
    timeline.machine.observer = outer;
  }
}

class Recorder {
  readonly #machine: Machine;
  readonly #log: StepLog;
  readonly #prospects: readonly Prospect[];
  readonly #traps: Float64Array;
  readonly observer: MachineObserver;

  constructor(machine: Machine, log: StepLog) {
    this.#machine = machine;
    this.#log = log;
    this.#prospects = machine.harts.map(emptyProspect);
    this.#traps = new Float64Array(machine.harts.length);
    const step = (): number => machine.now - log.from;
    this.observer = {
      wroteMemory: (address, sizeBytes, device, source) =>
        log.foreign.push({
          step: step(),
          by: device === undefined ? 'other' : 'device',
          address,
          sizeBytes,
          ...(device === undefined ? {} : { device }),
          ...(source === undefined ? {} : { source }),
        }),
      wroteEntry: (address) => log.foreign.push({ step: step(), by: 'walk', address, sizeBytes: 1 }),
    };
  }

  /** Makes one step; false when there is none to be made. */
  step(timeline: Timeline): boolean {
    const { harts, now } = this.#machine;
    const present = nextHart(this.#machine);
    if (present >= 0) this.#prepare(harts[present]!);
    else for (const hart of harts) this.#prepare(hart);
    const halted = harts.length > 1 ? harts.map((hart) => hart.low('hsmState')) : noHarts;
    while (this.#machine.now === now) {
      const { reason } = timeline.forward(moment(now + 1));
      if (this.#machine.now === now && (reason === 'end' || reason === 'power' || reason === 'idle')) return false;
    }
    this.#note(harts[presentHart(this.#machine)]!, halted);
    return true;
  }

  finish({ log: inputs }: Timeline): StepLog {
    const log = this.#log;
    for (const hart of this.#machine.harts) log.endPcs.push(hart.get('pc'));
    const end = log.from + log.length;
    const first = countUpTo(inputs.count, (index) => inputs.get(index).at, log.from);
    for (let index = first; index < inputs.count && inputs.get(index).at <= end; index += 1)
      log.inputs.push({ step: inputs.get(index).at - log.from, index, event: inputs.get(index) });
    return log;
  }

  #prepare(hart: Hart): void {
    const prospect = this.#prospects[hart.id]!;
    const { u32 } = this.#machine.memory;
    const base = hart.base >>> 2;
    this.#traps[hart.id] = hart.count('traps');
    lookAhead(this.#machine, hart);
    prospect.pc = hart.get('pc');
    prospect.word = this.#fetch(hart, u32[base + pcWord]!, u32[base + pcWord + 1]!);
    prospect.address = -1;
    prospect.rs1 = 0n;
    prospect.rs2 = 0n;
    prospect.extra = undefined;
    const instruction = instructionOf(prospect.word);
    prospect.instruction = instruction;
    if (instruction === undefined) return;
    for (const { field, file, index } of instruction.sources) {
      const value = file === 'x' ? hart.x(index) : hart.f(index);
      if (field === 'rs3') prospect.extra = { rs3: value };
      else prospect[field] = value;
    }
    if (instruction.access !== undefined) this.#prepareAccess(hart, prospect, instruction.access);
    else if (instruction.system === 'ecall') prospect.extra = { typedWaiting: this.#typedWaiting() };
  }

  #prepareAccess(hart: Hart, prospect: Prospect, access: NonNullable<Instruction['access']>): void {
    const { u32 } = this.#machine.memory;
    const register = (hart.base >>> 2) + xWord + 2 * access.base;
    const sum = u32[register]! + access.offset;
    const low = sum >>> 0;
    const high = (u32[register + 1]! + Math.floor(sum / two32)) >>> 0;
    const { size } = access;
    const physical = physicalOf(this.#machine, hart, tlbKinds.read, low, high);
    if (physical < 0) return; // it will trap
    prospect.address = physical;
    if ((low & 0xfff) + size > 0x1000) {
      const addresses = Array.from({ length: size }, (_, byte) => {
        const at = low + byte;
        return physicalOf(this.#machine, hart, tlbKinds.read, at >>> 0, (high + (at >= two32 ? 1 : 0)) >>> 0);
      });
      prospect.extra = { addresses };
    } else if (!inRam(this.#machine.memory, physical, size)) {
      if (physical === uart.base && this.#receiverIsRead()) prospect.extra = { typedWaiting: this.#typedWaiting() };
    } else if (access.kind === 'atomic') {
      const { view } = this.#machine.memory;
      const host = hostOffset(physical);
      prospect.extra = { old: size === 8 ? view.getBigUint64(host, true) : BigInt(view.getUint32(host, true)) };
    }
  }

  /** After the step: who made it, and how it ended. */
  #note(hart: Hart, halted: readonly number[]): void {
    const log = this.#log;
    const step = log.length;
    const { pc, word, rs1, rs2, address, instruction, extra } = this.#prospects[hart.id]!;
    log.length += 1;
    log.harts[step] = hart.id;
    log.pcs[step] = pc;
    log.words[step] = word;
    log.rs1[step] = rs1;
    log.rs2[step] = rs2;
    log.addresses[step] = address;
    let more = extra;
    if (hart.count('traps') !== this.#traps[hart.id]) {
      const to = hart.privilege;
      const cause = to === supervisor ? 'scause' : 'mcause';
      log.kinds[step] = hart.high(cause) >>> 31 === 1 ? stepKind.interrupt : stepKind.exception;
      more = { ...extra, trap: { cause: hart.low(cause), to } };
    } else if (instruction !== undefined) {
      const { written, csr, system } = instruction;
      if (written !== undefined)
        log.results[step] = written.file === 'x' ? hart.x(written.index) : hart.f(written.index);
      const field = csr === undefined ? undefined : csrCell(csr);
      if (field !== undefined) more = { ...more, csrAfter: hart.get(field) };
      if (system === 'ecall') more = { ...more, ...this.#callNote(hart, halted) };
    }
    if (more !== undefined) log.extras.set(step, more);
  }

  #callNote(hart: Hart, halted: readonly number[]): StepExtra {
    const { harts } = this.#machine;
    const started = harts.filter(({ id }) => halted[id] === 1 && harts[id]!.low('hsmState') === 0).map(({ id }) => id);
    return { call: { extension: hart.x(a7), functionId: hart.x(a6) }, ...(started.length > 0 && { started }) };
  }

  /** Characters that have arrived and that nobody has taken, in the order in which they came. */
  #typedWaiting(): number {
    const { received, backlog } = this.#machine.board.uart.save() as { received: Uint8Array; backlog: Uint8Array };
    return received.length + backlog.length;
  }

  /** Whether the first register of the serial port gives a character now, and not the divisor or nothing. */
  #receiverIsRead(): boolean {
    const { received, lcr } = this.#machine.board.uart.save() as { received: Uint8Array; lcr: number };
    return received.length > 0 && (lcr & lcrDivisorAccess) === 0;
  }

  /** The bits at a pc, or 0, which is illegal, where the fetch will trap. */
  #fetch(hart: Hart, low: number, high: number): number {
    const first = this.#half(hart, low, high);
    if (first < 0) return 0;
    if ((first & 3) !== 3) return first;
    const nextLow = (low + 2) >>> 0;
    const second = this.#half(hart, nextLow, nextLow < 2 ? (high + 1) >>> 0 : high);
    return second < 0 ? 0 : (first | (second << 16)) >>> 0;
  }

  #half(hart: Hart, low: number, high: number): number {
    const physical = physicalOf(this.#machine, hart, tlbKinds.execute, low, high);
    if (physical < 0) return -1;
    const { memory, bus } = this.#machine;
    if (inRam(memory, physical, 2)) return memory.u16[hostOffset(physical) >>> 1]!;
    return bus.isExecutable(physical) ? Number(bus.read(physical, 2)) : -1;
  }
}

/** How many of an ascending list are at most `limit`. */
const countUpTo = (count: number, at: (index: number) => number, limit: number): number => {
  let low = 0;
  let high = count;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if (at(middle) <= limit) low = middle + 1;
    else high = middle;
  }
  return low;
};

const noHarts: readonly number[] = [];

const emptyProspect = (): Prospect => ({
  pc: 0n,
  word: 0,
  rs1: 0n,
  rs2: 0n,
  address: -1,
  instruction: undefined,
  extra: undefined,
});
