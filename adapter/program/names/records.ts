/**
 * What a scan finds: named entries in flat arrays that grow, and the texts of their names in one run of bytes. Types,
 * enumerators and inline functions that many units repeat (from headers) are kept once: the first in the file.
 */

export const nameKind = {
  function: 1,
  inlineFunction: 2,
  variable: 3,
  structure: 4,
  union: 5,
  class: 6,
  enumeration: 7,
  enumerator: 8,
  typedef: 9,
  baseType: 10,
  namespace: 11,
} as const;

/** Set in a kind when the entry is in .debug_types (DWARF 4) instead of .debug_info. */
export const inTypesFlag = 0x80;

export type NameKind = keyof typeof nameKind;

export const kindNames = Object.fromEntries(
  Object.entries(nameKind).map(([name, number]) => [number, name]),
) as Readonly<Record<number, NameKind>>;

/** Whether entries of a kind that agree in name, scope, size and line are the same thing, seen by several units. */
const repeats = (kind: number): boolean => kind !== nameKind.function && kind !== nameKind.variable;

/** The arrays of a scan, exactly as long as they are filled; a worker hands them over without copying. */
export interface NameArrays {
  readonly count: number;
  /** Where each name starts in `names`, and as one more the end of the last. */
  readonly starts: Uint32Array;
  readonly names: Uint8Array;
  readonly hashes: Uint32Array;
  /** Offsets in .debug_info, or in .debug_types where the kind says so. */
  readonly entries: Uint32Array;
  readonly kinds: Uint8Array;
  /** The number of the record of the namespace or class around it and 1 more, or 0. */
  readonly scopes: Uint32Array;
  /** Size and line, mixed: tells different types of one name apart. */
  readonly details: Uint32Array;
}

export class NameRecords {
  count = 0;
  #starts = new Uint32Array(4096);
  #names = new Uint8Array(65_536);
  #namesEnd = 0;
  #hashes = new Uint32Array(4096);
  #entries = new Uint32Array(4096);
  #kinds = new Uint8Array(4096);
  #scopes = new Uint32Array(4096);
  #details = new Uint32Array(4096);
  /** Open addressing over those that repeat: the number of a record and 1 more. */
  #slots = new Uint32Array(16_384);
  #slotsUsed = 0;

  /**
   * Adds an entry whose name is a run of bytes.
   * @returns the record's number, or that of the equal one that was there, as -1 - number
   */
  add(
    kind: number,
    entry: number,
    scope: number,
    detail: number,
    bytes: Uint8Array,
    start: number,
    end: number,
  ): number {
    let hash = 0x811c_9dc5;
    for (let at = start; at < end; at++) hash = Math.imul(hash ^ bytes[at]!, 0x0100_0193);
    hash >>>= 0;
    const once = repeats(kind);
    let slot = 0;
    if (once) {
      if (this.#slotsUsed * 2 > this.#slots.length) this.#rehash();
      const mask = this.#slots.length - 1;
      slot = slotOf(hash, kind, scope, detail) & mask;
      for (;;) {
        const found = this.#slots[slot]! - 1;
        if (found < 0) break;
        if (
          this.#hashes[found] === hash &&
          this.#kinds[found] === kind &&
          this.#scopes[found] === scope &&
          this.#details[found] === detail &&
          this.#sameName(found, bytes, start, end)
        ) {
          return -1 - found;
        }
        slot = (slot + 1) & mask;
      }
    }
    const number = this.count++;
    if (number + 1 >= this.#starts.length) this.#grow();
    const length = end - start;
    const namesAt = this.#namesEnd;
    if (namesAt + length + 1 > this.#names.length) {
      const larger = new Uint8Array(Math.max(2 * this.#names.length, namesAt + length + 1));
      larger.set(this.#names);
      this.#names = larger;
    }
    const names = this.#names;
    for (let at = start, to = namesAt; at < end; at++, to++) names[to] = bytes[at]!;
    names[namesAt + length] = 0;
    this.#namesEnd = namesAt + length + 1;
    this.#starts[number] = namesAt;
    this.#starts[number + 1] = this.#namesEnd;
    this.#hashes[number] = hash;
    this.#entries[number] = entry;
    this.#kinds[number] = kind;
    this.#scopes[number] = scope;
    this.#details[number] = detail;
    if (once) {
      this.#slots[slot] = number + 1;
      this.#slotsUsed++;
    }
    return number;
  }

  /** Adds what another scan found in later units. */
  append(other: NameArrays): void {
    const renumbered = new Uint32Array(other.count + 1);
    for (let number = 0; number < other.count; number++) {
      const added = this.add(
        other.kinds[number]!,
        other.entries[number]!,
        renumbered[other.scopes[number]!]!, // a scope comes before what is in it
        other.details[number]!,
        other.names,
        other.starts[number]!,
        other.starts[number + 1]! - 1,
      );
      renumbered[number + 1] = (added < 0 ? -1 - added : added) + 1;
    }
  }

  #sameName(record: number, bytes: Uint8Array, start: number, end: number): boolean {
    const own = this.#starts[record]!;
    if (this.#starts[record + 1]! - own - 1 !== end - start) return false;
    const names = this.#names;
    for (let at = start, to = own; at < end; at++, to++) if (names[to] !== bytes[at]) return false;
    return true;
  }

  #rehash(): void {
    const slots = new Uint32Array(2 * this.#slots.length);
    const mask = slots.length - 1;
    for (let number = 0; number < this.count; number++) {
      if (!repeats(this.#kinds[number]!)) continue;
      let slot =
        slotOf(this.#hashes[number]!, this.#kinds[number]!, this.#scopes[number]!, this.#details[number]!) & mask;
      while (slots[slot] !== 0) slot = (slot + 1) & mask;
      slots[slot] = number + 1;
    }
    this.#slots = slots;
  }

  #grow(): void {
    this.#starts = twice(this.#starts);
    this.#hashes = twice(this.#hashes);
    this.#entries = twice(this.#entries);
    this.#scopes = twice(this.#scopes);
    this.#details = twice(this.#details);
    const kinds = new Uint8Array(2 * this.#kinds.length);
    kinds.set(this.#kinds);
    this.#kinds = kinds;
  }

  arrays(): NameArrays {
    const { count } = this;
    return {
      count,
      starts: this.#starts.slice(0, count + 1),
      names: this.#names.slice(0, this.#namesEnd),
      hashes: this.#hashes.slice(0, count),
      entries: this.#entries.slice(0, count),
      kinds: this.#kinds.slice(0, count),
      scopes: this.#scopes.slice(0, count),
      details: this.#details.slice(0, count),
    };
  }
}

const slotOf = (hash: number, kind: number, scope: number, detail: number): number =>
  (hash ^ Math.imul(detail + kind * 31 + scope * 17, 0x9e37_79b1)) >>> 0;

const twice = (array: Uint32Array<ArrayBuffer>): Uint32Array<ArrayBuffer> => {
  const result = new Uint32Array(2 * array.length);
  result.set(array);
  return result;
};

/** The same hash for a name that somebody asks for, or that stands elsewhere. */
export const nameHash = (bytes: Uint8Array, start = 0, end = bytes.length): number => {
  let hash = 0x811c_9dc5;
  for (let at = start; at < end; at++) hash = Math.imul(hash ^ bytes[at]!, 0x0100_0193);
  return hash >>> 0;
};
