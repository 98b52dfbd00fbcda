/**
 * The outside answer to stacks and variables of small programs in all variants of debug information that can be run: at
 * random moments a core file is made, and gdb says what it sees there.
 */
import { join } from 'node:path';
import { afterAll, describe, expect, test } from 'vitest';
import { ConsoleOutput } from '../../adapter/dap/console-output.ts';
import { Target } from '../../adapter/dap/target.ts';
import { openRecording } from '../../adapter/session/replay.ts';
import { denseCheckpoints } from '../../adapter/session/session.ts';
import { moment } from '../../traces/time.ts';
import { chronovisor } from '../core/support.ts';
import { createRandom } from '../kernels/sessions.ts';
import { startGdb } from './gdb-process.ts';
import { MomentsComparison, variableFrames } from './moments.ts';
import { buildRust, rustIsMissing, rustVariants } from './rust-toolchain.ts';
import { build, folder, titleOf, variants } from './toolchain.ts';

const momentsEach = Number(process.env.CHRONOVISOR_MOMENTS ?? 40);
/** Nothing below RAM: neither the headers of the file nor a note. */
const loadable = ['-Wl,--build-id=none,-N,--no-warn-rwx-segments'];
/** Before this each of them has come to its end, where it traps. */
const steps = 200_000;

// Split units are built for this machine: see toolchain.ts.
const runnable = variants.filter((variant) => !titleOf(variant).includes('split-dwarf'));
const frameVariants = ['-fasynchronous-unwind-tables', '-fno-omit-frame-pointer'].map((flag) => ({
  source: 'shapes.c' as const,
  flags: ['-O2', '-gdwarf-5', flag],
}));

describe('small programs', () => {
  const comparison = new MomentsComparison();
  const all = [...runnable, ...frameVariants];
  afterAll(() => comparison.finish(`${all.length} small programs, ${momentsEach} moments each`));

  test.each(all.map((variant) => [titleOf(variant), variant] as const))('%s', async (_, variant) => {
    await compare(comparison, build({ ...variant, flags: [...variant.flags, ...loadable] }));
  });
});

describe.skipIf(rustIsMissing !== undefined)('small programs in Rust', () => {
  const comparison = new MomentsComparison();
  afterAll(() => comparison.finish(`${rustVariants.length} small programs in Rust, ${momentsEach} moments each`));

  test.each(rustVariants.map((variant) => [JSON.stringify(variant), variant] as const))(
    '%s',
    async (_, variant) => {
      await compare(comparison, buildRust(variant));
    },
    300_000,
  );
});

const compare = async (comparison: MomentsComparison, program: string): Promise<void> => {
  const file = join(folder, 'program.chrono');
  await chronovisor(`record -o ${file} --until ${steps} -- -M virt -m 16M -bios none -kernel ${program}`);
  const session = await openRecording({ file, verify: false, checkpoints: denseCheckpoints, console: () => {} });
  const target = new Target(session, new ConsoleOutput());
  const gdb = startGdb(program, variableFrames);
  expect(session.timeline.forward(session.timeline.end, { traps: true }).reason).toBe('trap');
  const end = session.timeline.now;
  const random = createRandom(1);
  const isWanted = (): boolean => target.program.info?.functionAt(session.machine.harts[0]!.get('pc')) !== undefined;
  for (let count = 0; count < momentsEach; count++) {
    const at = moment(Math.floor(random() * end));
    await comparison.at(at, { session, target, gdb, program, folder, isWanted });
  }
  gdb.close();
  session.close();
};
