/**
 * What happened in the step under way that a run may stop for once the step is made: accesses that are watched for, output,
 * a return from a trap. Not state: it is empty between runs, but for what a breakpoint came before.
 */

import type { Stop } from './stops.ts';
import type { WatchedAccess } from './translations.ts';

export class StepNotes {
  /** By sret or mret. */
  hasReturned = false;
  #accesses: WatchedAccess[] = [];
  /** Of the instruction that made one of them. */
  #pc: bigint | undefined;
  #hasPrinted = false;
  #wantsPrints = false;
  /** Where a breakpoint stopped it before the step at which what devices did is told. */
  #carriedAt = -1;

  /** At the beginning of a run; `wantsPrints`: whether output is noted. */
  begin(now: number, wantsPrints: boolean): void {
    this.#wantsPrints = wantsPrints;
    const isCarried = this.#carriedAt === now;
    this.#carriedAt = -1;
    if (isCarried) return;
    if (this.#accesses.length > 0) this.#accesses = [];
    this.#pc = undefined;
    this.#hasPrinted = false;
    this.hasReturned = false;
  }

  /** The next run, if it begins here, tells what was noted. */
  carry(now: number): void {
    this.#carriedAt = now;
  }

  /** `pc`: of the instruction that made it, unless a device did. */
  accessed(access: WatchedAccess, pc: bigint | undefined): void {
    this.#accesses.push(access);
    if (pc !== undefined) this.#pc = pc;
  }

  /** Says whether it is noted. */
  printed(): boolean {
    this.#hasPrinted ||= this.#wantsPrints;
    return this.#wantsPrints;
  }

  /** Whether there is anything to stop for at the step's end, but for returns. */
  get isAny(): boolean {
    return this.#hasPrinted || this.#accesses.length > 0;
  }

  /** The stop for that, with the hart that runs. */
  stop(hart: number): Stop {
    const accesses = this.#accesses;
    return accesses.length > 0 ? { reason: 'watch', hart, accesses, pc: this.#pc } : { reason: 'console', hart };
  }
}
