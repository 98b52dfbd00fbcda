/** A walk for translated code sets the accessed bit of an entry that is watched. */

import { expect, test } from 'vitest';
import { moment } from '../../traces/time.ts';
import { createBench, openMemory, place, pte, pteOf, S, satpOf, set, writeDouble } from './fixture.ts';

const code = 0x8010_0000;
const [root, middle, last] = [0x8020_0000, 0x8020_1000, 0x8020_2000];
const data = 0x8030_0000;
const virtual = 0x4000_0000;
const a0 = 10;

const stopOf = (translated: boolean) => {
  const machine = createBench();
  machine.engine.translating = translated;
  if (translated) machine.engine.translateEagerly();
  writeDouble(machine, root + 8, pteOf(middle, pte.v));
  writeDouble(machine, middle, pteOf(last, pte.v));
  writeDouble(machine, last, pteOf(code, pte.rwxad));
  for (let page = 1; page < 64; page += 1)
    writeDouble(machine, last + 8 * page, pteOf(data + page * 0x1000, pte.rwxad));
  // Neither A nor D yet.
  writeDouble(machine, last + 8 * 40, pteOf(data, pte.v | pte.r | pte.w));
  place(
    machine,
    code,
    ['lui', { rd: 13, imm: 0x1000n }],
    ['ld', { rd: 12, rs1: a0 }],
    ['add', { rd: a0, rs1: a0, rs2: 13 }],
    ['addi', { rd: 9, rs1: 9, imm: -1n }],
    ['bne', { rs1: 9, imm: -12n }],
    ['jal', { imm: 0n }],
  );
  set(machine, { ...openMemory, satp: satpOf(root), privilege: S, pc: virtual, a0: virtual + 0x1000, s1: 60 });
  const stop = machine.run(moment(1000), { watch: [{ address: last + 8 * 40, sizeBytes: 8 }] });
  return { stop, now: machine.now, steps: machine.harts[0]!.count('steps'), pc: machine.harts[0]!.get('pc') };
};

test('the run stops behind the access, with the same moment', () => {
  // The load of the 40th page, after 39 rounds of four steps.
  for (const translated of [false, true])
    expect(stopOf(translated)).toMatchObject({
      stop: { reason: 'watch' },
      now: 158,
      steps: 158,
      pc: BigInt(virtual + 8),
    });
});
