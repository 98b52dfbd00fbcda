/** Which registers and memory instructions read and write. */

import { describe, expect, test } from 'vitest';
import { encode, type Operands } from '../../vmm/isa/encode.ts';
import { type ReadsWrites, readsWrites } from '../../vmm/isa/reads-writes.ts';

const nothing = { xRead: [], xWritten: [], fRead: [], fWritten: [], memory: [] };

describe('reads and writes', () => {
  const check = (name: string, operands: Operands, expected: Partial<ReadsWrites>) =>
    test(`of ${name}`, () => expect(readsWrites(encode(name, operands))).toMatchObject({ ...nothing, ...expected }));
  const memory = (kind: string, size: number, reads: boolean, writes: boolean) =>
    [{ kind, size, reads, writes }] as unknown as ReadsWrites['memory'];

  check('add', { rd: 1, rs1: 3, rs2: 2 }, { xRead: [2, 3], xWritten: [1] });
  check('add', { rd: 0, rs1: 0, rs2: 2 }, { xRead: [2] });
  check('lw', { rd: 1, rs1: 2 }, { xRead: [2], xWritten: [1], memory: memory('load', 4, true, false) });
  check('sd', { rs2: 1, rs1: 2 }, { xRead: [1, 2], memory: memory('store', 8, false, true) });
  check('fsw', { rs2: 1, rs1: 2 }, { xRead: [2], fRead: [1], memory: memory('store', 4, false, true) });
  check('fmadd.d', { rd: 9, rs1: 1, rs2: 2, rs3: 3 }, { fRead: [1, 2, 3], fWritten: [9] });
  check('fcvt.l.d', { rd: 9, rs1: 1 }, { fRead: [1], xWritten: [9] });
  check('fadd.s', { rd: 0, rs1: 0, rs2: 0 }, { fRead: [0], fWritten: [0] });
  check('jalr', { rd: 1, rs1: 1 }, { xRead: [1], xWritten: [1] });
  check('beq', { rs1: 1, rs2: 2 }, { xRead: [1, 2] });
  check(
    'amoadd.d',
    { rd: 1, rs1: 2, rs2: 3 },
    { xRead: [2, 3], xWritten: [1], memory: memory('atomic', 8, true, true) },
  );
  check(
    'sc.w',
    { rd: 1, rs1: 2, rs2: 3 },
    { memory: memory('storeConditional', 4, false, true), xRead: [2, 3], xWritten: [1] },
  );
  check('csrrw', { rd: 1, rs1: 2, csr: 0x300 }, { xRead: [2], xWritten: [1], csr: 0x300, system: 'csrrw' });
  check('csrrwi', { rd: 1, zimm: 2, csr: 0x300 }, { xWritten: [1], csr: 0x300 });
  check('sfence.vma', { rs1: 1, rs2: 2 }, { xRead: [1, 2], system: 'sfenceVma' });
  check('fence', {}, {});

  test('of c.sdsp are those of what it expands to', () =>
    expect(readsWrites(0xfc06)).toMatchObject({ ...nothing, xRead: [1, 2], memory: [{ kind: 'store', size: 8 }] }));
  test('of an illegal word are unknown', () => expect(readsWrites(0)).toBeUndefined());
});
