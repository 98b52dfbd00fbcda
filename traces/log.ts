/**
 * A long list that lies in chunks and is decoded where it is looked at. Of millions of events only a few chunks are in
 * memory at a time. It is immutable: whoever walks it keeps an index, which is plain data and fits into a checkpoint.
 */

import { noSuchIndex } from './errors.ts';
import type { Moment } from './time.ts';

/** One chunk's part of the list. */
export interface Span<Item> {
  firstIndex: number;
  count: number;
  /** The moment of the first item. */
  first: Moment;
  /** Decodes the chunk: exactly `count` items in ascending order, the first at `first`. May throw a `TraceError`. */
  load(): Item[];
}

const spansCachedMax = 4;

export class Log<Item extends { readonly at: Moment }> implements Iterable<Item> {
  readonly count: number;
  readonly #name: string;
  readonly #spans: readonly Span<Item>[];
  /** Least recently used first. */
  readonly #cache = new Map<Span<Item>, Item[]>();
  #current: { span: Span<Item>; items: Item[] } | undefined;

  /** @param spans none of them empty, in order */
  constructor(name: string, spans: readonly Span<Item>[]) {
    this.#name = name;
    this.#spans = spans;
    this.count = spans.reduce((sum, span) => sum + span.count, 0);
  }

  /** @throws {TraceError} when there is no such item, or its chunk cannot be decoded */
  get(index: number): Item {
    const current = this.#current;
    if (current !== undefined) {
      const item = current.items[index - current.span.firstIndex];
      if (item !== undefined) return item;
    }
    if (!Number.isInteger(index) || index < 0 || index >= this.count) throw noSuchIndex(this.#name, this.count, index);
    const span = this.#spans[this.#lastSpan((candidate) => candidate.firstIndex <= index)]!;
    return this.#itemsOf(span)[index - span.firstIndex]!;
  }

  /** The index of the first item stamped `at` or later; `count` when there is none. */
  indexOf(at: Moment): number {
    const number = this.#lastSpan((span) => span.first < at);
    if (number < 0) return 0;
    const span = this.#spans[number]!;
    const items = this.#itemsOf(span);
    let low = 0;
    let high = items.length;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if (items[middle]!.at < at) low = middle + 1;
      else high = middle;
    }
    return span.firstIndex + low;
  }

  *[Symbol.iterator](): Iterator<Item> {
    for (const span of this.#spans) yield* this.#itemsOf(span);
  }

  /** The number of the last span for which `holds`, which is true of a prefix; -1 when of none. */
  #lastSpan(holds: (span: Span<Item>) => boolean): number {
    let low = 0;
    let high = this.#spans.length;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if (holds(this.#spans[middle]!)) low = middle + 1;
      else high = middle;
    }
    return low - 1;
  }

  #itemsOf(span: Span<Item>): Item[] {
    const items = this.#cache.get(span) ?? span.load();
    this.#cache.delete(span);
    this.#cache.set(span, items);
    if (this.#cache.size > spansCachedMax) this.#cache.delete(this.#cache.keys().next().value!);
    this.#current = { span, items };
    return items;
  }
}
