/**
 * A machine with breakpoints and watched ranges stops at the same moments whether its code is translated or interpreted: every
 * arrival at a breakpoint, every write, and nothing else that the filter does not let through.
 */

import { join, resolve } from 'node:path';
import { describe, expect, test } from 'vitest';
import { virtualPolicy } from '../../adapter/boot/configuration.ts';
import { parseMachineOptions } from '../../adapter/cli/qemu-options.ts';
import { createRecording } from '../../adapter/session/record.ts';
import { noCheckpoints } from '../../adapter/session/session.ts';
import { moment } from '../../traces/time.ts';
import type { Machine } from '../../vmm/machine/machine.ts';
import type { RunOptions, Stop } from '../../vmm/machine/stops.ts';
import { Random } from '../oracle/random.ts';
import { createBench, type Instruction, place, set, step } from './fixture.ts';

const guests = resolve(import.meta.dirname, '../guests');

const machineOf = async (guest: string): Promise<Machine> => {
  const session = await createRecording({
    options: parseMachineOptions(`-M virt -m 64M -bios none -nographic -kernel ${join(guests, guest)}`.split(' ')),
    policy: virtualPolicy,
    checkpoints: noCheckpoints,
    console: () => undefined,
  });
  return session.machine;
};

/** Addresses of instructions that are executed on the way: what is sampled is mostly hot, some of it is not. */
const sampledAddresses = async (guest: string, until: number, count: number): Promise<bigint[]> => {
  const machine = await machineOf(guest);
  const random = new Random(7);
  const found = new Set<bigint>();
  for (let tries = 0; found.size < count && tries < 200; tries += 1) {
    machine.run(moment(Math.min(until, machine.now + 1 + random.below((2 * until) / count))));
    found.add(machine.harts[0]!.get('pc'));
    if (machine.now >= until) break;
  }
  return [...found];
};

/** Everything that somebody who looks at a hart may see, and how far it has come. */
const seenOf = (machine: Machine): string => {
  const [hart] = machine.harts;
  const registers = Array.from({ length: 32 }, (_, number) => [hart!.x(number), hart!.f(number)]);
  return [
    machine.now,
    hart!.get('pc'),
    registers,
    hart!.steps,
    hart!.traps,
    hart!.get('mstatus'),
    machine.ticks,
  ].join();
};

interface Arms {
  readonly addresses: readonly bigint[];
  readonly options: RunOptions;
  readonly until: number;
}

/** Moment, reason and pc of each stop. */
const stopsOf = (machine: Machine, { addresses, options, until }: Arms): string[] => {
  machine.engine.arm(addresses);
  const stops: string[] = [];
  for (let passing = false; machine.now < until && stops.length < 20_000; ) {
    const stop = passing
      ? machine.run(moment(machine.now + 1), { ...options, armed: false })
      : machine.run(moment(until), options);
    passing = false;
    if (stop.reason === 'breakpoint') {
      passing = true;
      if (!addresses.includes(stop.pc)) continue; // the filter's
    }
    if (stop.reason === 'power') break;
    if (stop.reason !== 'until') stops.push(`${machine.now} ${stop.reason} ${machine.harts[0]!.get('pc')}`);
  }
  return stops;
};

/** What is seen at each breakpoint, when the machine stops there (`each`) or is asked and stops at some of them only. */
const seenAtBreakpoints = (
  machine: Machine,
  { addresses, options, until }: Arms,
  stopping: 'each' | 'some',
): string[] => {
  machine.engine.arm(addresses);
  const seen: string[] = [];
  const look = (): void => {
    if (addresses.includes(machine.harts[0]!.get('pc'))) seen.push(seenOf(machine));
  };
  const random = new Random(5);
  const stopsAt = (): boolean => {
    look();
    return random.oneIn(9);
  };
  const asking = { ...options, armed: true, ...(stopping === 'some' && { stopsAt }) };
  for (let passing = false; machine.now < until && seen.length < 20_000; ) {
    const portion = Math.min(until, machine.now + 1 + random.below(50_000));
    const stop: Stop = passing
      ? machine.run(moment(machine.now + 1), { ...options, armed: false })
      : machine.run(moment(portion), asking);
    if (stop.reason === 'power') break;
    passing = stop.reason === 'breakpoint';
    if (passing && stopping === 'each') look();
  }
  return seen;
};

const tiers: Readonly<Record<string, (machine: Machine) => void>> = {
  'translated when hot': ({ engine }) => {
    engine.armedInterpretedSteps = 1_000;
  },
  'translated at once': ({ engine }) => engine.translateEagerly(),
  'translated when the breakpoints have been there for long': () => undefined,
};

const check = async (guest: string, arms: Arms): Promise<number> => {
  const interpreted = await machineOf(guest);
  interpreted.engine.translating = false;
  const expected = stopsOf(interpreted, arms);
  for (const [name, begin] of Object.entries(tiers)) {
    const machine = await machineOf(guest);
    begin(machine);
    expect([name, stopsOf(machine, arms)]).toEqual([name, expected]);
  }
  return expected.length;
};

const until = 3_000_000;

describe.each(['demo/demo.elf', 'bench/bytecode.elf', 'bench/calls.elf', 'bench/spaces.elf'])('%s', (guest) => {
  test('comes to the same breakpoints at the same moments', async () => {
    for (const count of [1, 4, 40]) {
      const addresses = await sampledAddresses(guest, until, count);
      expect(await check(guest, { addresses, options: { armed: true }, until })).toBeGreaterThan(0);
    }
  });

  test('is asked at the same breakpoints, which see the same as where it stops', async () => {
    const addresses = await sampledAddresses(guest, until, 12);
    for (const options of [{}, { traps: true }]) {
      const interpreted = await machineOf(guest);
      interpreted.engine.translating = false;
      const expected = seenAtBreakpoints(interpreted, { addresses, options, until }, 'each');
      expect(expected.length).toBeGreaterThan(100);
      for (const [name, begin] of Object.entries(tiers)) {
        const machine = await machineOf(guest);
        begin(machine);
        const seen = seenAtBreakpoints(machine, { addresses, options, until }, 'some');
        expect(seen.length).toBeGreaterThanOrEqual(expected.length);
        expect([name, seen.slice(0, expected.length)]).toEqual([name, expected]);
      }
    }
  });

  test('writes to the same watched bytes at the same moments', async () => {
    const machine = await machineOf(guest);
    machine.run(moment(until / 2));
    const sp = Number(machine.harts[0]!.x(2) & 0x3ff_ffffn) + 0x8000_0000;
    const watch = [{ address: sp - 64, sizeBytes: 128 }];
    await check(guest, { addresses: [], options: { watch }, until });
  });

  test('reads the same watched bytes at the same moments', async () => {
    const machine = await machineOf(guest);
    machine.run(moment(until / 2));
    const sp = Number(machine.harts[0]!.x(2) & 0x3ff_ffffn) + 0x8000_0000;
    for (const access of ['read', 'readWrite'] as const) {
      await check(guest, { addresses: [], options: { watch: [{ address: sp - 64, sizeBytes: 128, access }] }, until });
    }
  });

  test('returns from traps, changes its address space and prints at the same moments', async () => {
    const options = { traps: true, returns: true, spaces: true, prints: true };
    await check(guest, { addresses: [], options, until });
    await check(guest, { addresses: [], options: { returns: true }, until });
    await check(guest, { addresses: [], options: { spaces: true }, until });
  });

  test('enters the same traps, also with breakpoints', async () => {
    const addresses = await sampledAddresses(guest, until, 5);
    await check(guest, { addresses, options: { armed: true, traps: true }, until });
  });
});

test('breakpoints that come and go leave nothing behind', async () => {
  const guest = 'bench/mix.elf';
  const addresses = await sampledAddresses(guest, until, 20);
  const moves = (machine: Machine): string[] => {
    const random = new Random(3);
    const found: string[] = [];
    while (machine.now < 2 * until) {
      const chosen = addresses.filter(() => random.oneIn(4));
      const to = Math.min(2 * until, machine.now + 1 + random.below(400_000));
      found.push(...stopsOf(machine, { addresses: chosen, options: { armed: random.oneIn(2) }, until: to }).slice(-3));
    }
    return found;
  };
  const interpreted = await machineOf(guest);
  interpreted.engine.translating = false;
  const expected = moves(interpreted);
  const machine = await machineOf(guest);
  tiers['translated when hot']!(machine);
  expect(moves(machine)).toEqual(expected);
});

test('a run that stops at returns from traps tells none from before the breakpoint where it begins', () => {
  const machine = createBench();
  const [code, target] = [0x8010_0000, 0x8010_0100];
  const nop: Instruction = ['addi', {}];
  place(machine, code, ['mret']);
  place(machine, target, ...new Array<Instruction>(8).fill(nop), ['jal', { rd: 0, imm: 0n }]);
  set(machine, { pc: code, mepc: target, mstatus: 0x1800 });
  machine.engine.armedInterpretedSteps = 0;
  machine.engine.arm([BigInt(target + 8)]);
  expect([step(machine, 100, { armed: true }).reason, machine.now]).toEqual(['breakpoint', 3]);
  expect(step(machine, 5, { returns: true }).reason).toBe('until');
});
