/**
 * All CSRs of a hart, by number and by name, and who may access them. What each does is in its row; what instructions
 * do with them is in system.ts. Numbers that have no row are illegal instructions.
 */

import { csrNumber } from '../isa/csr-names.ts';
import { counterRows } from './csr/counters.ts';
import { floatRows } from './csr/float.ts';
import { machineRows } from './csr/machine.ts';
import { pmpRows } from './csr/pmp.ts';
import type { CsrRow } from './csr/row.ts';
import { supervisorRows } from './csr/supervisor.ts';
import type { Hart } from './hart.ts';

export type { CsrRow, CsrServices } from './csr/row.ts';
export { disturbs } from './csr/row.ts';

export interface Csr extends CsrRow {
  readonly number: number;
}

const numbered = (row: CsrRow): Csr => {
  const number = csrNumber(row.name);
  if (number === undefined) {
    throw new Error(`CSR table: ${row.name} has no number; expected a name of isa/csr-names.ts`);
  }
  return { ...row, number };
};

/** Every CSR that a hart has, by ascending number. */
export const csrRows: readonly Csr[] = [...floatRows, ...supervisorRows, ...machineRows, ...pmpRows, ...counterRows]
  .map(numbered)
  .sort((a, b) => a.number - b.number);

const csrNumbers = 4096;
const byNumber: (Csr | undefined)[] = new Array<Csr | undefined>(csrNumbers).fill(undefined);
const byName = new Map<string, Csr>();
for (const row of csrRows) {
  if (byName.has(row.name)) throw new Error(`CSR table: ${row.name} is there twice; expected each name once`);
  byNumber[row.number] = row;
  byName.set(row.name, row);
}

export const csrByNumber = (number: number): Csr | undefined => byNumber[number];
export const csrByName = (name: string): Csr | undefined => byName.get(name);

/** Bits 9:8 of the number (Privileged 2.1). */
export const csrLowestPrivilege = (number: number): number => (number >>> 8) & 3;
/** Bits 11:10 of the number (Privileged 2.1). */
export const csrIsReadOnly = (number: number): boolean => number >>> 10 === 3;

/** Whether the hart, as it is now, may access the register; `writes` says whether the access would write. */
export const csrAccessIsLegal = (hart: Hart, row: Csr, writes: boolean): boolean =>
  hart.privilege >= csrLowestPrivilege(row.number) &&
  !(writes && csrIsReadOnly(row.number)) &&
  (row.legal === undefined || row.legal(hart));
