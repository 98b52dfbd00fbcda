/**
 * The disassembly around an address, exactly as many lines as were asked for. Forwards is easy; backwards, where the
 * instructions before an address begin is only known from the nearest symbol before it, from which one reads forwards
 * again. Where there is no symbol, reading starts some way before, at the place from which it meets the address best.
 */

import type { DebugProtocol } from '@vscode/debugprotocol';
import type { Hart } from '../../vmm/machine/hart.ts';
import { instructionAt } from './instructions.ts';
import type { Target } from './target.ts';

type Line = DebugProtocol.DisassembledInstruction;

/** An instruction, or bytes that are none. */
interface Piece {
  readonly address: bigint;
  readonly sizeBytes: number;
  readonly line: Line;
}

/** Far enough back that reading has met the right instruction boundaries. */
const approachBytes = 64n;
/** A routine that is longer is entered in its middle, rather than read from its start for each line. */
const routineBytesMax = 16_384n;
/** What a line stands for where no memory is. */
const holeBytes = 4n;
const addressEnd = 1n << 64n;

/** `count` lines, the first of which is `first` instructions after (before, when negative) the one at `address`. */
export const disassemblyLines = (target: Target, hart: Hart, address: bigint, first: number, count: number): Line[] => {
  const listing = new Listing(target, hart);
  const after = listing.forwards(address, Math.max(0, first + count));
  if (first >= 0) return after.slice(first).map(({ line }) => line);
  const before = listing.backwards(address, -first);
  return [...before, ...after].slice(0, count).map(({ line }) => line);
};

class Listing {
  readonly #target: Target;
  readonly #hart: Hart;

  constructor(target: Target, hart: Hart) {
    this.#target = target;
    this.#hart = hart;
  }

  forwards(from: bigint, count: number): Piece[] {
    const pieces: Piece[] = [];
    let at = from;
    while (pieces.length < count) {
      const piece = this.#at(BigInt.asUintN(64, at));
      pieces.push(piece);
      at += BigInt(piece.sizeBytes);
    }
    return pieces;
  }

  backwards(to: bigint, count: number): Piece[] {
    let pieces: Piece[] = [];
    let end = to;
    while (pieces.length < count) {
      const earlier = this.#before(end);
      pieces = [...earlier, ...pieces];
      end = BigInt.asUintN(64, end - BigInt(earlier.reduce((sum, { sizeBytes }) => sum + sizeBytes, 0)));
    }
    return pieces.slice(-count);
  }

  /** At least one piece that ends at `end`. */
  #before(end: bigint): Piece[] {
    const last = BigInt.asUintN(64, end - 2n);
    if (!this.#readable(last)) return [this.#hole(BigInt.asUintN(64, end - holeBytes), Number(holeBytes))];
    const start = this.#target.program.startOf(last);
    if (start !== undefined && end - start <= routineBytesMax && start < end) return this.#between(start, end);
    return this.#approach(end);
  }

  /** Of the places to begin, the one from which reading meets `end` with the fewest bytes that are no instruction. */
  #approach(end: bigint): Piece[] {
    const candidates = [approachBytes, approachBytes - 2n]
      .map((distance) => (end >= distance ? end - distance : 0n))
      .map((start) => this.#between(start, end));
    const flaws = (pieces: readonly Piece[]): number =>
      pieces.filter(({ line }) => line.presentationHint === 'invalid' || line.instruction.startsWith('.')).length;
    const best = candidates.sort((a, b) => flaws(a) - flaws(b))[0]!;
    // The first ones may be the halves of others; nothing is lost by reading them again from further back.
    return best.length > 8 ? best.slice(-(best.length >> 1)) : best;
  }

  #between(start: bigint, end: bigint): Piece[] {
    const pieces: Piece[] = [];
    for (let at = start; at < end; ) {
      const piece = this.#at(at);
      const fits = at + BigInt(piece.sizeBytes) <= end;
      pieces.push(fits ? piece : this.#hole(at, Number(end - at)));
      at += fits ? BigInt(piece.sizeBytes) : end - at;
    }
    return pieces;
  }

  #readable(address: bigint): boolean {
    return this.#target.memory.read(this.#hart, address, 2).length === 2;
  }

  #at(address: bigint): Piece {
    const found = instructionAt(this.#target.memory, this.#hart, address);
    if (found === undefined) return this.#hole(address, this.#holeBytesAt(address));
    const { program } = this.#target;
    const bytes = Buffer.from(found.bytes).reverse().toString('hex');
    const target = found.target === undefined ? undefined : program.symbolic(found.target);
    const symbol = program.symbolic(address);
    return {
      address,
      sizeBytes: found.length,
      line: {
        address: `0x${address.toString(16)}`,
        instructionBytes: bytes,
        instruction: target === undefined ? found.text : `${found.text} <${target}>`,
        ...(symbol !== undefined && { symbol }),
      },
    };
  }

  /** A hole ends where memory begins, or an instruction would be read from its middle. */
  #holeBytesAt(address: bigint): number {
    const next = address + 2n;
    return next < addressEnd && address % 4n === 0n && !this.#readable(next) ? Number(holeBytes) : 2;
  }

  #hole(address: bigint, sizeBytes: number): Piece {
    return {
      address,
      sizeBytes,
      line: { address: `0x${address.toString(16)}`, instruction: '??', presentationHint: 'invalid' },
    };
  }
}
