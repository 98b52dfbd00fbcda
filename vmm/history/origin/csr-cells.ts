/**
 * The CSRs that hold what was put into them until somebody puts something else there, so that a value can be followed
 * through them, and those that are a clock. The rest are views of a state that many things change; an answer ends there.
 */

import type { HartField } from '../../engine/layout.ts';
import { csrName, csrNumber } from '../../isa/csr-names.ts';

const cellNames = [
  'sscratch',
  'sepc',
  'scause',
  'stval',
  'stvec',
  'satp',
  'scounteren',
  'senvcfg',
  'mscratch',
  'mepc',
  'mcause',
  'mtval',
  'mtvec',
  'mcounteren',
  'medeleg',
  'mideleg',
] as const satisfies readonly HartField[];

const cells: ReadonlyMap<number, HartField> = new Map(cellNames.map((name) => [csrNumber(name)!, name]));

/** Where a CSR keeps its value, by number. */
export const csrCell = (number: number): HartField | undefined => cells.get(number);

const clockNames: ReadonlySet<string> = new Set(['time', 'cycle', 'instret', 'mcycle', 'minstret']);
export const isClock = (number: number): boolean => clockNames.has(csrName(number) ?? '');

/** What a trap to M or to S writes (Privileged 3.1.6, 3.1.14 to 3.1.16, and 4.1.7 to 4.1.9). */
const trapNames = {
  1: { epc: 'sepc', cause: 'scause', tval: 'stval', tvec: 'stvec' },
  3: { epc: 'mepc', cause: 'mcause', tval: 'mtval', tvec: 'mtvec' },
} as const;

export const trapCsrs = (to: number) => {
  const names = trapNames[to === 1 ? 1 : 3];
  return {
    epc: csrNumber(names.epc)!,
    cause: csrNumber(names.cause)!,
    tval: csrNumber(names.tval)!,
    tvec: csrNumber(names.tvec)!,
  };
};
