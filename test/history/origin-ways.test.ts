/**
 * However an answer is found, step by step or by watchpoints and pieces of code, it is the same; and it is right: bytes
 * that are said to come from a byte of the initial memory change with it.
 */

import { expect, test } from 'vitest';
import { moment } from '../../traces/time.ts';
import type { History, Interval } from '../../vmm/history/history.ts';
import { findOrigin } from '../../vmm/history/origin/origin.ts';
import { memoryPlace, type Place, registerNamed } from '../../vmm/history/origin/place.ts';
import { beginningsOf } from '../../vmm/history/origin/ways.ts';
import { xNames } from '../../vmm/isa/register-names.ts';
import { createGuest } from '../engine/fixture.ts';
import { a0, a1, emitEnd, physical, s0, zero } from '../engine/small-guest.ts';
import { type Assembler, Label } from '../oracle/assembler.ts';
import { Random } from '../oracle/random.ts';
import { ask, followed, timelineOf } from './guests.ts';

const { data } = physical;

test.each([
  ['bare/smp.elf', { harts: 3 }, 60_000, 12],
  ['bare/fault.elf', {}, 20_000, 12],
  ['bare/echo.elf', {}, 3_000, 10],
  ['demo/demo.elf', {}, 2_000_000, 8],
] as const)('near and far searches in %s give one answer', (file, changes, steps, questions) => {
  const inputs = file === 'bare/echo.elf' ? ([[1_000, { kind: 'serial', bytes: Uint8Array.of(97, 98) }]] as const) : [];
  const machine = createGuest(file, { ...changes, ramBytes: 32 << 20 });
  const timeline = followed(machine, { steps, inputs, emit: () => undefined, checkpointStride: Math.ceil(steps / 7) });
  const { now } = timeline;
  const random = new Random(7);
  for (let question = 0; question < questions; question += 1) {
    timeline.seek(moment(1 + random.below(now)));
    const hart = random.below(machine.harts.length);
    const sp = Number(machine.harts[hart]!.x(2));
    const places: readonly Place[] = [
      registerNamed(hart, xNames[1 + random.below(31)]!)!,
      registerNamed(hart, random.pick(['sscratch', 'sepc', 'scause', 'mepc', 'mscratch', 'stval']))!,
      registerNamed(hart, 'pc')!,
      memoryPlace(0x8000_0000 + 8 * random.below(0x2000), 8),
      ...(sp >= 0x8000_0000 && sp < 0x8100_0000 ? [memoryPlace(sp, 16)] : []),
    ];
    for (const place of places) {
      const bounds = { nodesMax: 60, singleStepsMax: 30_000 };
      const near = ask(timeline, { place, limits: { ...bounds, nearSteps: Number.POSITIVE_INFINITY } });
      const far = ask(timeline, { place, limits: { ...bounds, nearSteps: 1 } });
      if (!near.complete || !far.complete) continue; // limits are met in other places
      expect(far.question).toEqual(near.question);
      expect(far.nodes).toEqual(near.nodes);
    }
  }
});

/** Instructions that move bytes, with operands among a1 to a5 and 64 bytes of data, which lie at s0. */
const moving = (asm: Assembler, random: Random): void => {
  const register = (): number => 11 + random.below(5);
  const offset = (sizeBytes: number): number => random.below(64 - sizeBytes);
  for (let index = 0; index < 60; index += 1) {
    const [rd, rs1, rs2] = [register(), register(), register()];
    switch (random.below(9)) {
      case 0:
      case 1:
        asm.load(random.pick(['lb', 'lh', 'lw', 'ld', 'lbu', 'lhu', 'lwu']), rd, offset(8), s0);
        break;
      case 2:
      case 3:
        asm.store(random.pick(['sb', 'sh', 'sw', 'sd']), rs1, offset(8), s0);
        break;
      case 4:
        asm.op(random.pick(['slli', 'srli', 'srai', 'rori']), { rd, rs1, shamt: 8 * random.below(8) });
        break;
      case 5:
        asm.op('or', { rd, rs1, rs2 });
        break;
      case 6:
        asm.op(random.pick(['sext.b', 'sext.h', 'zext.h', 'rev8']), { rd, rs1 });
        break;
      case 7:
        asm.op(random.pick(['addiw', 'addi', 'xori']), { rd, rs1 });
        break;
      default:
        asm.op('andi', { rd, rs1, imm: 0xffn });
    }
  }
};

test('a byte that is said to be one of the initial memory changes with that byte', () => {
  let flips = 0;
  for (let seed = 0; seed < 40; seed += 1) {
    const random = new Random(seed);
    const bytes = Uint8Array.from({ length: 64 }, () => 1 + random.below(255));
    const timeline = (initial: Uint8Array) =>
      timelineOf({
        steps: 80,
        emit: (asm) => {
          asm.li(s0, BigInt(data));
          moving(asm, new Random(1000 + seed));
          emitEnd(asm);
          return undefined;
        },
        prepare: (machine) => machine.writeRam(data, initial),
      });
    const first = timeline(bytes);
    const initialMemory = (address: number) =>
      address >= data && address < data + 64 ? { name: 'data', offset: address - data } : undefined;
    for (const register of [11, 12, 13, 14, 15]) {
      const answer = ask(first, { place: registerNamed(0, xNames[register]!)!, initialMemory });
      expect(answer.complete).toBe(true);
      for (const { offset, node, nodeOffset } of beginningsOf(answer)) {
        if (node.origin?.kind !== 'image' || random.below(3) > 0) continue;
        const at = node.origin.offset + nodeOffset;
        const changed = bytes.slice();
        changed[at]! ^= 0xff;
        const other = timeline(changed);
        const byteOf = (value: bigint): number => Number((value >> BigInt(8 * offset)) & 0xffn);
        const [was, is] = [first, other].map(({ machine }) => byteOf(machine.harts[0]!.x(register)));
        expect(was).toBe(bytes[at]);
        expect(is! ^ was!).toBe(0xff);
        flips += 1;
      }
    }
  }
  expect(flips).toBeGreaterThan(20);
});

/** Writes a word of its own page early, then writes to another page for long. */
const earlyWrite = (checkpointStride: number) =>
  timelineOf({
    steps: 200_000,
    checkpointStride,
    emit: (asm) => {
      asm.li(s0, BigInt(data));
      asm.addi(a0, zero, 77);
      asm.store('sd', a0, 0, s0);
      asm.li(s0, BigInt(data + 0x4000));
      asm.li(a1, 60_000n);
      const again = asm.bind(new Label());
      asm.store('sd', a1, 0, s0);
      asm.addi(a1, a1, -1);
      asm.branch('bne', a1, zero, again);
      emitEnd(asm);
      return undefined;
    },
  });
const earlyPlace = memoryPlace(data, 8);
const earlyNodes = [
  { moment: 3, instruction: 'sd a0,0(s0)' },
  { moment: 2, origin: { kind: 'constant' } },
];

test('intervals between checkpoints that share a page are passed over', () => {
  const { nodes, work } = ask(earlyWrite(10_000), { place: earlyPlace });
  expect(nodes).toMatchObject(earlyNodes);
  expect(work.watchedSteps).toBeLessThan(30_000);
});

test('intervals in which the history knows of no write are passed over', () => {
  const written = { from: moment(0), to: moment(5_000) };
  const history = {
    written: (_address: number, _sizeBytes: number, within: Interval) => (within.from < written.to ? [written] : []),
  } as unknown as History;
  const { nodes, work } = ask(earlyWrite(50_000), { place: earlyPlace, history });
  expect(nodes).toMatchObject(earlyNodes);
  expect(work.watchedSteps).toBeLessThanOrEqual(5_000);
});

test('a search that is given up leaves the timeline where it was', () => {
  const timeline = earlyWrite(10_000);
  timeline.seek(moment(150_000));
  const search = findOrigin(timeline, { place: earlyPlace });
  for (let portion = 0; portion < 3; portion += 1) search.next();
  search.return(undefined as never);
  expect(timeline.now).toBe(150_000);
  expect(timeline.machine.observer).toBe(undefined);
});

test('a search that may look at no more steps says how far it looked', () => {
  const limits = { singleStepsMax: 500, watchedStepsMax: 0 };
  const { nodes, complete } = ask(earlyWrite(10_000), { place: earlyPlace, limits });
  expect(complete).toBe(false);
  expect(nodes).toMatchObject([{ kind: 'open', place: earlyPlace }]);
  expect(nodes[0]!.moment).toBeGreaterThan(190_000);
});
