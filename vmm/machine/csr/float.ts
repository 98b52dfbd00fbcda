/** Floating-point CSRs (Unprivileged, F extension). They are illegal while mstatus.FS is off and dirty it when written. */

import type { Hart } from '../hart.ts';
import { type CsrRow, disturbs } from './row.ts';
import { floatIsOff, markFloatDirty } from './status.ts';

const floatRow = (name: string, read: (hart: Hart) => number, write: (hart: Hart, value: number) => void): CsrRow => ({
  name,
  read: (hart) => BigInt(read(hart)),
  write: (hart, value) => {
    write(hart, Number(value & 0xffn));
    markFloatDirty(hart);
    return disturbs.nothing;
  },
  legal: (hart) => !floatIsOff(hart),
});

export const floatRows: readonly CsrRow[] = [
  floatRow(
    'fflags',
    (hart) => hart.low('fflags'),
    (hart, value) => hart.setLow('fflags', value & 0x1f),
  ),
  floatRow(
    'frm',
    (hart) => hart.low('frm'),
    (hart, value) => hart.setLow('frm', value & 7),
  ),
  floatRow(
    'fcsr',
    (hart) => (hart.low('frm') << 5) | hart.low('fflags'),
    (hart, value) => {
      hart.setLow('fflags', value & 0x1f);
      hart.setLow('frm', value >>> 5);
    },
  ),
];
