/** CSR accesses of the interpreter without JS: what is done gives what the machine gives, and the rest is left to it. */

import { describe, expect, test } from 'vitest';
import { defineCsrFunction } from '../../vmm/engine/csr-function.ts';
import {
  hartBase,
  hartOffset,
  hartStateBytes,
  hartTlbPointers,
  machineBase,
  machineOffset,
  scratch,
} from '../../vmm/engine/layout.ts';
import { defineTime } from '../../vmm/engine/time.ts';
import { Clock } from '../../vmm/machine/clock.ts';
import { mstatus, mstatusKept } from '../../vmm/machine/csr/status.ts';
import type { Hart } from '../../vmm/machine/hart.ts';
import { dataContext, fetchContext } from '../../vmm/machine/mmu.ts';
import { Translations } from '../../vmm/machine/translations.ts';
import { anyMemory, ModuleBuilder } from '../../vmm/wasm/module.ts';
import { at, csrWord, execute, freshHart, M, S, U } from '../machine/system-fixture.ts';

const access = ((): ((hart: Hart, word: number, budget?: number) => boolean) => {
  const module = new ModuleBuilder(anyMemory, 'csr');
  defineCsrFunction(module, defineTime(module));
  const { wasm } = freshHart().memory;
  const { exports } = new WebAssembly.Instance(new WebAssembly.Module(module.finish()), { env: { memory: wasm } });
  const run = exports['csr'] as (base: number, word: number, budget: number) => number;
  return (hart, word, budget = 0) => run(hart.base, word, budget) !== 0;
})();

const ops = ['csrrw', 'csrrs', 'csrrc', 'csrrwi', 'csrrsi', 'csrrci'] as const;
const stateOf = ({ memory, id }: Hart): Buffer =>
  Buffer.from(memory.u8.slice(hartBase(id), hartBase(id) + hartStateBytes));
const translations = new Translations(freshHart().memory, 1);
const select = (hart: Hart): void => translations.select(hart, dataContext(hart), fetchContext(hart));
/** Where the TLBs are that the hart goes by. */
const tlbsOf = (hart: Hart): number[] =>
  Object.values(hartTlbPointers).map((pointer) => hart.memory.u32[(hart.base + pointer) >>> 2]!);

let state = 5;
const random = (below: number): number => {
  state = (Math.imul(state, 1_103_515_245) + 12_345) >>> 0;
  return Math.floor((state / 2 ** 32) * below);
};
const bits32 = (): number => (random(2 ** 16) << 16) | random(2 ** 16);

test('what is done to sstatus without the machine is what it does', () => {
  const done: string[] = [];
  for (let count = 0; count < 20_000; count += 1) {
    const hart = at(freshHart(), random(8) === 0 ? M : S);
    const someBits = random(2) === 0 ? bits32() : mstatus.sie | mstatus.fs | (random(2) === 0 ? mstatus.sum : 0);
    hart.set('mstatus', BigInt((someBits & mstatusKept) >>> 0));
    for (let register = 1; register < 32; register += 1) hart.setX(register, BigInt(bits32()));
    hart.setX(6, BigInt(random(4) * mstatus.sie) | (random(3) === 0 ? BigInt(mstatus.sum | mstatus.spie) : 0n));
    hart.setX(7, hart.get('mstatus') ^ BigInt(random(4) * mstatus.sie));
    const isPending = random(3) === 0;
    hart.set('lines', isPending ? 0x20n : 0n);
    hart.set('mie', random(3) === 0 ? 0n : 0x222n);
    const op = ops[random(ops.length)]!;
    const word = csrWord(op, 'sstatus', random(3) === 0 ? 0 : random(32), [6, 7, random(32)][random(3)]!);
    select(hart);
    const before = stateOf(hart);
    const isDone = access(hart, word);
    const without = stateOf(hart);
    const tlbs = tlbsOf(hart);
    if (!isDone) {
      expect(Buffer.compare(without, before)).toBe(0);
      continue;
    }
    hart.memory.u8.set(before, hartBase(hart.id));
    const pc = hart.get('pc');
    const { sum } = mstatus;
    const isOtherContext =
      ((Number(hart.get('mstatus')) ^ Number(without.readBigUInt64LE(hartOffset.mstatus))) & sum) !== 0;
    expect(execute(hart, op, word)).toBe(isOtherContext ? 1 : 0);
    hart.set('pc', pc);
    expect(Buffer.compare(without, stateOf(hart))).toBe(0);
    select(hart);
    expect(tlbs).toEqual(tlbsOf(hart));
    done.push(isOtherContext ? `${op} sum` : op);
  }
  for (const op of ops) expect(done.filter((each) => each === op).length).toBeGreaterThan(50);
  for (const op of ['csrrs', 'csrrc']) expect(done.filter((each) => each === `${op} sum`).length).toBeGreaterThan(50);
});

test('what is done to what a trap leaves without the machine is what it does', () => {
  const names = ['sscratch', 'sepc', 'scause', 'stval'];
  for (let count = 0; count < 5000; count += 1) {
    const hart = at(freshHart(), random(4) === 0 ? M : S);
    for (const field of names) hart.set(field as 'sepc', BigInt(bits32()) * 0x1_0001_0002n); // bit 0 of sepc is never set
    for (let register = 1; register < 32; register += 1) hart.setX(register, BigInt(bits32()) * 0x8001_0001n);
    const op = ops[random(ops.length)]!;
    const word = csrWord(op, names[random(4)]!, random(3) === 0 ? 0 : random(32), random(3) === 0 ? 0 : random(32));
    const before = stateOf(hart);
    expect(access(hart, word)).toBe(true);
    const without = stateOf(hart);
    hart.memory.u8.set(before, hartBase(hart.id));
    const pc = hart.get('pc');
    expect(execute(hart, op, word)).toBe(0);
    hart.set('pc', pc);
    expect(Buffer.compare(without, stateOf(hart))).toBe(0);
  }
});

const checkLeft = (sentence: string, prepare: (hart: Hart) => void, word: number): void =>
  test(`${sentence} is left to the machine`, () => {
    const hart = at(freshHart(), S);
    prepare(hart);
    const before = stateOf(hart);
    expect(access(hart, word)).toBe(false);
    expect(Buffer.compare(stateOf(hart), before)).toBe(0);
  });

checkLeft('another CSR', () => {}, csrWord('csrrs', 'stvec', 5, 0));
checkLeft('an access in U', (hart) => hart.setLow('privilege', U), csrWord('csrrs', 'sstatus', 5, 0));
checkLeft(
  'a change of SUM with MPRV',
  (hart) => {
    hart.setX(6, BigInt(mstatus.sum));
    hart.set('mstatus', BigInt(mstatus.mprv));
  },
  csrWord('csrrs', 'sstatus', 0, 6),
);
checkLeft('a change of MXR', (hart) => hart.setX(6, BigInt(mstatus.mxr)), csrWord('csrrs', 'sstatus', 0, 6));
checkLeft('what a trap leaves, in U,', (hart) => hart.setLow('privilege', U), csrWord('csrrs', 'sepc', 5, 0));
checkLeft('switching floating point off', (hart) => hart.set('mstatus', 0x6000n), csrWord('csrrw', 'sstatus', 0, 0));
checkLeft(
  'enabling interrupts when one is pending',
  (hart) => {
    hart.set('mie', 0x20n);
    hart.set('lines', 0x20n);
  },
  csrWord('csrrsi', 'sstatus', 0, mstatus.sie),
);

describe('time', () => {
  const read = csrWord('csrrs', 'time', 5, 0);

  test('is what the clock shows at the present step, at any rate', () => {
    for (let count = 0; count < 2000; count += 1) {
      const hart = at(freshHart(), M);
      const { f64, i32 } = hart.memory;
      const stepsPerTick = [1, 10, 100, 1000, 7][random(5)]!;
      const clockMoment = random(1e9);
      const now = clockMoment + random(1e6) * random(1e9);
      f64[(machineBase + machineOffset.now) >>> 3] = now;
      f64[scratch.stepsPerTick >>> 3] = stepsPerTick;
      const budget = random(2 ** 30);
      const made = 1 + random(2 ** 30);
      i32[scratch.sliceBudget >>> 2] = budget + made;
      const clock = new Clock(hart.memory, stepsPerTick);
      clock.set(clockMoment, random(2 ** 32) * random(2 ** 20));
      expect(access(hart, read, budget)).toBe(true);
      expect(hart.x(5)).toBe(BigInt(clock.ticksAt(now + made - 1)));
    }
  });

  for (const [level, machine, supervisor, isDone] of [
    [M, 0, 0, true],
    [S, 2, 0, true],
    [S, 5, 2, false],
    [U, 2, 2, true],
    [U, 2, 5, false],
    [U, 0, 2, false],
  ] as const)
    test(`in ${level} with mcounteren ${machine} and scounteren ${supervisor} is ${isDone ? 'read' : 'left'}`, () => {
      const hart = at(freshHart(), level);
      hart.set('mcounteren', BigInt(machine));
      hart.set('scounteren', BigInt(supervisor));
      expect(access(hart, read)).toBe(isDone);
    });

  for (const [op, source] of [
    ['csrrw', 0],
    ['csrrs', 6],
    ['csrrci', 1],
  ] as const)
    checkLeft(`${op} with source ${source}`, (hart) => hart.setLow('privilege', M), csrWord(op, 'time', 5, source));
});
