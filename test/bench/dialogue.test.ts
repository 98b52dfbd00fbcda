import { expect, test } from 'vitest';
import { Dialogue } from './dialogue.ts';
import { geometricMean, median } from './measurement.ts';

const marks = [
  { name: 'boot', text: 'login: ', answer: 'root\n' },
  { name: 'work', text: 'done\r' },
];

/** The names of the marks that pieces of output reach, in order. */
const check = (pieces: readonly string[], reached: readonly string[]): void => {
  const names: string[] = [];
  const dialogue = new Dialogue(marks, ({ name }) => names.push(name));
  for (const piece of pieces) dialogue.printed(Buffer.from(piece, 'latin1'));
  expect(names).toEqual(reached);
  expect(dialogue.isOver).toBe(reached.length === marks.length);
  expect(dialogue.complaint === undefined).toBe(dialogue.isOver);
};

test('marks are reached in their order', () => check(['hello login: ', 'working\ndone\r\n'], ['boot', 'work']));
test('a mark may come in pieces', () => check(['log', 'in', ': do', 'ne', '\r'], ['boot', 'work']));
test('one piece may hold several marks', () => check(['login: done\r'], ['boot', 'work']));
test('a later mark does not count before an earlier one', () => check(['done\r login: '], ['boot']));
test('the median is a value that was measured', () => expect(median([3, 1, 2, 10])).toBe(3));
test('ratios of a half and two are one on the geometric mean', () => expect(geometricMean([0.5, 2])).toBeCloseTo(1));
