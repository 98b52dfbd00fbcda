/** The table of input kinds: bounds, sentences, and numbers that may never change. */
import { describe, expect, test } from 'vitest';
import { checkEvent } from '../../traces/codec.ts';
import { describeEvent, type InputEvent, inputKinds, inputRowOf } from '../../traces/events.ts';
import { moment } from '../../traces/time.ts';
import { tinyWithStates } from './support.ts';

describe('the table of input kinds', () => {
  // Old files have these numbers. A new kind is a new line here; a changed line is a new format version.
  test('keeps its numbers and fields', () =>
    expect(
      inputKinds.map(({ code, kind, fields }) => [
        code,
        kind,
        ...Object.entries(fields).map(([k, f]) => `${k}:${f.column}`),
      ]),
    ).toEqual([
      [1, 'serial', 'bytes:bytes'],
      [2, 'clock', 'ticks:delta'],
      [3, 'entropy', 'device:text', 'bytes:bytes'],
      [4, 'disk', 'device:text', 'sector:delta', 'bytes:bytes'],
      [5, 'power', 'action:text'],
      [6, 'setRegister', 'hart:unsigned', 'register:text', 'value:word'],
      [7, 'setMemory', 'address:delta', 'bytes:bytes'],
      [9, 'schedule', 'hart:unsigned', 'steps:unsigned'],
    ]));

  test('has every kind in the example that the other tests use', () =>
    expect(new Set(tinyWithStates.events.map(({ kind }) => kind))).toEqual(
      new Set(inputKinds.map(({ kind }) => kind)),
    ));
});

describe('an event in words', () => {
  const check = (event: InputEvent, sentence: string) =>
    test(sentence, () => expect(describeEvent(event)).toBe(sentence));
  const at = moment(0);
  check({ at, kind: 'serial', bytes: new TextEncoder().encode('ls\r') }, 'the console receives "ls\\r"');
  check({ at, kind: 'clock', ticks: 12_345_678 }, 'the clock is set to 12345678 ticks (1.2345678 s)');
  check(
    { at, kind: 'entropy', device: 'virtio-rng', bytes: new Uint8Array(1) },
    'virtio-rng receives 1 byte of entropy',
  );
  check(
    { at, kind: 'disk', device: 'virtio-blk', sector: 7, bytes: new Uint8Array(512) },
    'virtio-blk receives 512 bytes from sector 7 on',
  );
  check({ at, kind: 'power', action: 'reset' }, 'the host asks for reset');
  check(
    { at, kind: 'setRegister', hart: 1, register: 'satp', value: 2n ** 63n },
    'the debugger sets satp of hart 1 to 0x8000000000000000',
  );
  check(
    { at, kind: 'setMemory', address: 0x8000_0000, bytes: new Uint8Array(4) },
    'the debugger writes 4 bytes at 0x80000000',
  );
  check({ at, kind: 'schedule', hart: 1, steps: 500 }, 'the debugger gives hart 1 the turn for 500 steps');
});

describe('an event out of bounds', () => {
  const refuses = (name: string, event: object) =>
    test(`is refused: ${name}`, () =>
      expect(() => checkEvent(event, inputRowOf((event as InputEvent).kind))).toThrow());
  const bytes = Uint8Array.of(1);
  const at = 0;
  refuses('a moment that is no integer', { at: 0.5, kind: 'clock', ticks: 0 });
  refuses('a negative moment', { at: -1, kind: 'clock', ticks: 0 });
  refuses('a moment of 2^53', { at: 2 ** 53, kind: 'clock', ticks: 0 });
  refuses('a clock of 2^53', { at, kind: 'clock', ticks: 2 ** 53 });
  refuses('no characters', { at, kind: 'serial', bytes: new Uint8Array() });
  refuses('more than 1 MiB', { at, kind: 'serial', bytes: new Uint8Array(2 ** 20 + 1) });
  refuses('an array for bytes', { at, kind: 'serial', bytes: [1] });
  refuses('a device without a name', { at, kind: 'entropy', device: '', bytes });
  refuses('a device with a line end in its name', { at, kind: 'entropy', device: 'a\n', bytes });
  refuses('hart 8', { at, kind: 'setRegister', hart: 8, register: 'a0', value: 0n });
  refuses('a value of 2^64', { at, kind: 'setRegister', hart: 0, register: 'a0', value: 2n ** 64n });
  refuses('a negative value', { at, kind: 'setRegister', hart: 0, register: 'a0', value: -1n });
  refuses('an action that does not exist', { at, kind: 'power', action: 'explode' });
  refuses('a field too many', { at, kind: 'clock', ticks: 0, more: 1 });
  refuses('a field too few', { at, kind: 'clock' });
});
