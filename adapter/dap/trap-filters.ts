/**
 * Stopping after traps: one filter a cause, one for interrupts of each kind, each with an optional condition on the
 * registers as the handler finds them. "Guest panic" is listed here because people look for it here, but it is a
 * breakpoint.
 */

import type { DebugProtocol } from '@vscode/debugprotocol';
import { type Hart, type Privilege, privilege } from '../../vmm/machine/hart.ts';
import type { Scope } from '../expressions/evaluate.ts';
import type { Condition } from './scope.ts';
import { exceptions, interrupts, type TrapCause, trapCause, trapWords } from './trap-words.ts';

export const panicFilter = 'panic';
const anyInterrupt = 'interrupt';
const conditionHint = 'for example scause == 13 && stval < 0x1000';

/** As capabilities list them. */
export const filterList: readonly DebugProtocol.ExceptionBreakpointsFilter[] = [
  {
    filter: panicFilter,
    label: 'Guest panic',
    description: 'Stops where the guest calls panic, or the panic handler of Rust, if its program has such a symbol',
    default: true,
    supportsCondition: true,
    conditionDescription: 'for example a0 != 0',
  },
  ...exceptions.map(({ id, words }) => ({
    filter: id,
    label: capital(words),
    description: `Stops after a hart has entered the handler of this exception`,
    supportsCondition: true,
    conditionDescription: conditionHint,
  })),
  {
    filter: anyInterrupt,
    label: 'Any interrupt',
    description: 'Stops after a hart has entered the handler of an interrupt',
    supportsCondition: true,
    conditionDescription: conditionHint,
  },
  ...interrupts.map(({ id, words }) => ({
    filter: id,
    label: capital(words),
    description: 'Stops after a hart has entered the handler of this interrupt',
    supportsCondition: true,
    conditionDescription: conditionHint,
  })),
];

export const isFilter = (filter: string): boolean => filterList.some((row) => row.filter === filter);

export interface TrapFilter {
  readonly filter: string;
  readonly condition?: Condition;
}

export interface LastTrap {
  readonly cause: bigint;
  readonly epc: bigint;
  readonly value: bigint;
  /** The mode that it came from. */
  readonly from: Privilege;
}

/** mstatus.SPP and mstatus.MPP: the mode before the last trap (Privileged 3.1.6.1). */
const previousBits = { supervisor: [8n, 1n], machine: [11n, 3n] } as const;

/** The registers of the trap that a hart entered last, into the mode in which it is now. */
export const lastTrap = (hart: Hart): LastTrap => {
  const mode = hart.privilege === privilege.machine ? 'machine' : 'supervisor';
  const [shift, mask] = previousBits[mode];
  const from = Number((hart.get('mstatus') >> shift) & mask) as Privilege;
  return mode === 'machine'
    ? { cause: hart.get('mcause'), epc: hart.get('mepc'), value: hart.get('mtval'), from }
    : { cause: hart.get('scause'), epc: hart.get('sepc'), value: hart.get('stval'), from };
};

export const lastTrapWords = (hart: Hart, place: (address: bigint) => string): string => {
  const { cause, epc, value } = lastTrap(hart);
  return trapWords(cause, epc, value, place);
};

export class TrapFilters {
  #filters: readonly TrapFilter[] = [];

  set(filters: readonly TrapFilter[]): void {
    this.#filters = filters;
  }

  get active(): boolean {
    return this.#filters.length > 0;
  }

  /** Whether to stop after a trap of a cause, if conditions hold. */
  wants(cause: number, interrupt: boolean): boolean {
    const ids = idsOf({ code: cause, interrupt });
    return this.#filters.some(({ filter }) => ids.includes(filter));
  }

  /** Whether to stop after the trap that a hart has just entered. */
  stops(hart: Hart, scope: Scope): boolean {
    const ids = idsOf(trapCause(lastTrap(hart).cause));
    return this.#filters.some(
      ({ filter, condition }) => ids.includes(filter) && (condition === undefined || condition(scope) !== 0n),
    );
  }
}

const idsOf = ({ code, interrupt }: TrapCause): readonly string[] => {
  const id = (interrupt ? interrupts : exceptions).find((row) => row.code === code)?.id;
  return [...(id === undefined ? [] : [id]), ...(interrupt ? [anyInterrupt] : [])];
};

function capital(text: string): string {
  return text.charAt(0).toUpperCase() + text.slice(1);
}
