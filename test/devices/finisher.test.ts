import { describe, expect, test } from 'vitest';
import { Finisher } from '../../vmm/devices/finisher.ts';
import { FakeBoard } from './board.ts';

const check = (offset: number, sizeBytes: number, value: bigint, expected: string[]) => {
  const board = new FakeBoard();
  new Finisher('finisher', board.context).write(offset, sizeBytes, value);
  expect(board.power).toEqual(expected);
};

describe('the test finisher', () => {
  test('pass switches off with code 0', () => check(0, 4, 0x5555n, ['off 0']));
  test('fail switches off with the code of the upper half', () => check(0, 4, 0x002a_3333n, ['off 42']));
  test('a half-word write has no code', () => check(0, 2, 0x3333n, ['off 0']));
  test('reset asks for a reset', () => check(0, 4, 0x7777n, ['reset 0']));
  test('another value does nothing', () => check(0, 4, 0x1234n, []));
  test('another offset does nothing', () => check(4, 4, 0x5555n, []));
});
