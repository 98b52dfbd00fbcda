/**
 * What the index of a trace's history says of the whole of it: which traps were entered how often, and where the guest said that
 * it panicked. It runs nothing: where no debug session, question or verification has left an index, nothing is known.
 */

import type { Trace } from '../../traces/reader.ts';
import { moment } from '../../traces/time.ts';
import type { HistoryEvent } from '../../vmm/history/history.ts';
import { HistoryIndex } from '../../vmm/history/history-index.ts';
import { causeWords } from '../dap/trap-words.ts';
import { KeptIndex } from '../history/kept-index.ts';
import { cacheFolder } from '../host/folders.ts';
import { brief } from '../program/input-error.ts';

export interface HistorySummary {
  /** Those that were entered most often first. */
  readonly traps: readonly TrapSummary[];
  /** The first ones, in their order. */
  readonly panics: readonly PanicSummary[];
  readonly panicCount: number;
}

export interface TrapSummary {
  /** As in `mcause`, without the interrupt bit. */
  readonly cause: number;
  readonly interrupt: boolean;
  readonly words: string;
  readonly count: number;
  /** The moments of the first and the last. */
  readonly first: number;
  readonly last: number;
}

export interface PanicSummary {
  /** Of the first character of the line. */
  readonly moment: number;
  readonly line: string;
}

const panicsMax = 20;
/** A longer line of the console is taken as several. */
const lineBytesMax = 1000;
/** What Linux, the BSDs, xv6, Rust's kernels and Zephyr print. The word alone is also in Linux's command line. */
const saysPanic = /kernel panic|panic: |panicked at|\boops\b(?!=)|^panic\b|fatal error/i;

/** Nothing when no index is kept. */
export const historyOf = (trace: Trace, folder = cacheFolder()): HistorySummary | undefined => {
  const { header } = trace;
  const index = new HistoryIndex(header.machine.ramBytes);
  for (const segment of new KeptIndex({ trace, header }, { cacheFolder: folder }).read()) index.add(segment);
  if (index.segments.length === 0) return undefined;
  return summaryOf(index.events(['trap', 'console'], { from: moment(0), to: trace.until }));
};

export const summaryOf = (events: Iterable<HistoryEvent>): HistorySummary => {
  const traps = new Map<number, { count: number; readonly first: number; last: number }>();
  const console = new PanicLines();
  for (const event of events) {
    if (event.kind === 'console') console.add(event.at, event.bytes);
    else if (event.kind === 'trap') {
      const key = event.cause * 2 + Number(event.interrupt);
      const known = traps.get(key);
      if (known === undefined) traps.set(key, { count: 1, first: event.at, last: event.at });
      else [known.count, known.last] = [known.count + 1, event.at];
    }
  }
  console.end();
  const rows = [...traps].map(([key, found]): TrapSummary => {
    const [cause, interrupt] = [Math.floor(key / 2), key % 2 === 1];
    return { cause, interrupt, words: causeWords({ code: cause, interrupt }), ...found };
  });
  rows.sort((one, other) => other.count - one.count || one.first - other.first);
  return { traps: rows, panics: console.found, panicCount: console.count };
};

/** Puts the lines of a console together. */
class PanicLines {
  readonly found: PanicSummary[] = [];
  count = 0;
  #bytes: number[] = [];
  #begin = 0;

  add(at: number, bytes: Uint8Array): void {
    for (const byte of bytes) {
      if (byte === 0x0a || this.#bytes.length === lineBytesMax) this.end();
      if (byte === 0x0a) continue;
      if (this.#bytes.length === 0) this.#begin = at;
      this.#bytes.push(byte);
    }
  }

  end(): void {
    const line = Buffer.from(this.#bytes).toString('utf8');
    this.#bytes = [];
    if (!saysPanic.test(line)) return;
    this.count += 1;
    if (this.found.length < panicsMax) this.found.push({ moment: this.#begin, line: brief(line) });
  }
}
