/** The logic of the history views: answers that come in parts, how rows read, what is asked. */
import * as v from 'valibot';
import { describe, expect, test } from 'vitest';
import { answerBody } from '../../extension/src/views/answers.ts';
import { expressionOf, logged, whoWrote } from '../../extension/src/views/history/asking.ts';
import { Marks } from '../../extension/src/views/history/marks.ts';
import { itemsMax, Questions } from '../../extension/src/views/history/questions.ts';
import {
  bookmarkRow,
  childrenOf,
  forkRow,
  groupRow,
  itemRow,
  questionRow,
} from '../../extension/src/views/history/rows.ts';
import { refusalOf } from '../../extension/src/views/requests.ts';

const item = (moment: number) => ({ moment, label: `at ${moment}` });
const asked = () => {
  const changes: (string | undefined)[] = [];
  const questions = new Questions((question) => changes.push(question?.title));
  return { questions, question: questions.begin('s', 'Who wrote x?'), changes };
};

describe('a question', () => {
  test('collects what comes in parts', () => {
    const { questions, question } = asked();
    questions.accepted(question, 7);
    questions.take('s', { id: 7, items: [item(1), item(2)], progress: 0.5, done: false });
    expect(questionRow(question)).toMatchObject({ description: '2 found, 50 %', context: 'question.asked' });
    questions.take('s', { id: 7, items: [item(3)], done: true });
    expect(question.items.map(({ moment }) => moment)).toEqual([1, 2, 3]);
    expect(questionRow(question)).toMatchObject({ description: '3 found', context: 'question', children: 'unfolded' });
  });

  test('takes answers that come before its number is known', () => {
    const { questions, question } = asked();
    questions.take('s', { id: 3, items: [item(1)], done: false });
    questions.take('s', { id: 3, items: [item(2)], done: true });
    questions.accepted(question, 3);
    expect([question.items.length, question.state]).toEqual([2, 'done']);
  });

  test('takes no answers of another session or question', () => {
    const { questions, question } = asked();
    questions.accepted(question, 3);
    questions.take('other', { id: 3, items: [item(1)], done: true });
    questions.take('s', { id: 4, items: [item(1)], done: true });
    expect([question.items.length, question.state]).toEqual([0, 'asked']);
  });

  test('can be given up, and keeps what was found', () => {
    const { questions, question } = asked();
    questions.accepted(question, 3);
    questions.take('s', { id: 3, items: [item(1)], done: false });
    expect(questions.cancel(question.key)).toBe(3);
    expect(questions.cancel(question.key)).toBeUndefined();
    expect(questionRow(question).description).toBe('1 found, then given up');
  });

  test('may be given up by the adapter', () => {
    const { questions, question } = asked();
    questions.accepted(question, 3);
    questions.take('s', { id: 3, items: [], done: true, cancelled: true });
    expect(question.state).toBe('cancelled');
  });

  test('is over with its session', () => {
    const { questions, question } = asked();
    questions.end('s');
    expect(question.state).toBe('cancelled');
  });

  test('says why it was refused', () => {
    const { questions, question } = asked();
    questions.refused(question, 'There is no symbol x');
    expect(questionRow(question)).toMatchObject({ description: 'There is no symbol x', icon: 'error' });
    questions.remove(question.key);
    expect(questions.all).toEqual([]);
  });

  test('shows so many items, and counts the others', () => {
    const { questions, question } = asked();
    questions.accepted(question, 1);
    questions.take('s', { id: 1, items: Array.from({ length: itemsMax + 7 }, (_, at) => item(at)), done: true });
    expect([question.items.length, question.more]).toEqual([itemsMax, 7]);
    expect(questionRow(question).description).toBe('5,007 found');
  });
});

describe('rows', () => {
  test('say what, when and where', () => {
    expect(
      itemRow({ moment: 1234567, hart: 1, label: '0 -> 5', place: 'trap.c:61', detail: 'usertrap' }),
    ).toMatchObject({
      label: '0 -> 5',
      description: '1,234,567 · trap.c:61 · usertrap · hart 1',
      moment: 1234567,
    });
    expect(itemRow({ label: '12' })).not.toHaveProperty('moment');
    expect(bookmarkRow({ id: 1, at: 5000, note: '' }).label).toBe('Moment 5,000');
  });

  test('do nothing that a guest printed', () => {
    expect(itemRow({ moment: 1, label: '\x1b[31m\u202e$(x)' }).label).toBe('·[31m·$(x)');
  });

  test('say what the adapter cannot do', () => {
    const refusal = refusalOf(new Error('The request chronovisor/forks is not known. ...'));
    expect(groupRow('Forks', 0, refusal).description).toBe('Not available in this version');
    expect(groupRow('Forks', 0, undefined).description).toBe('none');
  });

  test('have forks below what they come from', () => {
    const forks = [
      { id: 0, name: 'a' },
      { id: 1, name: 'b', parent: 0, at: 2 },
      { id: 2, name: 'c', parent: 9, at: 3 },
      { id: 3, name: 'd', parent: 3, at: 4 },
    ];
    expect(childrenOf(forks, undefined).map(({ name }) => name)).toEqual(['a', 'c', 'd']);
    expect(childrenOf(forks, 0).map(({ name }) => name)).toEqual(['b']);
    expect(childrenOf(forks, 3)).toEqual([]);
    expect(forkRow(forks[1]!, true, false)).toMatchObject({
      description: 'here · from moment 2',
      context: 'fork.current',
    });
    expect(forkRow(forks[0]!, false, true)).toMatchObject({
      description: 'what was launched',
      context: 'fork.launched',
    });
  });
});

describe('what is asked', () => {
  test('is about the expression that the debugger knows a variable by', () => {
    expect(expressionOf({ sessionId: 's', variable: { name: 'state', evaluateName: 'p->state' } })).toBe('p->state');
    expect(expressionOf({ variable: { name: 'state', memoryReference: '0x80001000' } })).toBe('state');
    expect(expressionOf({ name: 'jiffies', id: '3' })).toBe('jiffies');
    expect([undefined, null, 5, {}].map(expressionOf)).toEqual(Array(4).fill(undefined));
  });
  test('is in words that are short', () => {
    expect(whoWrote('p->state').title).toBe('Who wrote p->state?');
    expect(logged('/home/me/kernel/trap.c:61', '{x}').title).toBe('"{x}" at trap.c:61');
  });
});

describe('what the adapter says', () => {
  test('is checked, and what is more than is needed is left out', () => {
    const items = [
      { kind: 'write', moment: 5, hart: 0, pc: '80000000', label: 'main+8: 0 -> 1' },
      { kind: 'count', count: 12, label: '12' },
    ];
    expect(v.parse(answerBody, { id: 1, done: false, progress: 0.5, items })).toEqual({
      ...{ id: 1, done: false, progress: 0.5 },
      items: [
        { moment: 5, hart: 0, label: 'main+8: 0 -> 1' },
        { count: 12, label: '12' },
      ],
    });
    expect(v.safeParse(answerBody, { id: 1, items: 'none', done: true }).success).toBe(false);
  });

  test('of bookmarks and forks becomes marks of the timeline', async () => {
    const answers: Record<string, object> = {
      'chronovisor/bookmarks': {
        bookmarks: [
          { id: 2, at: 9, note: 'late' },
          { id: 1, at: 3, note: 'early' },
        ],
      },
      'chronovisor/forks': {
        forks: [
          { id: 0, name: 'recording' },
          { id: 1, name: 'f', parent: 0, at: 5, moment: 7, end: 9 },
        ],
        current: 1,
      },
    };
    const marks = new Marks(
      () => ({ customRequest: (command) => Promise.resolve(answers[command]) }),
      () => {},
    );
    await marks.refresh();
    expect(marks.all.map(({ kind, moment }) => [kind, moment])).toEqual([
      ['bookmark', 3],
      ['bookmark', 9],
      ['fork', 5],
    ]);
    const refusing = new Marks(
      () => ({ customRequest: () => Promise.reject(new Error('The request x is not known')) }),
      () => {},
    );
    await refusing.refresh();
    expect([refusing.all, refusing.bookmarkProblem]).toEqual([[], 'Not available in this version']);
  });
});
