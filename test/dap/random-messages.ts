/**
 * Messages as no client should send them: requests of THE table with arguments that fit their shapes, or almost; requests of
 * nobody; and bytes that are no message at all. It knows the shapes from the table and sends nothing itself.
 */

import fc from 'fast-check';
import type * as v from 'valibot';
import { requests } from '../../adapter/dap/requests.ts';

export interface RandomMessage {
  readonly bytes: Buffer;
  /** The number of the request, if it is one that has to be answered. */
  readonly seq?: number;
  readonly text: string;
}

/** Ends a session, which is another test's. */
const ending = new Set(['disconnect', 'terminate']);

const edges = [
  0,
  1,
  -1,
  2,
  7,
  255,
  4096,
  2 ** 31,
  2 ** 32 + 1,
  2 ** 53 - 1,
  -(2 ** 53) + 1,
  2 ** 53,
  1e30,
  -1e300,
  0.5,
  -0,
];
const numbers = fc.oneof({ weight: 6, arbitrary: fc.integer({ min: 0, max: 60 }) }, fc.constantFrom(...edges));
const texts = [
  ...[
    '',
    ' ',
    'panic',
    'main',
    'path_resolve',
    'kernel!main',
    'demo.c:1',
    'trap_entry+8',
    '0x80000000',
    '0x80001000,8',
  ],
  ...[
    '0xffffffffffffffff',
    '0x',
    '-1',
    'NaN',
    '1e999',
    '$a0',
    '$sp',
    '$mstatus.MIE',
    '*$sp',
    '(((',
    ')',
    '1/0',
    '1<<99999',
  ],
  ...[
    'processes',
    'processes[0]',
    '&processes[3].state',
    'current->name,s',
    '*(int*)0',
    'sizeof(int[1000000000])',
    'a.b->c',
  ],
  ...[
    'go end',
    'go 5',
    'moment',
    'help',
    'stats',
    '> ls',
    'last-write 0x80002000,8',
    'executed panic --count',
    'traps --last',
  ],
  ...[
    '>=3',
    '%0',
    '{a0}',
    '{',
    'U',
    'load-page-fault',
    '0x80002000/8',
    'AAAA',
    'A===',
    '/etc/passwd',
    '../../x',
    '(a+)+$',
  ],
  ...[
    '\u0000',
    '\ud800',
    '\u202e',
    '\r\n\r\n',
    'Content-Length: 5\r\n\r\n',
    '__proto__',
    'constructor',
    '💥'.repeat(20),
  ],
];
const giants = ['a', '(', '[', '*', '.', '->', '$', '{', '-', '9', ' ', '\u0000', 'a.', '"', '>', '&x[', 'int('];
const giant = fc
  .tuple(fc.constantFrom(...giants), fc.constantFrom(1000, 65_535, 65_537, 300_000))
  .map(([piece, length]) => piece.repeat(Math.ceil(length / piece.length)).slice(0, length));
const strings = fc.oneof(
  { weight: 30, arbitrary: fc.constantFrom(...texts) },
  { weight: 3, arbitrary: fc.string({ unit: 'binary', maxLength: 20 }) },
  { weight: 1, arbitrary: giant },
);

/** Stands for lists in lists, deeper than a program that goes into them has room. */
const deep = '@deep@';
const deepText = `${'['.repeat(100_000)}${']'.repeat(100_000)}`;
const json = (value: unknown): string => JSON.stringify(value)?.replaceAll(`"${deep}"`, deepText) ?? '';

/** Whatever JSON can say. */
const junk: fc.Arbitrary<unknown> = fc.oneof(
  fc.constantFrom(null, true, false, [], {}, [[]], { length: 5 }),
  numbers,
  strings,
  fc.array(fc.jsonValue({ maxDepth: 2 }), { maxLength: 3 }),
  fc.constantFrom(deep, [deep], { a: deep }),
);

/** What is in a shape, as far as shapes of arguments go; nothing is read but what every shape has. */
interface Shape {
  readonly type: string;
  readonly wrapped?: v.GenericSchema;
  readonly item?: v.GenericSchema;
  readonly entries?: v.ObjectEntries;
  readonly options?: readonly unknown[];
  readonly literal?: unknown;
  readonly value?: v.GenericSchema;
}

const fitting = (schema: v.GenericSchema, name: string): fc.Arbitrary<unknown> => {
  const shape = schema as unknown as Shape;
  switch (shape.type) {
    case 'nullish':
      return fc.option(fitting(shape.wrapped!, name), { freq: 3 });
    case 'string':
      return strings;
    case 'number':
      return name === 'moment' || name === 'from' || name === 'to' || name === 'at'
        ? fc.oneof(fc.integer({ min: 0, max: 30_000_000 }), numbers)
        : numbers;
    case 'boolean':
      return fc.boolean();
    case 'literal':
      return fc.constant(shape.literal);
    case 'picklist':
      return fc.constantFrom(...shape.options!);
    case 'array':
      return fc.oneof(
        { weight: 20, arbitrary: fc.array(fitting(shape.item!, name), { maxLength: 4 }) },
        { weight: 1, arbitrary: fitting(shape.item!, name).map((item) => many(item)) },
      );
    case 'object':
    case 'strict_object':
      return fields(shape.entries!);
    case 'record':
      return fc.dictionary(fc.string({ maxLength: 8 }), shape.value === undefined ? junk : fitting(shape.value, ''), {
        maxKeys: 4,
      });
    case 'union':
    case 'variant':
      return fc.oneof(...shape.options!.map((option) => fitting(option as v.GenericSchema, name)));
    default:
      return junk;
  }
};

/** More than there should be, in a message that is not longer than what is read. */
const many = (item: unknown): readonly unknown[] =>
  Array.from({ length: Math.min(11_000, Math.ceil(4e6 / (json(item).length + 1))) }, () => item);

const fields = (entries: v.ObjectEntries): fc.Arbitrary<object> =>
  fc.record(
    Object.fromEntries(
      Object.entries(entries).map(([name, schema]) => [name, fitting(schema as v.GenericSchema, name)]),
    ),
  );

/** Arguments that fit, but for a field that is gone, another one's, or anything. */
const almost = (args: fc.Arbitrary<object>): fc.Arbitrary<unknown> =>
  fc.tuple(args, fc.nat(20), fc.nat(2), junk).map(([fit, index, how, value]) => {
    const names = Object.keys(fit);
    const name = names[index % Math.max(1, names.length)] ?? 'threadId';
    if (how === 0) return Object.fromEntries(Object.entries(fit).filter(([each]) => each !== name));
    return { ...fit, [name]: value };
  });

export interface Surroundings {
  /** Where files may be made. */
  readonly folder: string;
}

/** Nothing is written to where a random name says. */
const harmless = (command: string, args: unknown, { folder }: Surroundings): unknown =>
  command === 'chronovisor/saveFork' && typeof args === 'object' && args !== null && 'file' in args
    ? { ...args, file: typeof args.file === 'string' ? `${folder}/saved.chrono` : args.file }
    : args;

const requestsOf = (surroundings: Surroundings): fc.Arbitrary<readonly [command: unknown, args: unknown]> => {
  const known = [...requests.values()].filter(({ command }) => !ending.has(command));
  const perRow = known.map(({ command, entries }) => {
    const args = fields(entries);
    return fc
      .oneof({ weight: 6, arbitrary: args as fc.Arbitrary<unknown> }, { weight: 3, arbitrary: almost(args) }, junk)
      .map((value) => [command, harmless(command, value, surroundings)] as const);
  });
  const unknown = fc.tuple(fc.oneof(fc.constantFrom('', 'attach', 'makeCoffee', '__proto__', 'toString'), junk), junk);
  return fc.oneof({ weight: 30, arbitrary: fc.oneof(...perRow) }, { weight: 1, arbitrary: unknown });
};

const framed = (body: string, off = 0): Buffer =>
  Buffer.from(`Content-Length: ${Math.max(0, Buffer.byteLength(body) + off)}\r\n\r\n${body}`);

const oddNumbers = [0, -1, 1e15, 0.5, 7, -(2 ** 31)];

/** Ways to get a message wrong, and most often none. */
const messageOf = (
  [command, args]: readonly [unknown, unknown],
  way: number,
  count: number,
  noise: Uint8Array,
  seq: number,
): RandomMessage => {
  const body = json({ seq, type: 'request', command, arguments: args });
  const text = body.length > 300 ? `${body.slice(0, 300)}... (${body.length} characters)` : body;
  const odd = oddNumbers[count % oddNumbers.length]!;
  // Bytes that no header is in, nor the white space that JSON may have at its end.
  const harsh = Buffer.from(noise.map((byte) => byte | 0x80));
  switch (way) {
    case 0:
      return { bytes: framed(body.slice(0, count % body.length)), text: `cut: ${text}` };
    case 1:
      return { bytes: framed(body, -1 - (count % body.length)), text: `longer than it says: ${text}` };
    case 2:
      return { bytes: framed(body, 1 + count), text: `shorter than it says: ${text}` };
    case 3:
      return { bytes: harsh, text: `noise: ${harsh.toString('hex')}` };
    case 4:
      return { bytes: Buffer.concat([harsh, framed(body)]), seq, text: `behind noise: ${text}` };
    case 5:
      return {
        bytes: Buffer.from(`Content-Length: ${['', 'NaN', '-5', '1e3', '99999999999'][count % 5]}\r\n\r\n`),
        text: 'header',
      };
    case 6:
      return { bytes: framed(json(args)), text: `no request: ${json(args).slice(0, 300)}` };
    case 7:
      return {
        bytes: framed(json({ type: 'request', command, arguments: args })),
        text: `without a number: ${text}`,
      };
    case 8:
      return { bytes: framed(json({ seq: odd, type: 'request', command, arguments: args })), seq: odd, text };
    case 9:
      return {
        bytes: framed(json({ seq, type: 'response', request_seq: count, command })),
        text: 'a response',
      };
    case 10:
      return { bytes: framed('['.repeat(count * 100)), text: 'open brackets' };
    default:
      return { bytes: framed(body), seq, text };
  }
};

/** So many messages; the same ones for a seed. Numbers of requests begin with `first`. */
export const randomMessages = (
  count: number,
  seed: number,
  first: number,
  surroundings: Surroundings,
): readonly RandomMessage[] => {
  const noise = fc.uint8Array({ minLength: 1, maxLength: 60 });
  const all = fc.tuple(requestsOf(surroundings), fc.nat(60), fc.nat(5000), noise);
  return fc
    .sample(all, { numRuns: count, seed })
    .map(([request, way, number, bytes], index) => messageOf(request, way, number, bytes, first + index));
};
