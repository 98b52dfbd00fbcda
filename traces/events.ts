/**
 * THE table of what can reach a guest from outside. An input kind is one row here: its number in the file, its name,
 * what it carries, what it is, how it reads as a sentence. Recorder, replayer, file format and trace editor are all
 * written against it. How a row's fields are packed is `codec.ts`; how a machine takes an input is the VMM's.
 */

import * as v from 'valibot';
import { isMoment, type Moment } from './time.ts';

/**
 * How a field is stored: `unsigned` LEB128; `delta` from the value before in the same chunk, for what mostly grows a
 * little; `word` 64 bits; `text` a number in the chunk's list of texts; `bytes` a length and the bytes.
 */
export type ColumnType = 'unsigned' | 'delta' | 'word' | 'text' | 'bytes';

interface Field<Type extends ColumnType, Schema extends v.GenericSchema> {
  readonly column: Type;
  readonly schema: Schema;
}

const field = <Type extends ColumnType, Schema extends v.GenericSchema>(
  column: Type,
  schema: Schema,
): Field<Type, Schema> => ({ column, schema });

export const momentSchema = v.custom<Moment>(isMoment, 'a moment is an integer from 0 to 2^53 - 1');

/** An integer from `min` to `max`, both included. */
export const integer = (min: number, max: number) =>
  v.pipe(v.number(), v.safeInteger(), v.minValue(min), v.maxValue(max));

/** Its output is a copy: who gave the bytes may be about to overwrite them, as guests do with their memory. */
export const bytesSchema = (min: number, max: number) =>
  v.pipe(
    v.instance(Uint8Array),
    v.check(({ length }) => length >= min && length <= max, `there must be ${min} to ${max} bytes`),
    v.transform((bytes): Uint8Array => Uint8Array.from(bytes)),
  );

export const word64 = v.pipe(v.bigint(), v.minValue(0n), v.maxValue(0xffff_ffff_ffff_ffffn));

/** The names of devices and registers: those of the specifications, so printable ASCII without spaces. */
export const nameSchema = v.pipe(v.string(), v.regex(/^[!-~]{1,32}$/, 'a name has 1 to 32 printable ASCII characters'));

/** One input is at most this large, so that a chunk always has room for it; a recorder splits what is larger. */
export const inputBytesMax = 1024 * 1024;

const row = <const Kind extends string, Fields extends Record<string, Field<ColumnType, v.GenericSchema>>>(
  code: number,
  kind: Kind,
  fields: Fields,
  meaning: string,
  describe: (event: { -readonly [Name in keyof Fields]: v.InferOutput<Fields[Name]['schema']> }) => string,
) => {
  const payload = Object.fromEntries(Object.entries(fields).map(([name, { schema }]) => [name, schema])) as {
    [Name in keyof Fields]: Fields[Name]['schema'];
  };
  const schema = v.strictObject({ at: momentSchema, kind: v.literal(kind), ...payload });
  return { code, kind, fields, meaning, describe, schema };
};

const hex = (value: number | bigint): string => `0x${value.toString(16)}`;
const count = (bytes: Uint8Array): string => (bytes.length === 1 ? '1 byte' : `${bytes.length} bytes`);
const quoted = (bytes: Uint8Array): string => {
  const shown = JSON.stringify(new TextDecoder('latin1').decode(bytes.subarray(0, 40)));
  return bytes.length > 40 ? `${shown} ...` : shown;
};

// A row's number is in files and is never given to another kind. Fields are stored in the order in which they stand.
// 8 is kept for `network`: a frame arriving at a network device.
export const inputKinds = [
  row(
    1,
    'serial',
    { bytes: field('bytes', bytesSchema(1, inputBytesMax)) },
    'characters arriving at UART 0',
    ({ bytes }) => `the console receives ${quoted(bytes)}`,
  ),
  row(
    2,
    'clock',
    { ticks: field('delta', integer(0, Number.MAX_SAFE_INTEGER)) },
    "the guest's clock (mtime, 10 MHz) is set to this value at this moment",
    ({ ticks }) => `the clock is set to ${ticks} ticks (${(ticks / 10_000_000).toFixed(7)} s)`,
  ),
  row(
    3,
    'entropy',
    { device: field('text', nameSchema), bytes: field('bytes', bytesSchema(1, inputBytesMax)) },
    'random bytes that a device asked for',
    ({ device, bytes }) => `${device} receives ${count(bytes)} of entropy`,
  ),
  row(
    4,
    'disk',
    {
      device: field('text', nameSchema),
      sector: field('delta', integer(0, Number.MAX_SAFE_INTEGER)),
      bytes: field('bytes', bytesSchema(1, inputBytesMax)),
    },
    "disk data that is not in the trace's own image",
    ({ device, sector, bytes }) => `${device} receives ${count(bytes)} from sector ${sector} on`,
  ),
  row(
    5,
    'power',
    { action: field('text', v.picklist(['shutdown', 'reset', 'stop'])) },
    'the power button, the reset button, or the host stopping the machine',
    ({ action }) => `the host asks for ${action}`,
  ),
  row(
    6,
    'setRegister',
    { hart: field('unsigned', integer(0, 7)), register: field('text', nameSchema), value: field('word', word64) },
    'a register written by a person in the debugger',
    ({ hart, register, value }) => `the debugger sets ${register} of hart ${hart} to ${hex(value)}`,
  ),
  row(
    7,
    'setMemory',
    {
      address: field('delta', integer(0, Number.MAX_SAFE_INTEGER)),
      bytes: field('bytes', bytesSchema(1, inputBytesMax)),
    },
    'physical memory written by a person in the debugger',
    ({ address, bytes }) => `the debugger writes ${count(bytes)} at ${hex(address)}`,
  ),
  row(
    9,
    'schedule',
    { hart: field('unsigned', integer(0, 7)), steps: field('unsigned', integer(1, 1_000_000_000)) },
    'the hart whose turn a person makes it, and for how many steps',
    ({ hart, steps }) => `the debugger gives hart ${hart} the turn for ${steps} steps`,
  ),
] as const;

/** One input, at the moment before whose step it is applied. Inputs of one moment apply in the file's order. */
export type InputEvent = v.InferOutput<(typeof inputKinds)[number]['schema']>;
export type InputKind = InputEvent['kind'];

/** A row as those see it who walk all rows. */
export interface InputRow {
  readonly code: number;
  readonly kind: InputKind;
  readonly fields: Readonly<Record<string, Field<ColumnType, v.GenericSchema>>>;
  readonly meaning: string;
  readonly schema: v.GenericSchema<unknown, InputEvent>;
  describe(event: InputEvent): string;
}

/** Each row's `describe` takes its own kind's event only; the lookup by kind below is what makes the view sound. */
const rows = inputKinds as unknown as readonly InputRow[];
const rowOfCode = new Map(rows.map((entry) => [entry.code, entry]));
const rowOfKind = new Map(rows.map((entry) => [entry.kind, entry]));
if (rowOfCode.size !== rows.length || rowOfKind.size !== rows.length) throw new Error('two input kinds collide');

export const inputRowOfCode = (code: number): InputRow | undefined => rowOfCode.get(code);

export const inputRowOf = (kind: InputKind): InputRow => rowOfKind.get(kind)!;

/** A sentence, without its moment: "the console receives "ls\r"". */
export const describeEvent = (event: InputEvent): string => inputRowOf(event.kind).describe(event);
