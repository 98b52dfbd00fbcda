/**
 * What a CSR's row says, and the builder for registers that are plain storage. A row holds no state: it reads and
 * writes the hart's record. The privilege and read-only rules that follow from the number are not in the row
 * (Privileged 2.1: bits 9:8 give the lowest privilege, bits 11:10 all ones mean read-only); csr.ts derives them.
 */

import type { HartField } from '../../engine/layout.ts';
import type { Hart } from '../hart.ts';

/** What the registers need from the machine around the hart. */
export interface CsrServices {
  /** The guest's clock (mtime), 10 MHz. */
  ticks(): number;
  /** Steps that this hart has made; the instruction under way is not counted. */
  steps(hart: Hart): number;
  /** stimecmp or its enabling has changed: drive the STIP line anew. */
  timerChanged(hart: Hart): void;
}

/** What a write may have changed beyond the register; a set of bits. */
export const disturbs = {
  nothing: 0,
  interrupts: 1, // an interrupt may be due now
  translation: 2, // translations that were cached for this hart may be wrong
  context: 4, // who asks, in which address space, or whether floating point is on, may have changed
} as const;

export interface CsrRow {
  /** The manual's; the number follows from it (isa/csr-names.ts). */
  readonly name: string;
  read(hart: Hart, services: CsrServices): bigint;
  /** Stores what is legal of `value` and returns a set of `disturbs`. Without it writes are legal and do nothing. */
  write?(hart: Hart, value: bigint, services: CsrServices): number;
  /** Where it lies, and which bits can be written, if reads and writes do nothing else. Translated code goes there. */
  readonly cell?: { readonly field: HartField; readonly mask: bigint };
  /** Rules beyond those of the number; an access that is not legal is an illegal instruction. */
  legal?(hart: Hart): boolean;
  /** What csrrs and csrrc modify, where that is not what a read shows. */
  modifies?(hart: Hart): bigint;
}

export const all64 = 0xffff_ffff_ffff_ffffn;

/** A register that stores the bits of `mask` in a field of the hart's record. */
export const stored = (
  name: string,
  field: HartField,
  mask: bigint = all64,
  disturbed: number = disturbs.nothing,
): CsrRow => ({
  name,
  read: (hart) => hart.get(field),
  write: (hart, value) => {
    hart.set(field, value & mask);
    return disturbed;
  },
  ...(disturbed === disturbs.nothing && { cell: { field, mask } }),
});

/** A register that always reads the same; writes, where the number allows them, do nothing. */
export const fixed = (name: string, value: bigint): CsrRow => ({ name, read: () => value });

/** A register that stores a whole value or, when the value is not legal, keeps the old one. */
export const storedIf = (name: string, field: HartField, accepts: (value: bigint) => boolean): CsrRow => ({
  name,
  read: (hart) => hart.get(field),
  write: (hart, value) => {
    if (accepts(value)) hart.set(field, value);
    return disturbs.nothing;
  },
});
