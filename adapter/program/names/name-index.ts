/**
 * The names of a program's debug information: which entry has a name, and which names match what somebody types. It is a
 * few typed arrays, made once by a scan and kept on disk by build-id; it holds no text twice and no object a name.
 *
 * On disk: a header of 16 words (magic, version, counts, CRC-32 of all behind it), the key that it is kept under, then the
 * arrays as they are in memory, each on a multiple of 8 bytes. A file that does not fit its header is not used: the index is
 * made again.
 */

import { crc32 } from '../../host/compression.ts';
import { inTypesFlag, kindNames, type NameArrays, type NameKind, NameRecords, nameHash, nameKind } from './records.ts';
import { type NameMatch, type NameMatching, NameSearcher } from './search.ts';

export interface NamedEntry {
  readonly name: string;
  readonly kind: NameKind;
  /** Where its entry is, in .debug_info or in .debug_types. */
  readonly offset: number;
  readonly inTypes: boolean;
  /** The namespaces and classes around it, outermost first. */
  readonly scope: readonly string[];
}

export interface NameSearch {
  readonly kinds?: readonly NameKind[] | undefined;
  /** How many at most; default 1000. */
  readonly limit?: number;
  readonly matching?: NameMatching | undefined;
  /** Whether `A` and `a` differ; by default they do when the text has a capital letter. */
  readonly caseSensitive?: boolean | undefined;
}

const magic = 0x4e49_4843; // "CHIN"
const version = 2;
const headerBytes = 64;
const keyBytes = 64;
/** The word of the header behind those that are summed. */
const sumAt = 5;

export class NameIndex {
  readonly #arrays: NameArrays;
  /** Open addressing by hash: the number of the first record of a name and 1 more. */
  readonly #slots: Uint32Array;
  /** The next record with the same hash, and 1 more. */
  readonly #next: Uint32Array;
  #searcher: NameSearcher | undefined;

  private constructor(arrays: NameArrays, slots: Uint32Array, next: Uint32Array) {
    this.#arrays = arrays;
    this.#slots = slots;
    this.#next = next;
  }

  /** Joins what several scans found, given in the order of their units. */
  static of(parts: readonly NameArrays[]): NameIndex {
    let arrays = parts[0] ?? new NameRecords().arrays();
    if (parts.length > 1) {
      const all = new NameRecords();
      for (const part of parts) all.append(part);
      arrays = all.arrays();
    }
    const { count, hashes } = arrays;
    let size = 1024;
    while (size < count * 2) size *= 2;
    const slots = new Uint32Array(size);
    const next = new Uint32Array(count);
    // From the last to the first, so that a chain is in the order of the file.
    for (let number = count - 1; number >= 0; number--) {
      let slot = hashes[number]! & (size - 1);
      while (slots[slot] !== 0 && hashes[slots[slot]! - 1] !== hashes[number]) slot = (slot + 1) & (size - 1);
      next[number] = slots[slot]!;
      slots[slot] = number + 1;
    }
    return new NameIndex(arrays, slots, next);
  }

  get size(): number {
    return this.#arrays.count;
  }

  /** All entries of exactly this name (without its scope), in the order of the file. */
  find(name: string, kinds?: readonly NameKind[]): readonly NamedEntry[] {
    const { names, starts } = this.#arrays;
    const wanted = Buffer.from(name);
    const hash = nameHash(wanted);
    const found: NamedEntry[] = [];
    for (let number = this.#slots[this.#slotOf(hash)]! - 1; number >= 0; number = this.#next[number]! - 1) {
      if (!isKind(this.#arrays.kinds[number]!, kinds)) continue;
      const start = starts[number]!;
      if (starts[number + 1]! - start - 1 !== wanted.length) continue;
      if (wanted.every((byte, at) => names[start + at] === byte)) found.push(this.entry(number));
    }
    return found;
  }

  /** The names that match a text, the best first. */
  search(text: string, { kinds, limit = 1000, matching, caseSensitive }: NameSearch = {}): NamedEntry[] {
    return this.matches(text, { kinds, matching, caseSensitive })
      .slice(0, limit)
      .map(({ number }) => this.entry(number));
  }

  /** The same, as numbers of entries, all of them. */
  matches(text: string, { kinds, matching, caseSensitive }: NameSearch = {}): readonly NameMatch[] {
    this.#searcher ??= new NameSearcher(this.#arrays);
    const wanted = kinds && ((number: number) => isKind(this.#arrays.kinds[number]!, kinds));
    return this.#searcher.search({ text, matching, caseSensitive, wanted });
  }

  /** Whether there may be a name with a hash (`nameHash`) among those of some kinds. */
  hasHash(hash: number, kinds: readonly NameKind[]): boolean {
    for (let number = this.#slots[this.#slotOf(hash)]! - 1; number >= 0; number = this.#next[number]! - 1) {
      if (isKind(this.#arrays.kinds[number]!, kinds)) return true;
    }
    return false;
  }

  #slotOf(hash: number): number {
    const { hashes } = this.#arrays;
    const mask = this.#slots.length - 1;
    let slot = hash & mask;
    while (this.#slots[slot] !== 0 && hashes[this.#slots[slot]! - 1] !== hash) slot = (slot + 1) & mask;
    return slot;
  }

  /** All entries, in the order of the file. */
  *[Symbol.iterator](): Generator<NamedEntry> {
    for (let number = 0; number < this.#arrays.count; number++) yield this.entry(number);
  }

  #name(number: number): string {
    const { names, starts } = this.#arrays;
    const start = starts[number]!;
    return Buffer.from(names.buffer, names.byteOffset + start, starts[number + 1]! - 1 - start).toString('utf8');
  }

  /** @param number below `size` */
  entry(number: number): NamedEntry {
    const { kinds, entries, scopes } = this.#arrays;
    const scope: string[] = [];
    // A scope's number is below that of what is in it.
    for (let around = scopes[number]! - 1, last = number; around >= 0 && around < last; ) {
      scope.unshift(this.#name(around));
      last = around;
      around = scopes[around]! - 1;
    }
    return {
      name: this.#name(number),
      kind: kindNames[kinds[number]! & ~inTypesFlag] ?? 'variable',
      offset: entries[number]!,
      inTypes: (kinds[number]! & inTypesFlag) !== 0,
      scope,
    };
  }

  /** The index as bytes to be kept under a key of up to 64 characters, such as a build-id. */
  serialise(key: string): Uint8Array {
    const { count, starts, names, hashes, entries, kinds, scopes, details } = this.#arrays;
    const parts = [starts, names, hashes, entries, kinds, scopes, details, this.#slots, this.#next];
    const total = parts.reduce((sum, part) => sum + align8(part.byteLength), headerBytes + keyBytes);
    const bytes = new Uint8Array(total);
    bytes.set(Buffer.from(key.slice(0, keyBytes), 'latin1'), headerBytes);
    let at = headerBytes + keyBytes;
    for (const part of parts) {
      bytes.set(new Uint8Array(part.buffer, part.byteOffset, part.byteLength), at);
      at += align8(part.byteLength);
    }
    const header = new Uint32Array(bytes.buffer, 0, headerBytes / 4);
    header.set([magic, version, count, names.length, this.#slots.length]);
    header[sumAt] = checksum(bytes);
    return bytes;
  }

  /** The index that was kept, or nothing when the bytes are of another program, another version, or damaged. */
  static deserialise(file: Uint8Array, key: string): NameIndex | undefined {
    if (file.length < headerBytes + keyBytes) return undefined;
    const bytes = file.byteOffset % 8 === 0 ? file : new Uint8Array(file);
    const header = new Uint32Array(bytes.buffer, bytes.byteOffset, headerBytes / 4);
    const [found, foundVersion, count, namesBytes, slotCount] = header as unknown as number[];
    if (found !== magic || foundVersion !== version) return undefined;
    if (header[sumAt] !== checksum(bytes)) return undefined;
    const kept = Buffer.from(bytes.subarray(headerBytes, headerBytes + keyBytes)).toString('latin1');
    if (kept.replace(/\0+$/, '') !== key.slice(0, keyBytes)) return undefined;
    let at = headerBytes + keyBytes;
    const take = (sizeBytes: number): number => {
      const start = bytes.byteOffset + at;
      at += align8(sizeBytes);
      return start;
    };
    const sizes = [
      (count! + 1) * 4,
      namesBytes!,
      count! * 4,
      count! * 4,
      count!,
      count! * 4,
      count! * 4,
      slotCount! * 4,
    ];
    const needed = sizes.reduce((sum, size) => sum + align8(size), at) + align8(count! * 4);
    if (needed !== bytes.length || (slotCount! & (slotCount! - 1)) !== 0 || slotCount! <= count!) return undefined;
    const words = (length: number) => new Uint32Array(bytes.buffer, take(length * 4), length);
    const octets = (length: number) => new Uint8Array(bytes.buffer, take(length), length);
    const starts = words(count! + 1);
    const names = octets(namesBytes!);
    const hashes = words(count!);
    const entries = words(count!);
    const kinds = octets(count!);
    const scopes = words(count!);
    const details = words(count!);
    const arrays: NameArrays = { count: count!, starts, names, hashes, entries, kinds, scopes, details };
    const slots = words(slotCount!);
    const next = words(count!);
    return isSound(arrays, slots, next) ? new NameIndex(arrays, slots, next) : undefined;
  }
}

/** Whether every number in an index from disk is one that may be followed. */
const isSound = ({ count, starts, names, scopes }: NameArrays, slots: Uint32Array, next: Uint32Array): boolean => {
  let used = 0;
  for (let number = 0; number < count; number++) {
    if (starts[number + 1]! <= starts[number]! || starts[number + 1]! > names.length) return false;
    if (scopes[number]! > number || (next[number] !== 0 && next[number]! <= number + 1)) return false;
    if (next[number]! > count) return false;
  }
  for (const slot of slots) {
    if (slot > count) return false;
    if (slot !== 0) used++;
  }
  return used < slots.length;
};

/** Of all but the sum itself and the unused words behind it. */
const checksum = (bytes: Uint8Array): number => crc32(bytes.subarray(headerBytes), crc32(bytes.subarray(0, 4 * sumAt)));

const align8 = (size: number): number => Math.ceil(size / 8) * 8;

const isKind = (kind: number, kinds: readonly NameKind[] | undefined): boolean =>
  kinds === undefined || kinds.some((name) => nameKind[name] === (kind & ~inTypesFlag));
