/**
 * Stops at what the guest does, wherever its code is: a change of mode or of address space, a text on the console, an
 * expression of memory that becomes true. Each is the moment after the step that did it, in both directions. What a client
 * asks for is in stop-requests.ts; here it is decided whether the last step has done it.
 */

import type { Moment } from '../../traces/time.ts';
import type { Hart, Privilege } from '../../vmm/machine/hart.ts';
import type { RunOptions } from '../../vmm/machine/stops.ts';
import type { WatchRange } from '../../vmm/machine/translations.ts';
import type { ConsoleTape } from './console-tape.ts';
import { modeNames } from './threads.ts';
import type { WatchedExpression } from './watched-expression.ts';

export type GuestStop =
  /** A hart comes to a mode, or to any other one than it had. */
  | { readonly kind: 'mode'; readonly hart?: number; readonly mode?: Privilege }
  /** A hart gets this value of satp, or any other one than it had. */
  | { readonly kind: 'process'; readonly hart?: number; readonly satp?: bigint }
  /** The console begins to match; `words` is what is looked for. */
  | { readonly kind: 'console'; readonly pattern: RegExp; readonly words: string }
  | { readonly kind: 'expression'; readonly expression: WatchedExpression };

/** What is compared of a hart. */
interface HartState {
  readonly mode: Privilege;
  readonly satp: bigint;
}

export class GuestStops {
  #stops: readonly GuestStop[] = [];
  #harts: readonly HartState[] = [];
  /** The expressions that hold. */
  #holding: ReadonlySet<WatchedExpression> = new Set();

  set(stops: readonly GuestStop[]): void {
    this.#stops = stops;
  }

  get all(): readonly GuestStop[] {
    return this.#stops;
  }
  get active(): boolean {
    return this.#stops.length > 0;
  }

  /** After which steps the machine must be looked at, besides those that write what `note` gives. */
  get candidates(): Pick<RunOptions, 'traps' | 'returns' | 'spaces' | 'prints'> {
    const has = (kind: GuestStop['kind']): boolean => this.#stops.some((stop) => stop.kind === kind);
    return { traps: has('mode'), returns: has('mode'), spaces: has('process'), prints: has('console') };
  }

  /** Takes what is now as what was before; what is to be watched for the expressions. */
  note(harts: readonly Hart[]): readonly WatchRange[] {
    if (!this.active) return [];
    this.#harts = harts.map((hart) => ({ mode: hart.privilege, satp: hart.get('satp') }));
    const holding = new Set<WatchedExpression>();
    const ranges: WatchRange[] = [];
    for (const stop of this.#stops) {
      if (stop.kind !== 'expression') continue;
      const state = stop.expression.look();
      ranges.push(...state.ranges);
      if (state.holds) holding.add(stop.expression);
    }
    this.#holding = holding;
    return ranges;
  }

  /** In words, what the last step did, with this hart running, of what is stopped at. */
  met(hart: Hart, now: Moment, tape: ConsoleTape): readonly string[] {
    return this.#stops.flatMap((stop) => this.#wordsFor(stop, hart, now, tape) ?? []);
  }

  #wordsFor(stop: GuestStop, hart: Hart, now: Moment, tape: ConsoleTape): string | undefined {
    const before = this.#harts[hart.id];
    switch (stop.kind) {
      case 'mode': {
        const mode = hart.privilege;
        if (before === undefined || before.mode === mode || !isOf(stop.hart, hart)) return undefined;
        if (stop.mode !== undefined && stop.mode !== mode) return undefined;
        return `hart ${hart.id} came from ${modeNames[before.mode]} to ${modeNames[mode]}`;
      }
      case 'process': {
        const satp = hart.get('satp');
        if (before === undefined || before.satp === satp || !isOf(stop.hart, hart)) return undefined;
        if (stop.satp !== undefined && stop.satp !== satp) return undefined;
        return `hart ${hart.id} went from the address space of satp 0x${before.satp.toString(16)} to 0x${satp.toString(16)}`;
      }
      case 'console': {
        const found = tape.completed(stop.pattern, now);
        return found === undefined ? undefined : `the guest printed ${stop.words}`;
      }
      case 'expression': {
        const { expression } = stop;
        const isNew = !this.#holding.has(expression) && expression.look().holds;
        return isNew ? `${expression.text} became true` : undefined;
      }
    }
  }
}

const isOf = (asked: number | undefined, { id }: Hart): boolean => asked === undefined || asked === id;
