/**
 * State digests: what the machine is, from what changed since the last one. They cover the machine and hart records,
 * RAM and every device, and nothing that an engine caches. RAM's hash is the sum, modulo 2^64, of its pages' hashes;
 * a page's hash is seeded with its index, and 0 for a page of zeros.
 */

import type { PageHashes, StateDigest } from '../../traces/digest.ts';
import type { PlainState } from '../devices/device.ts';
import { changedPages, ramHash } from '../engine/layout.ts';
import type { Machine } from './machine.ts';
import { createPageHashing, type PageHash, type PageHashing } from './page-hash.ts';

export type Hash64 = (bytes: Uint8Array, seed: bigint) => bigint;

/** What pages held in the last digest is the machine's own, so that whoever makes the next one goes on from there. */
export class Digester {
  readonly #machine: Machine;
  readonly #hashing: PageHashing;
  readonly #canonical: Canonical;

  /** @param pageHash when it is another one than the trace's, all digests of this machine must be by it */
  constructor(machine: Machine, hash64: Hash64, pageHash: PageHash = machine.configuration.pageHash) {
    this.#machine = machine;
    this.#hashing = createPageHashing(machine.memory.wasm, pageHash);
    this.#canonical = new Canonical(hash64);
  }

  /** The digest of the present state. `pages` are those that changed since the digest before. */
  digest(): StateDigest {
    const changed = this.#refresh();
    const record = this.#machine.save();
    return {
      at: this.#machine.now,
      machine: record.machine,
      harts: [...record.harts],
      ram: this.#machine.memory.u64[ramHash >>> 3]!,
      pages: changed,
      devices: [
        { name: 'wakeups', hash: this.#canonical.hash([...record.wakeups]) },
        ...record.devices.map(({ name, state }) => ({ name, hash: this.#canonical.hash(state) })),
      ],
    };
  }

  #refresh(): PageHashes {
    const { u32, ramPages } = this.#machine.memory;
    const indices: Uint32Array[] = [];
    const hashes: Uint32Array[] = [];
    for (let page = 0; page < ramPages; ) {
      page = this.#hashing.changes(page, ramPages);
      const count = u32[changedPages.count >>> 2]!;
      const column = (at: number): Uint32Array => u32.slice(at >>> 2, (at >>> 2) + count);
      indices.push(column(changedPages.indices));
      hashes.push(column(changedPages.hashes));
    }
    this.#hashing.flagWritable();
    return { indices: joined(indices), hashes: joined(hashes) };
  }
}

const joined = (parts: readonly Uint32Array[]): Uint32Array => {
  if (parts.length === 1) return parts[0]!;
  const whole = new Uint32Array(parts.reduce((sum, { length }) => sum + length, 0));
  let at = 0;
  for (const part of parts) {
    whole.set(part, at);
    at += part.length;
  }
  return whole;
};

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
