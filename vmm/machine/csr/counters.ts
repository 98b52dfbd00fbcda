/**
 * Counters (Privileged 3.1.10-3.1.12, Unprivileged Zicntr and Zihpm). A counter is not a cell that ticks: it is the
 * number of steps plus an offset, so that nothing need be done as instructions retire. While mcountinhibit holds a
 * counter still, its offset is its value.
 */

import type { HartField } from '../../engine/layout.ts';
import { type Hart, privilege } from '../hart.ts';
import { all64, type CsrRow, type CsrServices, disturbs, fixed } from './row.ts';

interface Counter {
  readonly offset: HartField;
  readonly inhibitBit: number;
  /** What the counter would be without its offset. */
  base(hart: Hart, services: CsrServices): number;
}

const cycleCounter: Counter = {
  offset: 'cycleOffset',
  inhibitBit: 1 << 0,
  base: (hart, services) => services.steps(hart),
};

/** A step that enters a trap or an interrupt retires nothing. */
const instretCounter: Counter = {
  offset: 'instretOffset',
  inhibitBit: 1 << 2,
  base: (hart, services) => services.steps(hart) - hart.traps,
};

const isInhibited = (hart: Hart, counter: Counter): boolean => (hart.low('mcountinhibit') & counter.inhibitBit) !== 0;

const readCounter = (hart: Hart, counter: Counter, services: CsrServices): bigint =>
  isInhibited(hart, counter)
    ? hart.get(counter.offset)
    : (hart.get(counter.offset) + BigInt(counter.base(hart, services))) & all64;

/** The next instruction reads `value`: the writing instruction's own increment comes first (3.1.10). */
const writeCounter = (hart: Hart, counter: Counter, value: bigint, services: CsrServices): void => {
  const base = isInhibited(hart, counter) ? 0 : counter.base(hart, services) + 1;
  hart.set(counter.offset, (value - BigInt(base)) & all64);
};

const machineCounter = (name: string, counter: Counter): CsrRow => ({
  name,
  read: (hart, services) => readCounter(hart, counter, services),
  write: (hart, value, services) => {
    writeCounter(hart, counter, value, services);
    return disturbs.nothing;
  },
});

/** mcounteren opens a counter to S, and both mcounteren and scounteren to U (3.1.11, 4.1.5). */
export const counterIsEnabled = (hart: Hart, bit: number): boolean => {
  if (hart.privilege === privilege.machine) return true;
  if (((hart.low('mcounteren') >>> bit) & 1) === 0) return false;
  return hart.privilege !== privilege.user || ((hart.low('scounteren') >>> bit) & 1) === 1;
};

/** `bit`: the counter's in mcounteren and scounteren. */
const userCounter = (bit: number, name: string, read: CsrRow['read']): CsrRow => ({
  name,
  read,
  legal: (hart) => counterIsEnabled(hart, bit),
});

const hpmIndices = Array.from({ length: 29 }, (_, i) => i + 3);

export const counterRows: readonly CsrRow[] = [
  machineCounter('mcycle', cycleCounter),
  machineCounter('minstret', instretCounter),
  {
    name: 'mcountinhibit',
    read: (hart) => BigInt(hart.low('mcountinhibit')),
    write: (hart, value, services) => {
      for (const counter of [cycleCounter, instretCounter]) {
        const inhibit = (Number(value & 7n) & counter.inhibitBit) !== 0;
        if (inhibit === isInhibited(hart, counter)) continue;
        const present = readCounter(hart, counter, services);
        hart.setLow('mcountinhibit', hart.low('mcountinhibit') ^ counter.inhibitBit);
        writeCounter(hart, counter, present, services);
      }
      return disturbs.nothing;
    },
  },
  userCounter(0, 'cycle', (hart, services) => readCounter(hart, cycleCounter, services)),
  userCounter(1, 'time', (_hart, services) => BigInt(services.ticks())),
  userCounter(2, 'instret', (hart, services) => readCounter(hart, instretCounter, services)),
  // No performance event is implemented: the counters and their selectors are read-only zero (3.1.10).
  ...hpmIndices.map((i) => fixed(`mhpmcounter${i}`, 0n)),
  ...hpmIndices.map((i) => fixed(`mhpmevent${i}`, 0n)),
  ...hpmIndices.map((i) => userCounter(i, `hpmcounter${i}`, () => 0n)),
];
