/**
 * Everything happens at its moment: budgets are exact around traps, interrupts are taken at the first step at or after
 * the moment at which they become pending, and idle time, counters and reservations do not depend on slices.
 */

import { describe, expect, test } from 'vitest';
import { moment } from '../../traces/time.ts';
import { mstatus } from '../../vmm/machine/csr/status.ts';
import type { Machine } from '../../vmm/machine/machine.ts';
import type { Stop } from '../../vmm/machine/stops.ts';
import { createBench, type Instruction, openMemory, place, readDouble, S, set, step, writeDouble } from './fixture.ts';

const code = 0x8010_0000;
const handler = 0x8012_0000;
const data = 0x8013_0000n;
const clint = { msip: 0x0200_0000, mtimecmp: 0x0200_4000, mtime: 0x0200_bff8 } as const;
const stepsPerTick = 10;

const a0 = 10;
const a1 = 11;
const a2 = 12;
const a3 = 13;

const nop: Instruction = ['addi', {}];
const spin: Instruction = ['jal', { rd: 0, imm: 0n }];
const wfi: Instruction = ['wfi'];
const store = (rs2: number, rs1: number): Instruction => ['sd', { rs1, rs2 }];
const readCsr = (rd: number, csr: number): Instruction => ['csrrs', { rd, csr, rs1: 0 }];

const mie = { msi: 1 << 3, mti: 1 << 7, sti: 1 << 5 } as const;
const interrupt = 1n << 63n;

/** One hart in M at `code`, its handler spinning; `registers` as they are set. */
const machineWith = (
  program: readonly Instruction[],
  registers: Readonly<Record<string, bigint | number>> = {},
): Machine => {
  const machine = createBench();
  place(machine, code, ...program);
  place(machine, handler, spin);
  set(machine, { pc: code, mtvec: handler, ...registers });
  return machine;
};

const pcOf = (machine: Machine, hart = 0): number => Number(machine.harts[hart]!.get('pc'));

describe('budgets', () => {
  const trapping: readonly (readonly [string, Instruction])[] = [
    ['an ecall', ['ecall']],
    ['an illegal word', 0xffff_ffff],
    ['a load from nowhere', ['ld', { rd: a2, rs1: 0 }]],
    ['an ebreak', ['ebreak']],
  ];

  test.each(trapping)('%s is one step, and so is each instruction of its handler', (_name, instruction) => {
    const machine = createBench();
    place(machine, code, nop, instruction, ['jal', { rd: 0, imm: -8n }]);
    const skip: Instruction[] = [
      readCsr(a0, 0x341),
      ['addi', { rd: a0, rs1: a0, imm: 4n }],
      ['csrrw', { csr: 0x341, rs1: a0 }],
      ['mret'],
    ];
    place(machine, handler, ...skip);
    set(machine, { pc: code, mtvec: handler });
    const turn = [code, code + 4, handler, handler + 4, handler + 8, handler + 12, code + 8];
    for (let steps = 1; steps < 40; steps += 1) {
      expect(step(machine)).toEqual({ reason: 'until' });
      expect([machine.now, pcOf(machine)]).toEqual([steps, turn[steps % turn.length]]);
    }
    set(machine, { pc: code });
    for (const steps of [5, 13, 1, 2, 100, 3]) {
      const before = turn.indexOf(pcOf(machine));
      const now = machine.now;
      step(machine, steps);
      expect([machine.now, pcOf(machine)]).toEqual([now + steps, turn[(before + steps) % turn.length]]);
    }
  });

  test('a stop at traps comes right after the trap', () => {
    const machine = machineWith([nop, nop, ['ecall']]);
    expect(step(machine, 100, { traps: true })).toEqual({ reason: 'trap', hart: 0, interrupt: false });
    expect([machine.now, pcOf(machine)]).toEqual([3, handler]);
  });

  test('a breakpoint stops before its instruction, at the present moment too', () => {
    const machine = machineWith([nop, nop, nop]);
    machine.engine.arm([BigInt(code + 4)]);
    const hit: Stop = { reason: 'breakpoint', hart: 0, pc: BigInt(code + 4) };
    for (let time = 0; time < 2; time += 1) {
      expect(step(machine, 100, { armed: true })).toEqual(hit);
      expect(machine.now).toBe(1);
    }
  });

  test('a program that switches the machine off stops at the moment after its store', () => {
    const machine = machineWith([nop, ['sw', { rs1: a0, rs2: a1 }], nop], { a0: 0x10_0000, a1: 0x5555 });
    expect(step(machine, 100)).toEqual({ reason: 'power', action: 'off', exitCode: 0 });
    expect([machine.now, pcOf(machine)]).toEqual([2, code + 8]);
    expect(step(machine, 100).reason).toBe('power');
  });
});

/** Sets mtimecmp of hart 0 between steps. */
const timer = (machine: Machine, ticks: number): void => {
  machine.board.clint.write(clint.mtimecmp - clint.msip, 8, BigInt(ticks));
};

describe('the machine timer', () => {
  const armedAt = (ticks: number): Machine => {
    const machine = machineWith([spin], { mie: mie.mti, mstatus: mstatus.mie });
    timer(machine, ticks);
    return machine;
  };

  test.each([1, 2, 3, 7, 50])(
    'mtimecmp of %i ticks is taken as the step at the moment the clock reaches it',
    (ticks) => {
      const due = ticks * stepsPerTick;
      for (const portion of [1, 3, due - 1, due, due + 1, due + 50]) {
        const machine = armedAt(ticks);
        while (machine.now < due) machine.run(moment(Math.min(due, machine.now + portion)));
        expect([machine.now, pcOf(machine)]).toEqual([due, code]);
        step(machine);
        expect([machine.now, pcOf(machine)]).toEqual([due + 1, handler]);
        expect(machine.harts[0]!.get('mcause')).toBe(interrupt | 7n);
        expect(machine.harts[0]!.get('mepc')).toBe(BigInt(code));
      }
    },
  );

  test('the stop at an interrupt says that it is one', () => {
    const machine = armedAt(3);
    expect(step(machine, 100, { traps: true })).toEqual({ reason: 'trap', hart: 0, interrupt: true });
    expect(machine.now).toBe(31);
  });

  test('a compare that has passed when it is written is taken before the next instruction', () => {
    const machine = machineWith([nop, store(0, a0), nop], {
      a0: clint.mtimecmp,
      mie: mie.mti,
      mstatus: mstatus.mie,
    });
    step(machine, 3);
    expect([pcOf(machine), machine.harts[0]!.get('mepc')]).toEqual([handler, BigInt(code + 8)]);
  });

  test('enabling interrupts when one is pending lets it in before the next instruction', () => {
    const program: Instruction[] = [nop, ['csrrsi', { csr: 0x300, zimm: mstatus.mie }], nop];
    const machine = machineWith(program, { mie: mie.mti });
    timer(machine, 0);
    step(machine, 3);
    expect([pcOf(machine), machine.harts[0]!.get('mepc')]).toEqual([handler, BigInt(code + 8)]);
  });

  test('enabling its bit in mie lets a pending interrupt in before the next instruction', () => {
    const program: Instruction[] = [nop, ['csrrw', { csr: 0x304, rs1: a0 }], nop];
    const machine = machineWith(program, { a0: mie.mti, mstatus: mstatus.mie });
    timer(machine, 0);
    step(machine, 3);
    expect([pcOf(machine), machine.harts[0]!.get('mepc')]).toEqual([handler, BigInt(code + 8)]);
  });

  test('mret that enables interrupts lets a pending one in before the instruction it returns to', () => {
    const machine = machineWith([['mret']], { mie: mie.mti, mstatus: mstatus.mpie | mstatus.mpp, mepc: data });
    timer(machine, 0);
    step(machine, 2);
    expect([pcOf(machine), machine.harts[0]!.get('mepc')]).toEqual([handler, data]);
  });

  test('setting mtime forward past the compare lets the interrupt in before the next instruction', () => {
    const program: Instruction[] = [nop, store(a1, a0), nop];
    const machine = machineWith(program, { a0: clint.mtime, a1: 5000, mie: mie.mti, mstatus: mstatus.mie });
    timer(machine, 5000);
    step(machine, 3);
    expect([pcOf(machine), machine.harts[0]!.get('mepc')]).toEqual([handler, BigInt(code + 8)]);
  });

  test('setting mtime back puts the interrupt off by as much', () => {
    const machine = machineWith([store(0, a0), spin], { a0: clint.mtime, mie: mie.mti, mstatus: mstatus.mie });
    timer(machine, 4);
    machine.run(moment(25));
    set(machine, { pc: code });
    step(machine); // the clock is 0 at moment 25
    expect(pcOf(machine)).toBe(code + 4);
    machine.run(moment(25 + 40));
    expect(pcOf(machine)).toBe(code + 4);
    step(machine);
    expect(pcOf(machine)).toBe(handler);
  });

  test('mip shows the timer from the first moment of its tick, in the middle of a slice', () => {
    const machine = machineWith(Array.from({ length: 30 }, () => readCsr(a0, 0x344)));
    timer(machine, 2);
    step(machine, 20);
    expect(machine.harts[0]!.x(a0)).toBe(0n);
    step(machine);
    expect(machine.harts[0]!.x(a0)).toBe(BigInt(mie.mti));
  });

  test('stimecmp is taken at its moment in S', () => {
    const machine = machineWith([spin], {
      ...openMemory,
      menvcfg: 1n << 63n,
      mideleg: mie.sti,
      mie: mie.sti,
      mstatus: mstatus.sie,
      stvec: handler,
      privilege: S,
    });
    machine.apply({ kind: 'setRegister', hart: 0, register: 'stimecmp', value: 6n, at: machine.now });
    machine.run(moment(60));
    expect(pcOf(machine)).toBe(code);
    step(machine);
    expect([pcOf(machine), machine.harts[0]!.get('scause')]).toEqual([handler, interrupt | 5n]);
  });

  test('a software interrupt that a hart sends itself is taken before its next instruction', () => {
    const program: Instruction[] = [nop, ['sw', { rs1: a0, rs2: a1 }], nop];
    const machine = machineWith(program, { a0: clint.msip, a1: 1, mie: mie.msi, mstatus: mstatus.mie });
    step(machine, 3);
    expect([pcOf(machine), machine.harts[0]!.get('mcause')]).toEqual([handler, interrupt | 3n]);
    expect(machine.harts[0]!.get('mepc')).toBe(BigInt(code + 8));
  });

  test('an interrupt comes before the exception of the instruction that it stands before', () => {
    const machine = machineWith([['ecall']], { mie: mie.mti, mstatus: mstatus.mie });
    timer(machine, 0);
    step(machine);
    expect([machine.harts[0]!.get('mcause'), machine.harts[0]!.get('mepc')]).toEqual([interrupt | 7n, BigInt(code)]);
  });
});

describe('wfi', () => {
  test('idle time is skipped to the exact tick, and takes no step', () => {
    const machine = machineWith([wfi, spin], { mie: mie.mti, mstatus: mstatus.mie });
    timer(machine, 1234);
    step(machine);
    expect([machine.now, machine.ticks, pcOf(machine)]).toEqual([1, 0, code + 4]);
    step(machine);
    expect([machine.now, machine.ticks, pcOf(machine)]).toEqual([2, 1234, handler]);
    expect(machine.harts[0]!.get('mepc')).toBe(BigInt(code + 4));
  });

  test('with interrupts off it goes on after itself when one is pending', () => {
    const machine = machineWith([wfi, nop, spin], { mie: mie.mti });
    timer(machine, 77);
    step(machine, 2);
    expect([machine.ticks, pcOf(machine)]).toEqual([77, code + 8]);
  });

  test('it does not wait when an interrupt is already pending', () => {
    const machine = machineWith([wfi, nop], { mie: mie.mti });
    timer(machine, 0);
    step(machine, 2);
    expect([machine.ticks, pcOf(machine)]).toEqual([0, code + 8]);
  });

  test('a machine that waits for nothing stops as idle, any number of times', () => {
    const machine = machineWith([wfi, nop]);
    for (let time = 0; time < 3; time += 1) {
      expect(step(machine, 100)).toEqual({ reason: 'idle', untilTicks: undefined });
      expect(machine.now).toBe(1);
    }
  });

  test('a machine that waits out its idle time says until when, and goes on when the clock gets there', () => {
    const machine = createBench({ idlePolicy: 'wait' });
    place(machine, code, wfi, nop, spin);
    set(machine, { pc: code, mtvec: handler, mie: mie.mti });
    timer(machine, 500);
    expect(step(machine, 100)).toEqual({ reason: 'idle', untilTicks: 500 });
    machine.apply({ kind: 'clock', ticks: 499, at: machine.now });
    expect(step(machine, 100)).toEqual({ reason: 'idle', untilTicks: 500 });
    machine.apply({ kind: 'clock', ticks: 500, at: machine.now });
    step(machine);
    expect(pcOf(machine)).toBe(code + 8);
  });
});

describe('counters', () => {
  test('cycle, instret and time are exact in the middle of a slice', () => {
    const program = Array.from({ length: 25 }, (_, index) =>
      readCsr(a0 + (index % 3), [0xc00, 0xc02, 0xc01][index % 3]!),
    );
    const sliced: bigint[][] = [1, 25].map((portion) => {
      const machine = machineWith(program);
      while (machine.now < 25) step(machine, portion);
      return [machine.harts[0]!.x(a0), machine.harts[0]!.x(a1), machine.harts[0]!.x(a2)];
    });
    expect(sliced).toEqual([
      [24n, 22n, 2n],
      [24n, 22n, 2n],
    ]);
  });

  test('a trap and an interrupt count as steps and not as instructions retired', () => {
    const machine = machineWith([nop, ['ecall']], { mtvec: handler });
    place(machine, handler, readCsr(a0, 0xb00), readCsr(a1, 0xb02));
    step(machine, 4);
    expect([machine.harts[0]!.x(a0), machine.harts[0]!.x(a1)]).toEqual([2n, 2n]); // cycles 0 and 1; then 3 - 1 trap
  });
});

describe('reservations', () => {
  const lr: Instruction = ['lr.d', { rd: a1, rs1: a0 }];
  const sc: Instruction = ['sc.d', { rd: a2, rs1: a0, rs2: a3 }];

  /** Runs the program from one hart; gives what the last sc gave (0 success) and the double word then. */
  const check = (program: readonly Instruction[], expected: { failed: bigint; memory: bigint }): void => {
    for (const portion of [1, program.length]) {
      const machine = machineWith(program, { a0: data, a3: 5, a2: 9, a4: data + 8n });
      writeDouble(machine, Number(data), 1n);
      while (machine.now < program.length) step(machine, portion);
      const memory = readDouble(machine, Number(data));
      expect({ failed: machine.harts[0]!.x(a2), memory }).toEqual(expected);
    }
  };

  test('sc after lr stores', () => check([lr, sc], { failed: 0n, memory: 5n }));
  test('sc without lr fails', () => check([sc], { failed: 1n, memory: 1n }));
  test('a second sc fails', () => check([lr, sc, ['addi', { rd: a3, imm: 7n }], sc], { failed: 1n, memory: 5n }));
  test('sc to another address fails and ends the reservation', () =>
    check([lr, ['sc.d', { rd: a2, rs1: 14, rs2: a3 }], sc], { failed: 1n, memory: 1n }));
  test('sc after lr of another address fails', () =>
    check([lr, ['lr.d', { rd: a1, rs1: 14 }], sc], { failed: 1n, memory: 1n }));
  test('sc.w after lr.w stores four bytes', () =>
    check(
      [
        ['lr.w', { rd: a1, rs1: a0 }],
        ['addi', { rd: a3, imm: -1n }],
        ['sc.w', { rd: a2, rs1: a0, rs2: a3 }],
      ],
      {
        failed: 0n,
        memory: 0xffff_ffffn,
      },
    ));

  test('a reservation is lost where harts change over', () => {
    const machine = createBench({ harts: 2, quantumSteps: 5 });
    place(machine, code, lr, nop, nop, nop, nop, sc, spin);
    place(machine, handler, spin);
    writeDouble(machine, Number(data), 1n);
    set(machine, { pc: code, a0: data, a3: 5, a2: 9 });
    set(machine, { pc: handler }, 1);
    machine.harts[1]!.setLow('hsmState', 0);
    step(machine, 20);
    expect(machine.harts[0]!.x(a2)).toBe(1n);
  });

  test('a reservation is kept at the end of a quantum when no other hart can run', () => {
    const machine = createBench({ quantumSteps: 5 });
    place(machine, code, lr, nop, nop, nop, nop, sc, spin);
    set(machine, { pc: code, a0: data, a3: 5, a2: 9 });
    step(machine, 20);
    expect(machine.harts[0]!.x(a2)).toBe(0n);
  });

  test('each hart makes exactly its quantum of steps in turn', () => {
    const machine = createBench({ harts: 3, quantumSteps: 7 });
    place(machine, code, spin);
    for (const hart of [0, 1, 2]) {
      set(machine, { pc: code }, hart);
      machine.harts[hart]!.setLow('hsmState', 0);
    }
    for (let now = 1; now <= 60; now += 1) {
      step(machine);
      const turns = Math.floor(now / 7);
      const expected = [0, 1, 2].map((hart) => {
        const whole = Math.floor((turns + 2 - hart) / 3) * 7;
        return turns % 3 === hart ? whole + (now % 7) : whole;
      });
      expect(machine.harts.map((hart) => hart.count('steps'))).toEqual(expected);
    }
  });
});
