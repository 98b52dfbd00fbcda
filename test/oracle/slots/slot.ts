/**
 * What every family of slots is given, and the small things that they share. A slot is a few instructions of which one
 * is under test; it writes one record and leaves nothing that a later slot must know, registers and memory apart.
 */

import { type ReadsWrites, readsWrites } from '../../../vmm/isa/reads-writes.ts';
import type { CompressedRow, Row } from '../../../vmm/isa/row.ts';
import { compressedRows } from '../../../vmm/isa/table.ts';
import type { Assembler, Label } from '../assembler.ts';
import { poolPointerOffset, type Reserved } from '../context.ts';
import type { Handlers } from '../harness.ts';
import * as layout from '../layout.ts';
import type { Random } from '../random.ts';

export type Paging = 'bare' | 'sv39' | 'sv48' | 'sv57';

/** The mode that a block's slots run in. In machine mode, `paging` is that of the lower modes. */
export interface Home {
  readonly privilege: 0 | 1 | 3;
  readonly paging: Paging;
  /** mstatus while a slot runs, as far as the program decides it. */
  readonly mstatus: bigint;
  /** Added to physical addresses: the user's view of RAM. */
  readonly alias: number;
  readonly trapsVirtualMemory: boolean;
}

export interface Slot {
  readonly asm: Assembler;
  readonly random: Random;
  readonly reserved: Reserved;
  readonly home: Home;
  readonly handlers: Handlers;
  /** Code near the block that adds 64 to `t` and jumps to `u`. */
  readonly stub: Label;
}

/** An instruction with random operands. */
export interface Instance {
  /** 16 or 32 bits. */
  readonly raw: number;
  readonly use: ReadsWrites;
}

/** A word of the row with random fields that touches no reserved register; `undefined` for a reserved encoding. */
export const instanceOf = (slot: Slot, row: Row | CompressedRow): Instance | undefined => {
  const { random, reserved } = slot;
  const wide = 'meaning' in row;
  for (;;) {
    const raw = (row.match | (random.next() & (wide ? ~row.mask : ~row.mask & 0xffff))) >>> 0;
    const nested = !wide && compressedRowOf(raw) !== row; // one of the encodings that are nested in the row's
    if (nested) continue;
    const use = readsWrites(raw);
    if (use === undefined) return undefined;
    const touched = [...use.xRead, ...use.xWritten];
    if (!touched.some((register) => isReserved(reserved, register))) return { raw, use };
  }
};

/** The row whose picture the half has, legal or reserved: the most specific one comes first. */
const compressedRowOf = (half: number): CompressedRow | undefined =>
  compressedRows.find(({ mask, match }) => (half & mask) === match);

export const isReserved = ({ log, t, u }: Reserved, register: number): boolean =>
  register === log || register === t || register === u;

/** A register that no slot's scaffolding uses; x0 only if asked for. */
export const freeRegister = ({ random, reserved }: Slot, zeroToo = false): number => {
  for (;;) {
    const register = zeroToo ? random.below(32) : 1 + random.below(31);
    if (!isReserved(reserved, register)) return register;
  }
};

/** Fresh operands from the pool into what the instruction reads; other ones at each iteration. */
export const refreshOperands = (slot: Slot, use: ReadsWrites): void => {
  const { asm, random, reserved } = slot;
  asm.la(reserved.t, layout.contextBase);
  asm.load('ld', reserved.t, poolPointerOffset, reserved.t);
  for (const register of use.xRead) asm.load('ld', register, random.below(256) * 8, reserved.t);
  for (const register of use.fRead) asm.load('fld', register, random.below(256) * 8, reserved.t);
};

/** What the instruction wrote, into the record's first word. */
export const logResult = (slot: Slot, use: ReadsWrites): void => {
  const { asm, reserved } = slot;
  if (use.fWritten.length > 0) asm.store('fsd', use.fWritten[0]!, 0, reserved.log);
  else if (use.xWritten.length > 0) asm.store('sd', use.xWritten[0]!, 0, reserved.log);
};

/** A register into a word of the record. */
export const logRegister = ({ asm, reserved }: Slot, register: number, word: 0 | 1 | 2 | 3): void =>
  asm.store('sd', register, word * 8, reserved.log);
