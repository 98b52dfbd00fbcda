import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { Plic, plicSources } from '../../vmm/devices/plic.ts';
import { accesses, histories, words } from './acts.ts';
import { checkSaveAnywhere, FakeBoard } from './board.ts';

const enable = (context: number, source: number) => 0x2000 + 0x80 * context + 4 * (source >>> 5);
const threshold = (context: number) => 0x20_0000 + 0x1000 * context;
const claim = (context: number) => threshold(context) + 4;

const make = () => {
  const board = new FakeBoard();
  const plic = new Plic('plic', board.context, 2);
  return {
    board,
    plic,
    put: (offset: number, value: number) => plic.write(offset, 4, BigInt(value)),
    get: (offset: number) => Number(plic.read(offset, 4)),
    /** Gives a source a priority and enables it for a context. */
    route: (source: number, priority: number, context: number) => {
      plic.write(4 * source, 4, BigInt(priority));
      const at = enable(context, source);
      plic.write(at, 4, plic.read(at, 4) | (1n << BigInt(source & 31)));
    },
  };
};

/** What a history on a fresh controller returns. */
const check = (history: (plic: ReturnType<typeof make>) => unknown[], expected: unknown[]) =>
  expect(history(make())).toEqual(expected);

describe('the platform-level interrupt controller', () => {
  test('an enabled source of non-zero priority raises the line of its context alone', () =>
    check(
      ({ board, plic, route }) => {
        route(10, 1, 1);
        plic.setSource(10, true);
        return [0, 1, 2, 3].map((line) => board.line(line));
      },
      [false, true, false, false],
    ));
  test('priority 0 never interrupts', () =>
    check(
      ({ board, plic, route, get }) => {
        route(10, 0, 1);
        plic.setSource(10, true);
        return [board.line(1), get(claim(1))];
      },
      [false, 0],
    ));
  test('a priority at the threshold does not interrupt, but can be claimed', () =>
    check(
      ({ board, plic, route, put, get }) => {
        route(10, 3, 1);
        put(threshold(1), 3);
        plic.setSource(10, true);
        return [board.line(1), get(claim(1))];
      },
      [false, 10],
    ));
  test('claims go by priority, then by the lower number', () =>
    check(
      ({ plic, route, get }) => {
        for (const [source, priority] of [
          [5, 1],
          [40, 7],
          [7, 7],
          [96, 2],
        ] as const) {
          route(source, priority, 0);
          plic.setSource(source, true);
        }
        return [get(claim(0)), get(claim(0)), get(claim(0)), get(claim(0)), get(claim(0))];
      },
      [7, 40, 96, 5, 0],
    ));
  test('a claimed source does not interrupt again until it is completed', () =>
    check(
      ({ board, plic, route, put, get }) => {
        route(10, 1, 1);
        plic.setSource(10, true);
        const claimed = get(claim(1));
        const during = [board.line(1), get(0x1000), get(claim(1))];
        put(claim(1), 10); // still high: forwarded again
        return [claimed, ...during, board.line(1), get(0x1000)];
      },
      [10, false, 0, 0, true, 1 << 10],
    ));
  test('a completed source that fell is quiet', () =>
    check(
      ({ board, plic, route, put, get }) => {
        route(10, 1, 1);
        plic.setSource(10, true);
        get(claim(1));
        plic.setSource(10, false);
        put(claim(1), 10);
        return [board.line(1), get(claim(1))];
      },
      [false, 0],
    ));
  test('a forwarded request outlives its source', () =>
    check(
      ({ board, plic, route, get }) => {
        route(10, 1, 1);
        plic.setSource(10, true);
        plic.setSource(10, false);
        return [board.line(1), get(claim(1)), board.line(1)];
      },
      [true, 10, false],
    ));
  test('a completion for a source that is not enabled there is ignored', () =>
    check(
      ({ plic, route, put, get }) => {
        route(10, 1, 1);
        plic.setSource(10, true);
        get(claim(1));
        put(claim(3), 10);
        const ignored = get(claim(1));
        put(claim(1), 10);
        return [ignored, get(claim(1))];
      },
      [0, 10],
    ));
  test('one source serves both harts, and one claim takes it', () =>
    check(
      ({ board, plic, route, get }) => {
        route(10, 1, 1);
        route(10, 1, 3);
        plic.setSource(10, true);
        return [board.line(1), board.line(3), get(claim(3)), board.line(1), board.line(3), get(claim(1))];
      },
      [true, true, 10, false, false, 0],
    ));
  test('source 0, sources that do not exist and priorities above 7 are not kept', () =>
    check(
      ({ put, get }) => {
        put(0, 7);
        put(4, 0xffff_ffff);
        put(4 * (plicSources + 1), 7);
        put(enable(0, 0), 0xffff_ffff);
        put(enable(0, 96), 0xffff_ffff);
        return [get(0), get(4), get(4 * (plicSources + 1)), get(enable(0, 0)), get(enable(0, 96))];
      },
      [0, 7, 0, 0xffff_fffe, 1],
    ));
  test('the controller saved anywhere goes on the same', () => {
    const offsets = [
      4,
      8,
      40,
      128,
      0x1000,
      0x1004,
      ...[0, 1, 2, 3, 4].flatMap((c) => [enable(c, 0), enable(c, 40), threshold(c), claim(c), claim(c)]),
    ];
    const source = fc.tuple(fc.constantFrom(1, 2, 10, 32, 40), fc.boolean()).map(([number, high]) => ({
      kind: 'other' as const,
      run: (plic: unknown) => (plic as Plic).setSource(number, high),
    }));
    const act = fc.oneof({ weight: 3, arbitrary: accesses(offsets, words, [4]) }, source);
    fc.assert(
      fc.property(histories(act, 120), ([acts, at]) =>
        checkSaveAnywhere((board) => new Plic('plic', board.context, 2), acts, at),
      ),
    );
  });
});
