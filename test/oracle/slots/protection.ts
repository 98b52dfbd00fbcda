/**
 * Random PMP entries over regions B and C, and accesses and fetches of the lower modes there. Only machine mode edits;
 * blocks of the other modes meet the entries as the dispatcher leaves them, all off. Locked entries are not here: they
 * last until reset.
 */

import { csr } from '../../../vmm/isa/csr-names.ts';
import { Label } from '../assembler.ts';
import * as layout from '../layout.ts';
import type { Random } from '../random.ts';
import { setBase } from './memory.ts';
import { basedInstance, memoryRows } from './paging.ts';
import { logRegister, logResult, type Slot } from './slot.ts';

const regionBytes = layout.regionPages * 0x1000;

/** An entry over region C, and then a load, store or atomic of a lower mode (MPRV), or of the block's own. */
export const emitProtection = (slot: Slot): void => {
  const { asm, random, reserved, home } = slot;
  const { t, u } = reserved;
  const instance = basedInstance(slot, random.pick(memoryRows));
  const { size } = instance.use.memory[0]!;
  if (home.privilege < 3) {
    setBase(slot, instance, layout.regionC + (random.below(regionBytes - 8) & -size));
    asm.raw(instance.raw);
    logResult(slot, instance.use);
    return;
  }
  const offset = nearEdge(random, emitEntry(slot, layout.regionC)) & -size;
  const stead = random.below(2);
  setBase(slot, instance, layout.regionC + offset + aliasOf(slot, stead));
  asm.li(t, 0x2_6000n | (BigInt(stead) << 11n));
  asm.li(u, home.mstatus);
  asm.writeCsr(csr.mstatus, t);
  asm.raw(instance.raw);
  asm.writeCsr(csr.mstatus, u);
  asm.readCsr(t, csr.pmpcfg0);
  logRegister(slot, t, 1);
  logResult(slot, instance.use);
};

/** An entry over region B, and then an mret there: a `c.jr ra` that leads to an ecall here, if it may be fetched. */
export const emitProtectedFetch = (slot: Slot): void => {
  const { asm, random, reserved, home } = slot;
  if (home.privilege < 3) {
    emitProtection(slot);
    return;
  }
  const { t, u } = reserved;
  const ra = 1;
  const landing = new Label();
  const mode = random.below(2);
  const offset = nearEdge(random, emitEntry(slot, layout.regionB)) & -2;
  asm.la(ra, landing);
  asm.la(t, layout.regionB + offset + aliasOf(slot, mode));
  if (aliasOf(slot, mode) !== 0) {
    asm.li(u, BigInt(layout.userAlias));
    asm.op('add', { rd: ra, rs1: ra, rs2: u });
  }
  asm.writeCsr(csr.mepc, t);
  asm.li(t, 0x6000n | (BigInt(mode) << 11n));
  asm.writeCsr(csr.mstatus, t);
  asm.op('mret');
  asm.bind(landing);
  asm.op('ecall');
};

/** Where user mode sees RAM, relative to physical addresses. */
const aliasOf = ({ home }: Slot, mode: number): number => (home.paging !== 'bare' && mode === 0 ? layout.userAlias : 0);

interface Range {
  /** From the start of the region. */
  readonly first: number;
  readonly sizeBytes: number;
}

/** An offset in the region within a few bytes of the range's first or last, or anywhere. */
const nearEdge = (random: Random, { first, sizeBytes }: Range): number => {
  if (random.oneIn(4)) return random.below(regionBytes - 8);
  const edge = random.oneIn(2) ? first : first + sizeBytes;
  return Math.min(Math.max(edge + random.below(24) - 12, 0), regionBytes - 8);
};

/** One of the entries 0 to 7: a range of whole pages, or a small one at the start of a page. */
const emitEntry = ({ asm, random, reserved }: Slot, region: number): Range => {
  const { t } = reserved;
  const entry = random.below(8);
  // TOR of entry 0 would begin at address 0 and take the code.
  const mode = random.pick(entry === 0 ? [napot, na4] : [napot, napot, na4, tor]);
  const small = random.oneIn(2);
  const sizeBytes = mode === na4 ? 4 : small ? 8 << random.below(4) : 0x1000 << random.below(4);
  const align = mode === tor && small ? 4 : sizeBytes;
  const page = random.below(layout.regionPages) * 0x1000;
  const first = small || mode === na4 ? page + (random.below(0x40) & -align) : page & -align;
  const start = BigInt(region + first);
  if (mode === tor) {
    asm.li(t, start >> 2n);
    asm.writeCsr(csr.pmpaddr0 + entry - 1, t);
  }
  const pattern = mode === tor ? (start + BigInt(sizeBytes)) >> 2n : (start >> 2n) | BigInt((sizeBytes >> 3) - 1);
  asm.li(t, mode === na4 ? start >> 2n : pattern);
  asm.writeCsr(csr.pmpaddr0 + entry, t);
  asm.li(t, 0xffn << BigInt(entry * 8));
  asm.csr('csrrc', 0, csr.pmpcfg0, t);
  const permissions = random.pick([0n, 1n, 3n, 4n, 5n, 7n]); // W without R is reserved
  asm.li(t, (permissions | (random.oneIn(6) ? 0n : mode)) << BigInt(entry * 8));
  asm.csr('csrrs', 0, csr.pmpcfg0, t);
  asm.op('sfence.vma');
  return { first, sizeBytes };
};

// pmpcfg.A, in place.
const tor = 0x08n;
const na4 = 0x10n;
const napot = 0x18n;
