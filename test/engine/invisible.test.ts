/**
 * Caches and slices are invisible (invariants 4 and 5): random supervisor programs that edit their own page tables, code,
 * CSRs and timers end in the same state, bit for bit, in one go, step by step, with every cache dropped at random
 * moments, armed, and saved and restored on the way. What the right state is, is for the other tests.
 */

import { expect, test } from 'vitest';
import { loadXxh64 } from '../../traces/checksum.ts';
import { moment } from '../../traces/time.ts';
import { lengthOf } from '../../vmm/isa/decode.ts';
import { placesOf } from '../../vmm/isa/fields.ts';
import { readsWrites } from '../../vmm/isa/reads-writes.ts';
import { compressedRows, rows } from '../../vmm/isa/table.ts';
import { Digester, type Hash64 } from '../../vmm/machine/digest.ts';
import type { Machine } from '../../vmm/machine/machine.ts';
import { floatValue, integerValue } from '../oracle/corners.ts';
import { Random } from '../oracle/random.ts';
import { createBench, openMemory, place, pte, pteOf, S, satpOf, set, writeDouble } from './fixture.ts';

/*
 *     physical                     virtual (Sv39, one gigabyte entry of the root)
 *     0x8010_0000  code, 2 pages   0x4000_0000
 *     0x8020_0000  data, 4 pages   0x4000_4000, and again at 0x4000_8000
 *     0x8030_0000  page tables     the last one at 0x4000_c000
 *     0x8040_0000  handler in M    -
 *     0x8041_0000  handler in S    0x4000_d000
 */
const code = 0x8010_0000;
const data = 0x8020_0000;
const [root, middle, last, otherRoot] = [0x8030_0000, 0x8030_1000, 0x8030_2000, 0x8030_3000];
const machineHandler = 0x8040_0000;
const supervisorHandler = 0x8041_0000;
const base = 0x4000_0000;
const stepsTotal = 24_000;
const stride = 3_000;

/** Registers with a purpose; random instructions do not write them. */
const kept = {
  data: 8, // where data pages meet
  table: 9, // the entries of code and data
  satp: 18,
  otherSatp: 19,
  entry: 20, // page-table entries worth storing
  otherEntry: 21,
  code: 23,
  mppBoth: 24,
  work: 28, // the handlers' own
  mppSupervisor: 29,
} as const;
const isKept = new Set<number>(Object.values(kept));

/** CSRs that programs read and write: in S, and in vain those of M. */
const csrs = [
  0x001, 0x002, 0x003, 0x100, 0x104, 0x105, 0x140, 0x141, 0x142, 0x144, 0x14d, 0x180, 0xc00, 0xc01, 0xc02, 0x300, 0x3a0,
] as const;

const wordFrom = (random: Random): number => {
  if (random.oneIn(12)) return random.next();
  if (random.oneIn(3)) {
    const { mask, match } = random.pick(compressedRows);
    return (match | (random.next() & ~mask & 0xffff)) >>> 0;
  }
  const row = random.pick(rows);
  let word = (row.match | (random.next() & ~row.mask)) >>> 0;
  const put = (key: string, value: number): void => {
    const found = placesOf(row).find((candidate) => candidate.key === key);
    if (found !== undefined) word = ((word & ~(((1 << found.width) - 1) << found.low)) | (value << found.low)) >>> 0;
  };
  const access = readsWrites(word)?.memory[0];
  if (access !== undefined) {
    const inTable = random.oneIn(4);
    put('rs1', inTable ? kept.table : kept.data);
    if (inTable) put('rs2', random.pick([kept.entry, kept.otherEntry, kept.entry, 0]));
    if (inTable && access.writes && row.immediate === 'S') word = (word & ~0x7e00_0f80) | (random.below(15) << 10); // aligned, near
  }
  if (row.extension === 'Zicsr') {
    const csr = random.pick(csrs);
    put('csr', csr);
    if (csr === 0x180) put('rs1', random.pick([kept.satp, kept.otherSatp]));
  }
  return word >>> 0;
};

const randomWord = (random: Random): number => {
  for (;;) {
    const word = wordFrom(random);
    const written = readsWrites(word)?.xWritten ?? [];
    if (!written.some((register) => isKept.has(register))) return lengthOf(word) === 2 ? word & 0xffff : word;
  }
};

/** Goes on somewhere else in the code, in S: what trapped may not be worth repeating. */
const layHandlers = (machine: Machine): void => {
  const elsewhere = (scratch: number, epc: number) =>
    [
      ['csrrs', { rd: kept.work, csr: scratch }],
      ['addi', { rd: kept.work, rs1: kept.work, imm: 70n }],
      ['csrrw', { csr: scratch, rs1: kept.work }],
      ['slli', { rd: kept.work, rs1: kept.work, shamt: 51 }],
      ['srli', { rd: kept.work, rs1: kept.work, shamt: 51 }],
      ['add', { rd: kept.work, rs1: kept.work, rs2: kept.code }],
      ['csrrw', { csr: epc, rs1: kept.work }],
    ] as const;
  place(
    machine,
    machineHandler,
    ...elsewhere(0x340, 0x341),
    ['csrrc', { csr: 0x300, rs1: kept.mppBoth }],
    ['csrrs', { csr: 0x300, rs1: kept.mppSupervisor }],
    ['mret'],
  );
  // An interrupt in S: the next one is a while away.
  place(
    machine,
    supervisorHandler,
    ['csrrs', { rd: kept.work, csr: 0xc01 }],
    ['addi', { rd: kept.work, rs1: kept.work, imm: 23n }],
    ['csrrw', { csr: 0x14d, rs1: kept.work }],
    ['csrrw', { csr: 0x144, rs1: 0 }],
    ['sret'],
  );
};

const create = (seed: number, harts: number): Machine => {
  const random = new Random(seed);
  const machine = createBench({ harts, quantumSteps: harts === 1 ? 5000 : 53, stepsPerTick: 7 });
  let at = code;
  while (at < code + 0x2000 - 4) at = place(machine, at, randomWord(random));
  for (let offset = 0; offset < 0x4000; offset += 8) writeDouble(machine, data + offset, integerValue(random));
  for (const table of [root, otherRoot]) writeDouble(machine, table + 8, pteOf(middle, pte.v));
  writeDouble(machine, middle, pteOf(last, pte.v));
  const pages = [code, code + 0x1000, 0, 0, ...[0, 1, 2, 3].map((page) => data + page * 0x1000)];
  for (const [page, physical] of [...pages, ...pages.slice(4)].entries())
    if (physical !== 0) writeDouble(machine, last + 8 * page, pteOf(physical, pte.v | pte.r | pte.w | pte.x));
  writeDouble(machine, last + 8 * 12, pteOf(last, pte.rwxad));
  writeDouble(machine, last + 8 * 13, pteOf(supervisorHandler, pte.rwxad));
  layHandlers(machine);
  for (const hart of machine.harts) {
    const values: Record<string, bigint | number> = {
      ...openMemory,
      medeleg: 0,
      mideleg: 0x222,
      mie: 0x222,
      menvcfg: 1n << 63n,
      mcounteren: 7,
      mstatus: 0x6002,
      mtvec: machineHandler,
      stvec: base + 0xd000,
      satp: satpOf(root),
      privilege: S,
      pc: base + 2 * random.below(0x800),
      stimecmp: 40 + hart.id,
    };
    for (let index = 1; index < 32; index += 1) {
      values[`x${index}`] = integerValue(random);
      values[`f${index}`] = floatValue(random);
    }
    Object.assign(values, {
      x2: base + 0x4800,
      [`x${kept.data}`]: base + 0x5000 + random.below(3) * 0x4000,
      [`x${kept.table}`]: base + 0xc000,
      [`x${kept.satp}`]: satpOf(root),
      [`x${kept.otherSatp}`]: satpOf(otherRoot),
      [`x${kept.entry}`]: pteOf(random.pick([data, data + 0x1000, code]), random.pick([pte.rwxad, 0xf, 0x1b, 0x3])),
      [`x${kept.otherEntry}`]: pteOf(data + 0x2000, pte.rwxad),
      [`x${kept.code}`]: base,
      [`x${kept.mppBoth}`]: 0x1800,
      [`x${kept.mppSupervisor}`]: 0x800,
    });
    set(machine, values, hart.id);
    hart.setLow('hsmState', 0);
  }
  return machine;
};

type Way = (machine: Machine, until: number, random: Random) => void;

const ways: Readonly<Record<string, Way>> = {
  'step by step': (machine, until) => {
    while (machine.now < until) if (machine.run(moment(machine.now + 1)).reason !== 'until') return;
  },
  'caches dropped': (machine, until, random) => {
    while (machine.now < until) {
      const portion = random.oneIn(3) ? random.below(400) : random.below(12);
      if (machine.run(moment(Math.min(until, machine.now + 1 + portion))).reason !== 'until') return;
      machine.translations.dropAll();
    }
  },
  armed: (machine, until) => {
    machine.engine.arm([100, 770, 2500, 6000].map((offset) => BigInt(base + offset)));
    while (machine.now < until) {
      const stop = machine.run(moment(until), { armed: true });
      if (stop.reason !== 'breakpoint') return;
      machine.run(moment(machine.now + 1));
    }
  },
  'saved and restored': (machine, until, random) => {
    while (machine.now < until) {
      if (machine.run(moment(Math.min(until, machine.now + 1 + random.below(900)))).reason !== 'until') return;
      machine.restore(machine.save());
    }
  },
};

const inOneGo: Way = (machine, until) => void machine.run(moment(until));

const traceOf = (seed: number, harts: number, way: Way, hash64: Hash64): { lines: string[]; traps: number } => {
  const machine = create(seed, harts);
  const digester = new Digester(machine, hash64);
  const random = new Random(seed + 1);
  const lines: string[] = [];
  for (let until = stride; until <= stepsTotal; until += stride) {
    way(machine, until, random);
    const digest = digester.digest();
    const parts = [digest.machine, ...digest.harts].map((bytes) => hash64(bytes, 0n).toString(16));
    lines.push([machine.now, digest.ram, ...parts, ...digest.devices.map(({ hash }) => hash)].join(' '));
  }
  return { lines, traps: machine.harts.reduce((sum, hart) => sum + hart.count('traps'), 0) };
};

const cases = [1, 2, 3, 4, 5, 6, 7, 8].map((seed) => [seed, 1 + (seed % 3)] as const);

test.each(cases)(
  'caches and slices do not show in what random programs do (seed %i, %i harts)',
  async (seed, harts) => {
    const hash64 = await loadXxh64();
    const expected = traceOf(seed, harts, inOneGo, hash64);
    expect(expected.traps).toBeGreaterThan(30);
    expect(expected.traps).toBeLessThan(stepsTotal / 2);
    for (const [name, way] of Object.entries(ways))
      expect(traceOf(seed, harts, way, hash64).lines, name).toEqual(expected.lines);
  },
);
