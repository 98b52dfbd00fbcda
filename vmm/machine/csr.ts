/**
 * All CSRs of a hart, by number and by name, and who may access them. What each does is in its row; what instructions
 * do with them is in system.ts. Numbers that have no row are illegal instructions.
 */

import { counterRows } from './csr/counters.ts';
import { floatRows } from './csr/float.ts';
import { machineRows } from './csr/machine.ts';
import { pmpRows } from './csr/pmp.ts';
import type { CsrRow } from './csr/row.ts';
import { supervisorRows } from './csr/supervisor.ts';
import type { Hart } from './hart.ts';

export type { CsrRow, CsrServices } from './csr/row.ts';
export { disturbs } from './csr/row.ts';

export const csrRows: readonly CsrRow[] = [
  ...floatRows,
  ...supervisorRows,
  ...machineRows,
  ...pmpRows,
  ...counterRows,
].sort((a, b) => a.number - b.number);

const csrNumbers = 4096;
const byNumber: (CsrRow | undefined)[] = new Array<CsrRow | undefined>(csrNumbers).fill(undefined);
const byName = new Map<string, CsrRow>();
for (const row of csrRows) {
  if (byNumber[row.number] !== undefined || byName.has(row.name)) {
    throw new Error(`CSR table: ${row.name} (0x${row.number.toString(16)}) is there twice; each number and name once`);
  }
  byNumber[row.number] = row;
  byName.set(row.name, row);
}

export const csrByNumber = (number: number): CsrRow | undefined => byNumber[number];
export const csrByName = (name: string): CsrRow | undefined => byName.get(name);

/** Bits 9:8 of the number (Privileged 2.1). */
export const csrLowestPrivilege = (number: number): number => (number >>> 8) & 3;
/** Bits 11:10 of the number (Privileged 2.1). */
export const csrIsReadOnly = (number: number): boolean => number >>> 10 === 3;

/** Whether the hart, as it is now, may access the register; `writes` says whether the access would write. */
export const csrAccessIsLegal = (hart: Hart, row: CsrRow, writes: boolean): boolean =>
  hart.privilege >= csrLowestPrivilege(row.number) &&
  !(writes && csrIsReadOnly(row.number)) &&
  (row.legal === undefined || row.legal(hart));
