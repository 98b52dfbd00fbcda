/**
 * Compares stacks and variables at moments of a recording: with gdb, which is given a core file, and with what the
 * recording itself has. What is found is counted by classes; what is in none is told. Not a test.
 */

import { rmSync } from 'node:fs';
import { basename, join } from 'node:path';
import { expect } from 'vitest';
import { writeCoreOf } from '../../adapter/core/core.ts';
import type { Target } from '../../adapter/dap/target.ts';
import { SparseFile } from '../../adapter/host/files.ts';
import type { ReplaySession } from '../../adapter/session/session.ts';
import type { Moment } from '../../traces/time.ts';
import type { Hart } from '../../vmm/machine/hart.ts';
import { breathe } from '../kernels/sessions.ts';
import { type Class, type Comparison, compareStacks, type Disagreement } from './disagreements.ts';
import type { GdbProcess } from './gdb-process.ts';
import { type OwnFrame, ownStack } from './stack-view.ts';
import { run } from './toolchain.ts';
import { type Truth, truthOf } from './truth.ts';

/** Of so many of the innermost frames variables are compared. */
export const variableFrames = 8;
/** So far back a function's entry, or a trap, is looked for: what `travel` leaves a checkpoint before. */
const truthSteps = 299_000;
const a0 = 10;

export interface Compared {
  readonly session: ReplaySession;
  readonly target: Target;
  readonly gdb: GdbProcess;
  /** The program's file, for llvm-symbolizer. */
  readonly program: string;
  /** Where a core file may be. */
  readonly folder: string;
  /** Whether the program is what the hart executes. */
  readonly isWanted: (hart: Hart) => boolean;
}

export class MomentsComparison {
  readonly #counts = new Map<string, number>();
  readonly #classes = new Map<Class, number>();
  readonly #wrong: string[] = [];
  #cores = 0;
  readonly #lines: { readonly program: string; readonly address: bigint; readonly line: number }[] = [];

  async at(moment: Moment, compared: Compared): Promise<void> {
    const { session, target, gdb, folder } = compared;
    for (const _ of session.timeline.travel(moment)) await breathe();
    const stacks: (readonly [Hart, readonly OwnFrame[]])[] = [];
    for (const hart of session.machine.harts.filter(compared.isWanted)) {
      // Of a file that it knows, by name, size and second, gdb would take the registers that it read before.
      const file = join(folder, `moment-${this.#cores++}.core`);
      const core = new SparseFile('the core file', file);
      writeCoreOf(session.machine, { hart: hart.id, physical: false, command: 'test' }, core);
      core.close();
      const theirs = (await gdb.ask(file))[hart.id]!;
      rmSync(file);
      const ours = ownStack(target, hart, variableFrames);
      const where = `${basename(compared.program)}, moment ${moment}, hart ${hart.id}`;
      this.#take(compareStacks(theirs, ours), where, compared);
      stacks.push([hart, ours]);
    }
    this.#compareWithTruth(stacks, session, `moment ${moment}`);
  }

  /** Prints the figures; everything must be explained by now. */
  finish(title: string): void {
    this.#add("lines that differ from gdb's and are LLVM's", this.#lines.length);
    const counts = [...this.#counts].map(([what, number]) => `${number} ${what}`);
    const classes = [...this.#classes].map(([kind, number]) => `${number} ${kind}`);
    process.stdout.write(`figures: ${title} | ${counts.join(' | ')}\n`);
    process.stdout.write(`figures: ${title}, where gdb differs | ${classes.join(' | ') || 'nowhere'}\n`);
    expect(this.#wrong).toEqual([]);
    for (const program of new Set(this.#lines.map((line) => line.program))) {
      const own = this.#lines.filter((line) => line.program === program);
      expect(
        linesOfLlvm(
          program,
          own.map(({ address }) => address),
        ),
      ).toEqual(own.map(({ line }) => line));
    }
  }

  #add(what: string, by: number): void {
    this.#counts.set(what, (this.#counts.get(what) ?? 0) + by);
  }

  #take({ frames, variables, disagreements }: Comparison, where: string, { program }: Compared): void {
    this.#add('stacks', 1);
    this.#add('frames', frames);
    this.#add('variables', variables);
    this.#add('stacks equal in all', disagreements.length === 0 ? 1 : 0);
    for (const { kind, text, line } of disagreements) this.#differ(kind, `${where}: ${text}`, program, line);
  }

  #differ(kind: Class, text: string, program: string, line: Disagreement['line']): void {
    this.#classes.set(kind, (this.#classes.get(kind) ?? 0) + 1);
    if (kind === 'unexplained') this.#wrong.push(text);
    if (line !== undefined) this.#lines.push({ program, ...line });
  }

  #compareWithTruth(
    stacks: readonly (readonly [Hart, readonly OwnFrame[]])[],
    session: ReplaySession,
    where: string,
  ): void {
    const entries = new Set(stacks.flatMap(([, frames]) => frames.flatMap(({ entryPc }) => entryPc ?? [])));
    const truth = truthOf(session, entries, truthSteps);
    for (const [hart, frames] of stacks) {
      for (const frame of frames.filter(({ inlined }) => !inlined)) this.#compareFrame(hart.id, frame, truth, where);
    }
  }

  #compareFrame(
    hart: number,
    { name, pc, origin, registers, entryPc, cfa, entry }: OwnFrame,
    truth: Truth,
    where: string,
  ) {
    const sp = registers[1] ?? 0n;
    const trapped = origin === 'trap frame' ? truth.trap(hart, BigInt(pc), sp) : undefined;
    if (trapped !== undefined) {
      this.#add('interrupted frames with all registers as at the trap', 1);
      if (trapped.some((value, index) => registers[index] !== value)) {
        this.#wrong.push(`${where}: ${name} had other registers at the trap`);
      }
    }
    // In the padding before the first instruction the call has not come to its entry.
    const isBefore = entryPc === undefined || BigInt(pc) < entryPc;
    const called = isBefore || cfa === undefined ? undefined : truth.entry(hart, entryPc, cfa);
    for (const [index, value] of entry.entries()) {
      if (called === undefined || value === undefined) continue;
      this.#add('values at entry as they were', 1);
      const was = called[a0 - 1 + index];
      if (!isSame(was!, value))
        this.#wrong.push(`${where}: a${index} at the entry of ${name} was ${was}, not ${value}`);
    }
  }
}

/** Of a parameter that is narrower than a register the caller's value may be extended in another way. */
const isSame = (was: bigint, value: bigint): boolean =>
  [64, 32, 16, 8].some(
    (bits) => value === BigInt.asUintN(64, BigInt.asIntN(bits, was)) && BigInt.asUintN(bits, was) === was,
  );

const linesOfLlvm = (program: string, addresses: readonly bigint[]): number[] => {
  const asked = addresses.map((address) => `0x${address.toString(16)}`).join('\n');
  const answers = run('llvm-symbolizer', [`--obj=${program}`, '--inlines', '-s'], asked)
    .trimEnd()
    .split('\n\n');
  return answers.map((answer) => Number(/:(\d+):\d+$/.exec(answer.split('\n')[1]!)![1]));
};
