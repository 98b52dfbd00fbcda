/** The guest terminal's logic without a page: what sequences do, what stays on the screen, what keys send. */
import { describe, expect, test } from 'vitest';
import type { ConsoleAnswer } from '../../extension/src/views/requests.ts';
import { ConsoleFeed } from '../../extension/src/views/terminal/feed.ts';
import { typedBy } from '../../extension/src/views/terminal/keys.ts';
import { Screen, sideOf, spansOf } from '../../extension/src/views/terminal/screen.ts';

const bytesOf = (text: string): Uint8Array => new TextEncoder().encode(text);
/** Each byte is printed at a moment of its own. */
const printed = (text: string | Uint8Array, screen = new Screen()): Screen => {
  screen.write(typeof text === 'string' ? bytesOf(text) : text, (index) => index);
  return screen;
};
const linesOf = ({ lines }: Screen): string[] =>
  lines.map(({ cells }) => cells.map(({ character }) => character).join(''));
const check = (text: string | Uint8Array, ...lines: string[]): void => expect(linesOf(printed(text))).toEqual(lines);

describe('a screen', () => {
  test('has lines, with and without carriage returns', () => check('one\r\ntwo\nthree', 'one', 'two', 'three'));
  test('goes back within a line', () => check('loading\rL', 'Loading'));
  test('goes back over a character that is rubbed out', () => check('ab\b \bc', 'ac'));
  test('has columns for tabs', () => check('a\tb', 'a       b'));
  test('erases to the end of a line', () => check('hello\r\x1b[3C\x1b[Kp', 'help'));
  test('erases to the beginning of a line', () => check('hello\x1b[2D\x1b[1K', '    o'));
  test('erases a whole line', () => check('hello\r\x1b[2Kx', 'x'));
  test('erases below as a shell does that edits its line', () => check('$ ls\x1b[2D\x1b[J', '$ '));
  test('wraps a line that has no end', () => {
    expect(linesOf(printed('x'.repeat(3000))).map((line) => line.length)).toEqual([1024, 1024, 952]);
  });
  test('keeps so many lines', () => {
    const screen = printed('1\n2\n3\n4', new Screen(2));
    expect([linesOf(screen), screen.dropped]).toEqual([['3', '4'], 2]);
  });
  test('reads UTF-8, in pieces too, and shows what is none', () => {
    const screen = new Screen();
    for (const byte of bytesOf('é€😀')) screen.write(Uint8Array.of(byte), () => 0);
    expect(linesOf(screen)).toEqual(['é€😀']);
    check(Uint8Array.of(0x61, 0xff, 0xc3, 0x62, 0xc0, 0x80, 0xed, 0xa0, 0x80), 'a��b���');
  });
});

describe('what a guest prints can do nothing', () => {
  test('to the title, the clipboard or links', () =>
    check('\x1b]0;title\x07a\x1b]52;c;aGk=\x1b\\b\x1b]8;;http://x\x1b\\link\x1b]8;;\x1b\\', 'ablink'));
  test('to the answers of a terminal', () => check('\x1b[6n\x1b[c\x1b[?1049h\x1b[>4;1m\x1bcx', 'x'));
  test('above its line', () => check('one\ntwo\x1b[A\x1b[1;1H\x1b[2J!', 'one', 'two!'));
  test('with markup', () => check('<b onclick="x()">&amp;</b>', '<b onclick="x()">&amp;</b>'));
  test('to the direction of writing', () => check('a\u202eb\u2028c\u0085d', 'a�b�c�d'));
  test('with sequences that have no end, or too many numbers', () => {
    check(`\x1b[${'1;'.repeat(100_000)}mx`, 'x');
    check('\x1b[99999999999999999999Cx', '', 'x');
    check(`\x1b]0;${'t'.repeat(10_000)}`, '');
    check('\x1b[31\x1b[32mx', 'x');
  });
});

describe('colours', () => {
  const styles = (text: string) => spansOf(printed(text).lines[0]!, 1e9).map(({ text, style }) => [text, style]);

  test('are those of the theme, of the palette, or any', () => {
    expect(styles('\x1b[31ma\x1b[0;1;92mb\x1b[38;5;208mc\x1b[48;2;1;2;3md\x1b[me\x1b[7mf')).toEqual([
      ['a', { text: 1 }],
      ['b', { bold: true, text: 10 }],
      ['c', { bold: true, text: [255, 135, 0] }],
      ['d', { bold: true, text: [255, 135, 0], ground: [1, 2, 3] }],
      ['e', {}],
      ['f', { inverse: true }],
    ]);
  });

  test('are switched off one by one', () => {
    expect(styles('\x1b[1;2;3;4;7;31;41ma\x1b[22;23;24;27;39;49mb').map(([, style]) => style)).toEqual([
      { bold: true, faint: true, italic: true, underline: true, inverse: true, text: 1, ground: 1 },
      {},
    ]);
  });

  test('that are no colours change nothing', () => {
    expect(styles('\x1b[38;5;999ma\x1b[38;2;300;0;0mb\x1b[38ma\x1b[123mb')).toEqual([
      ['a', {}],
      ['b', {}],
      ['a', {}],
      ['b', {}],
    ]);
  });
});

describe('characters', () => {
  test('have the moments at which they were printed', () => {
    const [line] = printed('ab\x1b[31mc').lines;
    expect(line!.cells.map(({ moment }) => moment)).toEqual([0, 1, 7]);
  });

  test('are dimmed from a moment on', () => {
    const [line] = printed('hello').lines;
    expect(spansOf(line!, 3).map(({ text, future }) => [text, future])).toEqual([
      ['hel', false],
      ['lo', true],
    ]);
    expect([0, 3, 9].map((now) => sideOf(line!, now))).toEqual(['future', 'mixed', 'past']);
  });
});

describe('the feed of a screen', () => {
  const answer = (
    from: number,
    to: number,
    known: [number, number][],
    text: string,
    moment: number,
  ): ConsoleAnswer => ({
    ...{ from, to, known: known.map(([begin, end]) => ({ from: begin, to: end })) },
    chunks:
      text === ''
        ? []
        : [{ moment, offset: 0, bytes: Buffer.from(text).toString('base64'), later: Array(text.length - 1).fill(1) }],
  });

  test('goes on where it was', () => {
    const feed = new ConsoleFeed();
    expect(feed.take(answer(0, 100, [[0, 100]], 'hello ', 10))).toBe(true);
    expect(feed.wanted).toEqual({ from: 100 });
    feed.take(answer(100, 200, [[100, 200]], 'world', 110));
    expect(feed.take(answer(200, 200, [], '', 0))).toBe(false);
    expect(linesOf(feed.screen)).toEqual(['hello world']);
    expect(feed.screen.lines[0]!.cells[6]!.moment).toBe(110);
  });

  test('waits for what is missing', () => {
    const feed = new ConsoleFeed();
    feed.take(answer(0, 50, [[0, 50]], 'one ', 10));
    feed.take(answer(50, 300, [[100, 300]], 'three', 150));
    expect([linesOf(feed.screen), feed.hasGap, feed.wanted]).toEqual([['one '], true, { from: 50 }]);
    feed.take(answer(50, 100, [[50, 100]], 'two ', 60));
    feed.take(answer(100, 300, [[100, 300]], 'three', 150));
    expect([linesOf(feed.screen), feed.hasGap]).toEqual([['one two three'], false]);
  });

  test('says when the beginning is not known', () => {
    const feed = new ConsoleFeed();
    feed.take(answer(0, 300, [[100, 300]], 'late', 150));
    expect([linesOf(feed.screen), feed.isCut]).toEqual([['late'], true]);
  });
});

describe('a key', () => {
  const key = (name: string, modifiers: object = {}) =>
    typedBy({ key: name, ctrlKey: false, altKey: false, metaKey: false, ...modifiers });

  test('is sent as a terminal sends it', () => {
    expect(['a', 'é', ' ', 'Enter', 'Backspace', 'ArrowUp', 'Tab'].map((name) => key(name))).toEqual([
      'a',
      'é',
      ' ',
      '\r',
      '\x7f',
      '\x1b[A',
      '\t',
    ]);
    expect([key('c', { ctrlKey: true }), key('[', { ctrlKey: true }), key('b', { altKey: true })]).toEqual([
      '\x03',
      '\x1b',
      '\x1bb',
    ]);
  });

  test('is left to the editor where it is the editor’s', () => {
    expect(['F5', 'Shift', 'Control', 'Dead'].map((name) => key(name))).toEqual(Array(4).fill(undefined));
    expect([key('p', { metaKey: true }), key('A', { ctrlKey: true }), key('toString')]).toEqual(
      Array(3).fill(undefined),
    );
  });
});
