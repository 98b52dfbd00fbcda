/** Clocks at the end of their range: no moment depends on how a run is portioned, and nothing waits for what is in the past. */

import { expect, test } from 'vitest';
import { moment } from '../../traces/time.ts';
import type { Machine } from '../../vmm/machine/machine.ts';
import { createBench, type Instruction, place, set, step } from '../engine/fixture.ts';

const code = 0x8010_0000;
const spin: Instruction = ['jal', { rd: 0, imm: 0n }];
const mtime = 0x0200_bff8n;
const mtimecmp = 0x0200_4000n;
const rtc = 0x0010_1000;

test('a timer comes at one moment after the guest has put mtime to numbers that are not all exact', () => {
  const create = (): Machine => {
    const machine = createBench({ stepsPerTick: 10 });
    place(machine, code, ['sd', { rs1: 11, rs2: 12 }], ['sd', { rs1: 13, rs2: 14 }], spin);
    place(machine, code + 0x1000, spin);
    set(machine, { pc: code, mtvec: code + 0x1000, mie: 1 << 7, mstatus: 8 });
    set(machine, { x11: mtime, x12: 2n ** 60n, x13: mtimecmp, x14: 2n ** 53n + 4n });
    return machine;
  };
  const end = 100;
  const trapMoment = (portion: number): number => {
    const machine = create();
    while (machine.harts[0]!.traps === 0 && machine.now < end) {
      machine.restore(machine.save());
      machine.run(moment(Math.min(end, machine.now + portion)), { traps: true });
    }
    return machine.now;
  };
  expect(trapMoment(1)).toBe(trapMoment(end));
});

test('an alarm in the last tick before 2^64 ns', () => {
  const machine = createBench();
  const put = (offset: number, value: number): void => void machine.bus.write(rtc + offset, 4, BigInt(value));
  put(0x04, 0xffff_ffff); // the time: 1,024 ns before
  put(0x00, 0xffff_fc00);
  put(0x0c, 0xffff_ffff);
  put(0x08, 0xffff_ffff);
  place(machine, code, ['wfi'], spin);
  set(machine, { pc: code });
  const { board } = machine;
  const alarmTicks = board.rtc.alarmTicks.bind(board.rtc);
  let asked = 0;
  board.rtc.alarmTicks = () => {
    asked += 1;
    if (asked > 1000) throw new Error('it is asked for ever');
    return alarmTicks();
  };
  expect(step(machine, 100).reason).toBe('idle');
});
