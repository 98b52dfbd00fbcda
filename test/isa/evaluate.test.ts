/** The reference evaluator, with answers worked out by hand from the unprivileged specification. */

import { describe, expect, test } from 'vitest';
import { encode, type Operands } from '../../vmm/isa/encode.ts';
import { type EvaluationPort, evaluate } from '../../vmm/isa/evaluate.ts';
import { rowNamed } from '../../vmm/isa/table.ts';

const u64 = (value: bigint): bigint => BigInt.asUintN(64, value);

/** A hart with registers, 64 bytes of memory at 0, and helpers that say how they were called. */
const hart = () => {
  const x = new Array<bigint>(32).fill(0n);
  const f = new Array<bigint>(32).fill(0n);
  const memory = new DataView(new ArrayBuffer(64));
  const log: string[] = [];
  const inside = (address: bigint, size: number) => address + BigInt(size) <= 64n;
  const load = (address: bigint, size: number): bigint | undefined =>
    inside(address, size) ? BigInt.asUintN(size * 8, memory.getBigUint64(Number(address), true)) : undefined;
  const store = (address: bigint, size: number, value: bigint): true | undefined => {
    if (!inside(address, size)) return undefined;
    for (let index = 0; index < size; index++)
      memory.setUint8(Number(address) + index, Number((value >> BigInt(index * 8)) & 0xffn));
    return true;
  };
  const port: EvaluationPort = {
    readX: (index) => x[index]!,
    writeX: (index, value) => {
      x[index] = value;
    },
    readF: (index) => f[index]!,
    writeF: (index, value) => {
      f[index] = value;
    },
    load,
    store,
    atomic: (address, size, modify) => {
      const old = load(address, size);
      if (old !== undefined) store(address, size, modify(old));
      return old;
    },
    loadReserved: load,
    storeConditional: (address, size, value) => store(address, size, value),
    float: (helper, operands, rm) => {
      log.push(`${helper} ${operands.map((operand) => operand.toString(16)).join(' ')} rm=${rm}`);
      return 0x3f80_0000n;
    },
  };
  return { x, f, memory, log, port };
};

const run = (name: string, operands: Operands, machine: ReturnType<typeof hart>, length: 2 | 4 = 4) =>
  evaluate(rowNamed(name)!, encode(name, operands), 0x1000n, length, machine.port);

describe('a register instruction', () => {
  /** rd = 3, rs1 = 1 and rs2 = 2; signed answers are taken modulo 2^64. */
  const check = (name: string, rs1: bigint, rs2: bigint, expected: bigint, operands: Operands = { rs2: 2 }) =>
    test(`${name} ${rs1} ${operands.rs2 === undefined ? (operands.imm ?? operands.shamt) : rs2} is ${expected}`, () => {
      const machine = hart();
      machine.x[1] = u64(rs1);
      machine.x[2] = u64(rs2);
      expect(run(name, { rd: 3, rs1: 1, ...operands }, machine)).toEqual({ k: 'next', pc: 0x1004n });
      expect(machine.x[3]).toBe(u64(expected));
    });
  const unary = (name: string, rs1: bigint, expected: bigint) => check(name, rs1, 0n, expected, {});
  const immediate = (name: string, rs1: bigint, imm: bigint, expected: bigint) =>
    check(name, rs1, 0n, expected, { imm });
  const shift = (name: string, rs1: bigint, shamt: number, expected: bigint) =>
    check(name, rs1, 0n, expected, { shamt });
  const smallest = -(2n ** 63n);
  const smallestWord = -(2n ** 31n);

  check('div', 7n, -2n, -3n);
  check('div', 7n, 0n, -1n);
  check('div', smallest, -1n, smallest);
  check('rem', -7n, 2n, -1n);
  check('rem', -7n, 0n, -7n);
  check('rem', smallest, -1n, 0n);
  check('divu', -1n, 2n, 2n ** 63n - 1n);
  check('divu', 5n, 0n, -1n);
  check('remu', 5n, 0n, 5n);
  check('divw', smallestWord, -1n, smallestWord);
  check('divw', 0x1_0000_0007n, -2n, -3n);
  check('divw', 3n, 0x1_0000_0000n, -1n);
  check('remw', smallestWord, -1n, 0n);
  check('remw', 0x8000_0000n, 0n, smallestWord);
  check('divuw', 0xffff_ffffn, 1n, -1n);
  check('divuw', 1n, 0n, -1n);
  check('remuw', 0x8000_0000n, 0n, smallestWord);
  check('mulh', smallest, smallest, 2n ** 62n);
  check('mulh', -1n, -1n, 0n);
  check('mulhu', -1n, -1n, -2n);
  check('mulhsu', -1n, -1n, -1n);
  check('mulhsu', 1n, -1n, 0n);
  check('mulw', 0x1_0000n, 0x8000n, smallestWord);

  check('sll', 1n, 64n + 5n, 32n);
  check('sra', smallest, 63n, -1n);
  check('sraw', 0x8000_0000n, 32n + 31n, -1n);
  check('srlw', -1n, 0n, -1n);
  check('srlw', 0xffff_ffff_8000_0000n, 31n, 1n);
  check('sllw', 1n, 31n, smallestWord);
  shift('srliw', -1n, 0, -1n);
  shift('sraiw', 0x8000_0000n, 4, -(2n ** 27n));
  shift('slliw', 3n, 31, smallestWord);
  immediate('addiw', 0x7fff_ffffn, 1n, smallestWord);
  immediate('addi', -1n, 1n, 0n);
  immediate('sltiu', 5n, -1n, 1n);
  immediate('slti', 5n, -1n, 0n);
  check('addw', 0xffff_ffffn, 1n, 0n);
  check('subw', smallestWord, 1n, 0x7fff_ffffn);

  shift('rori', 1n, 1, smallest);
  shift('roriw', 1n, 1, smallestWord);
  shift('roriw', 0x1_8000_0000n, 0, smallestWord);
  check('rolw', 0x8000_0001n, 1n, 3n);
  check('rolw', 0x8000_0001n, 32n, smallestWord + 1n);
  check('rorw', 2n, 33n, 1n);
  check('rol', smallest, 1n, 1n);
  check('ror', 0x5n, 0n, 0x5n);
  unary('orc.b', 0x0100_0080_0000_0001n, 0xff00_00ff_0000_00ffn);
  unary('rev8', 0x0102_0304_0506_0708n, 0x0807_0605_0403_0201n);
  unary('clz', 0n, 64n);
  unary('clz', 1n, 63n);
  unary('ctz', 0n, 64n);
  unary('ctz', smallest, 63n);
  unary('clzw', 0xffff_ffff_0000_0000n, 32n);
  unary('clzw', 1n, 31n);
  unary('ctzw', 0xffff_ffff_0000_0000n, 32n);
  unary('cpop', -1n, 64n);
  unary('cpopw', -1n, 32n);
  unary('sext.b', 0x180n, -128n);
  unary('zext.h', -1n, 0xffffn);
  check('min', -1n, 1n, -1n);
  check('minu', -1n, 1n, 1n);
  check('max', -1n, 1n, 1n);
  check('maxu', -1n, 1n, -1n);
  check('andn', 0xffn, 0x0fn, 0xf0n);
  check('orn', 0n, -1n, 0n);
  check('xnor', 5n, 5n, -1n);
  check('add.uw', -1n, 1n, 0x1_0000_0000n);
  check('sh3add.uw', -1n, 8n, 0x8_0000_0000n);
  check('sh2add', 3n, 1n, 13n);
  shift('slli.uw', -1n, 32, -(2n ** 32n));
  check('bset', 0n, 64n + 63n, smallest);
  check('bclr', -1n, 0n, -2n);
  check('binv', 1n, 0n, 0n);
  check('bext', smallest, 63n, 1n);
});

describe('the evaluator', () => {
  test('jalr takes its target from the register that it then overwrites, and drops bit 0', () => {
    const machine = hart();
    machine.x[1] = 0x2000n;
    expect(run('jalr', { rd: 1, rs1: 1, imm: 5n }, machine)).toEqual({ k: 'next', pc: 0x2004n });
    expect(machine.x[1]).toBe(0x1004n);
  });
  test('a 16-bit jump links to the address 2 on', () => {
    const machine = hart();
    run('jalr', { rd: 1, rs1: 5 }, machine, 2);
    expect(machine.x[1]).toBe(0x1002n);
  });
  test('a branch is taken or not', () => {
    const machine = hart();
    machine.x[1] = u64(-1n);
    expect(run('blt', { rs1: 1, imm: -16n }, machine)).toEqual({ k: 'next', pc: 0xff0n });
    expect(run('bltu', { rs1: 1, imm: -16n }, machine)).toEqual({ k: 'next', pc: 0x1004n });
  });
  test('lui sign-extends from bit 31', () => {
    const machine = hart();
    run('lui', { rd: 1, imm: -(2n ** 31n) }, machine);
    expect(machine.x[1]).toBe(0xffff_ffff_8000_0000n);
  });
  test('x0 stays 0', () => {
    const machine = hart();
    run('addi', { rd: 0, rs1: 0, imm: 5n }, machine);
    expect(machine.x[0]).toBe(0n);
  });
  test('lb sign-extends and lbu does not', () => {
    const machine = hart();
    machine.memory.setUint8(8, 0x80);
    run('lb', { rd: 1, imm: 8n }, machine);
    run('lbu', { rd: 2, imm: 8n }, machine);
    expect([machine.x[1], machine.x[2]]).toEqual([u64(-128n), 128n]);
  });
  test('amomax.w compares 32 bits signed and gives the old value sign-extended', () => {
    const machine = hart();
    machine.memory.setUint32(0, 0xffff_fff0, true);
    machine.x[2] = 0x7_ffff_fff8n;
    run('amomax.w', { rd: 3, rs1: 0, rs2: 2 }, machine);
    expect([machine.x[3], machine.memory.getUint32(0, true)]).toEqual([u64(-16n), 0xffff_fff8]);
  });
  test('sc.w gives 0 when it wrote', () => {
    const machine = hart();
    machine.x[2] = 0x1_0000_0009n;
    machine.x[3] = 7n;
    run('sc.w', { rd: 3, rs1: 0, rs2: 2 }, machine);
    expect([machine.x[3], machine.memory.getBigUint64(0, true)]).toEqual([0n, 9n]);
  });
  test('a fault writes nothing', () => {
    const machine = hart();
    machine.x[3] = 7n;
    expect(run('ld', { rd: 3, imm: 60n }, machine)).toEqual({ k: 'fault' });
    expect(machine.x[3]).toBe(7n);
  });
  test('flw boxes, fsw ignores the box, fsgnj.s does not', () => {
    const machine = hart();
    machine.memory.setUint32(0, 0x8000_0001, true);
    run('flw', { rd: 1 }, machine);
    machine.f[2] = 0x1234n;
    run('fsw', { rs2: 2, imm: 8n }, machine);
    run('fsgnj.s', { rd: 3, rs1: 2, rs2: 1 }, machine);
    expect([machine.f[1], machine.memory.getUint32(8, true), machine.f[3]]).toEqual([
      0xffff_ffff_8000_0001n,
      0x1234,
      0xffff_ffff_ffc0_0000n,
    ]);
  });
  test('single arithmetic unboxes its operands and boxes its result', () => {
    const machine = hart();
    machine.f[1] = 0xffff_ffff_0000_0001n;
    run('fadd.s', { rd: 3, rs1: 1, rs2: 2, rm: 7 }, machine);
    expect([machine.log, machine.f[3]]).toEqual([['add.s 1 7fc00000 rm=7'], 0xffff_ffff_3f80_0000n]);
  });
  test('fmv.x.w sign-extends, and fsgnjx.d flips by the sign', () => {
    const machine = hart();
    machine.f[1] = 0xbff0_0000_8000_0000n;
    run('fmv.x.w', { rd: 3, rs1: 1 }, machine);
    run('fsgnjx.d', { rd: 2, rs1: 1, rs2: 1 }, machine);
    expect([machine.x[3], machine.f[2]]).toEqual([0xffff_ffff_8000_0000n, 0x3ff0_0000_8000_0000n]);
  });
  test('a system instruction is left to the machine', () => {
    expect(run('csrrw', { rd: 1, csr: 0x300 }, hart())).toEqual({ k: 'system', op: 'csrrw' });
  });
  test('a fence does nothing', () => {
    expect(run('fence', { pred: 15, succ: 15 }, hart())).toEqual({ k: 'next', pc: 0x1004n });
  });
});
