/** Registers of random programs (random-code.ts), and random instructions that any place of one can hold. Not a test. */

import { encode } from '../../vmm/isa/encode.ts';
import { readsWrites } from '../../vmm/isa/reads-writes.ts';
import { compressedRows, rows } from '../../vmm/isa/table.ts';
import type { Random } from '../oracle/random.ts';

/** Registers with a purpose. Those of `values` are for any instruction, `temporaries` for one construct at a time. */
export const register = {
  stack: 2,
  data: 3, // middle of two pages of data
  own: 4, // of this hart: [0] the other stack, [8] constructs until the next change of code
  count: 8, // a loop's, saved by each function
  window: 24, // the last page tables, for writing
  alias: 25, // from one mapping of code and data to the other
  top: 26, // of the hart's first stack
  fuel: 27, // calls that the loop of all may still make
  handler: 28,
} as const;
/** Between the two roots, in satp. */
export const rootsDiffer = 0x10;

/** Registers that any instruction may write. */
export const values = [9, 10, 11, 12, 13, 14, 15, 16, 17, 18, 19, 20, 21, 22, 23] as const;
export const temporaries = [29, 30, 31] as const;

const isPlain = (word: number): boolean => {
  const use = readsWrites(word);
  if (use === undefined || use.system !== undefined || use.memory.length > 0) return false;
  if (use.row.meaning.k === 'branch' || /^(jal|fence)/.test(use.row.name)) return false;
  return use.xWritten.every((written) => (values as readonly number[]).includes(written));
};

/** An instruction on registers alone. */
export const plainWord = (random: Random): number => {
  for (;;) {
    const isShort = random.oneIn(3);
    const { match, mask } = isShort ? random.pick(compressedRows) : random.pick(rows);
    const word = (match | (random.next() & ~mask)) >>> 0;
    const raw = isShort ? word & 0xffff : word;
    if (isPlain(raw)) return raw;
  }
};

/** An instruction of 32 bits that accesses what a register points at, or a little above. */
export const memoryWord = (random: Random, base: number): { readonly raw: number; readonly atomic: boolean } => {
  for (;;) {
    const row = random.pick(rows);
    if (readsWrites(row.match)?.memory[0] === undefined) continue;
    const atomic = row.immediate === 'none';
    const imm = BigInt(random.below(8) * 8);
    const operands = { rs1: base, ...(atomic ? {} : { imm }) };
    const word = encode(row.name, operands);
    const free = ~row.mask & (row.immediate === 'S' ? 0x01f0_0000 : atomic ? 0x07f0_0f80 : 0x0000_0f80);
    const drawn = (random.pick(values) << 20) | (random.pick(values) << 7) | (random.below(4) << 25);
    return { raw: (word | (drawn & free)) >>> 0, atomic };
  }
};
