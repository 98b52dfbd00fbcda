/** The outside answer to who called whom, and what variables hold: gdb, a step at a time on QEMU. */
import { spawn } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import type { DebugInfo } from '../../adapter/program/debug-info.ts';
import { littleEndian } from '../../adapter/program/dwarf/expression.ts';
import { lineTableOf } from '../../adapter/program/dwarf/line-table.ts';
import { walkStack } from '../../adapter/program/stack.ts';
import { build, folder, open, run, titleOf, type Variant } from './toolchain.ts';
import { readVariable } from './variables.ts';

const steps = 400;

/** A function's name, whether it is inlined, the line, and variables with what they hold. */
type Frame = readonly [string | null, boolean, number, readonly (readonly [string, string])[]];

interface Moment {
  readonly pc: string;
  readonly registers: readonly string[];
  readonly low: string;
  readonly memory: string;
  readonly frames: readonly Frame[];
}

let sockets = 0;

const askGdb = (path: string): Moment[] => {
  const socket = join(folder, `gdb-${sockets++}`);
  const answers = join(folder, 'moments');
  const words = [
    '-M',
    'virt',
    '-m',
    '16',
    '-bios',
    'none',
    '-kernel',
    path,
    '-display',
    'none',
    '-serial',
    'null',
    '-S',
  ];
  const machine = spawn('qemu-system-riscv64', [...words, '-gdb', `unix:${socket},server=on,wait=off`], {
    stdio: 'ignore',
  });
  try {
    const script = join(import.meta.dirname, 'gdb-frames.py');
    const wait = `while ! test -S ${socket}; do sleep 0.05; done`;
    const gdb = `timeout 100 gdb-multiarch -nx -batch -ex 'set debuginfod enabled off' ${path} -ex 'set confirm off' -x ${script}`;
    run('sh', ['-c', `${wait}; SOCKET=${socket} STEPS=${steps} ANSWERS=${answers} ${gdb} >${socket}.log 2>&1`]);
  } finally {
    machine.kill();
  }
  return readFileSync(answers, 'utf8')
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line) as Moment);
};

/** Of several rows at one address gdb takes the last that is a statement; binutils and LLVM take the last. */
const lineForGdb = (info: DebugInfo, pc: bigint): number => {
  const unit = info.unitAt(pc);
  const rows = (unit === undefined ? undefined : lineTableOf(unit)?.allAt(pc)) ?? [];
  return (rows.findLast(({ isStatement }) => isStatement) ?? rows.at(-1))?.line ?? 0;
};

const ourFrames = (info: DebugInfo, { pc, registers, low, memory }: Moment): Frame[] => {
  const bytes = Buffer.from(memory, 'hex');
  const state = {
    pc: BigInt(pc),
    readRegister: (number: number) => (number < 64 ? BigInt(registers[number]!) : undefined),
    readMemory: (address: bigint, sizeBytes: number) => {
      const at = address - BigInt(low);
      return at < 0n || at + BigInt(sizeBytes) > BigInt(bytes.length)
        ? undefined
        : bytes.subarray(Number(at), Number(at) + sizeBytes);
    },
  };
  const frames: Frame[] = [];
  for (const stackFrame of walkStack(info, state)) {
    for (const [index, placed] of stackFrame.placed.entries()) {
      const variables = stackFrame
        .blocks(placed)
        .flatMap((block) => block.variables)
        .map((variable) => [variable.name, readVariable(info, stackFrame, variable, littleEndian)] as const);
      const line = index === 0 ? lineForGdb(info, stackFrame.lookupPc) : (placed.source?.line ?? 0);
      frames.push([placed.frame.name, placed.frame.inlined, line, variables]);
    }
    if (frames.at(-1)?.[0] === 'main') break;
  }
  return frames;
};

const shapes = (...flags: string[]): Variant => ({ source: 'shapes.c', flags });
const variants: readonly Variant[] = [
  ...['-O0', '-O1', '-O2', '-Os'].flatMap((level) => [shapes(level, '-gdwarf-4'), shapes(level, '-gdwarf-5')]),
  // With .eh_frame instead of .debug_frame, and with frame pointers.
  shapes('-O2', '-gdwarf-5', '-fasynchronous-unwind-tables'),
  shapes('-O1', '-gdwarf-5', '-fno-omit-frame-pointer'),
];

describe.each(variants.map((variant) => [titleOf(variant), variant] as const))('%s', (_, variant) => {
  test('has the frames, lines and variables that gdb says at each step', () => {
    const path = build(variant);
    const info = open(path);
    const moments = askGdb(path).filter(({ frames }) => frames.at(-1)?.[0] === 'main');
    expect(moments.length).toBeGreaterThan(200);
    const sorted = (frames: readonly Frame[]) =>
      frames.map(([name, inlined, line, variables], index) => [
        name,
        inlined,
        line,
        // Floating-point registers that a callee may overwrite gdb takes for unchanged; for us they are unknown in a caller.
        variables
          // A variable that is a constant gdb's blocks leave out: `z` in a copy of `floating` made for its arguments.
          .filter(([own]) => own !== 'z' || name !== 'floating')
          .map(([own, value]) => `${own} = ${index > 0 && name === 'floating' ? '' : value}`)
          .sort(),
      ]);
    const ours = moments.map((moment) => [moment.pc, sorted(ourFrames(info, moment))]);
    const theirs = moments.map((moment) => [moment.pc, sorted(moment.frames)]);
    expect(ours).toEqual(theirs);
    const frames = moments.reduce((sum, moment) => sum + moment.frames.length, 0);
    process.stdout.write(
      `figures: steps on QEMU against gdb | ${titleOf(variant)} | ${moments.length} steps | ${frames} frames\n`,
    );
  });
});
