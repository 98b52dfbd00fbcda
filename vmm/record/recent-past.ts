/**
 * The state that a machine was in a little while ago, kept while it runs: each page as it was before its first write since, and all
 * the rest as it still is. It goes into a recording at its end, so that whoever opens it there can step back at once: a state at
 * the very end would save the run there, and no step back. For machines of which nobody goes back and which no index is made of.
 */

import type { StatePage, TraceState } from '../../traces/states.ts';
import type { Moment } from '../../traces/time.ts';
import { isZero } from '../../traces/zeros.ts';
import { pageBytes, pageFlag, ramOffset } from '../engine/layout.ts';
import type { Machine, MachineRecord } from '../machine/machine.ts';
import { clearPageFlag, isZeroPage, tellFirstWrites } from '../machine/memory.ts';
import { writtenPages } from '../machine/state.ts';

/**
 * Between two beginnings. The state is one to two of these old: no more than is run in a moment. Keeping each page before its first
 * write costs about 1 % of a run at this distance, and at a sixteenth of it 10 % and more.
 */
export const recentSteps = 2 ** 27;
/** Somebody who writes to more pages than this in so few steps is not worth the memory. */
const pagesMax = 16_384;
/** Memory is taken for so many pages at a time. */
const blockPages = 256;

/** What the guest has printed, for people. */
export interface Printed {
  /** How much, in all. */
  readonly totalBytes: number;
  /** The end of it. */
  bytes(): Uint8Array;
}

interface Stretch {
  readonly at: Moment;
  readonly cursor: number;
  readonly record: MachineRecord;
  readonly printedBytes: number;
  /** What the pages held that were written in it, at its beginning. */
  readonly before: FormerPages;
}

/** Pages as they were. It is filled again and again, and never moved, so that keeping a page makes no garbage. */
class FormerPages {
  /** By RAM page, which of those kept it is, from 1; 0 when it is none. */
  readonly #places: Int32Array;
  readonly #blocks: Uint8Array[] = [];
  #count = 0;

  constructor(ramPages: number) {
    this.#places = new Int32Array(ramPages);
  }

  clear(): void {
    this.#places.fill(0);
    this.#count = 0;
  }

  has(page: number): boolean {
    return this.#places[page] !== 0;
  }

  get count(): number {
    return this.#count;
  }

  add(page: number, contents: Uint8Array): void {
    if (this.#count === this.#blocks.length * blockPages) this.#blocks.push(new Uint8Array(blockPages * pageBytes));
    this.#kept(this.#count).set(contents);
    this.#count += 1;
    this.#places[page] = this.#count;
  }

  get(page: number): Uint8Array | undefined {
    const place = this.#places[page]!;
    return place === 0 ? undefined : this.#kept(place - 1);
  }

  #kept(number: number): Uint8Array {
    const start = (number % blockPages) * pageBytes;
    return this.#blocks[Math.floor(number / blockPages)]!.subarray(start, start + pageBytes);
  }
}

export class RecentPast {
  readonly #machine: Machine;
  readonly #printed: Printed | undefined;
  /** The present one last, and the one before it. */
  #stretches: readonly Stretch[] = [];

  constructor(machine: Machine, printed: Printed | undefined) {
    this.#machine = machine;
    this.#printed = printed;
  }

  /** A stretch begins at the present moment, of whose inputs none has been applied. */
  begin(cursor: number): void {
    const { memory, translations, now } = this.#machine;
    const [first, second] = this.#stretches;
    const before = second === undefined ? new FormerPages(memory.ramPages) : first!.before;
    before.clear();
    const printedBytes = this.#printed?.totalBytes ?? 0;
    const stretch = { at: now, cursor, record: this.#machine.save(), printedBytes, before };
    this.#stretches = [...this.#stretches.slice(-1), stretch];
    clearPageFlag(memory, pageFlag.dirtySinceInterval);
    translations.dropWrites();
    tellFirstWrites(memory, (page) => {
      if (before.has(page)) return;
      if (before.count >= pagesMax) this.#giveUp();
      else before.add(page, memory.u8.subarray(...hostRange(page)));
    });
  }

  /** Until the next stretch begins there is no state. */
  #giveUp(): void {
    this.#stretches = [];
    tellFirstWrites(this.#machine.memory, undefined);
  }

  /** The state at the beginning of the stretch before the present one, to be used before the machine moves. Nothing if there is none. */
  state(): TraceState | undefined {
    const [past, present] = this.#stretches;
    if (past === undefined || present === undefined) return undefined;
    const { memory } = this.#machine;
    const former = (page: number): Uint8Array | undefined => past.before.get(page) ?? present.before.get(page);
    const isZeroThen = (page: number): boolean => {
      const bytes = former(page);
      return bytes === undefined ? isZeroPage(memory, page) : isZero(bytes);
    };
    const zeroPages: number[] = [];
    const stored: number[] = [];
    // A page that was written only since then is one too many, and holds what it did.
    for (const page of writtenPages(memory)) (isZeroThen(page) ? zeroPages : stored).push(page);
    return {
      at: past.at,
      cursor: past.cursor,
      record: past.record,
      zeroPages,
      console: this.#printedBy(past),
      *pages(): Generator<StatePage> {
        for (const index of stored) yield { index, bytes: former(index) ?? memory.u8.subarray(...hostRange(index)) };
      },
    };
  }

  /** Of what was printed by then as much as is still there. */
  #printedBy({ printedBytes }: Stretch): Uint8Array {
    if (this.#printed === undefined) return new Uint8Array();
    const bytes = this.#printed.bytes();
    return bytes.subarray(0, Math.max(0, bytes.length - (this.#printed.totalBytes - printedBytes)));
  }
}

const hostRange = (page: number): [from: number, to: number] => [
  ramOffset + page * pageBytes,
  ramOffset + (page + 1) * pageBytes,
];
