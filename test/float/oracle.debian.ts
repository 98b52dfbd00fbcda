/** Many more vectors than golden/ holds, from oracle.c compiled now: on this processor, and on RISC-V under QEMU. */
import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, test } from 'vitest';
import { floatHelperNames } from '../../vmm/float/helpers.ts';
import { checkVectors } from './vectors.ts';

const source = join(import.meta.dirname, 'oracle.c');
const folder = mkdtempSync(join(tmpdir(), 'chronovisor-float-'));
afterAll(() => rmSync(folder, { recursive: true }));

const run = (command: string, ...args: string[]) =>
  execFileSync(command, args, { encoding: 'latin1', maxBuffer: 2 ** 30, stdio: ['ignore', 'pipe', 'inherit'] });

const golden = (file: string) => readFileSync(join(import.meta.dirname, 'golden', file), 'latin1');

/** Vectors of RISC-V instructions, all operations in a row. */
const riscvVectors = (count: number, seed: number): string => {
  const program = join(folder, `oracle-${count}-${seed}.elf`);
  const machine = [
    '-march=rv64gc',
    '-mabi=lp64d',
    '-mcmodel=medany',
    '-ffreestanding',
    '-nostdlib',
    '-static',
    '-no-pie',
  ];
  const numbers = [`-DCOUNT=${count}`, `-DSEED=${seed}`, '-Wl,-Ttext=0x80000000,--build-id=none'];
  run('riscv64-linux-gnu-gcc', '-O1', ...machine, ...numbers, source, '-o', program);
  const output = join(folder, 'riscv.txt');
  const board = ['-M', 'virt', '-bios', 'none', '-display', 'none', '-monitor', 'none'];
  run('qemu-system-riscv64', ...board, '-serial', `file:${output}`, '-kernel', program);
  return readFileSync(output, 'latin1');
};

describe.runIf(process.arch === 'x64')('on x86-64', () => {
  const program = join(folder, 'oracle');
  const exact = ['-frounding-math', '-fsignaling-nans', '-fno-math-errno', '-ffp-contract=off'];
  run('gcc', '-O1', ...exact, source, '-lm', '-o', program);

  test('the golden vectors are what the oracle prints', () => expect(run(program, '50', '1')).toBe(golden('x86.txt')));

  for (const name of floatHelperNames.filter((name) => !/^(min|max|class)/.test(name))) {
    test(`${name} agrees with about 200,000 outcomes`, () => {
      // Four outcomes a vector where the mode matters, less those that x86 cannot answer.
      const count = /^(eq|lt|le)/.test(name) ? 200_000 : 50_000;
      expect(checkVectors(run(program, `${count}`, '2', name))).toBeGreaterThan(50_000);
    });
  }
});

describe('on RISC-V under QEMU', () => {
  test('the golden vectors are what the oracle prints', () => expect(riscvVectors(50, 1)).toBe(golden('riscv.txt')));

  test('every helper agrees with 1,000 vectors in five rounding modes', () => {
    expect(checkVectors(riscvVectors(1000, 2))).toBeGreaterThan(150_000);
  });
});
