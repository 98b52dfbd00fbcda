/** What a hart finds that the firmware inside the VMM starts. */

import { expect, test } from 'vitest';
import { Machine } from '../../vmm/machine/machine.ts';
import { createBench, type Instruction, place, set, step } from '../engine/fixture.ts';

const code = 0x8010_0000;
const spin: Instruction = ['jal', { rd: 0, imm: 0n }];
const hartStart = { x17: 0x48534d, x16: 0 };
const seip = 1 << 9;
const plic = 0x0c00_0000;
const uart = { base: 0x1000_0000, source: 10 };

test('an external interrupt that is pending for it', () => {
  const { configuration } = createBench({ harts: 2 });
  const machine = new Machine(
    {
      configuration,
      placements: [],
      rom: new Uint8Array(0),
      disks: new Map(),
      supervisorStart: { pc: BigInt(code), deviceTree: 0 },
    },
    { console: () => undefined, entropy: (_device, sizeBytes) => new Uint8Array(sizeBytes) },
  );
  place(machine, code, ['ecall'], spin);
  set(machine, { ...hartStart, x10: 1, x11: code + 0x100, x12: 0 });
  const put = (address: number, sizeBytes: number, value: number): void =>
    void machine.bus.write(address, sizeBytes, BigInt(value));
  put(plic + 4 * uart.source, 4, 1); // its priority
  put(plic + 0x2000 + 0x80 * 3, 4, 1 << uart.source); // for context S of hart 1
  put(uart.base + 1, 1, 2); // the UART can take a byte
  const second = machine.harts[1]!;
  expect([second.isStarted, second.lines & seip]).toEqual([false, seip]);
  step(machine, 1);
  expect([second.isStarted, second.lines & seip]).toEqual([true, seip]);
});
