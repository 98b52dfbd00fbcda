/**
 * The outside answer to stacks and variables of a real kernel: at random moments of a boot a core file is made, and gdb says the
 * stack and the variables that it sees there. What gdb cannot know is compared with what the recording has: values at
 * the entry of functions, and what a trap interrupted. `CHRONOVISOR_MOMENTS` says how many moments.
 */
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, test } from 'vitest';
import { ConsoleOutput } from '../../adapter/dap/console-output.ts';
import { Target } from '../../adapter/dap/target.ts';
import { buildNameIndex } from '../../adapter/program/names/build.ts';
import { openRecording } from '../../adapter/session/replay.ts';
import type { ReplaySession } from '../../adapter/session/session.ts';
import { moment } from '../../traces/time.ts';
import type { Hart } from '../../vmm/machine/hart.ts';
import { type CommandLine, createCommandLine } from '../kernels/command-line.ts';
import { linux } from '../kernels/guests.ts';
import { createRandom, recordLinux } from '../kernels/sessions.ts';
import { type GdbProcess, startGdb } from './gdb-process.ts';
import { MomentsComparison, variableFrames } from './moments.ts';

const folder = process.env.CHRONOVISOR_KERNEL_DEBUG ?? join(import.meta.dirname, '../guests/debian/.cache');
const program = join(folder, 'vmlinux');
const count = Number(process.env.CHRONOVISOR_MOMENTS ?? 40);
const seed = Number(process.env.CHRONOVISOR_MOMENTS_SEED ?? 1);

/** The kernel's half of the address space: what runs elsewhere is a program that nobody describes here, or has not begun. */
const isKernel = (hart: Hart): boolean => hart.get('pc') >= 0xff00_0000_0000_0000n && hart.get('satp') !== 0n;

describe.skipIf(!existsSync(program))("Debian's kernel", () => {
  let cli: CommandLine;
  let session: ReplaySession;
  let target: Target;
  let gdb: GdbProcess;

  beforeAll(async () => {
    cli = await createCommandLine();
    const file = await recordLinux(cli, 'virtual', linux('-smp 2'));
    const checkpoints = { stride: 100_000_000, budgetBytes: 512 * 2 ** 20 };
    session = await openRecording({ file, verify: false, checkpoints, console: () => {} });
    target = new Target(session, new ConsoleOutput(), { debug: { name: program, bytes: readFileSync(program) } });
    target.program.onDamage = (message) => {
      throw new Error(message);
    };
    const info = target.program.info!;
    info.names = await buildNameIndex(info.dwarf);
    gdb = startGdb(program, variableFrames);
  }, 600_000);
  afterAll(() => {
    gdb.close();
    session.close();
    cli.remove();
  });

  test(`has the stacks and variables that gdb says at ${count} random moments`, { timeout: 7_200_000 }, async () => {
    const random = createRandom(seed);
    const one = process.env.CHRONOVISOR_MOMENT; // to look at one that failed
    const moments =
      one === undefined
        ? Array.from({ length: count }, () => Math.floor(random() * session.timeline.end))
        : [Number(one)];
    const comparison = new MomentsComparison();
    for (const at of moments.sort((one, other) => one - other)) {
      await comparison.at(moment(at), { session, target, gdb, program, folder: cli.folder, isWanted: isKernel });
    }
    comparison.finish(`${moments.length} moments of Linux`);
  });
});
