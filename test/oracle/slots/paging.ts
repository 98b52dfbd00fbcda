/**
 * Edits of page-table entries, and accesses and fetches through them. After each edit comes an
 * sfence.vma (in user mode an ecall, whose handler fences), so that no answer depends on what a TLB holds.
 *
 * Data is reached through entry 3 of the middle table and fetched through entry 4, so that no random store changes code
 * and no fetch runs random data, whatever the entries' permissions.
 */

import { csr } from '../../../vmm/isa/csr-names.ts';
import { readsWrites } from '../../../vmm/isa/reads-writes.ts';
import type { Row } from '../../../vmm/isa/row.ts';
import { rows } from '../../../vmm/isa/table.ts';
import * as layout from '../layout.ts';
import type { Random } from '../random.ts';
import { basePermits, setBase } from './memory.ts';
import { type Instance, instanceOf, logRegister, logResult, type Paging, type Slot } from './slot.ts';

/** Every access but the store-conditional, which needs a reservation. */
export const memoryRows: readonly Row[] = rows.filter((row) => {
  const access = readsWrites(row.match)?.memory[0];
  return access !== undefined && access.kind !== 'storeConditional';
});
const loadRows = memoryRows.filter((row) => !readsWrites(row.match)!.memory[0]!.writes);

const valid = 1n;
const userBit = 0x10n;
const pointerOf = (address: number): bigint => (BigInt(address) >> 12n) << 10n;

/** An instance whose base register leaves the address to the caller. */
export const basedInstance = (slot: Slot, row: Row): Instance => {
  for (;;) {
    const instance = instanceOf(slot, row)!;
    if (basePermits(instance)) return instance;
  }
};

type Half = 'data' | 'fetch';
const regionOf = { data: layout.regionA, fetch: layout.regionB } as const;
const middleIndex = { data: 3, fetch: 4 } as const;

export const emitTableEdit = (slot: Slot): void => {
  const { asm, random, reserved, home } = slot;
  const { t, u } = reserved;
  const half: Half = random.pick(['data', 'data', 'fetch']);
  const { address, entry } = randomEdit(random, half, home.privilege === 0);
  asm.la(u, address);
  asm.li(t, entry);
  asm.store('sd', t, 0, u);
  if (home.privilege === 0) asm.op('ecall');
  else asm.op('sfence.vma');
};

/** One entry on the window's path and what to write there. */
const randomEdit = (
  random: Random,
  half: Half,
  user: boolean,
): { readonly address: number; readonly entry: bigint } => {
  const level = random.pick([0, 0, 0, 0, 0, 0, 1, 1, 1, 2, 3]);
  const pages = BigInt(random.below(layout.regionPages)) << 10n;
  if (level === 0)
    return {
      address: layout.tables[half] + random.below(layout.regionPages) * 8,
      entry: leaf(random, half, pointerOf(regionOf[half]) + pages, user),
    };
  if (level === 1) {
    const address = layout.tables.middle + middleIndex[half] * 8;
    if (random.below(5) < 3) return { address, entry: branchEntry(random, layout.tables[half]) };
    return {
      address,
      entry: superpage(random, half, pointerOf(regionOf[half]) + (random.oneIn(4) ? pages : 0n), user),
    };
  }
  if (level === 2) {
    const address = layout.tables.sv39 + 4 * 8;
    if (random.below(5) < 4) return { address, entry: branchEntry(random, layout.tables.middle) };
    return {
      address,
      entry: superpage(random, 'data', pointerOf(layout.codeBase) + (random.oneIn(4) ? pages : 0n), user),
    };
  }
  const address = (random.oneIn(2) ? layout.tables.sv48 : layout.tables.sv57) + 8;
  const next = address >= layout.tables.sv48 ? layout.tables.sv39 : layout.tables.sv48;
  if (random.oneIn(2)) return { address, entry: branchEntry(random, next) };
  return { address, entry: superpage(random, 'data', random.oneIn(4) ? pages : 0n, user) };
};

const leaf = (random: Random, half: Half, pointer: bigint, user: boolean): bigint => {
  const kind = random.below(16);
  let bits = random.bits64() & 0xffn;
  if (kind < 10) bits |= valid | 2n;
  if (kind < 6) bits |= 0x4en; // readable, writable, executable, accessed
  if (kind >= 14) bits = 0x49n; // only executable: what MXR is for
  if (random.below(4) > 0) bits = user ? bits | userBit : bits & ~userBit;
  const software = BigInt(random.below(4)) << 8n;
  if (half === 'fetch' && random.oneIn(24)) return pointerOf(0x40_0000_0000) | bits; // no RAM there
  if (random.oneIn(16)) return pointer | bits | software | reservedBit(random);
  return pointer | bits | software;
};

/** A leaf, never a pointer: as a table, data and code would lead anywhere. */
const superpage = (random: Random, half: Half, pointer: bigint, user: boolean): bigint =>
  leaf(random, half, pointer, user) | random.pick([2n, 2n, 2n, 4n, 8n]);

const branchEntry = (random: Random, table: number): bigint => {
  const pointer = pointerOf(table) | valid;
  const kind = random.below(20);
  if (kind === 0) return pointer & ~valid;
  if (kind === 1) return pointer | reservedBit(random);
  if (kind === 2) return pointer | random.pick([0x10n, 0x40n, 0x80n]); // U, A, D are reserved in a non-leaf entry
  if (kind === 3) return pointer | 0x20n;
  return pointer;
};

/** Bits 60:54 are reserved, 62:61 are Svpbmt's, 63 is Svnapot's ("Sv39 Virtual Addressing"). */
const reservedBit = (random: Random): bigint => 1n << BigInt(54 + random.below(10));

/** An access through the window: of the block's own mode, or of machine mode in another's stead (MPRV). */
export const emitWindowAccess = (slot: Slot): void => {
  const { asm, random, reserved, home } = slot;
  const half: Half = random.pick(['data', 'data', 'data', 'fetch']);
  const row = random.pick(half === 'data' ? memoryRows : loadRows);
  const instance = basedInstance(slot, row);
  const { kind, size } = instance.use.memory[0]!;
  // The fetch half may lead where no RAM is.
  const mayMisalign = half === 'data' && (kind === 'load' || kind === 'store') && random.oneIn(5);
  const address = windowAddress(random, home.paging, half, mayMisalign ? 1 : size);
  setBase(slot, instance, address);
  if (home.privilege === 3) {
    // Machine mode in another's stead: MPRV, with any of SUM and MXR, and user or supervisor mode in MPP.
    asm.li(reserved.t, 0x2_6000n | (random.bits64() & 0xc_0800n));
    asm.li(reserved.u, home.mstatus);
    asm.writeCsr(csr.mstatus, reserved.t);
    asm.raw(instance.raw);
    asm.writeCsr(csr.mstatus, reserved.u);
  } else {
    if (home.privilege === 1 && random.oneIn(3)) {
      asm.li(reserved.t, 0xc_0000n); // SUM, MXR
      asm.csr('csrrc', 0, csr.sstatus, reserved.t);
      asm.li(reserved.t, random.bits64() & 0xc_0000n);
      asm.csr('csrrs', 0, csr.sstatus, reserved.t);
    }
    asm.raw(instance.raw);
  }
  logResult(slot, instance.use);
  logPath(slot, half, address);
};

/** A call into the window's fetch half, from which `ra` leads back. */
export const emitWindowFetch = (slot: Slot): void => {
  const { asm, random, reserved, home } = slot;
  if (home.privilege === 3) {
    emitWindowAccess(slot);
    return;
  }
  const ra = 1;
  const address = windowAddress(random, home.paging, 'fetch', 2);
  asm.li(reserved.t, address);
  // QEMU keeps what a load with SUM=1 found, and then lets the supervisor execute a user page (exceptions.ts).
  if (home.privilege === 1) asm.op('sfence.vma');
  asm.op('jalr', { rd: ra, rs1: reserved.t });
  logPath(slot, 'fetch', address);
};

const windowAddress = (random: Random, paging: Paging, half: Half, align: number): bigint => {
  const offset = random.oneIn(4) ? 0xfe0 + random.below(0x30) : random.below(0x1000);
  const aligned = offset & -align;
  let address =
    0x1_0000_0000n |
    (BigInt(middleIndex[half]) << 21n) |
    ((BigInt(random.below(layout.regionPages - 1)) << 12n) + BigInt(aligned));
  // By way of the entry that may be a 512 GiB or a 256 TiB leaf; through the gigapages in its place.
  const upper = paging !== 'bare' && paging !== 'sv39' && random.oneIn(5);
  if (upper) {
    address |= paging === 'sv57' && random.oneIn(2) ? 1n << 48n : 1n << 39n;
    if (half === 'data' || random.oneIn(2)) address = (address & ~0x1_c000_0000n) | 0x8000_0000n;
  }
  // Not the sign extension of the bits that are translated.
  if (upper) return random.oneIn(24) ? address | (1n << 63n) : address;
  if (random.oneIn(24)) address |= random.pick([1n << 63n, 1n << 38n, 1n << 47n, 1n << 56n, 0xffff_ff80_0000_0000n]);
  return address;
};

/** The entries that the access may have changed: the leaf's in word 2, the middle table's in word 3. */
const logPath = (slot: Slot, half: Half, address: bigint): void => {
  const { asm, reserved } = slot;
  const page = Number((address >> 12n) & 0x1ffn);
  asm.la(reserved.u, layout.tables[half]);
  asm.load('ld', reserved.t, page * 8, reserved.u);
  logRegister(slot, reserved.t, 2);
  asm.la(reserved.u, layout.tables.middle);
  asm.load('ld', reserved.t, middleIndex[half] * 8, reserved.u);
  logRegister(slot, reserved.t, 3);
};
