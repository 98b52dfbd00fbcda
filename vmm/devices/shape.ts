/**
 * What a device's saved state may be, as data: the states of a trace come from files, where anything may stand, and
 * `restore` believes what it is given. A shape gives the first problem as a phrase, or nothing. Where a device has room for
 * a value that its guest could never make, and survives it, the shape need not forbid it.
 */

import type { PlainState } from './device.ts';

export type Shape = (state: PlainState | undefined) => string | undefined;

const problem = (expected: string, found: PlainState | undefined): string => {
  const isShort = typeof found === 'number' || typeof found === 'bigint' || typeof found === 'boolean';
  return `${isShort ? found : found === null ? 'nothing' : kindOf(found)} in place of ${expected}`;
};

const kindOf = (state: PlainState | undefined): string => {
  if (state instanceof Uint8Array) return `${state.length} bytes`;
  if (state instanceof Uint32Array) return `${state.length} words`;
  if (isList(state)) return `a list of ${state.length}`;
  return state === undefined ? 'none' : typeof state === 'string' ? 'text' : 'a record';
};

const isList = (state: PlainState | undefined): state is readonly PlainState[] => Array.isArray(state);

export const nothing: Shape = (state) => (state === null ? undefined : problem('nothing', state));

export const flag: Shape = (state) => (typeof state === 'boolean' ? undefined : problem('true or false', state));

/** A whole number, both bounds included. */
export const number =
  (min: number, max: number): Shape =>
  (state) =>
    typeof state === 'number' && Number.isSafeInteger(state) && state >= min && state <= max
      ? undefined
      : problem(`a number from ${min} to ${max}`, state);

export const unsigned = (bits: number): Shape => number(0, 2 ** bits - 1);

/** A bigint of so many bits, with a sign if it says so. */
export const integer =
  (bits: number, signed = false): Shape =>
  (state) =>
    typeof state === 'bigint' && (signed ? BigInt.asIntN(bits, state) : BigInt.asUintN(bits, state)) === state
      ? undefined
      : problem(`an integer of ${bits} bits`, state);

export const bytes =
  (min: number, max: number): Shape =>
  (state) =>
    state instanceof Uint8Array && state.length >= min && state.length <= max
      ? undefined
      : problem(min === max ? `${min} bytes` : `${min} to ${max} bytes`, state);

/** So many words, each at most `max`. */
export const words =
  (count: number, max = 0xffff_ffff): Shape =>
  (state) =>
    state instanceof Uint32Array && state.length === count && state.every((word) => word <= max)
      ? undefined
      : problem(`${count} words of at most ${max}`, state);

export const listOf =
  (item: Shape, min: number, max: number): Shape =>
  (state) => {
    if (!isList(state) || state.length < min || state.length > max) return problem(`a list of ${min} to ${max}`, state);
    for (const [index, entry] of state.entries()) {
      const found = item(entry);
      if (found !== undefined) return `[${index}]: ${found}`;
    }
    return undefined;
  };

/** A list of these, one each. */
export const tuple =
  (...items: readonly Shape[]): Shape =>
  (state) => {
    if (!isList(state) || state.length !== items.length) return problem(`a list of ${items.length}`, state);
    return items.map((item, index) => item(state[index])).find((found) => found !== undefined);
  };

export const either =
  (one: Shape, other: Shape): Shape =>
  (state) =>
    one(state) === undefined ? undefined : other(state);

/** A record with exactly these fields. */
export const fields = (shapes: Readonly<Record<string, Shape>>): Shape => {
  const names = Object.keys(shapes);
  return (state) => {
    if (typeof state !== 'object' || state === null || isList(state) || ArrayBuffer.isView(state)) {
      return problem('a record', state);
    }
    const record = state as Readonly<Record<string, PlainState>>;
    const extra = Object.keys(record).find((name) => !names.includes(name));
    if (extra !== undefined) return `a field ${JSON.stringify(extra.slice(0, 40))} that there is not`;
    for (const name of names) {
      const found = shapes[name]!(Object.hasOwn(record, name) ? record[name] : undefined);
      if (found !== undefined) return `${name}: ${found}`;
    }
    return undefined;
  };
};
