/**
 * Tier equality: the reference evaluator and the engine's interpreter take the same random programs in lock-step, and
 * agree after every step; then the interpreter takes the program in one go. That both read a wrong row alike is for
 * the oracle's tests.
 */

import { beforeAll, expect, test } from 'vitest';
import { hartOffset } from '../../vmm/engine/layout.ts';
import { decode, expandCompressed, lengthOf } from '../../vmm/isa/decode.ts';
import { disassemble } from '../../vmm/isa/disassemble.ts';
import { placesOf } from '../../vmm/isa/fields.ts';
import type { Effect } from '../../vmm/isa/meaning.ts';
import { readsWrites } from '../../vmm/isa/reads-writes.ts';
import type { Row } from '../../vmm/isa/row.ts';
import { compressedRows, rows } from '../../vmm/isa/table.ts';
import type { Machine } from '../../vmm/machine/machine.ts';
import { hostOffset } from '../../vmm/machine/memory.ts';
import { floatValue, integerValue } from '../oracle/corners.ts';
import { Random } from '../oracle/random.ts';
import { createBench, place, ramBytes, step } from './fixture.ts';
import { Model, type ModelTrap, modelCsrs, OutsideWindow } from './model.ts';

const windowBase = 0x8000_0000;
const windowBytes = 0x4000;
const codeBase = 0x8080_0000;
const handler = 0x8090_0000;
const noReservation = 0xffff_ffff_ffff_ffffn;
const fsShift = 13;
/** Holds an address in the window, so that most accesses find memory. */
const pointer = 9;

/** They change the mode or wait; their own tests have them. */
const elsewhere = new Set(['mret', 'sret', 'wfi']);

let machine: Machine;
let model: Model;
const covered = new Set<string>();

beforeAll(() => {
  machine = createBench();
  model = new Model(windowBytes, ramBytes);
});

const hart = () => machine.harts[0]!;
const engineX = () => machine.memory.u64.subarray((hart().base + hartOffset.x) >>> 3).subarray(0, 32);
const engineF = () => machine.memory.u64.subarray((hart().base + hartOffset.f) >>> 3).subarray(0, 32);
const engineWindow = () => machine.memory.u8.subarray(hostOffset(windowBase), hostOffset(windowBase) + windowBytes);

// Programs

interface Program {
  readonly pc: number;
  readonly code: readonly number[];
}

const wordOfRow = (random: Random, row: Row): number => {
  let word = (row.match | (random.next() & ~row.mask)) >>> 0;
  const put = (key: string, value: number): void => {
    const place = placesOf(row).find((candidate) => candidate.key === key);
    if (place === undefined) return;
    const mask = ((1 << place.width) - 1) << place.low;
    word = ((word & ~mask) | (value << place.low)) >>> 0;
  };
  if (row.extension === 'Zicsr') put('csr', random.pick(Object.values(modelCsrs)));
  const found = readsWrites(word);
  if (found !== undefined && found.memory.length > 0 && !random.oneIn(12)) put('rs1', pointer);
  if (random.oneIn(6)) put('rd', 0);
  else if (random.oneIn(2)) put('rd', 10 + random.below(6)); // results become operands
  return word;
};

/** Half of all halves are in no other row than those of the stack pointer, so rows are drawn first. */
const halfOfRow = (random: Random, index: number): number => {
  const { mask, match } = compressedRows[index % compressedRows.length]!;
  return (match | (random.next() & ~mask & 0xffff)) >>> 0;
};

const mayRun = (word: number): boolean => {
  const full = lengthOf(word) === 2 ? expandCompressed(word) : word;
  const row = full === undefined ? undefined : decode(full);
  const csr = readsWrites(word)?.csr;
  return row === undefined || (!elsewhere.has(row.name) && (csr === undefined || knownCsrs.has(csr)));
};

const knownCsrs: ReadonlySet<number> = new Set(Object.values(modelCsrs));

const writesPointer = (word: number): boolean => readsWrites(word)?.xWritten.includes(pointer) === true;

/** Most instructions in turn of the rows, so that every row comes up; some compressed, some words of no row. */
const programOf = (random: Random, turn: number): Program => {
  const code: number[] = [];
  const length = 1 + random.below(16);
  while (code.length < length) {
    const kind = random.below(16);
    const at = turn + code.length * 7;
    const word =
      kind < 10
        ? wordOfRow(random, rows[at % rows.length]!)
        : kind < 15
          ? halfOfRow(random, at)
          : random.oneIn(2)
            ? (random.next() | 3) >>> 0
            : random.below(0x1_0000);
    if (mayRun(word) && (!writesPointer(word) || random.oneIn(8)))
      code.push(lengthOf(word) === 2 ? word & 0xffff : word);
  }
  // Often so that an instruction lies across the end of a page.
  return { pc: codeBase + 0x1000 - 2 * random.below(40), code };
};

const layCode = ({ pc, code }: Program): void => {
  place(machine, pc, ...code);
};

// State

interface Start {
  readonly x: BigUint64Array;
  readonly f: BigUint64Array;
  readonly window: Uint8Array;
  readonly pc: bigint;
  readonly fflags: number;
  readonly frm: number;
  readonly fs: number;
  readonly mscratch: bigint;
  readonly reservation: bigint | undefined;
}

const startOf = (random: Random, pc: number): Start => {
  const x = model.x.slice();
  const f = model.f.slice();
  for (let index = 1; index < 32; index += 1) if (!random.oneIn(3)) x[index] = integerValue(random);
  for (let index = 0; index < 32; index += 1) if (!random.oneIn(3)) f[index] = floatValue(random);
  for (const register of [pointer, 2, 8])
    x[register] = BigInt(windowBase + 0x1000 + (random.oneIn(3) ? random.below(0x2000) : 8 * random.below(0x400)));
  return {
    x,
    f,
    window: model.window.slice(),
    pc: BigInt(pc),
    fflags: random.oneIn(2) ? model.fflags : random.below(32),
    frm: random.below(8) % 7 === 6 ? random.below(8) : random.below(5),
    fs: random.oneIn(12) ? 0 : 1 + random.below(3),
    mscratch: model.mscratch,
    reservation: model.reservation,
  };
};

const enterModel = (start: Start): void => {
  model.x.set(start.x);
  model.f.set(start.f);
  model.window.set(start.window);
  model.pc = start.pc;
  model.fflags = start.fflags;
  model.frm = start.frm;
  model.mscratch = start.mscratch;
  model.reservation = start.reservation;
  model.floatIsOff = start.fs === 0;
  model.floatIsDirty = start.fs === 3;
};

const enterEngine = (start: Start): void => {
  engineX().set(start.x);
  engineF().set(start.f);
  engineWindow().set(start.window);
  hart().set('pc', start.pc);
  hart().setLow('fflags', start.fflags);
  hart().setLow('frm', start.frm);
  hart().set('mscratch', start.mscratch);
  hart().set('mstatus', BigInt(start.fs << fsShift));
  hart().set('mtvec', BigInt(handler));
  hart().set('reservation', reservationOf(start.reservation));
};

const reservationOf = (address: bigint | undefined): bigint => address ?? noReservation;

/** What differs between engine and model, in words; empty when nothing does. */
const differences = (trap: ModelTrap | undefined): string[] => {
  const found: string[] = [];
  const compare = (name: string, engine: bigint | number, expected: bigint | number): void => {
    if (engine !== expected) found.push(`${name}: expected 0x${expected.toString(16)}, found 0x${engine.toString(16)}`);
  };
  const x = engineX();
  const f = engineF();
  for (let index = 0; index < 32; index += 1) {
    compare(`x${index}`, x[index]!, model.x[index]!);
    compare(`f${index}`, f[index]!, model.f[index]!);
  }
  compare('pc', hart().get('pc'), trap === undefined ? model.pc : BigInt(handler));
  compare('fflags', hart().low('fflags'), model.fflags);
  compare('frm', hart().low('frm'), model.frm);
  compare('mscratch', hart().get('mscratch'), model.mscratch);
  compare('reservation', hart().get('reservation'), reservationOf(model.reservation));
  if (model.floatIsDirty) compare('mstatus.FS', (hart().low('mstatus') >>> fsShift) & 3, 3);
  if (trap !== undefined) {
    compare('mcause', hart().get('mcause'), trap.cause);
    compare('mtval', hart().get('mtval'), trap.tval);
    compare('mepc', hart().get('mepc'), model.pc);
  }
  const difference = Buffer.compare(engineWindow(), model.window);
  if (difference !== 0) found.push('memory');
  return found;
};

const cover = (word: number): void => {
  const full = lengthOf(word) === 2 ? expandCompressed(word) : word;
  const row = full === undefined ? undefined : decode(full);
  if (row !== undefined) covered.add(row.name);
  if (lengthOf(word) === 2) covered.add(disassemble(word, 0n).mnemonic);
};

const stepModel = (word: number): ModelTrap | undefined | 'outside' => {
  try {
    return model.step(word);
  } catch (thrown) {
    if (thrown instanceof OutsideWindow) return 'outside';
    throw thrown;
  }
};

/** Runs a program on both; gives the steps that it took. */
const check = (random: Random, turn: number): number => {
  const program = programOf(random, turn);
  const start = startOf(random, program.pc);
  enterModel(start);
  enterEngine(start);
  layCode(program);
  let at = BigInt(program.pc);
  let steps = 0;
  let trap: ModelTrap | undefined;
  for (const word of program.code) {
    const result = stepModel(word);
    if (result === 'outside') break;
    trap = result;
    step(machine);
    steps += 1;
    const found = differences(trap);
    if (found.length > 0) {
      const { text } = disassemble(word, at);
      expect.fail(`turn ${turn}, step ${steps}: ${text} (0x${word.toString(16)})\n${found.join('\n')}`);
    }
    if (trap === undefined) cover(word);
    at += BigInt(lengthOf(word));
    if (trap !== undefined || model.pc !== at) break;
  }
  enterEngine(start);
  machine.translations.dropAll();
  step(machine, steps);
  const found = differences(trap);
  if (found.length > 0) expect.fail(`turn ${turn}, ${steps} steps in one go differ:\n${found.join('\n')}`);
  return steps;
};

const meaningIs = (effect: Effect, k: Effect['k']): boolean =>
  effect.k === k || (effect.k === 'sequence' && effect.effects.some((inner) => meaningIs(inner, k)));

test('the evaluator and the interpreter agree on x, f, pc, flags and memory after every step of random programs', () => {
  const random = new Random(1);
  for (const index of engineWindow().keys()) model.window[index] = random.next();
  let steps = 0;
  for (let turn = 0; turn < 9_000; turn += 1) steps += check(random, turn);
  expect(steps).toBeGreaterThan(20_000);
});

test('every row without a trap of its own was executed, and every compressed one', () => {
  const traps = new Set(['ecall', 'ebreak', 'c.ebreak', ...elsewhere]);
  const missing = [...rows, ...compressedRows]
    .map(({ name }) => name)
    .filter((name) => !traps.has(name) && !covered.has(name));
  expect(missing).toEqual([]);
  expect(rows.filter(({ meaning }) => meaningIs(meaning, 'jump')).map(({ name }) => name)).toEqual(['jal', 'jalr']);
});
