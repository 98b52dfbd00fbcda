import { describe, expect, test } from 'vitest';
import { EscapeFilter } from '../../adapter/host/console.ts';
import { HostError } from '../../adapter/host/errors.ts';
import { parseScript, ScriptPlayer } from '../../adapter/host/script.ts';

/** The script, pieces that the guest prints, and what is typed after each; the first is before all of them. */
const check = (script: string, pieces: readonly string[], typed: readonly string[]): ScriptPlayer => {
  const player = new ScriptPlayer(parseScript(script));
  const text = (bytes: Uint8Array): string => Buffer.from(bytes).toString('latin1');
  const found = [text(player.start()), ...pieces.map((piece) => text(player.printed(Buffer.from(piece, 'latin1'))))];
  expect(found).toEqual(typed);
  return player;
};

const checkError = (script: string, sentence: string): void => {
  let found: unknown;
  try {
    parseScript(script);
  } catch (error) {
    found = error;
  }
  expect(found).toBeInstanceOf(HostError);
  expect((found as HostError).message).toBe(sentence);
};

describe('a script', () => {
  test('types when the guest has printed what it waits for', () =>
    check(
      'wait "login: "\nsend "root\\n"\nwait "# "\nsend "ls\\n"',
      ['Debian\nlogin: ', 'pw', '# '],
      ['', 'root\n', '', 'ls\n'],
    ));
  test('sees a text that comes in pieces', () => check('wait "abc"\nsend "x"', ['..a', 'b', 'c'], ['', '', '', 'x']));
  test('goes on with what follows in the same piece', () =>
    check('wait "a"\nsend "1"\nwait "b"\nsend "2"', ['a b'], ['', '12']));
  test('does not see again what it has passed', () =>
    check('wait "$ "\nsend "1"\nwait "$ "\nsend "2"', ['$ ', 'x', '$ '], ['', '1', '', '2']));
  test('sees a text that overlaps its own beginning', () =>
    check('wait "aab"\nsend "x"', ['a', 'aa', 'b'], ['', '', '', 'x']));
  test('types at once when it begins with it', () => check('send "hi"', [], ['hi']));
  test('ends the run at quit and types nothing after it', () => {
    const player = check('wait "x"\nquit\nsend "never"', ['x', 'y'], ['', '', '']);
    expect(player.quit).toBe(true);
    expect(player.waiting).toBeUndefined();
  });
  test('knows which line it waits at', () => {
    expect(check('# first\n\nwait "never"', ['text'], ['', '']).waiting?.line).toBe(3);
  });
  test('has the escapes of C, comments and other spaces', () =>
    check('  send   "\\x03\\e[6n\\"\\\\ é" # comment', [], ['\x03\x1b[6n"\\ \xc3\xa9']));
});

describe('a script with an error names its line', () => {
  const remedy = 'A script has lines such as: wait "login: ", send "root\\n", quit, and # for comments.';
  test('when it has no such word', () =>
    checkError(
      'wait "a"\nexpect "b"',
      `Line 2 of the script cannot be understood: expected wait "text", send "text" or quit, found expect "b". ${remedy}`,
    ));
  test('when a text has no end', () =>
    checkError(
      'send "abc',
      `Line 1 of the script cannot be understood: expected wait "text", send "text" or quit, found send "abc. ${remedy}`,
    ));
  test('when an escape is unknown', () =>
    checkError(
      'send "\\q"',
      `Line 1 of the script cannot be understood: expected one of \\n \\r \\t \\b \\a \\e \\0 \\\\ \\" \\xHH, found \\q. ${remedy}`,
    ));
  test('when it waits for nothing', () =>
    checkError(
      'wait ""',
      `Line 1 of the script cannot be understood: expected a text that is not empty, found wait "". ${remedy}`,
    ));
});

describe('at a terminal', () => {
  const checkKeys = (pieces: readonly string[], forGuest: string, leave: boolean): void => {
    const filter = new EscapeFilter();
    const results = pieces.map((piece) => filter.take(Buffer.from(piece, 'latin1')));
    expect(results.map((result) => Buffer.from(result.forGuest).toString('latin1')).join('')).toBe(forGuest);
    expect(results.some((result) => result.leave)).toBe(leave);
  };
  test('Ctrl-C goes to the guest', () => checkKeys(['ls\x03'], 'ls\x03', false));
  test('Ctrl-A x leaves, and what follows goes nowhere', () => checkKeys(['a\x01xb'], 'a', true));
  test('Ctrl-A x leaves when it comes as two keys', () => checkKeys(['\x01', 'X'], '', true));
  test('Ctrl-A Ctrl-A sends one Ctrl-A', () => checkKeys(['\x01\x01x'], '\x01x', false));
  test('Ctrl-A and another key send nothing', () => checkKeys(['\x01qz'], 'z', false));
});
