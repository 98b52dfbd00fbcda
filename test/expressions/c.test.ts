/** Expressions and values of C, over a program that is read from its file. */
import { join, resolve } from 'node:path';
import { describe, expect, test } from 'vitest';
import { partsOf } from '../../adapter/values/parts.ts';
import { openStatic } from './static-program.ts';

const program = openStatic(join(resolve(import.meta.dirname, '../guests/source'), 'values.elf'));

const check = (expression: string, expected: string): void => expect(program.show(expression)).toBe(expected);
const checkType = (expression: string, expected: string): void => expect(program.typeOf(expression)).toBe(expected);
const checkRefused = (expression: string, sentence: string): void =>
  expect(() => program.show(expression)).toThrow(sentence);

describe('numbers', () => {
  test('have the sizes and signs of their types', () => {
    check('s8v', "-100 '\\x9c'");
    check('u16v', '60000');
    check('u64v', '18000000000000000000');
    check('wide,x', '0x123456789abcdeffedcba9876543210');
    check('ldv', '3.5');
  });
  test('are promoted and converted as C does', () => {
    checkType('u8v + u8v', 'int');
    checkType('u32v + s32v', 'unsigned int');
    checkType('s64v + u32v', 'long int');
    checkType('u64v + s64v', 'long unsigned int');
    check('u8v + u8v', '400');
    check('u16v == -1 || s16v < u16v', '1');
    check('u32v > -1', '0');
    check('s32v < u32v', '1');
    check('s32v < 1u', '0');
    check('s32v * 10000000000', '-1553255926290448384');
    check('first.priority - 101', '-1');
    check('fv * 2', '3');
    checkType('fv * 2', 'float');
    checkType('dv + 1', 'double');
  });
  test('may be written in any base, with suffixes of C and Rust', () => {
    check('017 + 0x10 + 0b11 + 0o7', '0x29');
    checkType('1u', 'unsigned int');
    checkType('5000000000', 'void');
    checkType('7u8', 'u8');
    check('1_000', '0x3e8');
  });
  test('are cast in the spelling of C and of Rust', () => {
    check('(u8)300', "44 ','");
    check('u32v as u8', "0 '\\0'");
    check('-1 as i32 as u64', '18446744073709551615');
    check('(_Bool)2', 'true');
    check('(enum flags)6', 'FLAG_WRITE | FLAG_EXECUTE');
    check('&first as *const u32 == &first.pid', '1');
    check('*(&array[1] as *const u16)', '20');
  });
});

describe('names', () => {
  test('are of files, of functions and of the language', () => {
    check('values.c::hidden', '77');
    check("'values.c'::hidden", '77');
    check('counted::count', '42');
    check('FLAG_WRITE + 1', '3');
    check('FLAG_WRITE', 'FLAG_WRITE');
    check('RUNNING - WAITING', '-1');
    check('flagsv == (FLAG_WRITE | FLAG_EXECUTE)', '1');
    expect(program.typeOf('WAITING')).toBe('enum state');
    expect(program.typeOf('WAITING + 0')).toBe('int');
    check('true && !false', '1');
    check('third.entry == NULL', '1');
    check('nullptr', '0x0');
  });
  test('of registers have fields', () => {
    check('$satp.PPN', '0x1234');
    checkRefused('$satp.NAME', 'Nothing is called NAME in the register satp');
  });
  test('that are unknown are told with their column', () => {
    checkRefused('u8v + nobody', 'nobody (column 7)');
    checkRefused('first.nobody', 'Nothing is called nobody in struct task');
    checkRefused('(struct nobody *)0', 'No type is called struct nobody');
    checkRefused('nobody.c::u8v', 'nobody.c::u8v (column 1)');
  });
});

describe('structures', () => {
  test('are reached by both arrows, with indices and slices', () => {
    check('second.parent->pid', '1');
    check('second.parent.pid', '1');
    check('tasks[2]->comm[0..4]', '"0123"');
    check('array[1..3]', '[2] {20, 30}');
    check('pointer[..2]', '[2] {30, 40}');
    check('array[3..]', '[2] {40, 50}');
    check('*pointers[0][0] + 1', '31');
    check('matrix[1]', '[3] {4, 5, 6}');
    check('&array[4] - pointer', '2');
    check('*(2 + array)', '30');
    check('(&matrix[1][0])[1]', '5');
  });
  test('have bit fields, unions and members without a name', () => {
    check('first.priority', '100');
    check('first.offset', '-3');
    check('first.wide,x', '0x123456789a');
    check('first.value.real', '1.5');
    check('first.value.high,x', '0x3ff80000');
  });
  test('are found from a member, and members from a structure', () => {
    check('container_of(all.next, struct task, tasks)->pid', '1');
    check('offsetof(struct task, value.bytes[3]) - offsetof(struct task, value)', '0x3');
    check('sizeof(struct task *[4]) + sizeof first.comm', '0x30');
    check('((struct task *)&first)[0].pid', '1');
    checkRefused('container_of(all.next, struct task, nobody)', 'Nothing is called nobody in struct task');
  });
  test('cannot be numbers', () => checkRefused('first + 1', 'first has no value here'));
});

describe('texts', () => {
  test('are shown up to their zero, escaped', () => {
    check('first.comm', '"init"');
    check('second.comm', '"kthreadd\\n\\"x\\""');
    check('third.comm', '"0123456789abcdef"');
    check('letters', '[2] {"one", "two"}');
    check('cv', "65 'A'");
  });
  test('are compared with what is typed', () => {
    check('first.comm == "init"', '1');
    check('first.comm != "init" || second.comm == "kthreadd\\n\\"x\\""', '1');
    check('text == "a text"', '1');
    check('text < "b"', '1');
    check("first.comm[0] == 'i'", '1');
  });
  test('in memory that is not there are said to be missing', () => {
    check('third.name', '0x10 <no memory>');
    check('second.name', '0x0');
  });
});

describe('a format', () => {
  test('says the base', () => {
    check('u8v,x', '0xc8');
    check('s8v,x', '0x9c');
    check('u8v,b', '0b11001000');
    check('u8v,o', '0310');
    check('u8v,d', '-56');
    check('s8v,u', '156');
    check('cv,c', "'A'");
    check('array,x', '[5] {0xa, 0x14, 0x1e, 0x28, 0x32}');
    check('first.flags,d', '5');
  });
  test('says how many', () => {
    check('pointer,[3]', '[3] {30, 40, 50}');
    check('array,[2]x', '[2] {0xa, 0x14}');
    check('array,[first.pid + 1],x', '[2] {0xa, 0x14}');
    check('array[1],[2]', '[2] {20, 30}');
  });
  test('that is none is refused with its column', () => checkRefused('u8v,q', 'column 5'));
});

describe('enumerations', () => {
  test('are shown by name, and as flags where they are flags', () => {
    check('statev', 'WAITING');
    check('third.state', '9');
    check('(enum state)5', '5');
    check('flagsv', 'FLAG_WRITE | FLAG_EXECUTE');
    check('second.flags', '16');
    check('(enum flags)0x11', 'FLAG_READ | 0x10');
    check('third.flags', 'FLAG_ALL');
    check('negativev', 'BELOW');
    check('(enum negative)-4', '-4');
  });
});

describe('pointers', () => {
  test('have the symbols that they point to', () => {
    expect(program.show('pointer')).toMatch(/^0x[\da-f]+ <array\+0x8>$/);
    expect(program.show('function')).toMatch(/^0x[\da-f]+ <sleep>$/);
    expect(program.show('first.entry')).toMatch(/^0x[\da-f]+ <run>$/);
    expect(program.show('reveal')).toMatch(/<hidden>$/);
  });
});

describe('a list', () => {
  const pids = (text: string): string =>
    program.show(text).replace(/\{pid = (\d+)(?:[^{}]|\{(?:[^{}]|\{[^{}]*\})*\})*\}/g, '$1');
  test('is opened by the structure that its links are in', () => {
    expect(pids('all,list(struct task, tasks)')).toBe('[3] {1, 2, 3}');
    expect(pids('&all,list(struct task, tasks)')).toBe('[3] {1, 2, 3}');
    expect(pids('first.children,list(struct task, sibling)')).toBe('[2] {2, 3}');
    expect(pids('hashed,list(struct task, hash)')).toBe('[2] {1, 2}');
    expect(pids('woken,list(struct task, wake)')).toBe('[2] {3, 2}');
    check('empty,list(struct task, tasks)', '[0] {}');
  });
  test('is offered where a structure links its own kind, and says that this is assumed', () => {
    const part = (expression: string) => partsOf(program.evaluate(expression), program.scope.read, 0, 10).at(-1)!;
    expect(part('second.tasks').name).toBe('elements (assumed struct task by tasks)');
    expect(part('second.tasks').path('second.tasks')).toBe('second.tasks,list(struct task, tasks)');
    expect(part('second.children').name).toBe('prev');
    expect(program.show('second.children')).toMatch(/ empty$/);
    expect(program.show('second.tasks')).toMatch(/ 3 linked$/);
  });
  test('that is damaged is bounded, and says how', () => {
    expect(program.show('circle[0],list(struct list_head, next)')).toMatch(
      /^\[2\] .* <goes round in a circle at 0x[\da-f]+>$/,
    );
    expect(program.show('wild,list(struct list_head, next)')).toBe('[0] {} <no memory at 0x1234567800>');
    checkRefused('pointer,list(struct task, tasks)', 'no head of a list');
  });
});

describe('what cannot be', () => {
  test('is refused with its place', () => {
    checkRefused('run(&first)', 'calls a function');
    checkRefused('u8v = 5', 'column 5');
    checkRefused('u8v +', 'found its end (column 6)');
    checkRefused('1 / (u8v - 200)', 'a division by zero (column 1)');
    checkRefused('5 - pointer', 'a number less a pointer');
    checkRefused('array[1..3', 'a closing bracket');
    checkRefused('((((', 'its end');
  });
});
