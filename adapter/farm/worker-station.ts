/** A seat in a worker thread, from the farm's side. What the thread does is in farm-worker.ts. */

import { type Moment, moment } from '../../traces/time.ts';
import { sharedBytes, startThread, type Thread } from '../host/threads.ts';
import { errorOf, type FromSeat, type SeatOrder, type ToSeat } from './messages.ts';
import type { Replayed } from './seat.ts';
import type { Outcome, Station, TaskListener } from './station.ts';
import type { Task } from './task.ts';

interface Pending {
  readonly task: Task;
  readonly listener: TaskListener;
  readonly resolve: (outcome: Outcome) => void;
  readonly reject: (error: Error) => void;
}

export class WorkerStation implements Station {
  readonly #worker: Thread;
  readonly #givenUp: Int32Array;
  #pending: Pending | undefined;
  #broken: Error | undefined;
  position: Moment = moment(0);

  private constructor(worker: Thread, givenUp: Int32Array) {
    this.#worker = worker;
    this.#givenUp = givenUp;
    worker.on('message', (message: FromSeat) => this.#take(message));
    worker.on('error', (error) => this.#break(error));
    worker.on('exit', () => this.#break(new Error('the thread of a seat has ended')));
  }

  /** @throws what opening the recording does there */
  static open(file: string, replayed: Replayed, name: string): Promise<WorkerStation> {
    const givenUp = new Int32Array(sharedBytes(4).buffer);
    const order: SeatOrder = { replayed, name, givenUp };
    const worker = startThread(file, order);
    return new Promise((resolve, reject) => {
      worker.once('error', reject);
      worker.once('message', (message: FromSeat) => {
        worker.off('error', reject);
        if (message.kind === 'ready') {
          resolve(new WorkerStation(worker, givenUp));
          return;
        }
        void worker.terminate();
        reject(message.kind === 'failed' ? errorOf(message.failure) : new Error(`a seat began with ${message.kind}`));
      });
    });
  }

  perform(task: Task, listener: TaskListener): Promise<Outcome> {
    if (this.#broken !== undefined) return Promise.reject(this.#broken);
    return new Promise((resolve, reject) => {
      this.#pending = { task, listener, resolve, reject };
      this.#send({ kind: 'task', task });
    });
  }

  #send(message: ToSeat): void {
    this.#worker.postMessage(message);
  }

  #take(message: FromSeat): void {
    const pending = this.#pending;
    if (pending === undefined || message.kind === 'ready') return;
    switch (message.kind) {
      case 'left':
        pending.listener.left(message.state);
        return;
      case 'part':
        pending.listener.part(message.finding);
        return;
      case 'at':
        pending.listener.at(message.at);
        return;
      case 'done':
      case 'failed':
        this.#pending = undefined;
        this.position = message.position;
        if (message.kind === 'done') pending.resolve(message.outcome);
        else pending.reject(errorOf(message.failure));
    }
  }

  #break(error: Error): void {
    this.#broken = error;
    this.#pending?.reject(error);
    this.#pending = undefined;
  }

  giveUp(): void {
    if (this.#pending !== undefined) Atomics.store(this.#givenUp, 0, this.#pending.task.id);
  }

  async close(): Promise<void> {
    this.giveUp();
    this.#send({ kind: 'close' });
    await this.#worker.terminate();
  }
}
