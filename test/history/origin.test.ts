/**
 * Where values of small guests come from: every planted origin is found, through whatever the value went. It is long because
 * each way that a value can go is a guest of some lines, and they share one check.
 */

import { expect, test } from 'vitest';
import { registerNamed } from '../../vmm/history/origin/place.ts';
import { csrNumber } from '../../vmm/isa/csr-names.ts';
import {
  a0,
  a1,
  a2,
  a3,
  a4,
  aliasBytes,
  emitEnd,
  emitLoop,
  paged,
  physical,
  s0,
  sp,
  t0,
  t1,
  t2,
  zero,
} from '../engine/small-guest.ts';
import { type Assembler, Label } from '../oracle/assembler.ts';
import { ask, beginnings, type Story, timelineOf } from './guests.ts';

const { data } = physical;
/** What is in RAM before the first step besides the code, so that bytes are told apart. */
const dataBytes = Uint8Array.from({ length: 256 }, (_, index) => 0x80 + (index % 100));

/** The guest's code is named `code`, what lies in `data` is named `data`. */
const initialMemory = (address: number) => {
  if (address >= data && address < data + 256) return { name: 'data', offset: address - data };
  if (address >= physical.code && address < physical.twin) return { name: 'code', offset: address - physical.code };
  return undefined;
};

/** Straight code, and where the bytes of a2 come from in its end. */
const check = (emit: (asm: Assembler) => void, expected: readonly string[], rest: Partial<Story> = {}): void => {
  const timeline = timelineOf({
    steps: 300,
    emit: (asm) => {
      emit(asm);
      emitEnd(asm);
      return undefined;
    },
    prepare: (machine) => machine.writeRam(data, dataBytes),
    ...rest,
  });
  const { now } = timeline;
  const answer = ask(timeline, { place: registerNamed(0, 'a2')!, initialMemory });
  expect(beginnings(answer)).toEqual(expected);
  expect(timeline.now).toBe(now);
};

const fromData = (offset: number): string[] => [`0+8 image name data offset ${offset}`];
const filled = '1+7 filled';
const withData = (emit: (asm: Assembler) => void) => (asm: Assembler) => {
  asm.li(s0, BigInt(data));
  emit(asm);
};

test.each<readonly [string, (asm: Assembler) => void, readonly string[]]>([
  ['li', (asm) => asm.addi(a2, zero, 5), ['0+8 constant how immediate']],
  ['lui', (asm) => asm.op('lui', { rd: a2, imm: 0x12000n }), ['0+8 constant how immediate']],
  [
    'lui and addiw',
    (asm) => {
      asm.op('lui', { rd: a2, imm: 0x12000n });
      asm.op('addiw', { rd: a2, rs1: a2, imm: 0x345n });
    },
    ['0+4 constant how computed', '4+4 filled'],
  ],
  ['auipc', (asm) => asm.op('auipc', { rd: a2, imm: 0n }), ['0+8 constant how address']],
  ['auipc and addi', (asm) => asm.la(a2, data + 8), ['0+8 constant how computed']],
  [
    'a return address',
    (asm) => {
      const next = new Label();
      asm.jal(a2, next);
      asm.bind(next);
    },
    ['0+8 constant how link'],
  ],
  ['the instruction set: x0', (asm) => asm.op('add', { rd: a2 }), ['0+8 constant how immediate']],
])('a constant of %s', (_name, emit, expected) => check(emit, expected));

test('a value of the initial memory, through registers and memory', () => {
  check(
    withData((asm) => {
      asm.load('ld', a0, 16, s0);
      asm.addi(a1, a0, 0);
      asm.store('sd', a1, 512, s0);
      asm.addi(a1, zero, 0);
      asm.load('ld', a2, 512, s0);
    }),
    fromData(16),
  );
});

test.each<readonly [string, (asm: Assembler) => void, readonly string[]]>([
  ['lbu', (asm) => asm.load('lbu', a2, 3, s0), ['0+1 image name data offset 3', filled]],
  ['lb', (asm) => asm.load('lb', a2, 3, s0), ['0+1 image name data offset 3', filled]],
  ['lw', (asm) => asm.load('lw', a2, 4, s0), ['0+4 image name data offset 4', '4+4 filled']],
  [
    'sext.w and zext.h',
    (asm) => {
      asm.load('ld', a0, 8, s0);
      asm.op('addiw', { rd: a0, rs1: a0 });
      asm.op('zext.h', { rd: a2, rs1: a0 });
    },
    ['0+2 image name data offset 8', '2+6 filled'],
  ],
  [
    'a mask',
    (asm) => {
      asm.load('ld', a0, 8, s0);
      asm.op('andi', { rd: a2, rs1: a0, imm: 0xffn });
    },
    ['0+1 image name data offset 8', filled],
  ],
  [
    'a mask that changes nothing',
    (asm) => {
      asm.load('lbu', a0, 0, s0);
      asm.op('andi', { rd: a2, rs1: a0, imm: 0xf0n });
    },
    ['0+1 image name data offset 0', filled],
  ],
  [
    'a shift by bytes',
    (asm) => {
      asm.load('ld', a0, 8, s0);
      asm.op('srli', { rd: a2, rs1: a0, shamt: 40 });
    },
    ['0+3 image name data offset 13', '3+5 filled'],
  ],
  [
    'rev8',
    (asm) => {
      asm.load('ld', a0, 8, s0);
      asm.op('rev8', { rd: a2, rs1: a0 });
    },
    Array.from({ length: 8 }, (_, byte) => `${byte}+1 image name data offset ${15 - byte}`),
  ],
  [
    'floating-point registers',
    (asm) => {
      asm.load('fld', 3, 8, s0);
      asm.store('fsd', 3, 520, s0);
      asm.load('fld', 4, 520, s0);
      asm.op('fmv.x.d', { rd: a2, rs1: 4 });
    },
    fromData(8),
  ],
  [
    'an integer that is put together byte by byte',
    (asm) => {
      asm.load('lbu', a2, 40, s0);
      for (const [index, offset] of [30, 20, 10].entries()) {
        asm.load('lbu', a0, offset, s0);
        asm.op('slli', { rd: a0, rs1: a0, shamt: 8 * (index + 1) });
        asm.op('or', { rd: a2, rs1: a2, rs2: a0 });
      }
    },
    [...[40, 30, 20, 10].map((offset, byte) => `${byte}+1 image name data offset ${offset}`), '4+4 filled'],
  ],
  [
    'stores of its bytes one by one',
    (asm) => {
      for (const [index, offset] of [9, 7, 5, 3].entries()) {
        asm.load('lb', a0, offset, s0);
        asm.store('sb', a0, 600 + index, s0);
      }
      asm.load('lwu', a2, 600, s0);
    },
    [...[9, 7, 5, 3].map((offset, byte) => `${byte}+1 image name data offset ${offset}`), '4+4 filled'],
  ],
  [
    'a store beside it and one that covers half of it',
    (asm) => {
      asm.load('ld', a0, 8, s0);
      asm.store('sd', a0, 600, s0);
      asm.load('lw', a1, 32, s0);
      asm.store('sw', a1, 604, s0);
      asm.store('sd', a1, 608, s0);
      asm.load('ld', a2, 600, s0);
    },
    ['0+4 image name data offset 8', '4+4 image name data offset 32'],
  ],
  [
    'an access that crosses a page',
    (asm) => {
      asm.li(t0, BigInt(data + 0x1ffd));
      asm.load('ld', a0, 24, s0);
      asm.store('sd', a0, 0, t0);
      asm.load('ld', a2, 0, t0);
    },
    fromData(24),
  ],
  [
    'amoswap and what it found',
    (asm) => {
      asm.load('ld', a0, 24, s0);
      asm.addi(t0, s0, 640);
      asm.op('amoswap.d', { rd: zero, rs1: t0, rs2: a0 });
      asm.op('amoswap.d', { rd: a2, rs1: t0, rs2: zero });
    },
    fromData(24),
  ],
  [
    'lr and sc',
    (asm) => {
      asm.load('lw', a0, 24, s0);
      asm.addi(t0, s0, 640);
      asm.op('lr.w', { rd: a1, rs1: t0 });
      asm.op('sc.w', { rd: a1, rs1: t0, rs2: a0 });
      asm.load('lw', a2, 640, s0);
    },
    ['0+4 image name data offset 24', '4+4 filled'],
  ],
  [
    'a CSR that is scratch',
    (asm) => {
      asm.load('ld', a0, 24, s0);
      asm.writeCsr(csrNumber('sscratch')!, a0);
      asm.addi(a0, zero, 1);
      asm.csr('csrrw', a2, csrNumber('sscratch')!, a0);
    },
    fromData(24),
  ],
])('bytes go through %s', (_name, emit, expected) => check(withData(emit), expected));

test('a copy by shifted double words, as memcpy does it, is followed byte by byte', () => {
  check(
    withData((asm) => {
      // Bytes 3 to 34 of data, read as aligned double words.
      asm.addi(t0, s0, 1024);
      asm.load('ld', a0, 0, s0);
      for (let index = 1; index <= 4; index += 1) {
        asm.load('ld', a1, 8 * index, s0);
        asm.addi(t1, zero, 24);
        asm.op('srl', { rd: a0, rs1: a0, rs2: t1 });
        asm.op('slli', { rd: t2, rs1: a1, shamt: 40 });
        asm.op('or', { rd: a0, rs1: a0, rs2: t2 });
        asm.store('sd', a0, 8 * (index - 1), t0);
        asm.addi(a0, a1, 0);
      }
      asm.load('ld', a2, 16, t0);
    }),
    ['0+8 image name data offset 19'],
  );
});

test('a sum ends at the instruction that made it, which names both operands', () => {
  const timeline = timelineOf({
    steps: 100,
    emit: (asm) => {
      asm.addi(a0, zero, 40);
      asm.addi(a1, zero, 2);
      asm.op('add', { rd: a2, rs1: a0, rs2: a1 });
      emitEnd(asm);
      return undefined;
    },
  });
  const answer = ask(timeline, { place: registerNamed(0, 'a2')! });
  expect(answer.nodes).toMatchObject([
    {
      kind: 'compute',
      moment: 2,
      instruction: 'add a2,a0,a1',
      value: 42n,
      inputs: [
        { place: { index: a0 }, value: 40n, from: [] },
        { place: { index: a1 }, value: 2n, from: [] },
      ],
    },
  ]);
  expect(answer.complete).toBe(true);
});

test('a value that was saved and restored by a trap handler comes from before the trap', () => {
  check(
    withData((asm) => {
      const [handler, over] = [new Label(), new Label()];
      asm.la(t0, handler);
      asm.writeCsr(csrNumber('mtvec')!, t0);
      asm.addi(t0, s0, 1024);
      asm.writeCsr(csrNumber('mscratch')!, t0);
      asm.load('ld', a2, 48, s0);
      asm.op('ecall');
      asm.jal(zero, over);
      asm.align(4);
      asm.bind(handler);
      asm.csr('csrrw', sp, csrNumber('mscratch')!, sp);
      asm.store('sd', a2, 96, sp);
      asm.store('sd', t0, 40, sp);
      asm.addi(a2, zero, 99);
      asm.readCsr(t0, csrNumber('mepc')!);
      asm.addi(t0, t0, 4);
      asm.writeCsr(csrNumber('mepc')!, t0);
      asm.load('ld', a2, 96, sp);
      asm.load('ld', t0, 40, sp);
      asm.csr('csrrw', sp, csrNumber('mscratch')!, sp);
      asm.op('mret');
      asm.bind(over);
    }),
    fromData(48),
  );
});

test('a cause comes from the trap', () => {
  check(
    (asm) => {
      const [handler, over] = [new Label(), new Label()];
      asm.la(t0, handler);
      asm.writeCsr(csrNumber('mtvec')!, t0);
      asm.op('ecall');
      asm.align(4);
      asm.bind(handler);
      asm.readCsr(a2, csrNumber('mcause')!);
      asm.bind(over);
    },
    ['0+8 trap cause 11 interrupt false'],
  );
});

test('a value that was written through another mapping of the page', () => {
  check(
    (asm) => {
      asm.li(s0, BigInt(paged.code + 0x8000));
      asm.li(t0, BigInt(paged.code + aliasBytes + 0x8000));
      asm.li(t1, BigInt(paged.data));
      asm.load('ld', a0, 32, t1);
      asm.store('sd', a0, 0, s0);
      asm.load('ld', a2, 0, t0);
    },
    fromData(32),
    { isPaged: true },
  );
});

test('a value that another hart wrote', () => {
  check(
    (asm) => {
      const [other, wait] = [new Label(), new Label()];
      asm.li(s0, BigInt(data));
      asm.readCsr(t0, csrNumber('mhartid')!);
      asm.branch('bne', t0, zero, other);
      asm.bind(wait);
      asm.load('ld', t1, 1024, s0);
      asm.branch('beq', t1, zero, wait);
      asm.load('ld', a2, 1032, s0);
      emitEnd(asm);
      asm.bind(other);
      asm.load('ld', a4, 56, s0);
      asm.addi(a3, a4, 0);
      asm.store('sd', a3, 1032, s0);
      asm.addi(a4, zero, 1);
      asm.store('sd', a4, 1024, s0);
    },
    fromData(56),
    { changes: { harts: 2, quantumSteps: 7 } },
  );
});

test.each<readonly [string, string, (asm: Assembler) => void]>([
  ['time', 'clock register time', (asm) => asm.readCsr(a2, csrNumber('time')!)],
  ['mhartid', 'csr name mhartid', (asm) => asm.readCsr(a2, csrNumber('mhartid')!)],
  [
    'mtime',
    'clock register mtime',
    (asm) => {
      asm.li(t0, 0x0200_bff8n);
      asm.load('ld', a2, 0, t0);
    },
  ],
  [
    'the line status of the serial port',
    'device device uart0 offset 5',
    (asm) => {
      asm.li(t0, 0x1000_0000n);
      asm.load('lb', a2, 5, t0);
    },
  ],
])('%s is read from the hardware', (_name, origin, emit) => {
  const expected = origin.startsWith('device') ? [`0+1 ${origin}`, filled] : [`0+8 ${origin}`];
  check(emit, expected);
});

test('what a person wrote in the debugger', () => {
  const bytes = Uint8Array.of(1, 2, 3, 4, 5, 6, 7, 8);
  const loop = (asm: Assembler): void => {
    asm.li(s0, BigInt(data));
    emitLoop(asm, 30, () => asm.load('ld', a2, 0, s0));
  };
  check(loop, ['0+8 person input 0 offset 0'], { inputs: [[20, { kind: 'setMemory', address: data, bytes }]] });
  check(emitEnd, ['0+8 person input 0 offset 0'], {
    inputs: [[20, { kind: 'setRegister', hart: 0, register: 'a2', value: 7n }]],
  });
});
