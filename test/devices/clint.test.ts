import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { Clint } from '../../vmm/devices/clint.ts';
import { accesses, doubleWords, histories } from './acts.ts';
import { checkSaveAnywhere, FakeBoard } from './board.ts';

const make = (harts = 2) => {
  const board = new FakeBoard();
  const changed: number[] = [];
  const set: number[] = [];
  const clint = new Clint('clint', board.context, harts, {
    timerChanged: (hart) => changed.push(hart),
    setTicks: (ticks) => set.push(ticks),
  });
  return { board, clint, changed, set };
};

/** Writes to a CLINT of two harts, then reads. */
const check = (
  writes: readonly (readonly [offset: number, sizeBytes: number, value: bigint])[],
  [offset, sizeBytes]: readonly [offset: number, sizeBytes: number],
  expected: bigint,
) => {
  const { clint } = make();
  for (const [at, size, value] of writes) clint.write(at, size, value);
  expect(clint.read(offset, sizeBytes)).toBe(expected);
};

describe('the core-local interruptor', () => {
  test('msip keeps bit 0 alone', () => check([[4, 4, 0xffff_ffffn]], [4, 4], 1n));
  test('msip of a hart that does not exist reads zero', () => check([[8, 4, 1n]], [8, 4], 0n));
  test('mtimecmp starts so that no timer is pending', () => check([], [0x4000, 8], 2n ** 64n - 1n));
  test('mtimecmp is written as a double word', () => check([[0x4008, 8, 0x1_2345n]], [0x4008, 8], 0x1_2345n));
  test('mtimecmp is written as two words', () =>
    check(
      [
        [0x4000, 4, 0x89ab_cdefn],
        [0x4004, 4, 0x0123_4567n],
      ],
      [0x4000, 8],
      0x0123_4567_89ab_cdefn,
    ));
  test('the upper word of mtimecmp is read by itself', () =>
    check([[0x4000, 8, 0x0123_4567_89ab_cdefn]], [0x4004, 4], 0x0123_4567n));

  test('mtime is the clock of the machine', () => {
    const { board, clint } = make();
    board.ticks = 0x1_0000_0002;
    expect([clint.read(0xbff8, 8), clint.read(0xbff8, 4), clint.read(0xbffc, 4)]).toEqual([0x1_0000_0002n, 2n, 1n]);
  });
  test('a write to mtime moves the clock, by halves too', () => {
    const { board, clint, set } = make();
    board.ticks = 0x5_0000_0007;
    clint.write(0xbff8, 8, 42n);
    clint.write(0xbffc, 4, 0n);
    clint.write(0xbff8, 8, 2n ** 64n - 1n);
    expect(set).toEqual([42, 7, 2 ** 52]);
  });
  test('nothing is behind mtime', () => {
    const { board, clint, set } = make();
    board.ticks = 5;
    clint.write(0xc000, 8, 42n);
    expect([set, clint.read(0xc000, 8)]).toEqual([[], 0n]);
  });
  test('msip drives the line of its hart', () => {
    const { board, clint } = make();
    clint.write(4, 4, 1n);
    expect([board.line(0), board.line(1), clint.msip(1)]).toEqual([false, true, true]);
    clint.write(4, 4, 0n);
    expect(board.line(1)).toBe(false);
  });
  test('a write to mtimecmp is told with its hart', () => {
    const { clint, changed } = make();
    clint.write(0x4008, 8, 5n);
    clint.write(0x4000, 4, 5n);
    clint.write(0x4010, 8, 5n); // no such hart
    expect([changed, clint.mtimecmp(1)]).toEqual([[1, 0], 5n]);
  });
  test('the interruptor saved anywhere goes on the same', () => {
    const act = accesses([0, 4, 8, 0x4000, 0x4004, 0x4008, 0x4010, 0xbff8, 0xbffc], doubleWords);
    fc.assert(
      fc.property(histories(act), ([acts, at]) =>
        checkSaveAnywhere((board) => new Clint('clint', board.context, 2, { timerChanged: () => {} }), acts, at),
      ),
    );
  });
});
