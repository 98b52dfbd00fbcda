/**
 * The breakpoints that are set, by address, with their conditions, hit counts and messages. It decides whether to stop;
 * finding the candidates is the machine's, and what a client asks for is in breakpoint-requests.ts.
 *
 * Hits are counted in the order in which they are met, whichever the direction. Messages are said forwards only.
 */

import type { Hart } from '../../vmm/machine/hart.ts';
import type { Expression, RegisterReader } from './expression.ts';
import type { HitCondition } from './hit-condition.ts';
import type { LogMessage } from './log-message.ts';

export type BreakpointOrigin = 'function' | 'instruction' | 'panic';

export interface BreakpointSpec {
  readonly address: bigint;
  /** What the person called it. */
  readonly name: string;
  readonly condition?: Expression;
  readonly hitCondition?: HitCondition;
  readonly log?: LogMessage;
  /** Tells apart what was set differently, so that setting the same again keeps its count. */
  readonly key: string;
}

export interface Breakpoint extends BreakpointSpec {
  readonly id: number;
  readonly origin: BreakpointOrigin;
  hits: number;
}

/** What a candidate comes to. */
export interface Verdict {
  /** Those that stop here; none: go on. */
  readonly stops: readonly Breakpoint[];
  readonly messages: readonly string[];
}

export class Breakpoints {
  readonly #byOrigin = new Map<BreakpointOrigin, readonly Breakpoint[]>();
  #byAddress = new Map<bigint, Breakpoint[]>();
  #nextId = 1;

  /** A number for a breakpoint that could not be set, too. */
  nextId(): number {
    return this.#nextId++;
  }

  /** Replaces all of one origin. */
  set(origin: BreakpointOrigin, specs: readonly BreakpointSpec[]): readonly Breakpoint[] {
    const before = this.#byOrigin.get(origin) ?? [];
    const now = specs.map((spec) => {
      const same = before.find(({ key, address }) => key === spec.key && address === spec.address);
      return { ...spec, origin, id: same?.id ?? this.nextId(), hits: same?.hits ?? 0 };
    });
    this.#byOrigin.set(origin, now);
    this.#byAddress = new Map();
    for (const breakpoint of [...this.#byOrigin.values()].flat()) {
      const here = this.#byAddress.get(breakpoint.address);
      if (here === undefined) this.#byAddress.set(breakpoint.address, [breakpoint]);
      else here.push(breakpoint);
    }
    return now;
  }

  get addresses(): Iterable<bigint> {
    return this.#byAddress.keys();
  }
  get count(): number {
    return this.#byAddress.size;
  }

  /** Whether one here might stop, hit counts aside. Asks nothing and counts nothing. */
  mayStop(hart: Hart, registers: RegisterReader): boolean {
    return this.#met(hart, registers).some(({ log }) => log === undefined);
  }

  /** Counts a hit of those here whose conditions hold. */
  meet(hart: Hart, registers: RegisterReader): Verdict {
    const counted = this.#met(hart, registers).filter((breakpoint) => {
      breakpoint.hits += 1;
      return breakpoint.hitCondition?.(breakpoint.hits) ?? true;
    });
    return {
      stops: counted.filter(({ log }) => log === undefined),
      messages: counted.flatMap(({ log }) => (log === undefined ? [] : [log(registers)])),
    };
  }

  #met(hart: Hart, registers: RegisterReader): readonly Breakpoint[] {
    const here = this.#byAddress.get(hart.get('pc')) ?? [];
    return here.filter(({ condition }) => condition === undefined || condition(registers) !== 0n);
  }
}
