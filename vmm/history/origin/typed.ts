/** All characters that ever arrive at the serial port as one stream, and which input brought each of them. */

import type { InputLog } from '../../timeline/timeline.ts';

export interface TypedCharacter {
  readonly input: number;
  readonly offset: number;
  readonly character: number;
  readonly typedAt: number;
}

export class TypedStream {
  readonly #pieces: {
    readonly start: number;
    readonly at: number;
    readonly input: number;
    readonly bytes: Uint8Array;
  }[] = [];

  constructor(log: InputLog) {
    let start = 0;
    for (let input = 0; input < log.count; input += 1) {
      const event = log.get(input);
      if (event.kind !== 'serial') continue;
      this.#pieces.push({ start, at: event.at, input, bytes: event.bytes });
      start += event.bytes.length;
    }
  }

  /** How many had arrived before the step of a moment. */
  arrived(at: number): number {
    const last = this.#pieces.findLast((piece) => piece.at <= at);
    return last === undefined ? 0 : last.start + last.bytes.length;
  }

  at(position: number): TypedCharacter | undefined {
    const piece = this.#pieces.findLast(({ start }) => start <= position);
    const character = piece?.bytes[position - piece.start];
    if (piece === undefined || character === undefined) return undefined;
    return { input: piece.input, offset: position - piece.start, character, typedAt: piece.at };
  }
}
