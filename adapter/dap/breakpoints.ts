/**
 * The breakpoints that are set, by address, with their conditions, hit counts and messages. It decides whether to stop;
 * finding the candidates is the machine's, and what a client asks for is in breakpoint-requests.ts.
 *
 * Hits are counted in the order in which they are met, whichever the direction. Messages are said forwards only.
 */

import type { Hart } from '../../vmm/machine/hart.ts';
import type { WatchRange } from '../../vmm/machine/translations.ts';
import type { Scope } from '../expressions/evaluate.ts';
import { InputError } from '../program/input-error.ts';
import type { Surroundings } from '../values/text.ts';
import type { HitCondition } from './hit-condition.ts';
import type { LogMessage } from './log-message.ts';
import type { Condition } from './scope.ts';

/** `change`: a write after which another value is there. */
export type DataAccess = 'change' | 'write' | 'read' | 'readWrite';

/** `source:` and the file's path: DAP replaces the breakpoints of one file at a time. */
export type BreakpointOrigin = 'function' | 'instruction' | 'panic' | 'data' | `source:${string}`;

export interface BreakpointSpec {
  /** Where it stops: a line may be in several places, and a place may have two addresses before the MMU is on. */
  readonly addresses: readonly bigint[];
  /** The same as it is now, where programs are found at further places in time. */
  readonly addressesNow?: () => readonly bigint[];
  /** Whether the code that a hart is at is that of a program which it is set in; without it, it is set for all code. */
  readonly isIn?: (hart: Hart) => boolean;
  /** The inlined calls around a line that calls an inlined function, where a hart is at the beginning of that. */
  readonly siteAt?: (hart: Hart) => readonly number[] | undefined;
  /** Of a data breakpoint: what is watched, in RAM, what of it stops, and what people call it. */
  readonly watched?: readonly WatchRange[];
  readonly at?: DataAccess;
  readonly label?: string;
  /** What the person called it. */
  readonly name: string;
  readonly condition?: Condition;
  readonly hitCondition?: HitCondition;
  readonly log?: LogMessage;
  /** Tells apart what was set differently, so that setting the same again keeps its count. */
  readonly key: string;
}

export interface Breakpoint extends Omit<BreakpointSpec, 'addresses'> {
  readonly id: number;
  readonly origin: BreakpointOrigin;
  addresses: readonly bigint[];
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
  #ranges: readonly WatchRange[] = [];
  #nextId = 1;
  /** What data is called, by the client's word for where it lies. */
  readonly labels = new Map<string, string>();

  /** A number for a breakpoint that could not be set, too. */
  nextId(): number {
    return this.#nextId++;
  }

  /** Replaces all of one origin. */
  set(origin: BreakpointOrigin, specs: readonly BreakpointSpec[]): readonly Breakpoint[] {
    const before = this.#byOrigin.get(origin) ?? [];
    const now = specs.map((spec) => {
      const same = before.find(({ key, addresses }) => key === spec.key && addresses.join() === spec.addresses.join());
      return { ...spec, origin, id: same?.id ?? this.nextId(), hits: same?.hits ?? 0 };
    });
    this.#byOrigin.set(origin, now);
    this.#ranges = this.watching.flatMap(({ watched }) => watched ?? []);
    this.#index();
    return now;
  }

  /** Whether any is in a program that may be at further places. */
  get isMoving(): boolean {
    return [...this.#byOrigin.values()].some((all) => all.some(({ addressesNow }) => addressesNow !== undefined));
  }

  /** Sets them where their programs are now. */
  move(): void {
    for (const breakpoint of [...this.#byOrigin.values()].flat()) {
      if (breakpoint.addressesNow !== undefined) breakpoint.addresses = breakpoint.addressesNow();
    }
    this.#index();
  }

  #index(): void {
    this.#byAddress = new Map();
    for (const breakpoint of [...this.#byOrigin.values()].flat()) {
      for (const address of new Set(breakpoint.addresses)) {
        const here = this.#byAddress.get(address);
        if (here === undefined) this.#byAddress.set(address, [breakpoint]);
        else here.push(breakpoint);
      }
    }
  }

  /** Those of data. */
  get watching(): readonly Breakpoint[] {
    return this.#byOrigin.get('data') ?? [];
  }
  /** What they watch; the same array until they are set anew. */
  get ranges(): readonly WatchRange[] {
    return this.#ranges;
  }

  get addresses(): Iterable<bigint> {
    return this.#byAddress.keys();
  }
  get count(): number {
    return this.#byAddress.size;
  }

  /** Those where a hart is, of its code. */
  at(hart: Hart): readonly Breakpoint[] {
    return (this.#byAddress.get(hart.get('pc')) ?? []).filter(({ isIn }) => isIn?.(hart) ?? true);
  }

  /** Counts a hit of each: of those that are met and whose conditions hold. */
  meet(met: readonly Breakpoint[], scope: Scope, symbolic: Surroundings['symbolic']): Verdict {
    const counted = met.filter((breakpoint) => {
      breakpoint.hits += 1;
      return breakpoint.hitCondition?.(breakpoint.hits) ?? true;
    });
    return {
      stops: counted.filter(({ log }) => log === undefined),
      messages: counted.flatMap(({ log }) => (log === undefined ? [] : [log(scope, symbolic)])),
    };
  }
}

/** Those whose conditions hold. */
export const fulfilled = (breakpoints: readonly Breakpoint[], scope: Scope): readonly Breakpoint[] =>
  breakpoints.filter(({ condition }) => condition === undefined || holds(condition, scope));

/** A condition that cannot be evaluated where it is met holds there: stopping too often shows it, passing would not. */
const holds = (condition: Condition, scope: Scope): boolean => {
  try {
    return condition(scope) !== 0n;
  } catch (error) {
    if (error instanceof InputError) return true;
    throw error;
  }
};
