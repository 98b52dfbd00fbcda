/** What is a message in a stream of bytes, and that what is none costs nothing but itself. */

import { expect, test } from 'vitest';
import { MessageReader } from '../../adapter/dap/message-reader.ts';

const framed = (body: string, off = 0): string => `Content-Length: ${Buffer.byteLength(body) + off}\r\n\r\n${body}`;
const [one, two, three] = [1, 2, 3].map((seq) => JSON.stringify({ seq, text: 'é' })) as [string, string, string];

/** The numbers of the messages in some bytes, which come in pieces of any size. */
const check = (stream: string, expected: readonly number[], broken: number): void => {
  const bytes = Buffer.from(stream, 'utf8');
  for (const pieceBytes of [1, 2, 3, 7, 50, bytes.length]) {
    const found: number[] = [];
    const problems = new Set<string>();
    const reader = new MessageReader({
      message: (message) => found.push((message as { seq: number }).seq),
      broken: (what) => problems.add(what),
    });
    for (let at = 0; at < bytes.length; at += pieceBytes) reader.take(bytes.subarray(at, at + pieceBytes));
    expect(found).toEqual(expected);
    expect(problems.size > 0).toBe(broken > 0);
  }
};

test('messages come one behind the other', () => check(framed(one) + framed(two), [1, 2], 0));
test('a header may have other fields', () =>
  check(`Content-Type: a\r\n${framed(one)}${framed(two).replace('\r\n\r\n', '\r\nB: c\r\n\r\n')}`, [1, 2], 0));
test('noise before a header is passed over', () =>
  check(`noise${framed(one)}\r\nnoise\r\n\r\n${framed(two)}`, [1, 2], 1));
test('what is no JSON is passed over', () => check(framed('{"seq":1,') + framed(two), [2], 1));
test('what is no object is passed over', () => check(framed('5') + framed('null') + framed(two), [2], 1));
test('a length that is too large costs one message', () => {
  for (let off = 1; off < 100; off += 1) check(framed(one, off) + framed(two) + framed(three), [2, 3], 1);
});
test('a length that is too small costs one message', () => {
  for (let off = 1; off < one.length; off += 1) check(framed(one, -off) + framed(two), [2], 1);
});
test('a length that is none is passed over', () => {
  for (const length of ['', '-5', 'NaN', '1e3', '0x10', '4.5', '99999999999', '999999999']) {
    check(`Content-Length: ${length}\r\n\r\n${framed(one)}`, [1], 1);
  }
});
test('a header that ends with another one is the other one', () => check(`Content-Length: 5${framed(one)}`, [1], 1));
test('a header within a text is none', () =>
  check(framed('{"seq":1,"text":"Content-Length: 2\\r\\n\\r\\n{}"}'), [1], 0));
