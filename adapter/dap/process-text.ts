/**
 * Whether the process that a hart runs is one of a certain program, told by content: the program's text, as its file has it,
 * compared with what is mapped. Nothing is asked of the guest's kernel. Pages that are not mapped yet say nothing; one that
 * differs says no. Of an answer, only what it was given for is remembered: one page of one address space, as it is mapped.
 */

import type { Hart } from '../../vmm/machine/hart.ts';
import type { GuestMemory } from './guest-memory.ts';

/** Bytes of the program that are code, and where they are in its processes. */
export interface CodePiece {
  readonly address: bigint;
  readonly bytes: Uint8Array;
}

const pageBytes = 4096n;
/** Compared again each time, since a page may have been given to somebody else. */
const nearBytes = 64;
const rememberedMax = 4096;
/** So many pages are compared: programs that agree in these are taken for one another. */
const comparedPagesMax = 256;

export class ProcessText {
  readonly #pieces: readonly CodePiece[];
  readonly #known = new Map<string, boolean>();

  constructor(pieces: readonly CodePiece[]) {
    this.#pieces = pieces;
  }

  /** Whether the address space that is read is one of the program's, as far as the page of an address says. */
  isAt(memory: GuestMemory, hart: Hart, address: bigint): boolean {
    const piece = this.#pieces.find(
      ({ address: low, bytes }) => address >= low && address < low + BigInt(bytes.length),
    );
    const physical = piece && memory.translate(hart, address);
    if (piece === undefined || physical === undefined) return false;
    if (this.#compare(memory, hart, piece, address, nearBytes) !== 'same') return false;
    const key = `${memory.satp(hart)} ${address / pageBytes} ${Math.floor(physical / Number(pageBytes))}`;
    let known = this.#known.get(key);
    if (known === undefined) {
      known = this.#isWhole(memory, hart);
      if (this.#known.size >= rememberedMax) this.#known.clear();
      this.#known.set(key, known);
    }
    return known;
  }

  #isWhole(memory: GuestMemory, hart: Hart): boolean {
    let [same, compared] = [0, 0];
    for (const piece of this.#pieces) {
      const end = piece.address + BigInt(piece.bytes.length);
      for (let at = piece.address; at < end; at = (at / pageBytes + 1n) * pageBytes) {
        if (++compared > comparedPagesMax) return same > 0;
        const found = this.#compare(memory, hart, piece, at, Number(pageBytes - (at % pageBytes)));
        if (found === 'different') return false;
        if (found === 'same') same += 1;
      }
    }
    return same > 0;
  }

  #compare(memory: GuestMemory, hart: Hart, piece: CodePiece, at: bigint, sizeBytes: number) {
    const offset = Number(at - piece.address);
    const own = piece.bytes.subarray(offset, offset + sizeBytes);
    const found = memory.read(hart, at, own.length);
    if (found.length === 0) return 'unmapped';
    return Buffer.compare(own.subarray(0, found.length), found) === 0 ? 'same' : 'different';
  }
}
