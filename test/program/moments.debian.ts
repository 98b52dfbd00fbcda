/**
 * The outside answer to stacks and variables of a real kernel: at random moments of a boot a core file is made, and gdb says the
 * stack and the variables that it sees there. What gdb cannot know is compared with what the recording has: values at
 * the entry of functions, and what a trap interrupted. `CHRONOVISOR_MOMENTS` says how many moments.
 */
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { writeCoreOf } from '../../adapter/core/core.ts';
import { ConsoleOutput } from '../../adapter/dap/console-output.ts';
import { Target } from '../../adapter/dap/target.ts';
import { SparseFile } from '../../adapter/host/files.ts';
import { buildNameIndex } from '../../adapter/program/names/build.ts';
import { openRecording } from '../../adapter/session/replay.ts';
import type { ReplaySession } from '../../adapter/session/session.ts';
import { moment } from '../../traces/time.ts';
import type { Hart } from '../../vmm/machine/hart.ts';
import { type CommandLine, createCommandLine } from '../kernels/command-line.ts';
import { linux } from '../kernels/guests.ts';
import { breathe, createRandom, recordLinux } from '../kernels/sessions.ts';
import { type Class, compareStacks, type Disagreement } from './disagreements.ts';
import { type GdbProcess, startGdb } from './gdb-process.ts';
import { type OwnFrame, ownStack } from './stack-view.ts';
import { run } from './toolchain.ts';
import { type Truth, truthOf } from './truth.ts';

const folder = process.env.CHRONOVISOR_KERNEL_DEBUG ?? join(import.meta.dirname, '../guests/debian/.cache');
const vmlinux = join(folder, 'vmlinux');
const count = Number(process.env.CHRONOVISOR_MOMENTS ?? 40);
const seed = Number(process.env.CHRONOVISOR_MOMENTS_SEED ?? 1);
/** Of so many of the innermost frames variables are compared. */
const variableFrames = 8;
/** So far back a function's entry, or a trap, is looked for: what `travel` leaves a checkpoint before. */
const truthSteps = 299_000;

/** What was compared, in numbers. */
class Tally {
  readonly #counts = new Map<string, number>();
  add(what: string, by = 1): void {
    this.#counts.set(what, (this.#counts.get(what) ?? 0) + by);
  }
  get text(): string {
    return [...this.#counts].map(([what, number]) => `${number} ${what}`).join(' | ');
  }
}

/** The kernel's half of the address space: what runs elsewhere is a program that nobody described here, or has not begun. */
const isKernel = (hart: Hart): boolean => hart.get('pc') >= 0xff00_0000_0000_0000n && hart.get('satp') !== 0n;

describe.skipIf(!existsSync(vmlinux))("Debian's kernel", () => {
  let cli: CommandLine;
  let session: ReplaySession;
  let target: Target;
  let gdb: GdbProcess;

  beforeAll(async () => {
    cli = await createCommandLine();
    const file = await recordLinux(cli, 'virtual', linux('-smp 2'));
    const checkpoints = { stride: 100_000_000, budgetBytes: 512 * 2 ** 20 };
    session = await openRecording({ file, verify: false, checkpoints, console: () => {} });
    target = new Target(session, new ConsoleOutput(), { debug: { name: vmlinux, bytes: readFileSync(vmlinux) } });
    target.program.onDamage = (message) => {
      throw new Error(message);
    };
    const info = target.program.info!;
    info.names = await buildNameIndex(info.dwarf);
    gdb = startGdb(vmlinux, variableFrames);
  }, 600_000);
  afterAll(() => {
    gdb.close();
    session.close();
    cli.remove();
  });

  const gdbStack = async (hart: Hart) => {
    const file = join(cli.folder, 'moment.core');
    const core = new SparseFile('the core file', file);
    writeCoreOf(session.machine, { hart: hart.id, physical: false, command: 'test' }, core);
    core.close();
    return (await gdb.ask(file))[hart.id]!;
  };

  test(`has the stacks and variables that gdb says at ${count} random moments`, { timeout: 7_200_000 }, async () => {
    const random = createRandom(seed);
    const moments = Array.from({ length: count }, () => moment(Math.floor(random() * session.timeline.end)));
    const tally = new Tally();
    const found: (Disagreement & { at: number; hart: number })[] = [];
    const truths: string[] = [];
    for (const at of moments.sort((one, other) => one - other)) {
      for (const _ of session.timeline.travel(at)) await breathe();
      const stacks: (readonly [Hart, readonly OwnFrame[]])[] = [];
      for (const hart of session.machine.harts.filter(isKernel)) {
        const ours = ownStack(target, hart, variableFrames);
        const { frames, variables, disagreements } = compareStacks(await gdbStack(hart), ours);
        found.push(...disagreements.map((own) => ({ ...own, at, hart: hart.id })));
        for (const [what, by] of Object.entries({ stacks: 1, frames, variables })) tally.add(what, by);
        tally.add('stacks equal in all', disagreements.length === 0 ? 1 : 0);
        stacks.push([hart, ours]);
      }
      truths.push(...checkTruth(stacks, tally).map((text) => `moment ${at}: ${text}`));
    }
    const lines = found.filter(({ line }) => line !== undefined);
    tally.add("lines that differ and are LLVM's", lines.length);
    const byClass = new Map<Class, number>();
    for (const { kind } of found) byClass.set(kind, (byClass.get(kind) ?? 0) + 1);
    const classes = [...byClass].map(([kind, number]) => `${kind}: ${number}`).join(', ');
    process.stdout.write(`figures: moments of Linux | ${count} moments | ${tally.text}\n`);
    process.stdout.write(`figures: classes of disagreement with gdb | ${classes}\n`);
    expect(
      found.filter(({ kind }) => kind === 'unexplained').map(({ at, hart, text }) => `${at} hart ${hart} ${text}`),
    ).toEqual([]);
    expect(truths).toEqual([]);
    expect(linesOfLlvm(lines.map(({ line }) => line!.address))).toEqual(lines.map(({ line }) => line!.line));
  });

  /** Sentences about what is not as it was. */
  const checkTruth = (stacks: readonly (readonly [Hart, readonly OwnFrame[]])[], tally: Tally): string[] => {
    const entries = new Set(stacks.flatMap(([, frames]) => frames.flatMap(({ entryPc }) => entryPc ?? [])));
    const truth = truthOf(session, entries, truthSteps);
    return stacks.flatMap(([hart, frames]) => frames.flatMap((frame) => wrongOf(hart.id, frame, truth, tally)));
  };

  const wrongOf = (hart: number, frame: OwnFrame, truth: Truth, tally: Tally): string[] => {
    const { name, inlined, origin, registers, entryPc, cfa, entry } = frame;
    if (inlined) return [];
    const wrong: string[] = [];
    if (origin === 'trap frame') {
      const at = truth.trap(hart, BigInt(frame.pc), registers[1] ?? 0n);
      if (at !== undefined) {
        tally.add('interrupted frames as they were at the trap');
        if (at.some((value, index) => registers[index] !== value)) wrong.push(`${name}: other registers at the trap`);
      }
    }
    const values = entry.flatMap((value, index) => (value === undefined ? [] : [[index, value] as const]));
    const at =
      values.length === 0 || entryPc === undefined || cfa === undefined ? undefined : truth.entry(hart, entryPc, cfa);
    if (at === undefined) return wrong;
    tally.add('values at entry as they were', values.length);
    const a0 = 9; // x10, counted from x1
    const bad = values.filter(([index, value]) => at[a0 + index] !== value);
    return [
      ...wrong,
      ...bad.map(([index, value]) => `${name}: a${index} at entry was ${at[a0 + index]}, not ${value}`),
    ];
  };

  const linesOfLlvm = (addresses: readonly bigint[]): number[] => {
    if (addresses.length === 0) return [];
    const asked = addresses.map((address) => `0x${address.toString(16)}`).join('\n');
    const answers = run('llvm-symbolizer', [`--obj=${vmlinux}`, '--inlines', '-s'], asked)
      .trimEnd()
      .split('\n\n');
    return answers.map((answer) => Number(/:(\d+):\d+$/.exec(answer.split('\n')[1]!)![1]));
  };
});
