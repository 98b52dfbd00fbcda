/**
 * How far from where it was linked a position-independent program lies in a process, told by its text alone, as in
 * process-text.ts: what is mapped at an address is looked for in the program, which gives a distance, and then all of the text has
 * to agree there. Of a process that runs other code at the moment, the pages that it has mapped are looked at, too.
 */

import { mappings } from '../../vmm/machine/debug-access.ts';
import type { Hart } from '../../vmm/machine/hart.ts';
import type { GuestMemory } from './guest-memory.ts';
import { type CodePiece, ProcessText } from './process-text.ts';

const pageBytes = 4096n;
/** So many bytes are looked for, or what is left of a page. */
const needleBytes = 32;
/** Bytes that occur more often say nothing. */
const candidatesMax = 64;
const rememberedMax = 4096;
const mappingsMax = 20_000;

export class MovingText {
  readonly #pieces: readonly CodePiece[];
  readonly #segments: readonly CodePiece[];
  /** By distance. */
  readonly #texts = new Map<bigint, ProcessText>();
  readonly #known = new Map<string, bigint | undefined>();

  #starts: ReadonlyMap<string, readonly bigint[]> | undefined;

  /**
   * @param pieces the code where it was linked
   * @param segments what is mapped with it
   */
  constructor(pieces: readonly CodePiece[], segments: readonly CodePiece[]) {
    this.#pieces = pieces;
    this.#segments = segments;
  }

  /** The distance at which the program has an address, in the address space that is read. */
  distanceAt(memory: GuestMemory, hart: Hart, address: bigint): bigint | undefined {
    const physical = memory.translate(hart, address);
    if (physical === undefined) return undefined;
    // Where it was met before first: the end of a piece is too short to be looked for.
    for (const [distance, text] of this.#texts) if (text.isAt(memory, hart, address)) return distance;
    const needle = Buffer.from(
      memory.read(hart, address, Math.min(needleBytes, Number(pageBytes - (address % pageBytes)))),
    );
    const key = `${memory.satp(hart)} ${address / pageBytes} ${physical} ${needle.toString('latin1')}`;
    if (!this.#known.has(key)) {
      if (this.#known.size >= rememberedMax) this.#known.clear();
      this.#known.set(key, this.#search(memory, hart, address, needle));
    }
    return this.#known.get(key);
  }

  /** The distance in the process of a hart, wherever it executes: of the pages that are mapped, one is the program's. */
  distanceIn(memory: GuestMemory, hart: Hart): bigint | undefined {
    let left = mappingsMax;
    for (const { virtual, physical, sizeBytes } of mappings(hart)) {
      if (virtual >= 1n << 63n || --left < 0) return undefined;
      if (physical === undefined || BigInt(sizeBytes) !== pageBytes) continue;
      const found = this.#ofPage(memory, hart, virtual);
      if (found !== undefined) return found;
    }
    return undefined;
  }

  /** The distance of a page that begins as one of the program's does, if the text is there, too. */
  #ofPage(memory: GuestMemory, hart: Hart, page: bigint): bigint | undefined {
    this.#starts ??= startsOf(this.#segments);
    const start = Buffer.from(memory.read(hart, page, needleBytes)).toString('latin1');
    return this.#starts
      .get(start)
      ?.map((linked) => page - linked)
      .find((distance) => this.#pieces.some(({ address }) => this.#isAt(memory, hart, address + distance, distance)));
  }

  #search(memory: GuestMemory, hart: Hart, address: bigint, needle: Buffer): bigint | undefined {
    let left = candidatesMax;
    for (const { address: start, bytes } of this.#pieces) {
      const own = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length);
      for (let at = own.indexOf(needle); at >= 0 && left > 0; at = own.indexOf(needle, at + 1), left--) {
        const distance = address - start - BigInt(at);
        if (distance % pageBytes === 0n && this.#isAt(memory, hart, address, distance)) return distance;
      }
    }
    return undefined;
  }

  #isAt(memory: GuestMemory, hart: Hart, address: bigint, distance: bigint): boolean {
    let text = this.#texts.get(distance);
    if (text === undefined) {
      text = new ProcessText(this.#pieces.map(({ address: at, bytes }) => ({ address: at + distance, bytes })));
      if (this.#texts.size >= candidatesMax) this.#texts.clear();
      this.#texts.set(distance, text);
    }
    return text.isAt(memory, hart, address);
  }
}

/** Where the program was linked to have pages that begin so. */
const startsOf = (segments: readonly CodePiece[]): ReadonlyMap<string, readonly bigint[]> => {
  const starts = new Map<string, bigint[]>();
  for (const { address, bytes } of segments) {
    const own = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length);
    const first = Number((pageBytes - (address % pageBytes)) % pageBytes);
    for (let at = first; at + needleBytes <= own.length; at += Number(pageBytes)) {
      const start = own.toString('latin1', at, at + needleBytes);
      const linked = address + BigInt(at);
      const same = starts.get(start);
      if (same === undefined) starts.set(start, [linked]);
      else if (same.length < candidatesMax) same.push(linked);
    }
  }
  return starts;
};
