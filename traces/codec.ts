/**
 * A chunk of events to bytes and back. Column-wise: all kinds, all distances between moments, then every field of every
 * kind in a column of its own, because like values side by side compress to a fraction. Nothing of one chunk is needed to
 * read another. It is written over the rows of `events.ts` and names no kind.
 */

import * as v from 'valibot';
import { ColumnReader, ColumnWriter } from './columns.ts';
import { type ColumnType, type InputEvent, type InputRow, inputRowOf, inputRowOfCode } from './events.ts';
import { type Moment, moment } from './time.ts';

const payloadSchema = v.strictObject({
  kinds: v.instance(Uint8Array),
  moments: v.instance(Uint8Array),
  texts: v.array(v.string()),
  columns: v.record(v.string(), v.instance(Uint8Array)),
});

const fieldName = (row: InputRow, name: string): string => `${row.kind}.${name}`;

/** A copy that shares no bytes with `value`. Throws a plain `Error` with a phrase for what was found. */
export const checkEvent = (value: unknown, row: InputRow | undefined): InputEvent => {
  if (row === undefined) throw new Error('an unknown input kind');
  const result = v.safeParse(row.schema, value, { abortEarly: true });
  if (!result.success) throw new Error(`${row.kind} ${v.getDotPath(result.issues[0])}: ${result.issues[0].message}`);
  return result.output;
};

/** `first` is the moment of the first event. */
export const packEvents = (events: readonly InputEvent[], first: Moment): unknown => {
  const kinds = new Uint8Array(events.length);
  const moments = new ColumnWriter();
  const texts = new Map<string, number>();
  const columns = new Map<string, ColumnWriter>();
  const last = new Map<string, number>();
  let before: number = first;
  for (const [index, event] of events.entries()) {
    const row = inputRowOf(event.kind);
    kinds[index] = row.code;
    moments.unsigned(event.at - before);
    before = event.at;
    for (const [name, { column }] of Object.entries(row.fields)) {
      const key = fieldName(row, name);
      const writer = columns.get(key) ?? new ColumnWriter();
      columns.set(key, writer);
      const value = (event as unknown as Record<string, unknown>)[name];
      putValue[column](writer, value, { texts, last, key });
    }
  }
  return {
    kinds,
    moments: moments.take(),
    texts: [...texts.keys()],
    columns: Object.fromEntries([...columns].map(([key, writer]) => [key, writer.take()])),
  };
};

/** Throws a plain `Error` with a phrase for what was found. */
export const unpackEvents = (payload: unknown, first: Moment): InputEvent[] => {
  const packed = v.parse(payloadSchema, payload);
  const moments = new ColumnReader(packed.moments);
  const columns = new Map(Object.entries(packed.columns).map(([key, bytes]) => [key, new ColumnReader(bytes)]));
  const last = new Map<string, number>();
  let at: number = first;
  const events = Array.from(packed.kinds, (code) => {
    const row = inputRowOfCode(code);
    at += moments.unsigned();
    const event: Record<string, unknown> = { at: moment(at), kind: row?.kind };
    for (const [name, { column }] of Object.entries(row?.fields ?? {})) {
      const key = fieldName(row!, name);
      const reader = columns.get(key);
      if (reader === undefined) throw new Error(`no column ${key}`);
      event[name] = takeValue[column](reader, { texts: packed.texts, last, key });
    }
    return checkEvent(event, row);
  });
  if (!moments.done) throw new Error('more moments than events');
  for (const [key, reader] of columns) if (!reader.done) throw new Error(`more values of ${key} than events`);
  return events;
};

/** About how many bytes an event will take, to know when a chunk is full. */
export const estimateBytes = (event: InputEvent): number =>
  16 + ('bytes' in event ? event.bytes.length : 0) + Object.keys(event).length * 4;

interface PutState {
  texts: Map<string, number>;
  last: Map<string, number>;
  key: string;
}

// The casts hold because every event that is written has passed its row's schema.
const putValue: Record<ColumnType, (column: ColumnWriter, value: unknown, state: PutState) => void> = {
  unsigned: (column, value) => column.unsigned(value as number),
  delta: (column, value, { last, key }) => {
    column.signed((value as number) - (last.get(key) ?? 0));
    last.set(key, value as number);
  },
  word: (column, value) => column.u64(value as bigint),
  text: (column, value, { texts }) => {
    const known = texts.get(value as string) ?? texts.size;
    texts.set(value as string, known);
    column.unsigned(known);
  },
  bytes: (column, value) => column.bytes(value as Uint8Array),
};

interface TakeState {
  texts: readonly string[];
  last: Map<string, number>;
  key: string;
}

const takeValue: Record<ColumnType, (column: ColumnReader, state: TakeState) => unknown> = {
  unsigned: (column) => column.unsigned(),
  delta: (column, { last, key }) => {
    const value = (last.get(key) ?? 0) + column.signed();
    last.set(key, value);
    return value;
  },
  word: (column) => column.u64(),
  text: (column, { texts }) => texts[column.unsigned()],
  bytes: (column) => column.bytes(),
};

/** The most values that one chunk's list of texts can need, for the writer to stay below the reader's bound. */
export const eventsPerChunkMax = 32_768;
