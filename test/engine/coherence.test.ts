/**
 * Invariant 5: the software TLB is invisible. Page tables are edited at random by every means there is, mostly without
 * a fence; after each edit, accesses do what a fresh walk of the present memory says they must, A and D bits included.
 * It is long because all ways to edit and to access share one random world, which each would have to build again.
 */

import { expect, test } from 'vitest';
import { type TlbKind, tlbKinds } from '../../vmm/engine/layout.ts';
import { mstatus } from '../../vmm/machine/csr/status.ts';
import type { Hart, Privilege } from '../../vmm/machine/hart.ts';
import type { Machine } from '../../vmm/machine/machine.ts';
import { hostOffset } from '../../vmm/machine/memory.ts';
import { causeOf, dataContext, fetchContext, translate, type WalkObserver } from '../../vmm/machine/mmu.ts';
import { Random } from '../oracle/random.ts';
import { createBench, type Instruction, M, place, pte, pteOf, readDouble, S, satpOf, set, step, U } from './fixture.ts';

/*
 *     0x8000_0000  page tables: roots, then three second-level and four last-level ones, and room for stray bits
 *     0x8020_0000  data pages
 *     0x80f0_0000  the instructions that make the accesses, fetched in M
 */
const regionBytes = 64 * 4096;
const regions = [0x8000_0000, 0x8020_0000] as const;
const [tableBase, dataBase] = regions;
const stubBase = 0x80f0_0000;
const handler = 0x80f1_0000;
const dataPages = 8;
/** What a test has of page tables and harts; one of how many edits is a write to satp; whether PMP entry 0 opens all memory. */
interface Shape {
  readonly roots: number;
  readonly harts: number;
  readonly satpIn: number;
  readonly open: boolean;
}
const middles = 3;
const leaves = 4;
const tablesOf = ({ roots }: Shape): number => roots + middles + leaves;

const indices = [0, 1, 2, 3, 256, 511] as const; // 0 and 256 share a place in the TLB
const address = 10;
const operand = 11;
const result = 12;

const everywhere = (1n << 54n) - 1n;

// The accesses

interface Access {
  readonly stub: Instruction;
  readonly sizeBytes: number;
  readonly kind: TlbKind;
  readonly atomic?: boolean;
}

const sizes = [1, 2, 4, 8] as const;
const accesses: readonly Access[] = [
  ...sizes.map((sizeBytes, index) => ({
    stub: [['lbu', 'lhu', 'lwu', 'ld'][index]!, { rd: result, rs1: address }] as const,
    sizeBytes,
    kind: tlbKinds.read,
  })),
  ...sizes.map((sizeBytes, index) => ({
    stub: [['sb', 'sh', 'sw', 'sd'][index]!, { rs2: operand, rs1: address }] as const,
    sizeBytes,
    kind: tlbKinds.write,
  })),
  {
    stub: ['amoswap.d', { rd: result, rs2: operand, rs1: address }],
    sizeBytes: 8,
    kind: tlbKinds.write,
    atomic: true,
  },
];
const bareStore = accesses.findIndex(({ stub }) => typeof stub !== 'number' && stub[0] === 'sd');
const csrWrites = { mstatus: 0x300, satp: 0x180, pmpaddr0: 0x3b0, pmpcfg0: 0x3a0 } as const;
type WrittenCsr = keyof typeof csrWrites;

const stubOf = (index: number): number => stubBase + 8 * index;
const csrStub = (csr: WrittenCsr): number => stubOf(accesses.length + Object.keys(csrWrites).indexOf(csr));
const fenceStub = stubOf(accesses.length + Object.keys(csrWrites).length);

const layStubs = (machine: Machine): void => {
  for (const [index, { stub }] of accesses.entries()) place(machine, stubOf(index), stub);
  for (const csr of Object.keys(csrWrites) as WrittenCsr[])
    place(machine, csrStub(csr), ['csrrw', { csr: csrWrites[csr], rs1: operand }]);
  place(machine, fenceStub, ['sfence.vma']);
};

/** What a load, store or fetch did: the cause and tval of its trap, or its result. */
type Outcome = { readonly cause: number; readonly tval: bigint } | { readonly value: bigint };

class Bench {
  readonly machine: Machine;
  /** What RAM's two regions must hold. */
  readonly mirror = new Uint8Array(2 * regionBytes);
  readonly #view = new DataView(this.mirror.buffer);
  readonly #random: Random;
  #undo: { readonly at: number; readonly old: bigint; readonly now: bigint }[] = [];
  /** Pages where accesses have found memory: what may be cached. */
  readonly warm: bigint[] = [];
  /** Accesses whose outcome was compared, by what came out. */
  readonly compared = { value: 0, fault: 0, fetched: 0 };

  constructor(random: Random, harts: number) {
    this.machine = createBench({ harts });
    this.#random = random;
    layStubs(this.machine);
    for (let hart = 0; hart < harts; hart += 1)
      set(this.machine, { pmpaddr1: everywhere, pmpcfg0: 0x1f00n, mtvec: handler }, hart);
  }

  /** Runs one instruction of a hart in M, the other hart being stopped. */
  #execute(hart: Hart, pc: number): void {
    for (const other of this.machine.harts) other.setLow('hsmState', other === hart ? 0 : 1);
    hart.set('pc', BigInt(pc));
    step(this.machine);
  }

  writeCsr(hart: Hart, csr: WrittenCsr, value: bigint): void {
    hart.setX(operand, value);
    this.#execute(hart, csrStub(csr));
  }

  fence(hart: Hart): void {
    this.#execute(hart, fenceStub);
  }

  /** Changes a page-table entry or a double word of data, and notes that it is so. */
  edit(
    at: number,
    value: bigint,
    editor: Hart | 'device' = this.#random.pick([...this.machine.harts, 'device' as const]),
  ): void {
    const offset = mirrorOffset(at)!;
    this.#view.setBigUint64(offset, value, true);
    if (editor === 'device') {
      this.machine.writeRam(at, this.mirror.slice(offset, offset + 8)); // as devices write
      return;
    }
    const status = editor.low('mstatus');
    editor.setLow('mstatus', status & ~mstatus.mprv);
    editor.setX(address, BigInt(at));
    editor.setX(operand, value);
    this.#execute(editor, stubOf(bareStore));
    editor.setLow('mstatus', status);
  }

  /** The physical address of a byte by a fresh walk, or a negative fault; `undefined` when the walk strays. */
  #walk(hart: Hart, kind: TlbKind, va: bigint): number | undefined {
    const context = kind === tlbKinds.execute ? fetchContext(hart) : dataContext(hart);
    const { memory } = this.machine;
    let before = new DataView(new ArrayBuffer(4096));
    let strays = false;
    const observer: WalkObserver = {
      tableRead: (page) => {
        before = new DataView(memory.u8.slice(hostOffset(page), hostOffset(page) + 4096).buffer);
      },
      tableWritten: (at) => {
        const now = memory.view.getBigUint64(hostOffset(at), true);
        this.#undo.push({ at, old: before.getBigUint64(at % 4096, true), now });
        if (mirrorOffset(at) === undefined) strays = true;
      },
    };
    const high = Number(va >> 32n);
    const physical = translate(hart, context, kind, Number(va & 0xffff_ffffn), high, 1, observer);
    return strays ? undefined : physical;
  }

  /** Puts back the A and D bits that walks for expectations have set; `keep` puts them into the mirror. */
  #settleWalks(keep: boolean): void {
    for (const { at, old, now } of this.#undo.reverse()) {
      this.machine.memory.view.setBigUint64(hostOffset(at), old, true);
      if (keep)
        this.#view.setBigUint64(mirrorOffset(at)!, now | this.#view.getBigUint64(mirrorOffset(at)!, true), true);
    }
    this.#undo = [];
  }

  /** Physical addresses of all bytes, the outcome of the first fault, or `undefined`: not a case for this test. */
  #resolve(hart: Hart, kind: TlbKind, va: bigint, sizeBytes: number): number[] | Outcome | undefined {
    const bytes: number[] = [];
    for (let index = 0; index < sizeBytes; index += 1) {
      const at = BigInt.asUintN(64, va + BigInt(index));
      const startsPart = index === 0 || (at & 0xfffn) === 0n;
      const physical = startsPart ? this.#walk(hart, kind, at) : bytes[index - 1]! + 1;
      if (physical === undefined) return undefined;
      if (physical < 0) return { cause: causeOf(physical), tval: at };
      if (mirrorOffset(physical) === undefined) return undefined;
      bytes.push(physical);
    }
    return bytes;
  }

  /** Makes an access by a hart, and compares it with what a fresh walk allows. */
  access(hart: Hart, which: number, va: bigint, value: bigint): void {
    const { kind, sizeBytes, atomic = false } = accesses[which]!;
    const status = hart.low('mstatus');
    const found = this.#resolve(hart, kind, va, sizeBytes);
    this.#settleWalks(found !== undefined);
    if (found === undefined) return;
    let expected: Outcome;
    if (Array.isArray(found)) {
      expected = { value: kind === tlbKinds.read || atomic ? this.#read(found) : 0n };
      if (kind === tlbKinds.write) this.#write(found, value);
      this.warm[this.compared.value % 16] = va & ~0xfffn;
      this.compared.value += 1;
    } else {
      expected = found;
      this.compared.fault += 1;
    }
    hart.setX(address, va);
    hart.setX(operand, value);
    hart.setX(result, 0n);
    const traps = hart.count('traps');
    this.#execute(hart, stubOf(which));
    this.#compare(hart, traps, expected, `${accesses[which]!.stub} at 0x${va.toString(16)}`);
    hart.setLow('mstatus', status);
  }

  /** Fetches in S or U; compared when there is a fault, or an instruction that says which page it is from. */
  fetch(hart: Hart, level: Privilege, va: bigint): void {
    const status = hart.low('mstatus');
    hart.setLow('privilege', level);
    const found = this.#resolve(hart, tlbKinds.execute, va, 2);
    const half = Array.isArray(found) ? Number(this.#read(found)) : 0;
    const known = Array.isArray(found) ? (half & 0xef83) === 0x4601 : found !== undefined;
    this.#settleWalks(known);
    if (known) {
      const immediate = BigInt.asUintN(64, BigInt.asIntN(6, BigInt(((half >>> 7) & 32) | ((half >>> 2) & 31))));
      const expected = Array.isArray(found) ? { value: immediate } : found!;
      hart.setX(result, 0n);
      const traps = hart.count('traps');
      this.compared.fetched += 1;
      for (const other of this.machine.harts) other.setLow('hsmState', other === hart ? 0 : 1);
      hart.set('pc', va);
      step(this.machine);
      this.#compare(hart, traps, expected, `fetch at 0x${va.toString(16)}`);
    }
    hart.setLow('privilege', M);
    hart.setLow('mstatus', status);
  }

  #compare(hart: Hart, traps: number, expected: Outcome, what: string): void {
    const found: Outcome =
      hart.count('traps') === traps
        ? { value: hart.x(result) }
        : { cause: hart.low('mcause'), tval: hart.get('mtval') };
    expect(found, what).toEqual(expected);
    for (const [index, base] of regions.entries()) {
      const real = this.machine.memory.u8.subarray(hostOffset(base), hostOffset(base) + regionBytes);
      const wanted = this.mirror.subarray(index * regionBytes, (index + 1) * regionBytes);
      if (Buffer.compare(real, wanted) === 0) continue;
      const at = real.findIndex((byte, offset) => byte !== wanted[offset]);
      expect.fail(`${what}: RAM at 0x${(base + at).toString(16)} expected ${wanted[at]}, found ${real[at]}`);
    }
  }

  #read(bytes: readonly number[]): bigint {
    return bytes.reduceRight((value, at) => (value << 8n) | BigInt(this.mirror[mirrorOffset(at)!]!), 0n);
  }

  #write(bytes: readonly number[], value: bigint): void {
    for (const [index, at] of bytes.entries())
      this.mirror[mirrorOffset(at)!] = Number((value >> BigInt(8 * index)) & 0xffn);
  }
}

const mirrorOffset = (physical: number): number | undefined => {
  const region = regions.findIndex((base) => physical >= base && physical < base + regionBytes);
  return region < 0 ? undefined : region * regionBytes + physical - regions[region]!;
};

// The choices

const tableAt = (table: number): number => tableBase + 4096 * table;
/** 0 a root, 1 second-level, 2 last-level. */
const levelOf = (table: number, { roots }: Shape): number => (table < roots ? 0 : table < roots + middles ? 1 : 2);

const leafBits = (random: Random): number => {
  let bits = pte.rwxad;
  for (const bit of [pte.r, pte.w, pte.x, pte.a, pte.d]) if (random.oneIn(12)) bits &= ~bit;
  return random.oneIn(2) ? bits | pte.u : bits;
};

const leaf = (random: Random, shape: Shape): bigint => {
  const kind = random.below(20);
  const page =
    kind < 11
      ? dataBase + 4096 * random.below(dataPages)
      : kind < 15
        ? tableAt(random.below(tablesOf(shape)))
        : kind < 19
          ? random.pick(regions) // may be a superpage
          : 0xc000_0000; // nothing is there
  return pteOf(page, leafBits(random)) | (random.oneIn(50) ? 1n << BigInt(54 + random.below(10)) : 0n);
};

const entryFor = (random: Random, table: number, shape: Shape): bigint => {
  if (random.oneIn(10)) return 0n;
  const level = levelOf(table, shape);
  if (level === 2 ? random.oneIn(12) : !random.oneIn(3)) {
    const { roots } = shape;
    const all = tablesOf(shape);
    const below =
      level === 0 ? roots + random.below(middles) : level === 1 ? all - 1 - random.below(leaves) : random.below(all);
    return pteOf(tableAt(random.oneIn(15) ? random.below(all) : below), pte.v);
  }
  return leaf(random, shape);
};

const virtualAddress = (random: Random, sizeBytes: number): bigint => {
  const vpn2 = BigInt(random.pick([0, 1, 511]));
  const vpn1 = BigInt(random.pick([0, 1]));
  const vpn0 = BigInt(random.pick(indices));
  const offset = random.oneIn(10)
    ? 4096 - random.below(sizeBytes)
    : random.oneIn(5)
      ? random.below(4097 - sizeBytes)
      : sizeBytes * random.below(8);
  const low = (vpn2 << 30n) | (vpn1 << 21n) | ((vpn0 << 12n) + BigInt(offset % 4096));
  return BigInt.asUintN(64, BigInt.asIntN(random.oneIn(60) ? 64 : 39, low));
};

/** Four halves, each `c.li a2, imm`: as code it tells where it came from. Sometimes a page-table entry instead. */
const storedValue = (random: Random, shape: Shape): bigint => {
  if (random.oneIn(3)) return leaf(random, shape);
  let value = 0n;
  for (let half = 0; half < 4; half += 1) value = (value << 16n) | BigInt(0x4601 | (random.below(32) << 2));
  return value;
};

const statusFor = (random: Random): bigint => {
  const level = random.pick([U, S]);
  const bits = mstatus.mprv | (level << 11) | (random.oneIn(4) ? 0 : mstatus.sum) | (random.oneIn(3) ? mstatus.mxr : 0);
  return BigInt(bits);
};

const switchSpace = (bench: Bench, random: Random, hart: Hart, { roots }: Shape): void => {
  const asid = BigInt(random.below(3)) << 44n; // counts for nothing
  bench.writeCsr(hart, 'satp', satpOf(tableAt(random.below(roots)), random.pick([8, 8, 8, 8, 8, 9, 0])) | asid);
};

/** As a kernel gives a new address space what it has in all: an entry, or most of a table, is copied from root to root. */
const copyRoot = (bench: Bench, random: Random, editor: Hart | 'device', { roots }: Shape): void => {
  const [from, to] = [tableAt(random.below(roots)), tableAt(random.below(roots))];
  const copied = random.oneIn(2) ? indices : [random.pick(indices)];
  for (const index of copied) bench.edit(to + 8 * index, readDouble(bench.machine, from + 8 * index), editor);
};

/** Writes to a page again and again, so that it is no longer taken for a table. */
const rebuild = (bench: Bench, random: Random, table: number, editor: Hart | 'device', shape: Shape): void => {
  for (let count = 0; count < 70; count += 1)
    bench.edit(tableAt(table) + 8 * random.pick(indices), entryFor(random, table, shape), editor);
};

const disturb = (bench: Bench, random: Random, shape: Shape): void => {
  const hart = random.pick(bench.machine.harts);
  const kind = random.oneIn(shape.satpIn) ? 13 : random.below(20);
  const table = random.below(tablesOf(shape));
  if (kind < 12) {
    // One after another by one hart, so that a table may come into the TLB for writes before it is walked again.
    const editor = random.pick([...bench.machine.harts, 'device' as const]);
    if (random.oneIn(8)) copyRoot(bench, random, editor, shape);
    else if (random.oneIn(40)) rebuild(bench, random, table, editor, shape);
    else
      for (let count = 1 + random.below(3); count > 0; count -= 1)
        bench.edit(tableAt(table) + 8 * random.pick(indices), entryFor(random, table, shape), editor);
  } else if (kind === 12)
    bench.edit(dataBase + 4096 * random.below(dataPages) + 8 * random.below(8), storedValue(random, shape));
  else if (kind === 13) switchSpace(bench, random, hart, shape);
  else if (kind < 17) bench.writeCsr(hart, 'mstatus', statusFor(random));
  else if (kind === 17) bench.fence(hart);
  else if (random.oneIn(4)) {
    // A page, or a few bytes of one, with fewer rights than the rest.
    const page = random.pick([tableAt(table), dataBase + 4096 * random.below(dataPages)]);
    const lowest = random.oneIn(2) ? 0x1ff : random.oneIn(2) ? 0x1 : 0x7f;
    bench.writeCsr(hart, 'pmpaddr0', (BigInt(page) >> 2n) | BigInt(lowest));
    bench.writeCsr(hart, 'pmpcfg0', 0x1f00n | BigInt(0x18 | random.pick([0, 1, 3, 4, 5, 7])));
  } else endRestriction(bench, hart, shape);
};

/** Ends what PMP entry 0 forbids: by leaving all to entry 1, or by opening all memory, which is the short way of a TLB miss. */
const endRestriction = (bench: Bench, hart: Hart, shape: Shape): void => {
  bench.writeCsr(hart, 'pmpcfg0', 0x1f00n);
  if (!shape.open) return;
  bench.writeCsr(hart, 'pmpaddr0', everywhere);
  bench.writeCsr(hart, 'pmpcfg0', 0x1f1fn);
};

const few: Shape = { roots: 3, harts: 2, satpIn: 1000, open: false };
const many: Shape = { roots: 12, harts: 3, satpIn: 4, open: true }; // more roots than sets of TLBs

const check = (seed: number, shape: Shape): void => {
  const random = new Random(seed);
  const bench = new Bench(random, shape.harts);
  for (let table = 0; table < tablesOf(shape); table += 1)
    for (const index of indices) bench.edit(tableAt(table) + 8 * index, entryFor(random, table, shape));
  for (let page = 0; page < dataPages; page += 1)
    for (let word = 0; word < 10; word += 1) bench.edit(dataBase + 4096 * page + 8 * word, storedValue(random, shape));
  for (const hart of bench.machine.harts) {
    bench.writeCsr(hart, 'satp', satpOf(tableAt(0)));
    bench.writeCsr(hart, 'mstatus', statusFor(random));
    endRestriction(bench, hart, shape);
  }
  for (let round = 0; round < 3_000; round += 1) {
    disturb(bench, random, shape);
    for (let count = 1 + random.below(4); count > 0; count -= 1) {
      const hart = random.pick(bench.machine.harts);
      const which = random.below(accesses.length);
      const { sizeBytes, atomic } = accesses[which]!;
      const fresh = virtualAddress(random, sizeBytes);
      const va = bench.warm.length === 0 || random.oneIn(4) ? fresh : random.pick(bench.warm) | (fresh & 0xfffn);
      if (random.oneIn(4)) bench.fetch(hart, random.pick([U, S]), va & ~1n);
      else bench.access(hart, which, atomic ? va & ~7n : va, storedValue(random, shape));
    }
  }
  expect(bench.compared.value).toBeGreaterThan(600);
  expect(bench.compared.fault).toBeGreaterThan(600);
  expect(bench.compared.fetched).toBeGreaterThan(300);
};

test.each([1, 2, 3])('accesses do what a fresh walk says, whatever was edited before by whomever (seed %i)', (seed) =>
  check(seed, few),
);

test.each([4, 5, 6])('... also when harts go from one address space to another all the time (seed %i)', (seed) =>
  check(seed, many),
);
