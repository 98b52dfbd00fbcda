/** What the farm and the thread of a seat say to each other, and how an error gets from one to the other. */

import type { Moment } from '../../traces/time.ts';
import { type Divergence, DivergenceError } from '../../vmm/replay/divergence.ts';
import type { CarriedState } from '../../vmm/timeline/carried-state.ts';
import { InputError, type Sentence } from '../program/input-error.ts';
import type { Replayed } from './seat.ts';
import type { Task } from './task.ts';

/** What a thread gets when it begins. */
export interface SeatOrder {
  readonly replayed: Replayed;
  readonly name: string;
  /** One word of shared memory: tasks up to this number are given up. */
  readonly givenUp: Int32Array;
}

/** To the thread. */
export type ToSeat = { readonly kind: 'task'; readonly task: Task } | { readonly kind: 'close' };

/** From the thread. The first message is `ready`, or `failed` when the recording could not be opened. */
export type FromSeat =
  | { readonly kind: 'ready' }
  | { readonly kind: 'left'; readonly state: CarriedState }
  | { readonly kind: 'part'; readonly finding: unknown }
  | { readonly kind: 'at'; readonly at: Moment }
  | { readonly kind: 'done'; readonly position: Moment; readonly outcome: { readonly finding: unknown } | 'given up' }
  | { readonly kind: 'failed'; readonly position: Moment; readonly failure: Failure };

export type Failure =
  | { readonly kind: 'input'; readonly sentence: Sentence }
  | { readonly kind: 'divergence'; readonly divergence: Divergence }
  | { readonly kind: 'other'; readonly message: string; readonly stack: string | undefined };

export const failureOf = (error: unknown): Failure => {
  if (error instanceof InputError) {
    const { what, expected, found, remedy } = error;
    return { kind: 'input', sentence: { what, expected, found, remedy } };
  }
  if (error instanceof DivergenceError) return { kind: 'divergence', divergence: error.divergence };
  return error instanceof Error
    ? { kind: 'other', message: error.message, stack: error.stack }
    : { kind: 'other', message: String(error), stack: undefined };
};

export const errorOf = (failure: Failure): Error => {
  switch (failure.kind) {
    case 'input':
      return new InputError(failure.sentence);
    case 'divergence':
      return new DivergenceError(failure.divergence);
    case 'other': {
      const error = new Error(failure.message);
      if (failure.stack !== undefined) error.stack = failure.stack;
      return error;
    }
  }
};
