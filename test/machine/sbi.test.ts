/** The firmware inside the VMM, call by call; answers from the SBI specification 2.0. */

import { describe, expect, test } from 'vitest';
import { Hart } from '../../vmm/machine/hart.ts';
import { hostOffset, inRam } from '../../vmm/machine/memory.ts';
import { bootSupervisor, createSbi, parkSupervisor, type SbiServices } from '../../vmm/machine/sbi.ts';
import { access, execute, freshHart, freshServices, setWord } from './system-fixture.ts';

const setUp = () => {
  const first = freshHart();
  const harts = [first, new Hart(first.memory, 1), new Hart(first.memory, 2)];
  const { memory } = first;
  bootSupervisor(first, 0x8020_0000n, 0x8700_0000n);
  for (const hart of harts.slice(1)) parkSupervisor(hart);
  const told: string[] = [];
  const typed: number[] = [];
  const services: SbiServices = {
    harts,
    observer: { tableRead: () => {}, tableWritten: () => {} },
    setTimer: (hart, ticks) => told.push(`timer ${hart.id} ${ticks}`),
    startHart: (hart, pc, opaque) => {
      told.push(`start ${hart.id}`);
      bootSupervisor(hart, pc, opaque);
    },
    stopHart: (hart) => told.push(`stop ${hart.id}`),
    dropTranslations: (hart) => told.push(`drop ${hart.id}`),
    interruptsChanged: (hart) => told.push(`interrupts ${hart.id}`),
    output: (bytes) => told.push(`output ${new TextDecoder().decode(bytes)}`),
    input: () => typed.shift() ?? -1,
    power: (action, exitCode) => told.push(`${action} ${exitCode}`),
    readRam: (physical, lengthBytes) =>
      inRam(memory, physical, lengthBytes)
        ? memory.u8.slice(hostOffset(physical), hostOffset(physical) + lengthBytes)
        : undefined,
    writeRam: (physical, bytes) => {
      if (!inRam(memory, physical, bytes.length)) return false;
      memory.u8.set(bytes, hostOffset(physical));
      return true;
    },
  };
  return { harts, told, typed, sbi: createSbi(services) };
};

type Setup = ReturnType<typeof setUp>;

/** One call of hart 0: [a0 signed, a1]. */
const call = ({ harts, sbi }: Setup, extension: number, functionId: number, ...argument: readonly bigint[]) => {
  const hart = harts[0]!;
  hart.setX(17, BigInt(extension));
  hart.setX(16, BigInt(functionId));
  hart.setX(11, 0x77n);
  argument.forEach((value, index) => {
    hart.setX(10 + index, BigInt.asUintN(64, value));
  });
  expect(sbi(hart)).toBe(true);
  return [Number(BigInt.asIntN(64, hart.x(10))), hart.x(11)] as const;
};

const base = 0x10;
const time = 0x54494d45;
const ipi = 0x735049;
const rfence = 0x52464e43;
const hsm = 0x48534d;
const srst = 0x53525354;
const dbcn = 0x4442434e;

const check = (
  sentence: string,
  [extension, functionId, ...argument]: readonly [number, number, ...bigint[]],
  expected: { error: number; value?: bigint; told?: readonly string[] },
  before?: (setup: Setup) => void,
) =>
  test(sentence, () => {
    const setup = setUp();
    before?.(setup);
    const [error, value] = call(setup, extension, functionId, ...argument);
    expect({ error, told: setup.told }).toEqual({ error: expected.error, told: expected.told ?? [] });
    if (expected.value !== undefined) expect(value).toBe(expected.value);
  });

const notSupported = -2;
const invalidParameter = -3;
const invalidAddress = -5;
const alreadyAvailable = -6;
const everyHart = -1n;

describe('base (4)', () => {
  check('the specification is 2.0', [base, 0], { error: 0, value: 0x0200_0000n });
  check('an extension that exists is found', [base, 3, BigInt(hsm)], { error: 0, value: 1n });
  check('an extension that does not exist is not', [base, 3, 0x504d55n], { error: 0, value: 0n });
  check('a legacy extension is found', [base, 3, 1n], { error: 0, value: 1n });
  check('an unknown extension is not supported', [0x504d55, 0], { error: notSupported, value: 0n });
  check('an unknown function is not supported', [base, 7], { error: notSupported, value: 0n });
});

describe('timer and interrupts (6, 7)', () => {
  check('set_timer passes the value on', [time, 0, 123n], { error: 0, told: ['timer 0 123'] });
  check('send_ipi reaches the harts of the mask', [ipi, 0, 0b11n, 1n], {
    error: 0,
    told: ['interrupts 1', 'interrupts 2'],
  });
  check('a base of -1 is every hart', [ipi, 0, 0n, everyHart], {
    error: 0,
    told: ['interrupts 0', 'interrupts 1', 'interrupts 2'],
  });
  check('a bit that names no hart is an invalid parameter', [ipi, 0, 0b1000n, 0n], { error: invalidParameter });
  test('the receiver sees SSIP', () => {
    const setup = setUp();
    call(setup, ipi, 0, 1n, 2n);
    expect(setup.harts.map((hart) => hart.low('mip'))).toEqual([0, 0, 2]);
  });
});

describe('remote fences (8)', () => {
  check('fence.i has nothing to do', [rfence, 0, 1n, 0n], { error: 0 });
  check('sfence.vma drops translations', [rfence, 1, 0b101n, 0n, 0n, -1n], { error: 0, told: ['drop 0', 'drop 2'] });
  check('hfences are not supported', [rfence, 3, 1n, 0n], { error: notSupported });
});

describe('hart state (9)', () => {
  check('a started hart', [hsm, 2, 0n], { error: 0, value: 0n });
  check('a stopped hart', [hsm, 2, 1n], { error: 0, value: 1n });
  check('no such hart', [hsm, 2, 9n], { error: invalidParameter });
  check('starting a started hart', [hsm, 0, 0n, 0x8000_0000n, 0n], { error: alreadyAvailable });
  check('starting at an address that is not RAM', [hsm, 0, 1n, 0x1000n, 0n], { error: invalidAddress });
  test('a hart starts in S, untranslated, with its id and the opaque value (table 11)', () => {
    const setup = setUp();
    expect(call(setup, hsm, 0, 1n, 0x8000_4000n, 0xabcn)[0]).toBe(0);
    const hart = setup.harts[1]!;
    expect([hart.privilege, hart.get('pc'), hart.x(10), hart.x(11), hart.get('satp'), hart.low('mstatus') & 2]).toEqual(
      [1, 0x8000_4000n, 1n, 0xabcn, 0n, 0],
    );
    expect(call(setup, hsm, 2, 1n)[1]).toBe(0n);
  });
  test('a hart that stops does not return', () => {
    const setup = setUp();
    call(setup, hsm, 1);
    expect([setup.told, setup.harts[0]!.low('hsmState')]).toEqual([['stop 0'], 1]);
  });
  test('retentive suspend waits as wfi does', () => {
    const setup = setUp();
    expect(call(setup, hsm, 3, 0n)[0]).toBe(0);
    expect(setup.harts[0]!.low('waiting')).toBe(1);
  });
  check('non-retentive suspend is not supported', [hsm, 3, 0x8000_0000n], { error: notSupported });
  check('a reserved suspend type is invalid', [hsm, 3, 1n], { error: invalidParameter });
});

describe('reset (10)', () => {
  test('shutdown', () => expectPower([0n, 0n], 'off 0'));
  test('shutdown after a failure', () => expectPower([0n, 1n], 'off 1'));
  test('cold reboot', () => expectPower([1n, 0n], 'reset 0'));
  test('warm reboot', () => expectPower([2n, 0n], 'reset 0'));
  check('a reserved type is invalid', [srst, 0, 3n, 0n], { error: invalidParameter });
  const expectPower = (argument: readonly bigint[], told: string) => {
    const setup = setUp();
    call(setup, srst, 0, ...argument);
    expect(setup.told).toEqual([told]);
  };
});

describe('debug console (12)', () => {
  check('a byte', [dbcn, 2, 0x41n], { error: 0, value: 0n, told: ['output A'] });
  check('a buffer', [dbcn, 0, 5n, 0x8000_1000n, 0n], { error: 0, value: 5n, told: ['output hello'] }, () =>
    setWord(0x8000_1000, 0x6f_6c_6c_65_68n),
  );
  check('a buffer that is not RAM', [dbcn, 0, 5n, 0x1000n, 0n], { error: invalidParameter });
  check('a buffer with an upper half', [dbcn, 0, 5n, 0x8000_1000n, 1n], { error: invalidParameter });
  check('an empty buffer', [dbcn, 0, 0n, 0n, 0n], { error: 0, value: 0n });
  test('reading gives what has been typed, and does not wait for more', () => {
    const setup = setUp();
    setup.typed.push(0x68, 0x69);
    expect(call(setup, dbcn, 1, 8n, 0x8000_1000n, 0n)).toEqual([0, 2n]);
    const { memory } = setup.harts[0]!;
    expect([...memory.u8.slice(hostOffset(0x8000_1000), hostOffset(0x8000_1000) + 3)]).toEqual([0x68, 0x69, 0]);
    expect(call(setup, dbcn, 1, 8n, 0x8000_1000n, 0n)).toEqual([0, 0n]);
  });
});

describe('legacy (5)', () => {
  check('putchar returns in a0 alone', [1, 0, 0x42n], { error: 0, value: 0x77n, told: ['output B'] });
  check('getchar gives -1 when nothing was typed', [2, 0], { error: -1, value: 0x77n });
  check('getchar gives the byte', [2, 0], { error: 0x61, value: 0x77n }, ({ typed }) => typed.push(0x61));
  check('set_timer', [0, 0, 9n], { error: 0, told: ['timer 0 9'] });
  check('send_ipi reads its mask from memory', [4, 0, 0x8000_2000n], { error: 0, told: ['interrupts 1'] }, () =>
    setWord(0x8000_2000, 0b10n),
  );
  check('a null mask is every hart', [6, 0, 0n], { error: 0, told: ['drop 0', 'drop 1', 'drop 2'] });
  check('a mask that cannot be read is an invalid address', [4, 0, 0x10n], { error: invalidAddress });
  test('clear_ipi clears SSIP', () => {
    const setup = setUp();
    setup.harts[0]!.set('mip', 2n);
    call(setup, 3, 0);
    expect(setup.harts[0]!.low('mip')).toBe(0);
  });
  test('shutdown', () => {
    const setup = setUp();
    call(setup, 8, 0);
    expect(setup.told).toEqual(['off 0']);
  });
});

describe('a kernel finds', () => {
  test('the state that OpenSBI leaves', () => {
    const hart = setUp().harts[0]!;
    expect([hart.privilege, hart.get('pc'), hart.x(10), hart.x(11)]).toEqual([1, 0x8020_0000n, 0n, 0x8700_0000n]);
    expect(access(hart, 'csrrw', 'stimecmp', 5n)).toBe(0xffff_ffff_ffff_ffffn);
    expect(access(hart, 'csrrw', 'fcsr', 0n)).toBe(0n);
  });
  test('no trap in M: all that it can raise is delegated', () => {
    const hart = setUp().harts[0]!;
    hart.set('stvec', 0x8000_3000n);
    execute(hart, 'mret', 0x30200073, freshServices());
    expect([hart.privilege, hart.get('pc'), hart.get('scause')]).toEqual([1, 0x8000_3000n, 2n]);
  });
});
