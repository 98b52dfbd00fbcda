/** A tail call to nearly two gigabytes away, and from there a jump that goes farther than that. */

import { expect, test } from 'vitest';
import type { Machine } from '../../vmm/machine/machine.ts';
import { createBench, openMemory, place, pte, pteOf, S, satpOf, set, step, writeDouble } from './fixture.ts';

const [near, far, farther] = [0x8010_0000, 0x8011_0000, 0x8012_0000];
const root = 0x8020_0000;
const handler = 0x8013_0000;

/** Maps 4 KiB at a virtual address below 2^38. */
const mapper = (machine: Machine) => {
  let free = root + 0x1000;
  return (virtual: number, physical: number): void => {
    let table = root;
    for (const level of [2, 1]) {
      const entry = table + 8 * (Math.floor(virtual / 4096 / 512 ** level) % 512);
      const bytes = machine.readRam(entry, 8)!;
      const value = new DataView(bytes.buffer).getBigUint64(0, true);
      if (value !== 0n) table = Number(value >> 10n) * 4096;
      else {
        writeDouble(machine, entry, pteOf(free, pte.v));
        table = free;
        free += 0x1000;
      }
    }
    writeDouble(machine, table + 8 * (Math.floor(virtual / 4096) % 512), pteOf(physical, pte.rwxad));
  };
};

const run = (translated: boolean, sign: 1 | -1) => {
  const machine = createBench();
  machine.engine.translating = translated;
  if (translated) machine.engine.translateEagerly();
  const map = mapper(machine);
  const entry = 0x10_4000_0000;
  const distance = sign * (2 ** 31 - 0x3000);
  map(entry, near);
  map(entry + distance, far);
  map(entry + distance + sign * 0x8000, farther);
  place(machine, near, ['auipc', { rd: 6, imm: BigInt(distance) }], ['jalr', { rs1: 6 }]);
  place(machine, far, ['addi', { rd: 12, rs1: 12, imm: 1n }], ['jal', { imm: BigInt(sign * 0x8000 - 4) }]);
  place(machine, farther, ['addi', { rd: 13, rs1: 13, imm: 1n }], ['jalr', { rs1: 10 }]);
  set(machine, { ...openMemory, satp: satpOf(root), privilege: S, pc: entry, a0: entry, mtvec: handler });
  step(machine, 600);
  const hart = machine.harts[0]!;
  return { traps: hart.count('traps'), pc: hart.get('pc'), tval: hart.get('mtval'), a2: hart.x(12), a3: hart.x(13) };
};

test.each([1, -1] as const)('goes where it says, to the side %i', (sign) => {
  for (const translated of [false, true])
    expect(run(translated, sign)).toMatchObject({ traps: 0, pc: 0x10_4000_0000n, a2: 100n, a3: 100n });
});
