/** The timelines of one debug session: the one that was launched, and those that were forked from it or from one another. */

import type { Fork } from '../forks/fork.ts';
import type { Launched } from './debugger.ts';
import { unknownFork } from './errors.ts';
import type { Target } from './target.ts';

export interface TimelineEntry {
  readonly id: number;
  readonly name: string;
  readonly launched: Launched;
  readonly parent?: number;
  readonly fork?: Fork;
}

export class ForkList {
  readonly #entries: TimelineEntry[] = [];
  #lastId = 0;

  /** The timelines; the launched one alone as long as nobody has forked it. */
  all(launched: Launched): readonly TimelineEntry[] {
    if (this.#entries.length === 0) this.#entries.push({ id: 0, name: 'launched', launched });
    return this.#entries;
  }

  get(launched: Launched, id: number): TimelineEntry {
    const found = this.all(launched).find((entry) => entry.id === id);
    if (found === undefined)
      throw unknownFork(
        id,
        this.#entries.map((entry) => entry.id),
      );
    return found;
  }

  current(launched: Launched): TimelineEntry {
    return this.all(launched).find((entry) => entry.launched === launched)!;
  }

  add(entry: Omit<TimelineEntry, 'id'>): TimelineEntry {
    this.#lastId += 1;
    const added = { id: this.#lastId, ...entry };
    this.#entries.push(added);
    return added;
  }

  get nextName(): string {
    return `fork ${this.#lastId + 1}`;
  }

  remove(entry: TimelineEntry): void {
    this.#entries.splice(this.#entries.indexOf(entry), 1);
  }

  get targets(): readonly Target[] {
    return this.#entries.map(({ launched }) => launched.target);
  }
}
