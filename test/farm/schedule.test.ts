/** What a free seat is given to do: near pieces at once, one walk over each gap, and nothing while a state is on its way. */

import { expect, test } from 'vitest';
import { type Assignment, assign, type Outlook, pieces } from '../../adapter/farm/schedule.ts';
import { between } from '../../adapter/questions/intervals.ts';
import { type Moment, moment } from '../../traces/time.ts';

const stride = 100;
const ten = pieces([between(0, 1000)], stride);

const outlook = (states: readonly number[], more: Partial<Outlook> = {}): Outlook => ({
  pending: ten,
  order: 'forward',
  under: [],
  position: moment(0),
  stateBefore: (at) => (states.findLast((state) => state <= at) ?? 0) as Moment,
  walks: [],
  alone: false,
  stride,
  ...more,
});

const words = (found: Assignment | undefined): string =>
  found === undefined ? 'wait' : `${found.start} to ${found.piece.from}${found.leave.length > 0 ? ' leaving' : ''}`;

const check = (given: Outlook, expected: string): void => expect(words(assign(given))).toBe(expected);

test('without states, the first seat walks to the last piece, leaving states, and the others begin at the first', () => {
  check(outlook([]), 'here to 900 leaving');
  const walks = [{ from: moment(0), to: moment(900) }];
  check(outlook([], { pending: ten.slice(0, -1), walks }), 'here to 0');
});

test('while somebody walks, a seat waits for its states rather than walk the same way', () => {
  const walks = [{ from: moment(0), to: moment(900) }];
  check(outlook([], { pending: ten.slice(1, -1), walks }), 'wait');
  check(outlook([0, 100], { pending: ten.slice(1, -1), walks }), '100 to 100');
});

test('with states everywhere nobody walks, and the order says which comes first', () => {
  const states = ten.map(({ from }) => from);
  check(outlook(states), 'here to 0');
  check(outlook(states, { order: 'backward' }), '900 to 900');
  check(outlook(states, { pending: ten.slice(3), position: moment(300) }), 'here to 300');
});

test('where all is wanted, seats go on where they stand, begin far from one another, and share what is left', () => {
  const pending = pieces([between(0, 3000)], stride);
  const through = (position: number, more: Partial<Outlook>): Outlook =>
    outlook(
      pending.map(({ from }) => from),
      { order: 'through', position: moment(position), pending, ...more },
    );
  check(through(0, {}), 'here to 0');
  check(through(500, {}), 'here to 500');
  check(through(0, { pending: pending.slice(1), under: [between(0, 100)] }), '800 to 800');
  check(through(800, { pending: pending.slice(9), under: [between(800, 900)] }), '1600 to 1600');
  check(through(1600, { pending: pending.slice(25), under: [between(2400, 2500)] }), '2700 to 2700');
});

test('a gap between states is walked from the state before it', () => {
  const pending = [...pieces([between(0, 100)], stride), ...pieces([between(600, 1000)], stride)];
  check(outlook([0, 200], { pending }), '200 to 900 leaving');
});

test('a seat that is alone goes forward without a walk, and walks to the end first to go backward', () => {
  check(outlook([], { alone: true }), 'here to 0');
  check(outlook([], { alone: true, order: 'backward' }), 'here to 900 leaving');
  check(outlook([0, 900], { alone: true, order: 'backward', position: moment(500) }), '900 to 900');
});

test('pieces end at multiples of the stride and are no longer than it', () => {
  expect(pieces([between(50, 230), between(300, 301)], stride)).toEqual([
    between(50, 100),
    between(100, 200),
    between(200, 230),
    between(300, 301),
  ]);
});
