/**
 * State digests: what the machine is, from what changed since the last one. They cover the machine and hart records,
 * RAM and every device, and nothing that an engine caches. RAM's hash is the sum, modulo 2^64, of its pages' hashes;
 * a page's hash is XXH64 of its bytes seeded with its index, and 0 for a page of zeros.
 */

import type { PageHash, StateDigest } from '../../traces/digest.ts';
import type { PlainState } from '../devices/device.ts';
import { scratch } from '../engine/layout.ts';
import type { Machine } from './machine.ts';
import { createPageHashes, type PageHashes } from './page-hash.ts';

export type Hash64 = (bytes: Uint8Array, seed: bigint) => bigint;

export class Digester {
  readonly #machine: Machine;
  readonly #hashes: PageHashes;
  /** Hash of each page in the last digest that was made: its low half, then its high one. */
  readonly #pages: Uint32Array;
  readonly #canonical: Canonical;
  #ram = 0n;

  constructor(machine: Machine, hash64: Hash64) {
    this.#machine = machine;
    this.#hashes = createPageHashes(machine.memory.wasm);
    this.#canonical = new Canonical(hash64);
    this.#pages = new Uint32Array(2 * machine.memory.ramPages);
  }

  /** The digest of the present state. `pages` are those that changed since the digest before. */
  digest(): StateDigest {
    const changed = this.#refresh();
    const record = this.#machine.save();
    return {
      at: this.#machine.now,
      machine: record.machine,
      harts: [...record.harts],
      ram: this.#ram,
      pages: changed,
      devices: [
        { name: 'wakeups', hash: this.#canonical.hash([...record.wakeups]) },
        ...record.devices.map(({ name, state }) => ({ name, hash: this.#canonical.hash(state) })),
      ],
    };
  }

  #refresh(): PageHash[] {
    const { memory, translations } = this.#machine;
    const { u32, ramPages } = memory;
    const changed: PageHash[] = [];
    const hashes = this.#pages;
    // In halves, as plain numbers: their sums over all pages there can be are far below 2^53.
    let low = 0;
    let high = 0;
    for (let page = this.#hashes.next(0, ramPages); page >= 0; page = this.#hashes.next(page + 1, ramPages)) {
      const lowNow = u32[scratch.value >>> 2]!;
      const highNow = u32[(scratch.value >>> 2) + 1]!;
      const lowBefore = hashes[2 * page]!;
      const highBefore = hashes[2 * page + 1]!;
      low += lowNow - lowBefore;
      high += highNow - highBefore;
      hashes[2 * page] = lowNow;
      hashes[2 * page + 1] = highNow;
      if (lowNow !== lowBefore) changed.push({ index: page, hash: lowNow });
    }
    this.#ram = BigInt.asUintN(64, this.#ram + BigInt(low) + (BigInt(high) << 32n));
    translations.flagWritable();
    return changed;
  }
}

/**
 * One spelling for equal states: keys sorted, kinds told apart, long byte strings by their hash. A saved state shares
 * its large immutable parts with the one before, so their hashes are remembered by identity.
 */
class Canonical {
  readonly #hash64: Hash64;
  readonly #hashes = new WeakMap<Uint8Array, string>();

  constructor(hash64: Hash64) {
    this.#hash64 = hash64;
  }

  hash(state: PlainState): bigint {
    return this.#hash64(new TextEncoder().encode(this.#text(state)), 0n);
  }

  #text(state: PlainState): string {
    if (typeof state === 'bigint') return `n${state}`;
    if (state === null || typeof state !== 'object') return JSON.stringify(state);
    if (state instanceof Uint8Array) return state.length < longBytes ? `b${state.join()}` : this.#long(state);
    if (state instanceof Uint32Array) return `w${state.join()}`;
    if (Array.isArray(state)) return `[${state.map((item) => this.#text(item)).join()}]`;
    const fields = state as { readonly [name: string]: PlainState };
    const names = Object.keys(fields).sort();
    return `{${names.map((name) => `${JSON.stringify(name)}:${this.#text(fields[name]!)}`).join()}}`;
  }

  #long(bytes: Uint8Array): string {
    let text = this.#hashes.get(bytes);
    if (text === undefined) {
      text = `h${bytes.length}:${this.#hash64(bytes, 0n)}`;
      this.#hashes.set(bytes, text);
    }
    return text;
  }
}

const longBytes = 512;
