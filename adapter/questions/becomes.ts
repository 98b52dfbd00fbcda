/**
 * `when`: the moments at which an expression becomes true. What it reads is watched, and it is evaluated anew when that is written,
 * so it must be about memory: variables that have one place all the time, and what they point to. Where it cannot be evaluated,
 * nothing mapped for one, it does not hold.
 */

import type { Interval } from '../../vmm/history/history.ts';
import { peekWalk } from '../../vmm/machine/debug-access.ts';
import { isRegister } from '../../vmm/machine/registers.ts';
import type { WatchRange } from '../../vmm/machine/translations.ts';
import type { Program } from '../dap/program.ts';
import { namesAt } from '../dap/scope.ts';
import { currentHart } from '../dap/stops.ts';
import type { Target } from '../dap/target.ts';
import { innermostOf } from '../dap/viewpoint.ts';
import { evaluateExpression, type Scope } from '../expressions/evaluate.ts';
import type { Node } from '../expressions/node.ts';
import { parseExpression } from '../expressions/parse.ts';
import type { Job } from '../farm/job.ts';
import { InputError } from '../program/input-error.ts';
import { typeByName } from '../program/names/paths.ts';
import { globalValue } from '../values/globals.ts';
import { valueText } from '../values/text.ts';
import { numberOf } from '../values/value.ts';
import type { Item, TruthItem } from './answer.ts';
import { notOfMemory } from './errors.ts';
import { between, joined, whereWritten } from './intervals.ts';
import { placeAt } from './places.ts';
import { type Asking, find, question, text, within, withinOf } from './question.ts';
import { inPages } from './subject.ts';

export const becomes = question({
  name: 'when',
  usage: 'EXPRESSION',
  meaning: 'the moments at which an expression about memory becomes true',
  needsState: true,
  entries: { expression: text, ...within },
  argumentsOf: ({ rest }) => ({ expression: rest }),
  ask: (asking, { expression, ...range }) => {
    const { target, hart } = asking;
    const { program, satp } = innermostOf(target, hart);
    const isUser = target.programs.isUser(program);
    const space = isUser || hart.get('satp') !== 0n ? (satp ?? target.memory.satp(hart)) : undefined;
    const plan: TruthPlan = { expression, program: target.programs.all.indexOf(program), satp: space };
    const reading = new Reading(target, plan);
    reading.evaluate(); // says what is wrong with it
    const all = withinOf(asking, range);
    return truths(asking, plan, all, reading);
  },
});

async function* truths(asking: Asking, plan: TruthPlan, all: Interval, reading: Reading): AsyncGenerator<Item, void> {
  // Without pointers and translation it always reads the same bytes, and the index of the history says where they are written.
  const where = reading.isFixed ? whereWritten(asking.history, reading.ranges, all) : [all];
  for await (const { interval, finding } of find(asking, truthJob, plan, joined([...where, ...firstOf(all)]))) {
    const [first, ...others] = finding.items;
    // What holds at the beginning of a piece began before, unless there is nothing before.
    if (first !== undefined && (!finding.fromStart || interval.from === all.from)) yield first;
    yield* others;
  }
}

/** The beginning is looked at, too. */
const firstOf = ({ from, to }: Interval): readonly Interval[] => (from < to ? [between(from, from + 1)] : []);

interface TruthPlan {
  readonly expression: string;
  /** Among the target's programs. */
  readonly program: number;
  readonly satp: bigint | undefined;
}

interface TruthFound {
  readonly items: readonly TruthItem[];
  /** Whether the first of them is about the beginning of the interval. */
  readonly fromStart: boolean;
}

export const truthJob: Job<TruthPlan, TruthFound> = {
  name: 'truth',
  *work(seat, plan, interval) {
    const { target } = seat;
    const { machine, timeline } = target;
    const reading = new Reading(target, plan);
    let value = reading.tryEvaluate();
    const items: TruthItem[] = [];
    const note = (hart = currentHart(machine), pc = hart.get('pc')): void => {
      if (value !== undefined) items.push({ kind: 'truth', ...placeAt(target, hart, timeline.now, pc), value });
    };
    const fromStart = value !== undefined;
    note();
    yield* seat.scan(
      interval,
      () => ({ watch: reading.ranges }),
      () => false,
      (stop) => {
        const before = value;
        value = reading.tryEvaluate();
        if (before !== undefined || value === undefined) return;
        if (stop.reason === 'watch') note(machine.harts[stop.hart]!, stop.pc);
        else note();
      },
    );
    return { items, fromStart };
  },
};

/** An expression that is evaluated again and again, with what it read the last time. */
class Reading {
  readonly #target: Target;
  readonly #plan: TruthPlan;
  readonly #program: Program;
  readonly #node: Node;
  #ranges: readonly WatchRange[] = [];
  #read: WatchRange[] = [];
  #isFixed = true;

  constructor(target: Target, plan: TruthPlan) {
    this.#target = target;
    this.#plan = plan;
    this.#program = target.programs.all[plan.program]!;
    const register = /\$[a-z]\w*/i.exec(plan.expression);
    if (register !== null) throw notOfMemory(plan.expression, `the register ${register[0]}`);
    this.#node = parseExpression(plan.expression, namesAt(this.#program));
  }

  /** What is to be watched, physical; the same array while it is the same. */
  get ranges(): readonly WatchRange[] {
    return this.#ranges;
  }

  /** Whether it read the same bytes each time, and no page tables. */
  get isFixed(): boolean {
    return this.#isFixed && this.#plan.satp === undefined;
  }

  /** The value as text where it is true. */
  tryEvaluate(): string | undefined {
    try {
      return this.evaluate();
    } catch (error) {
      if (error instanceof InputError) return undefined;
      throw error;
    }
  }

  /** @throws {InputError} when it has no value */
  evaluate(): string | undefined {
    this.#read = [];
    try {
      const scope = this.#scope();
      const value = evaluateExpression(this.#node, scope);
      const number = numberOf(value, scope.read);
      if (number === 0n || (typeof number === 'string' && value.missing !== undefined)) return undefined;
      const symbolic = (address: bigint) => this.#program.symbolic(address);
      return value.type === undefined && typeof number === 'bigint'
        ? `0x${BigInt.asUintN(64, number).toString(16)}`
        : (this.#program.try(() => valueText(value, { read: scope.read, symbolic })) ?? '');
    } finally {
      this.#keep();
    }
  }

  #keep(): void {
    const found = [...new Map(this.#read.map((one) => [`${one.address} ${one.sizeBytes}`, one])).values()];
    const isSame =
      found.length === this.#ranges.length &&
      found.every(({ address, sizeBytes }, at) => {
        const before = this.#ranges[at]!;
        return before.address === address && before.sizeBytes === sizeBytes;
      });
    if (isSame) return;
    if (this.#ranges.length > 0) this.#isFixed = false;
    this.#ranges = found;
  }

  #scope(): Scope {
    const program = this.#program;
    const { expression } = this.#plan;
    const read = (address: bigint, sizeBytes: number) => this.#readMemory(address, sizeBytes);
    return {
      register: () => undefined,
      read,
      symbol: (name) => program.find(name)?.address,
      type: (name) => program.try(() => program.info && typeByName(program.info, name)),
      variable: (path, file) => {
        const found = program.try(() => program.info && globalValue(program.info, read, path, file));
        const [name] = path;
        if (found === undefined && path.length === 1 && isRegister(name!) && program.find(name!) === undefined)
          throw notOfMemory(expression, `the register ${name}`);
        return found;
      },
    };
  }

  #readMemory(address: bigint, sizeBytes: number): Uint8Array | undefined {
    const { machine } = this.#target;
    const bytes = new Uint8Array(sizeBytes);
    for (const { at, offset, sizeBytes: piece } of inPages(address, sizeBytes)) {
      const physical = this.#physical(at);
      const found = physical === undefined ? undefined : machine.readRam(physical, piece);
      if (found === undefined) return undefined;
      this.#read.push({ address: physical!, sizeBytes: piece });
      bytes.set(found, offset);
    }
    return bytes;
  }

  /** A kernel that is not translated yet is where it was loaded. */
  #physical(address: bigint): number | undefined {
    const { satp } = this.#plan;
    const { machine, programs } = this.#target;
    if (satp !== undefined) {
      const { physical, entries } = peekWalk(machine.harts[0]!, satp, address);
      for (const entry of entries) this.#read.push({ address: entry, sizeBytes: 8 });
      if (physical !== undefined || programs.isUser(this.#program)) return physical;
    }
    return Number(this.#program.links.loaded(address) ?? address);
  }
}
