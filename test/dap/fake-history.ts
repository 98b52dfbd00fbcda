/** A history index of made-up events, as many as one likes: each answer comes from one sorted list by halving. */

import { type Moment, moment } from '../../traces/time.ts';
import type { Density, History, HistoryEvent, HistoryEventKind, Interval } from '../../vmm/history/history.ts';

/** How the events of a fake history lie: which one is number `index`, and how many there are. */
export interface FakeEvents {
  readonly count: number;
  readonly at: (index: number) => number;
  readonly event: (index: number) => HistoryEvent;
}

export class FakeHistory implements History {
  readonly covered: readonly Interval[];
  readonly #events: FakeEvents;

  constructor(covered: readonly Interval[], events: FakeEvents) {
    this.covered = covered;
    this.#events = events;
  }

  executed(): readonly Interval[] {
    return [];
  }
  executedAt(): readonly Interval[] {
    return [];
  }
  written(): readonly Interval[] {
    return [];
  }

  *events(kinds: readonly HistoryEventKind[], { from, to }: Interval): Iterable<HistoryEvent> {
    for (let index = this.#indexOf(from); index < this.#indexOf(to); index += 1) {
      const event = this.#events.event(index);
      if (kinds.includes(event.kind)) yield event;
    }
  }

  /** Counts the first event of each stretch as standing for all of it: fast, whatever there is. */
  *counting(): Generator<void, void> {}

  density({ from, to }: Interval, count: number): readonly Density[] {
    return Array.from({ length: count }, (_, column) => {
      const interval = { from: edge(from, to, column, count), to: edge(from, to, column + 1, count) };
      const [begin, end] = [this.#indexOf(interval.from), this.#indexOf(interval.to)];
      const traps: Record<string, number> = {};
      const hartTraps = [0, 0];
      let [spaces, consoleBytes] = [0, 0];
      for (let index = begin; index < Math.min(end, begin + 50); index += 1) {
        const event = this.#events.event(index);
        const weight = Math.max(1, (end - begin) / 50);
        if (event.kind === 'trap') {
          const key = `${event.interrupt ? 'i' : 'e'}${event.cause}`;
          traps[key] = (traps[key] ?? 0) + weight;
          hartTraps[event.hart]! += weight;
        } else if (event.kind === 'space') spaces += weight;
        else if (event.kind === 'console') consoleBytes += event.bytes.length * weight;
      }
      const steps = interval.to - interval.from;
      return { interval, traps, privilegeSteps: [steps / 2, steps / 2, 0], hartTraps, spaces, consoleBytes };
    });
  }

  /** The first event at or after a moment. */
  #indexOf(at: Moment): number {
    let [low, high] = [0, this.#events.count];
    while (low < high) {
      const middle = (low + high) >>> 1;
      if (this.#events.at(middle) < at) low = middle + 1;
      else high = middle;
    }
    return low;
  }
}

const edge = (from: number, to: number, column: number, count: number): Moment =>
  moment(from + Math.floor(((to - from) * column) / count));

/** A kernel of sorts: every `stride` steps a system call, a return, a timer interrupt, a character or a change of space. */
export const kernelEvents = (count: number, stride: number): FakeEvents => ({
  count,
  at: (index) => index * stride,
  event: (index): HistoryEvent => {
    const at = moment(index * stride);
    const hart = (index >>> 3) % 2;
    switch (index % 8) {
      case 0:
        return { kind: 'trap', at, hart, cause: 8, interrupt: false, from: 0, to: 1 };
      case 2:
        return { kind: 'trap', at, hart, cause: 5, interrupt: true, from: 0, to: 1 };
      case 4:
        return { kind: 'console', at, offset: index >>> 3, bytes: Uint8Array.of(65 + ((index >>> 3) % 26)) };
      case 6:
        return { kind: 'space', at, hart, satp: 0x8000_0000_0008_0000n + BigInt(index % 5) };
      default:
        return { kind: 'return', at, hart, from: 1, to: 0 };
    }
  },
});

/** All of it, covered from the start to the end. */
export const kernelHistory = (count: number, stride: number): FakeHistory =>
  new FakeHistory([{ from: moment(0), to: moment(count * stride) }], kernelEvents(count, stride));
