/**
 * The bytes whose last write is being looked for, all of them as of one moment, and who wants to know. Going backwards,
 * a write takes what it wrote out and puts in what it was made of.
 */

import type { WatchRange } from '../../machine/translations.ts';
import { keyOf, type Place, registerNumberOf } from './place.ts';

/** Some bytes of which it is being found out where they came from. Filled in byte by byte. */
export interface Wanted {
  readonly place: Place;
  /** Of each byte, its value where it is known. */
  readonly values: readonly (number | undefined)[];
  /** Of each byte, the node that wrote it and which of that node's bytes it is. */
  readonly found: ({ readonly node: number; readonly byte: number } | undefined)[];
}

export interface Demand {
  readonly key: number;
  readonly value: number | undefined;
  readonly wanters: { readonly wanted: Wanted; readonly byte: number }[];
  /** How many computations with one source were followed in a row to come here. */
  computations: number;
}

export class Demands {
  readonly #bytes = new Map<number, Demand>();
  /** By number of the register. */
  readonly #registers = new Map<number, number>();
  #memoryBytes = 0;

  get size(): number {
    return this.#bytes.size;
  }
  get inRegisters(): number {
    return this.#bytes.size - this.#memoryBytes;
  }
  get inMemory(): boolean {
    return this.#memoryBytes > 0;
  }

  /** Looks for a byte of `wanted`, which is at `key`. */
  add(wanted: Wanted, byte: number, key: number = keyOf(wanted.place, byte), computations = 0): void {
    const there = this.#bytes.get(key);
    if (there !== undefined) {
      there.wanters.push({ wanted, byte });
      there.computations = Math.max(there.computations, computations);
      return;
    }
    this.#bytes.set(key, { key, value: wanted.values[byte], wanters: [{ wanted, byte }], computations });
    if (key >= 0) this.#memoryBytes += 1;
    else this.#count(registerNumberOf(key), 1);
  }

  hasRegister(register: number): boolean {
    return this.#registers.has(register);
  }

  has(key: number): boolean {
    return this.#bytes.has(key);
  }

  /** Takes a byte out: it was found. */
  take(key: number): Demand | undefined {
    const demand = this.#bytes.get(key);
    if (demand === undefined) return undefined;
    this.#bytes.delete(key);
    if (key >= 0) this.#memoryBytes -= 1;
    else this.#count(registerNumberOf(key), -1);
    return demand;
  }

  /** All keys, neighbours in a place one after another. */
  keys(): readonly number[] {
    return [...this.#bytes.keys()].sort((a, b) => (a < 0 && b < 0 ? b - a : a - b));
  }

  /** Those in RAM, as few ranges. */
  ranges(): readonly WatchRange[] {
    const ranges: { address: number; sizeBytes: number }[] = [];
    for (const key of this.keys()) {
      if (key < 0) continue;
      const last = ranges.at(-1);
      if (last !== undefined && last.address + last.sizeBytes === key) last.sizeBytes += 1;
      else ranges.push({ address: key, sizeBytes: 1 });
    }
    return ranges;
  }

  #count(register: number, by: number): void {
    const count = (this.#registers.get(register) ?? 0) + by;
    if (count === 0) this.#registers.delete(register);
    else this.#registers.set(register, count);
  }
}
