/**
 * The thread of one seat. It is a bundle of its own; worker-station.ts starts it. While it does a task it hears nothing: that a
 * task is given up is said in shared memory.
 */

import { parentPort, workerData } from 'node:worker_threads';
import { moment } from '../../traces/time.ts';
import { jobs } from '../questions/jobs.ts';
import { type FromSeat, failureOf, type SeatOrder, type ToSeat } from './messages.ts';
import { Seat } from './seat.ts';
import type { Outcome } from './station.ts';
import { perform, type Task } from './task.ts';

/** How often it says where it is. */
const sayMs = 100;

const { replayed, name, givenUp } = workerData as SeatOrder;
const say = (message: FromSeat): void => parentPort?.postMessage(message);

const work = (seat: Seat, task: Task): Outcome => {
  const isGivenUp = (): boolean => Atomics.load(givenUp, 0) >= task.id;
  seat.target.machine.patience.waitUntil(isGivenUp);
  const steps = perform(seat, jobs, task, {
    left: (state) => say({ kind: 'left', state }),
    part: (finding) => say({ kind: 'part', finding }),
  });
  for (let said = performance.now(); ; ) {
    if (isGivenUp()) return 'given up';
    const { done, value } = steps.next();
    if (done === true) return { finding: value };
    if (performance.now() - said <= sayMs) continue;
    say({ kind: 'at', at: value });
    said = performance.now();
  }
};

try {
  const seat = await Seat.open(replayed, name);
  parentPort?.on('message', (message: ToSeat) => {
    if (message.kind === 'close') {
      seat.close();
      parentPort?.close();
      return;
    }
    try {
      const outcome = work(seat, message.task);
      say({ kind: 'done', position: seat.now, outcome });
    } catch (error) {
      say({ kind: 'failed', position: seat.now, failure: failureOf(error) });
    }
  });
  say({ kind: 'ready' });
} catch (error) {
  say({ kind: 'failed', position: moment(0), failure: failureOf(error) });
}
