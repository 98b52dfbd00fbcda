/**
 * Passes an interval piece of code by piece of code and finds the last step that wrote one of some registers, or bytes of
 * RAM that are watched meanwhile: several times as fast as making each step by itself. It may take a step for one that
 * wrote which did not; recorder.ts, which looks at that step again, knows.
 */

import { type Moment, moment } from '../../../traces/time.ts';
import { tlbKinds } from '../../engine/layout.ts';
import type { Hart } from '../../machine/hart.ts';
import type { Machine } from '../../machine/machine.ts';
import { hostOffset, inRam } from '../../machine/memory.ts';
import type { RunOptions } from '../../machine/stops.ts';
import type { WatchRange } from '../../machine/translations.ts';
import type { Timeline } from '../../timeline/timeline.ts';
import { type Block, Blocks, blockOf } from './blocks.ts';
import { trapCsrs } from './csr-cells.ts';
import { instructionOf } from './instruction.ts';
import { lookAhead, nextHart, physicalOf, presentHart, turnSteps } from './looking-ahead.ts';
import type { RegisterPlace } from './place.ts';

const yieldSteps = 50_000;
/** a0 and a1, which the firmware inside the VMM answers in. */
const answerMask = (1 << 10) | (1 << 11);

/** What is looked for in one hart, as sets of bits and numbers. */
interface Wants {
  x: number;
  f: number;
  csrs: Set<number>;
  /** A trap writes what is looked for. */
  traps: boolean;
  /** So does whatever may go elsewhere. */
  pc: boolean;
}

/** Goes from where the timeline stands to a moment. Gives a moment as `lastWrite` does. */
export function* scanRegisters(
  timeline: Timeline,
  to: number,
  registers: readonly RegisterPlace[],
  watch: readonly WatchRange[],
): Generator<Moment, Moment | undefined> {
  const scan = new RegisterScan(timeline, registers, { traps: true, ...(watch.length > 0 && { watch }) });
  let yielded = timeline.now;
  while (timeline.now < to) {
    if (!scan.piece(to)) break;
    if (timeline.now - yielded < yieldSteps) continue;
    yielded = timeline.now;
    yield yielded;
  }
  return scan.found;
}

class RegisterScan {
  found: Moment | undefined;
  readonly #timeline: Timeline;
  readonly #machine: Machine;
  readonly #blocks: Blocks;
  readonly #options: RunOptions;
  readonly #wants: readonly Wants[];

  constructor(timeline: Timeline, registers: readonly RegisterPlace[], options: RunOptions) {
    this.#timeline = timeline;
    this.#machine = timeline.machine;
    this.#blocks = new Blocks(timeline.machine.memory);
    this.#options = options;
    this.#wants = timeline.machine.harts.map(() => ({ x: 0, f: 0, csrs: new Set<number>(), traps: false, pc: false }));
    for (const { hart, file, index } of registers) {
      const wants = this.#wants[hart]!;
      if (file === 'x') wants.x |= 1 << index;
      else if (file === 'f') wants.f |= 1 << index;
      else if (file === 'csr') wants.csrs.add(index);
      wants.pc ||= file === 'pc';
      wants.traps ||= file === 'pc' || (file === 'csr' && trapWrites.has(index));
    }
  }

  /** Makes one piece of code, or a step where the next hart is not known; false at the end. */
  piece(to: number): boolean {
    const machine = this.#machine;
    const { harts } = machine;
    const begin = machine.now;
    const known = nextHart(machine);
    const hart = known < 0 ? undefined : harts[known]!;
    const candidates = hart === undefined ? harts : [hart];
    const physicals = candidates.map((one) => this.#here(one));
    const blocks = candidates.map((one, index) => this.#blockAt(one, physicals[index]!));
    const [block] = blocks;
    const steps =
      hart === undefined || block === undefined ? 1 : Math.min(block.instructions.length, turnSteps(machine));
    const halted = harts.length > 1 ? harts.map((one) => one.low('hsmState')) : [];
    const stop = this.#timeline.forward(moment(Math.min(to, begin + steps)), this.#options);
    if (stop.reason === 'watch') this.found = machine.now;
    const made = machine.now - begin;
    if (made === 0) return stop.reason === 'until' || stop.reason === 'watch';
    const who = hart?.id ?? presentHart(machine);
    const ran = hart === undefined ? blocks[who] : block;
    const wants = this.#wants[who]!;
    const trapped = stop.reason === 'trap';
    if (trapped && wants.traps) this.found = machine.now;
    if (ran === undefined) {
      // In the boot ROM, or illegal: whatever it was, it is one step.
      if (!trapped) this.found = machine.now;
      return true;
    }
    this.#note(ran, trapped ? made - 1 : made, begin, wants);
    if (ran.isCall && !trapped && harts.some((one) => halted[one.id] === 1 && one.low('hsmState') === 0))
      this.found = machine.now;
    const physical = physicals[hart === undefined ? who : 0]!;
    if (ran.stores && made > 1 && !this.#blocks.isUnchanged(physical, ran)) this.found = machine.now;
    return true;
  }

  /** The last of the first `count` instructions of a piece that wrote what is looked for. */
  #note(block: Block, count: number, begin: number, wants: Wants): void {
    const isAny =
      (block.x & wants.x) !== 0 ||
      (block.f & wants.f) !== 0 ||
      (block.writesCsr && wants.csrs.size > 0) ||
      (block.isCall && (wants.x & answerMask) !== 0) ||
      wants.pc;
    if (!isAny) return;
    for (let index = Math.min(count, block.instructions.length) - 1; index >= 0; index -= 1) {
      const { written, csr, system, writesCsr, jumps } = block.instructions[index]!;
      const mask = written?.file === 'x' ? wants.x : wants.f;
      const writes =
        (written !== undefined && ((mask >>> written.index) & 1) === 1) ||
        (writesCsr && wants.csrs.has(csr!)) ||
        (system === 'ecall' && (wants.x & answerMask) !== 0) ||
        (wants.pc && (jumps || system !== undefined));
      if (!writes) continue;
      this.found = moment(begin + index + 1);
      return;
    }
  }

  /** The piece of code that a hart is at; of what crosses a page, that instruction alone. */
  #blockAt(hart: Hart, physical: number): Block | undefined {
    if (physical < 0) return undefined;
    const block = this.#blocks.at(physical);
    if (block !== undefined) return block;
    const low = (hart.low('pc') + 2) >>> 0;
    const high = low < 2 ? (hart.high('pc') + 1) >>> 0 : hart.high('pc');
    const second = physicalOf(this.#machine, hart, tlbKinds.execute, low, high);
    const { memory } = this.#machine;
    if (second < 0 || !inRam(memory, second, 2)) return undefined;
    const raw = memory.u16[hostOffset(physical) >>> 1]! | (memory.u16[hostOffset(second) >>> 1]! << 16);
    const instruction = (raw & 3) === 3 ? instructionOf(raw >>> 0) : undefined;
    return instruction && blockOf([instruction]);
  }

  /** Where the hart's next instruction lies in RAM; negative when it lies elsewhere. */
  #here(hart: Hart): number {
    lookAhead(this.#machine, hart);
    const physical = physicalOf(this.#machine, hart, tlbKinds.execute, hart.low('pc'), hart.high('pc'));
    return physical >= 0 && inRam(this.#machine.memory, physical, 2) ? physical : -1;
  }
}

const trapWrites: ReadonlySet<number> = new Set(
  [1, 3].flatMap((to) => {
    const { epc, cause, tval } = trapCsrs(to);
    return [epc, cause, tval];
  }),
);
