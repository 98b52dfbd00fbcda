/**
 * Which chunks of a file belong to which state: pages first, then the pieces of the record, all of one moment and with
 * nothing between them. It looks at their frames, never at their contents.
 */

import { pageBytes, statePieceBytes } from './chunk.ts';
import { chunkMisplaced, momentsOutOfOrder, payloadMalformed, stateMisfit } from './errors.ts';
import type { IndexedChunk } from './scan.ts';
import { type Moment, moment } from './time.ts';

/** The chunks of one state, all of them there. */
export interface StateChunks {
  readonly at: Moment;
  /** How many inputs had been applied. */
  readonly cursor: number;
  /** Whether the trace begins here. */
  readonly begins: boolean;
  readonly pages: readonly IndexedChunk[];
  readonly pieces: readonly IndexedChunk[];
}

export class StateChunkList {
  readonly list: StateChunks[] = [];
  /** The state whose chunks are being met. */
  #open: { at: Moment; begins: boolean; pages: IndexedChunk[]; pieces: IndexedChunk[] } | undefined;

  /** Whether a state has begun and is not all there yet. */
  get isOpen(): boolean {
    return this.#open !== undefined;
  }

  /**
   * @param until how far the run has gone; undefined before the first events, where a state is the one that the trace begins at
   * @returns the moment at which the trace begins, once that state is all there
   * @throws {TraceError}
   */
  add(chunk: IndexedChunk, until: Moment | undefined): Moment | undefined {
    this.#open ??= this.#begin(chunk, until);
    const { at, begins, pages, pieces } = this.#open;
    if (chunk.first !== at) throw chunkMisplaced(chunk, `a part of the state at moment ${at}`);
    if (chunk.kind === 'pages') {
      this.#checkPages(chunk, pieces);
      pages.push(chunk);
      return undefined;
    }
    const offset = pieces.length * statePieceBytes;
    if (chunk.last !== offset) throw chunkMisplaced(chunk, `the piece from byte ${offset} on`);
    if (begins && chunk.count !== 0) throw stateMisfit(chunk, 'no inputs before it', `${chunk.count}`);
    pieces.push(chunk);
    if (chunk.plainBytes === statePieceBytes) return undefined;
    this.list.push({ at, begins, pages, pieces, cursor: chunk.count });
    this.#open = undefined;
    return begins ? at : undefined;
  }

  #begin(chunk: IndexedChunk, until: Moment | undefined) {
    const begins = until === undefined;
    if (begins && this.list.length > 0) throw chunkMisplaced(chunk, 'one state to begin with');
    const earliest = this.list.at(-1)?.at ?? 0;
    if (chunk.first < earliest) throw momentsOutOfOrder(chunk, earliest, chunk.first);
    if (!begins && chunk.first > until) throw momentsOutOfOrder(chunk, chunk.first, until);
    return { at: moment(chunk.first), begins, pages: [], pieces: [] };
  }

  #checkPages(chunk: IndexedChunk, pieces: readonly IndexedChunk[]): void {
    const { count, plainBytes } = chunk;
    if (pieces.length > 0 || chunk.last !== chunk.first) throw chunkMisplaced(chunk, 'the rest of a state');
    if (count > 0 && plainBytes === count * (4 + pageBytes)) return;
    throw payloadMalformed(chunk, 'whole pages with their indices', `${count} in ${plainBytes} bytes`);
  }
}
