/** Core files as others read them: gdb for registers and memory, binutils for the file. */
import { execFileSync } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { GuestMemory } from '../../adapter/dap/guest-memory.ts';
import type { ReplaySession } from '../../adapter/session/session.ts';
import { fNames, xNames } from '../../vmm/isa/register-names.ts';
import { csrRows } from '../../vmm/machine/csr.ts';
import type { Hart } from '../../vmm/machine/hart.ts';
import { peekRegister } from '../../vmm/machine/registers.ts';
import { chronovisor, coreOf, demoElf, openAt, recordDemo, travel } from './support.ts';

let demo: Awaited<ReturnType<typeof recordDemo>>;
let session: ReplaySession;
beforeAll(async () => {
  demo = await recordDemo();
  session = await openAt(demo.trace);
});
afterAll(() => {
  session.close();
  demo.remove();
});

const core = () => join(demo.folder, 'run.core');
const moments = [1000, 3_513_835, 12_345_678, 20_000_000];

const askGdb = (addresses: readonly (readonly [bigint, number])[]) => {
  const [asked, answers] = [join(demo.folder, 'asked'), join(demo.folder, 'answers')];
  writeFileSync(asked, `[${addresses.map(([address, size]) => `[${address},${size}]`).join()}]`);
  const words = ['-nx', '-batch', '-ex', 'set debuginfod enabled off', '-x', join(import.meta.dirname, 'gdb-core.py')];
  const env = { ...process.env, CORE: core(), PROGRAM: demoElf, ADDRESSES: asked, ANSWERS: answers };
  execFileSync('gdb-multiarch', words, { env, stdio: ['ignore', 'ignore', 'inherit'] });
  return JSON.parse(readFileSync(answers, 'utf8')) as { threads: Record<string, string>[]; memory: string[] };
};

const registersOf = (hart: Hart, ticks: number): Record<string, string> => {
  const hex = (value: bigint, digits = 16) => value.toString(16).padStart(digits, '0');
  // gdb has s0 as fp; what the software counts of time is in no register of its own.
  const names = [
    'pc',
    ...xNames.map((name) => (name === 's0' ? 'fp' : name)),
    ...fNames,
    ...csrRows.map((r) => r.name),
  ];
  return Object.fromEntries(names.map((name) => [name, hex(peekRegister(hart, name, ticks) ?? 0n)]));
};

test.each(moments)('gdb reads the registers and the memory that the machine has at moment %d', async (at) => {
  const { exitCode } = await chronovisor(`core ${demo.trace} --at ${at} -o ${core()}`);
  expect(exitCode).toBe(0);
  travel(session, at);
  const { machine } = session;
  const hart = machine.harts[0]!;
  const { segments } = coreOf(machine);
  const samples = segments.slice(1).flatMap(({ virtual, sizeBytes }) =>
    // The beginning, the end, and pages in between.
    [0, sizeBytes - 256, ...Array.from({ length: 20 }, (_, index) => 4096 * Math.floor((index * sizeBytes) / 81_920))]
      .filter((offset) => offset < sizeBytes)
      .map((offset) => [virtual + BigInt(offset), 256] as const),
  );
  const answer = askGdb(samples);
  const memory = new GuestMemory(machine, new Uint8Array(0));
  const ours = samples.map(([address, size]) => Buffer.from(memory.read(hart, address, size)).toString('hex'));
  expect(answer.memory).toEqual(ours);
  expect(answer.threads.length).toBe(2);
  let registers = 0;
  for (const [index, thread] of answer.threads.entries()) {
    const own = registersOf(machine.harts[index]!, machine.ticks);
    const known = Object.keys(own).filter((name) => name in thread);
    registers += known.length;
    expect(Object.fromEntries(known.map((name) => [name, thread[name]!.padStart(16, '0')]))).toEqual(
      Object.fromEntries(known.map((name) => [name, own[name]])),
    );
  }
  expect(registers).toBeGreaterThan(2 * 150);
  process.stdout.write(
    `figures: core files | moment ${at} | ${registers} registers | ${samples.length} places of memory\n`,
  );
});

test.each(moments)('binutils find nothing wrong in the file of moment %d', async (at) => {
  await chronovisor(`core ${demo.trace} --at ${at} -o ${core()}`);
  travel(session, at);
  const { segments } = coreOf(session.machine);
  const listed = execFileSync('riscv64-linux-gnu-readelf', ['-hlnW', core()], {
    encoding: 'utf8',
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  expect(listed).toContain('CORE (Core file)');
  const theirs = [...listed.matchAll(/^ {2}LOAD +0x(\w+) 0x(\w+) 0x(\w+) 0x(\w+) 0x(\w+)/gm)].map(([, ...words]) =>
    words.map((word) => BigInt(`0x${word}`)),
  );
  const ours = segments
    .slice(1)
    .map((own) => [own.offset, own.virtual, own.physical, own.sizeBytes, own.memoryBytes].map(BigInt));
  expect(theirs).toEqual(ours);
  for (const note of ['NT_PRSTATUS', 'NT_FPREGSET', 'NT_RISCV_CSR', 'NT_GDB_TDESC', 'NT_PRPSINFO', 'Chronovisor']) {
    expect(listed).toContain(note);
  }
});
