import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { Rtc } from '../../vmm/devices/rtc.ts';
import { accesses, histories, words } from './acts.ts';
import { checkSaveAnywhere, FakeBoard } from './board.ts';

const baseNs = 1_700_000_000_000_000_000n;

const make = () => {
  const board = new FakeBoard();
  let changes = 0;
  const rtc = new Rtc('rtc', board.context, { baseNs, alarmChanged: () => changes++ });
  const get = (offset: number) => rtc.read(offset);
  const put = (offset: number, value: bigint) => rtc.write(offset, 4, BigInt.asUintN(32, value));
  return {
    board,
    rtc,
    get,
    put,
    time: () => get(0) | (get(4) << 32n),
    alarm: (at: bigint) => {
      put(0x0c, at >> 32n);
      put(0x08, at);
    },
    changes: () => changes,
  };
};

describe('the real-time clock', () => {
  test('is its base plus the guest’s clock', () => {
    const { board, time } = make();
    board.ticks = 12;
    expect(time()).toBe(baseNs + 1200n);
  });
  test('latches the upper half when the lower is read', () => {
    const { board, get } = make();
    const high = get(0) && get(4);
    board.ticks = 2 ** 40;
    expect(get(4)).toBe(high);
  });
  test('can be set', () => {
    const { board, put, time } = make();
    put(4, 1n);
    put(0, 5n);
    board.ticks = 1;
    expect(time()).toBe(0x1_0000_0069n);
  });
  test('an alarm asks for its tick and interrupts then, not before', () => {
    const { board, rtc, get, put, alarm } = make();
    put(0x10, 1n);
    alarm(baseNs + 1050n);
    const asked = [rtc.alarmTicks(), get(0x18)];
    board.ticks = 10;
    rtc.wake();
    const early = board.line();
    board.ticks = 11;
    rtc.wake();
    expect([asked, early, board.line(), get(0x18), rtc.alarmTicks()]).toEqual([[11, 1n], false, true, 0n, undefined]);
    put(0x1c, 1n);
    expect(board.line()).toBe(false);
  });
  test('an alarm in the past interrupts at once', () => {
    const { board, put, alarm } = make();
    put(0x10, 1n);
    alarm(baseNs - 1n);
    expect(board.line()).toBe(true);
  });
  test('a cleared alarm does not interrupt', () => {
    const { board, rtc, put, alarm, changes } = make();
    put(0x10, 1n);
    alarm(baseNs + 100n);
    put(0x14, 1n);
    board.ticks = 50;
    rtc.wake();
    expect([board.line(), rtc.alarmTicks(), changes()]).toEqual([false, undefined, 2]);
  });
  test('the clock saved anywhere goes on the same', () => {
    const act = accesses([0, 4, 8, 0x0c, 0x10, 0x14, 0x18, 0x1c], words, [4]);
    fc.assert(
      fc.property(histories(act), ([acts, at]) =>
        checkSaveAnywhere((board) => new Rtc('rtc', board.context, { baseNs, alarmChanged: () => {} }), acts, at),
      ),
    );
  });
});
