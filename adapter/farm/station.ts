/** A seat as the farm knows it: it does one task at a time, in this thread (`LocalStation`) or in one of its own (worker-station.ts). */

import type { Moment } from '../../traces/time.ts';
import { moment } from '../../traces/time.ts';
import { Breath } from '../host/breath.ts';
import type { Jobs } from './job.ts';
import type { Seat } from './seat.ts';
import { perform, type Task, type TaskOutlets } from './task.ts';

export interface TaskListener extends TaskOutlets {
  readonly at: (at: Moment) => void;
}

export type Outcome = { readonly finding: unknown } | 'given up';

export interface Station {
  /** Where it stands between two tasks. */
  readonly position: Moment;
  /** Rejects with what the job threw; the station is as good as before. */
  perform(task: Task, listener: TaskListener): Promise<Outcome>;
  /** Ends the task under way at the next opportunity. */
  giveUp(): void;
  close(): Promise<void>;
}

export class LocalStation implements Station {
  readonly #seat: Seat;
  readonly #jobs: Jobs;
  #givenUp = false;
  readonly #breath = new Breath();

  constructor(seat: Seat, jobs: Jobs) {
    this.#seat = seat;
    this.#jobs = jobs;
    seat.target.machine.patience.waitUntil(() => this.#breath.isOver);
  }

  get position(): Moment {
    return moment(this.#seat.now);
  }

  async perform(task: Task, { at, ...outlets }: TaskListener): Promise<Outcome> {
    this.#givenUp = false;
    const work = perform(this.#seat, this.#jobs, task, outlets);
    for (await this.#breath.take(); ; ) {
      if (this.#givenUp) return 'given up';
      const { done, value } = work.next();
      if (done === true) return { finding: value };
      if (!this.#breath.isOver) continue;
      at(value);
      await this.#breath.take();
    }
  }

  giveUp(): void {
    this.#givenUp = true;
  }

  async close(): Promise<void> {
    this.giveUp();
    this.#seat.close();
  }
}
