/** The CSRs of physical memory protection (Privileged 3.7.1): pmpcfg0, pmpcfg2 and sixteen pmpaddr. */

import type { HartField } from '../../engine/layout.ts';
import type { Hart } from '../hart.ts';
import { pmpBit, pmpConfig, pmpEntries, pmpMode } from '../pmp.ts';
import { type CsrRow, disturbs } from './row.ts';

/** Physical addresses have 56 bits, of which a pmpaddr holds bits 55:2. */
const addressMask = (1n << 54n) - 1n;

/** Bits 6:5 of an entry's byte are read-only zero. */
const configMask = 0x9f;

/** R=0 with W=1 is reserved (3.7.1): W is dropped. */
const legalConfig = (byte: number): number => {
  const masked = byte & configMask;
  return masked & pmpBit.read ? masked : masked & ~pmpBit.write;
};

const configRow = (name: 'pmpcfg0' | 'pmpcfg2', firstEntry: number): CsrRow => ({
  name,
  read: (hart) => hart.get(name),
  write: (hart, value) => {
    let bytes = hart.get(name);
    for (let i = 0; i < 8; i++) {
      if (pmpConfig(hart, firstEntry + i) & pmpBit.locked) continue;
      const shift = BigInt(8 * i);
      const byte = BigInt(legalConfig(Number((value >> shift) & 0xffn)));
      bytes = (bytes & ~(0xffn << shift)) | (byte << shift);
    }
    hart.set(name, bytes);
    return disturbs.translation;
  },
});

/** A locked entry's address cannot be written, nor one that is the lower bound of a locked TOR entry (3.7.1). */
const addressIsLocked = (hart: Hart, entry: number): boolean => {
  if (pmpConfig(hart, entry) & pmpBit.locked) return true;
  if (entry + 1 === pmpEntries) return false;
  const next = pmpConfig(hart, entry + 1);
  return (next & pmpBit.locked) !== 0 && (next & pmpBit.mode) === pmpMode.tor;
};

const addressRow = (entry: number): CsrRow => {
  const field = `pmpaddr${entry}` as HartField;
  return {
    name: field,
    read: (hart) => hart.get(field),
    write: (hart, value) => {
      if (addressIsLocked(hart, entry)) return disturbs.nothing;
      hart.set(field, value & addressMask);
      return disturbs.translation;
    },
  };
};

export const pmpRows: readonly CsrRow[] = [
  configRow('pmpcfg0', 0),
  configRow('pmpcfg2', 8), // odd-numbered pmpcfg do not exist on RV64
  ...Array.from({ length: pmpEntries }, (_, entry) => addressRow(entry)),
];
