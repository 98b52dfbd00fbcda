/**
 * The steps that the person has just made, one behind the other, so that going back from where one has come to ends exactly
 * where it began, whatever the step was: out of a function from its middle, or from the middle of a line. Steps by line are
 * undone by line, those by instruction by instruction. Any other motion ends the trail; the reverse of a step is then what
 * the machine's history alone says (line-steps-back.ts, instruction-steps-back.ts).
 */

import type { Moment } from '../../traces/time.ts';
import type { CallSite } from './line-places.ts';

/** Where one was: the moment, and whether at the line of an inlined call. */
export interface Standing {
  readonly moment: Moment;
  readonly site: CallSite | undefined;
}

interface Step {
  readonly hart: number;
  readonly by: 'line' | 'instruction';
  readonly from: Standing;
  readonly to: Standing;
}

const stepsMax = 10_000;

export class Trail {
  readonly #steps: Step[] = [];

  /** A step forwards has been made. */
  add(step: Step): void {
    if (this.#steps.length >= stepsMax) this.#steps.shift();
    this.#steps.push(step);
  }

  /** Where the step began that has led a hart here; it is undone by that. */
  back(hart: number, by: Step['by'], now: Standing): Standing | undefined {
    const last = this.#steps.pop();
    const isMade = last?.hart === hart && last.by === by && last.to.moment === now.moment && last.to.site === now.site;
    if (isMade) return last.from;
    this.clear();
    return undefined;
  }

  clear(): void {
    this.#steps.length = 0;
  }
}
