/**
 * Reads back the record that a device's `save` made. Not a check of input: records come from our own checkpoints, so
 * a field of another shape is a bug of ours, and is asserted, also in release.
 */

import type { PlainState } from './device.ts';

export class SavedRecord {
  readonly #fields: Readonly<Record<string, PlainState>>;
  readonly #device: string;

  constructor(device: string, state: PlainState | undefined) {
    this.#device = device;
    if (!isFields(state)) throw new Error(`Bug: the saved state of ${device} is not a record.`);
    this.#fields = state;
  }

  number(name: string): number {
    const value = this.#fields[name];
    return typeof value === 'number' ? value : this.#refuse(name, 'a number');
  }

  flag(name: string): boolean {
    const value = this.#fields[name];
    return typeof value === 'boolean' ? value : this.#refuse(name, 'a boolean');
  }

  integer(name: string): bigint {
    const value = this.#fields[name];
    return typeof value === 'bigint' ? value : this.#refuse(name, 'a bigint');
  }

  /** A copy. */
  bytes(name: string): Uint8Array {
    const value = this.#fields[name];
    return value instanceof Uint8Array ? value.slice() : this.#refuse(name, 'a Uint8Array');
  }

  /** A copy. */
  words(name: string): Uint32Array {
    const value = this.#fields[name];
    return value instanceof Uint32Array ? value.slice() : this.#refuse(name, 'a Uint32Array');
  }

  list(name: string): readonly PlainState[] {
    const value = this.#fields[name];
    return isList(value) ? value : this.#refuse(name, 'a list');
  }

  /** The field as it is, for a nested record. */
  state(name: string): PlainState | undefined {
    return this.#fields[name];
  }

  #refuse(name: string, expected: string): never {
    throw new Error(`Bug: the saved state of ${this.#device} has no field ${name} that is ${expected}.`);
  }
}

const isList = (value: PlainState | undefined): value is readonly PlainState[] => Array.isArray(value);

const isFields = (value: PlainState | undefined): value is Readonly<Record<string, PlainState>> =>
  typeof value === 'object' && value !== null && !isList(value) && !ArrayBuffer.isView(value);
