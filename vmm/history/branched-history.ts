/**
 * What is known of a machine's history that was another one's up to a moment, as a fork's is: before that moment what is known of the other,
 * from it on what is known of its own. Neither changes; what the other did from that moment on is not seen.
 */

import type { Moment } from '../../traces/time.ts';
import type { Density, History, HistoryEvent, HistoryEventKind, Interval } from './history.ts';

export class BranchedHistory implements History {
  readonly #at: Moment;
  readonly #past: History;
  readonly #own: History;

  constructor(at: Moment, past: History, own: History) {
    this.#at = at;
    this.#past = past;
    this.#own = own;
  }

  get covered(): readonly Interval[] {
    const found: { from: Moment; to: Moment }[] = [];
    const all = [
      ...this.#past.covered.flatMap((interval) => this.#before(interval) ?? []),
      ...this.#own.covered.flatMap((interval) => this.#after(interval) ?? []),
    ];
    for (const { from, to } of all) {
      const last = found.at(-1);
      if (last?.to === from) last.to = to;
      else found.push({ from, to });
    }
    return found;
  }

  executed(physical: number, within: Interval): readonly Interval[] {
    return this.#find(within, (history, part) => history.executed(physical, part));
  }

  executedAt(virtual: bigint, within: Interval): readonly Interval[] {
    return this.#find(within, (history, part) => history.executedAt(virtual, part));
  }

  written(physical: number, sizeBytes: number, within: Interval): readonly Interval[] {
    return this.#find(within, (history, part) => history.written(physical, sizeBytes, part));
  }

  *events(kinds: readonly HistoryEventKind[], within: Interval): Generator<HistoryEvent, void> {
    for (const [history, part] of this.#parts(within)) yield* history.events(kinds, part);
  }

  density(within: Interval, count: number): readonly Density[] {
    const [past, own] = [this.#past.density(within, count), this.#own.density(within, count)];
    return past.map((density, index) => {
      const { interval } = density;
      if (interval.to <= this.#at) return density;
      if (interval.from >= this.#at) return own[index]!;
      const parts = this.#parts(interval).map(([history, part]) => history.density(part, 1)[0]!);
      return { ...parts.reduce(sumOf), interval };
    });
  }

  *counting(within: Interval, count: number): Generator<void, void> {
    yield* this.#past.counting(within, count);
    yield* this.#own.counting(within, count);
  }

  #find(within: Interval, look: (history: History, part: Interval) => readonly Interval[]): readonly Interval[] {
    return this.#parts(within).flatMap(([history, part]) => look(history, part));
  }

  #parts(within: Interval): (readonly [History, Interval])[] {
    const [before, after] = [this.#before(within), this.#after(within)];
    return [...(before ? [[this.#past, before] as const] : []), ...(after ? [[this.#own, after] as const] : [])];
  }

  #before({ from, to }: Interval): Interval | undefined {
    return from < this.#at ? { from, to: to < this.#at ? to : this.#at } : undefined;
  }

  #after({ from, to }: Interval): Interval | undefined {
    return to > this.#at ? { from: from > this.#at ? from : this.#at, to } : undefined;
  }
}

const sumOf = (one: Density, other: Density): Density => {
  const traps: Record<string, number> = { ...one.traps };
  for (const [cause, count] of Object.entries(other.traps)) traps[cause] = (traps[cause] ?? 0) + count;
  const [user, supervisor, machine] = one.privilegeSteps;
  const [userToo, supervisorToo, machineToo] = other.privilegeSteps;
  return {
    interval: one.interval,
    traps,
    privilegeSteps: [user + userToo, supervisor + supervisorToo, machine + machineToo],
    hartTraps: (one.hartTraps.length > 0 ? one : other).hartTraps.map(
      (_, hart) => (one.hartTraps[hart] ?? 0) + (other.hartTraps[hart] ?? 0),
    ),
    spaces: one.spaces + other.spaces,
    consoleBytes: one.consoleBytes + other.consoleBytes,
  };
};
