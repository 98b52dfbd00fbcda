/** Page-table walks, case by case; answers from Privileged 4.3-4.6 and 3.1.6.3. */

import { describe, expect, test } from 'vitest';
import { tlbContexts, tlbKinds } from '../../vmm/engine/layout.ts';
import { mstatus, setStatusLow } from '../../vmm/machine/csr/status.ts';
import type { Hart } from '../../vmm/machine/hart.ts';
import { causeOf, dataContext, fetchContext, translate } from '../../vmm/machine/mmu.ts';
import { at, freshHart, M, S, setWord, U, wordAt } from './system-fixture.ts';

const v = 1;
const r = 2;
const w = 4;
const x = 8;
const u = 16;
const g = 32;
const a = 64;
const d = 128;
const ad = a | d;

const root = 0x8001_0000;
const second = 0x8001_1000;
const third = 0x8001_2000;
const fourth = 0x8001_3000;
const fifth = 0x8001_4000;
const tables = [root, second, third, fourth, fifth] as const;
const frame = 0x8002_0000;

const pteOf = (physical: number, bits: number): bigint => ((BigInt(physical) >> 12n) << 10n) | BigInt(bits);
const satpOf = (mode: number, table = root): bigint => (BigInt(mode) << 60n) | (BigInt(table) >> 12n);

type Context = keyof typeof tlbContexts;
type Kind = keyof typeof tlbKinds;

const everywhere = (1n << 54n) - 1n;

/** A hart with Sv39 on and one path of tables for `va`, whose last entry is `leaf`. */
const mapped = (va: bigint, leaf: bigint, mode = 8): { hart: Hart; leafAt: number } => {
  const hart = at(freshHart(), S);
  hart.set('pmpaddr0', everywhere);
  hart.set('pmpcfg0', 0x1fn);
  hart.set('satp', satpOf(mode));
  const levels = mode - 5;
  for (let i = levels - 1; i > 0; i--) {
    const step = levels - 1 - i;
    setWord(entryAt(tables[step]!, va, i), pteOf(tables[step + 1]!, v));
  }
  const leafAt = entryAt(tables[levels - 1]!, va, 0);
  setWord(leafAt, leaf);
  return { hart, leafAt };
};

const entryAt = (table: number, va: bigint, level: number): number =>
  table + 8 * Number((va >> BigInt(12 + 9 * level)) & 0x1ffn);

interface Seen {
  readonly read: number[];
  readonly written: number[];
}

const walk = (hart: Hart, context: Context, kind: Kind, va: bigint, seen: Seen = { read: [], written: [] }): number =>
  translate(
    hart,
    tlbContexts[context],
    tlbKinds[kind],
    Number(va & 0xffff_ffffn),
    Number((va >> 32n) & 0xffff_ffffn),
    8,
    { tableRead: (page) => seen.read.push(page), tableWritten: (address) => seen.written.push(address) },
  );

const fault = (cause: number): { cause: number } => ({ cause });
type Expected = number | { cause: number };

const outcomeOf = (result: number): Expected => (result < 0 ? fault(causeOf(result)) : result);

const va = 0x12_3456_7890n & ~7n;
const pa = frame + Number(va & 0xfffn);

const checkLeaf = (
  sentence: string,
  bits: number,
  context: Context,
  kind: Kind,
  expected: Expected,
  before?: (hart: Hart) => void,
) =>
  test(sentence, () => {
    const { hart } = mapped(va, pteOf(frame, bits));
    before?.(hart);
    expect(outcomeOf(walk(hart, context, kind, va))).toEqual(expected);
  });

const loadFault = fault(13);
const storeFault = fault(15);
const fetchFault = fault(12);

describe('permissions of a leaf (4.3.1)', () => {
  checkLeaf('S reads a page that is readable', v | r | ad, 'supervisor', 'read', pa);
  checkLeaf('S writes a page that is writable', v | r | w | ad, 'supervisor', 'write', pa);
  checkLeaf('S executes a page that is executable', v | x | ad, 'supervisor', 'execute', pa);
  checkLeaf('an entry that is not valid faults as a load', r | ad, 'supervisor', 'read', loadFault);
  checkLeaf('... as a store', r | w | ad, 'supervisor', 'write', storeFault);
  checkLeaf('... as a fetch', x | ad, 'supervisor', 'execute', fetchFault);
  checkLeaf('a read-only page is not written', v | r | ad, 'supervisor', 'write', storeFault);
  checkLeaf('a page that is only executable is not read', v | x | ad, 'supervisor', 'read', loadFault);
  checkLeaf('MXR lets it be read (3.1.6.3)', v | x | ad, 'supervisor', 'read', pa, (hart) =>
    setStatusLow(hart, mstatus.mxr),
  );
  checkLeaf('MXR lets nothing be written', v | x | ad, 'supervisor', 'write', storeFault, (hart) =>
    setStatusLow(hart, mstatus.mxr),
  );
  checkLeaf('W without R is reserved', v | w | ad, 'supervisor', 'write', storeFault);
  checkLeaf('W and X without R is reserved', v | w | x | ad, 'supervisor', 'execute', fetchFault);
  checkLeaf('U reads a page of U', v | r | u | ad, 'user', 'read', pa);
  checkLeaf('U does not read a page of S', v | r | ad, 'user', 'read', loadFault);
  checkLeaf('S does not read a page of U', v | r | u | ad, 'supervisor', 'read', loadFault);
  checkLeaf('S with SUM reads a page of U (3.1.6.3)', v | r | u | ad, 'supervisorUserMemory', 'read', pa);
  checkLeaf('S with SUM reads its own pages too', v | r | ad, 'supervisorUserMemory', 'read', pa);
  checkLeaf(
    'S with SUM still does not execute a page of U',
    v | x | u | ad,
    'supervisorUserMemory',
    'execute',
    fetchFault,
  );
  checkLeaf('G changes nothing', v | r | g | ad, 'supervisor', 'read', pa);
  checkLeaf('a pointer in the last level faults', v, 'supervisor', 'read', loadFault);
});

describe('A and D are set by the hart (4.3.2 step 7)', () => {
  const checkBits = (sentence: string, kind: Kind, before: number, after: number) =>
    test(sentence, () => {
      const { hart, leafAt } = mapped(va, pteOf(frame, before));
      const seen: Seen = { read: [], written: [] };
      expect(walk(hart, 'supervisor', kind, va, seen)).toBe(pa);
      expect(wordAt(leafAt)).toBe(pteOf(frame, after));
      expect(seen.written).toEqual(before === after ? [] : [leafAt]);
      expect(seen.read).toEqual([root, second, third]);
    });
  checkBits('a load sets A', 'read', v | r | w, v | r | w | a);
  checkBits('a store sets A and D', 'write', v | r | w, v | r | w | ad);
  checkBits('a store sets D where A was set', 'write', v | r | w | a, v | r | w | ad);
  checkBits('a fetch sets A', 'execute', v | x, v | x | a);
  checkBits('bits that are set are not written again', 'write', v | r | w | ad, v | r | w | ad);
  test('a faulting access sets nothing', () => {
    const { hart, leafAt } = mapped(va, pteOf(frame, v | r));
    walk(hart, 'supervisor', 'write', va);
    expect(wordAt(leafAt)).toBe(pteOf(frame, v | r));
  });
});

describe('reserved encodings', () => {
  const checkReserved = (sentence: string, entry: bigint) =>
    test(sentence, () => {
      const { hart } = mapped(va, entry);
      expect(outcomeOf(walk(hart, 'supervisor', 'read', va))).toEqual(loadFault);
    });
  const leaf = pteOf(frame, v | r | ad);
  for (const bit of [54n, 57n, 60n]) checkReserved(`bit ${bit} is reserved (4.4.1)`, leaf | (1n << bit));
  checkReserved('PBMT needs Svpbmt (bit 61)', leaf | (1n << 61n));
  checkReserved('N needs Svnapot (bit 63)', leaf | (1n << 63n));
  for (const [name, bit] of [
    ['A', a],
    ['D', d],
    ['U', u],
  ] as const) {
    test(`${name} in a pointer is reserved (4.3.1)`, () => {
      const { hart } = mapped(va, pteOf(frame, v | r | ad));
      const pointer = entryAt(root, va, 2);
      setWord(pointer, wordAt(pointer) | BigInt(bit));
      expect(outcomeOf(walk(hart, 'supervisor', 'read', va))).toEqual(loadFault);
    });
  }
});

describe('superpages (4.4.1, 4.5.1, 4.6.1)', () => {
  const checkSuperpage = (sentence: string, mode: number, level: number, physical: number, expected: Expected) =>
    test(sentence, () => {
      const { hart } = mapped(va, 0n, mode);
      const levels = mode - 5;
      setWord(entryAt(tables[levels - 1 - level]!, va, level), pteOf(physical, v | r | ad));
      expect(outcomeOf(walk(hart, 'supervisor', 'read', va))).toEqual(expected);
    });
  const offset = (bits: number): number => Number(va & ((1n << BigInt(bits)) - 1n));
  checkSuperpage('a 2 MiB page', 8, 1, 0x8020_0000, 0x8020_0000 + offset(21));
  checkSuperpage('a 2 MiB page whose frame is not aligned faults', 8, 1, 0x8020_1000, loadFault);
  checkSuperpage('a 1 GiB page', 8, 2, 0xc000_0000, 0xc000_0000 + offset(30));
  checkSuperpage('a 1 GiB page whose frame is not aligned faults', 8, 2, 0xc020_0000, loadFault);
  checkSuperpage('a 512 GiB page of Sv48', 9, 3, 0x80_0000_0000, 0x80_0000_0000 + offset(39));
  checkSuperpage('a 512 GiB page whose frame is not aligned faults', 9, 3, 0xc000_0000, loadFault);
  checkSuperpage('a 256 TiB page of Sv57', 10, 4, 2 ** 48, 2 ** 48 + offset(48));
});

describe('modes and canonical addresses', () => {
  const checkMode = (sentence: string, mode: number, address: bigint, expected: 'maps' | 'faults') =>
    test(sentence, () => {
      const { hart } = mapped(address, pteOf(frame, v | r | ad), mode);
      const result = outcomeOf(walk(hart, 'supervisor', 'read', address));
      expect(result).toEqual(expected === 'maps' ? frame + Number(address & 0xfffn) : loadFault);
    });
  checkMode('Sv39 maps its highest positive address', 8, 0x0000_003f_ffff_fff8n, 'maps');
  checkMode('Sv39 maps its lowest negative address', 8, 0xffff_ffc0_0000_0000n, 'maps');
  checkMode('Sv39 refuses bit 39 alone (4.4.1)', 8, 0x0000_0080_0000_0000n, 'faults');
  checkMode('Sv39 refuses bit 38 without those above it', 8, 0x0000_0040_0000_0000n, 'faults');
  checkMode('Sv39 refuses bit 63 alone', 8, 0x8000_0000_0000_0000n, 'faults');
  checkMode('Sv48 maps four levels', 9, 0x0000_7fff_1234_5678n & ~7n, 'maps');
  checkMode('Sv48 maps its lowest negative address', 9, 0xffff_8000_0000_0000n, 'maps');
  checkMode('Sv48 refuses what Sv57 would take (4.5.1)', 9, 0x0001_0000_0000_0000n, 'faults');
  checkMode('Sv57 maps five levels', 10, 0x00ff_edcb_a987_6540n, 'maps');
  checkMode('Sv57 refuses bit 57 (4.6.1)', 10, 0x0200_0000_0000_0000n, 'faults');
  test('bare is the address itself', () => {
    const { hart } = mapped(va, 0n);
    hart.set('satp', 0n);
    expect(walk(hart, 'supervisor', 'read', 0x1234_5678_9000n)).toBe(0x1234_5678_9000);
  });
  test('M is never translated', () => {
    const { hart } = mapped(va, 0n);
    expect(walk(hart, 'machine', 'write', 0x8000_0000n)).toBe(0x8000_0000);
  });
});

describe('access faults', () => {
  const checkAccessFault = (
    sentence: string,
    kind: Kind,
    cause: number,
    before: (hart: Hart, leafAt: number) => void,
  ) =>
    test(sentence, () => {
      const { hart, leafAt } = mapped(va, pteOf(frame, v | r | w | x));
      before(hart, leafAt);
      expect(outcomeOf(walk(hart, 'supervisor', kind, va))).toEqual(fault(cause));
    });
  const rootOutside = (hart: Hart) => hart.set('satp', satpOf(8, 0x1000_0000));
  checkAccessFault('a table outside RAM is a load access fault (4.3.2 step 2)', 'read', 5, rootOutside);
  checkAccessFault('... a store access fault', 'write', 7, rootOutside);
  checkAccessFault('... an instruction access fault', 'execute', 1, rootOutside);
  /** Entry 0 has `config` over 8 bytes at `address`; entry 1 is everywhere. */
  const protect = (hart: Hart, address: number, config: number) => {
    hart.set('pmpaddr0', BigInt(address) >> 2n);
    hart.set('pmpaddr1', everywhere);
    hart.set('pmpcfg0', BigInt(0x1f00 | 0x18 | config));
  };
  checkAccessFault('a table that PMP hides from S', 'read', 5, (hart, leafAt) => protect(hart, leafAt, 0));
  checkAccessFault('a table that PMP does not let be written, when A must be set', 'read', 5, (hart, leafAt) =>
    protect(hart, leafAt, 1),
  );
  checkAccessFault('a page that PMP does not let be written', 'write', 7, (hart) => protect(hart, pa, 1));
  checkAccessFault('a page that PMP does not let be executed', 'execute', 1, (hart) => protect(hart, pa, 3));
});

describe('who asks', () => {
  const checkContext = (sentence: string, level: 0 | 1 | 3, status: number, data: Context, fetch: Context) =>
    test(sentence, () => {
      const hart = at(freshHart(), level);
      setStatusLow(hart, status);
      expect([dataContext(hart), fetchContext(hart)]).toEqual([tlbContexts[data], tlbContexts[fetch]]);
    });
  checkContext('U is U, whatever SUM is', U, mstatus.sum, 'user', 'user');
  checkContext('S', S, 0, 'supervisor', 'supervisor');
  checkContext('SUM counts for data only', S, mstatus.sum, 'supervisorUserMemory', 'supervisor');
  checkContext('M', M, mstatus.sum, 'machine', 'machine');
  checkContext('MPRV puts MPP in the place of M, for data only', M, mstatus.mprv, 'user', 'machine');
  checkContext(
    'MPRV with MPP = S heeds SUM',
    M,
    mstatus.mprv | mstatus.sum | (1 << 11),
    'supervisorUserMemory',
    'machine',
  );
  checkContext('MPRV with MPP = M changes nothing', M, mstatus.mprv | mstatus.mpp, 'machine', 'machine');
});
