/**
 * What the guest has printed, with the moments at which it did, and where in it a pattern begins to match. The past is
 * printed again each time that it is run again; it is on the tape once. Where one jumps, there is a gap until it is run
 * through; of very much, what is far from what is printed now is left out. A log without gaps is console-log.ts.
 */

import { type Moment, moment } from '../../traces/time.ts';

export interface Piece {
  /** The step that printed it. */
  readonly at: Moment;
  bytes: Uint8Array;
}

/** A pattern is looked for in so many bytes before what was printed last. */
const windowBytes = 4096;
const piecesMax = 100_000;

export class ConsoleTape {
  /** Ascending. */
  readonly #pieces: Piece[] = [];

  /** A step may print several times; what it prints again, having been made again, is known. */
  add(at: Moment, bytes: Uint8Array): void {
    const index = this.#indexOf(at);
    const piece = this.#pieces[index];
    if (piece?.at !== at) {
      this.#pieces.splice(index, 0, { at, bytes: bytes.slice() });
      if (this.#pieces.length > piecesMax)
        this.#pieces.splice(index > piecesMax / 2 ? 0 : piecesMax / 2, piecesMax / 2);
    } else if (!Buffer.from(piece.bytes).includes(Buffer.from(bytes)))
      piece.bytes = Buffer.concat([piece.bytes, bytes]);
  }

  /**
   * What the step before a moment completed: a text that matches, where nothing that began at its first character matched
   * before. A longer match with the same beginning is none of its own.
   * @param pattern global, for text with a character for each byte
   */
  completed(pattern: RegExp, now: Moment): string | undefined {
    if (now === 0) return undefined;
    const index = this.#indexOf(moment(now - 1));
    const piece = this.#pieces[index];
    if (piece?.at !== now - 1) return undefined;
    let first = index;
    for (let sizeBytes = 0; first > 0 && sizeBytes < windowBytes; first -= 1) {
      sizeBytes += this.#pieces[first - 1]!.bytes.length;
    }
    const all = textOf(this.#pieces.slice(first, index + 1));
    return completedBy(pattern, all, all.length - piece.bytes.length);
  }

  /** Of the first piece that is not before a moment. */
  #indexOf(at: Moment): number {
    let [low, high] = [0, this.#pieces.length];
    while (low < high) {
      const middle = (low + high) >>> 1;
      if (this.#pieces[middle]!.at < at) low = middle + 1;
      else high = middle;
    }
    return low;
  }
}

/** Some milliseconds' worth. */
const piecesAtOnce = 100;

/** Of pieces without gaps, ascending, those that complete a text as `ConsoleTape.completed` says. Yields now and then. */
export function* completions(pieces: readonly Piece[], pattern: RegExp): Generator<void, readonly Moment[]> {
  const all = textOf(pieces);
  const found: Moment[] = [];
  // The window of a piece begins with one that ends `windowBytes` before it, as far as there are so many.
  const starts: number[] = [];
  let [begin, first] = [0, 0];
  for (const { at, bytes } of pieces) {
    starts.push(begin);
    while (first + 1 < starts.length && begin - starts[first + 1]! >= windowBytes) first += 1;
    const window = all.slice(starts[first]!, begin + bytes.length);
    if (completedBy(pattern, window, begin - starts[first]!) !== undefined) found.push(at);
    begin += bytes.length;
    if (starts.length % piecesAtOnce === 0) yield;
  }
  return found;
}

/** A match that ends behind `known` characters of a text and began to match there. */
const completedBy = (pattern: RegExp, all: string, known: number): string | undefined => {
  const found = matches(pattern, all).filter((match) => match.index + match[0].length > known);
  if (found.length === 0) return undefined;
  const before = new Set(matches(pattern, all.slice(0, known)).map((match) => match.index));
  return found.find((match) => !before.has(match.index))?.[0];
};

const textOf = (pieces: readonly Piece[]): string => Buffer.concat(pieces.map(({ bytes }) => bytes)).toString('latin1');

const matches = (pattern: RegExp, text: string): readonly RegExpExecArray[] =>
  [...text.matchAll(pattern)].filter((match) => match[0] !== '');
