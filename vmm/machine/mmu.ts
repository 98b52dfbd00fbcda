/**
 * Address translation (Privileged 4.3-4.6): the walk of the page tables as memory holds them now. It caches nothing and
 * knows no TLB; whoever caches its answer is told through the observer which pages the answer came from.
 *
 * It runs for each TLB miss, so it works on 32-bit halves and plain numbers. Physical addresses have 56 bits; those of
 * 2^53 and above lose their lowest bits, where no memory and no device is.
 */

import { hartOffset, type TlbContext, type TlbKind, tlbContexts, tlbKinds } from '../engine/layout.ts';
import { mppShift, mstatus, statusLow } from './csr/status.ts';
import { satpModes } from './csr/supervisor.ts';
import { type Hart, type Privilege, privilege } from './hart.ts';
import { hostOffset, inRam } from './memory.ts';
import { pmpAllows } from './pmp.ts';
import { cause } from './trap.ts';

export interface WalkObserver {
  /** The physical address of a table on the hart's way to a virtual address, plus its level; -1 when none is known. */
  knownTable?(hart: Hart, vaLow: number, vaHigh: number): number;
  /** The walk for a virtual address read the table of a level (0 holds 4 KiB leaves) in the page at this address. */
  tableRead(page: number, level: number, vaLow: number, vaHigh: number, hart: Hart): void;
  /** The walk will set A or D in the entry at this physical address. */
  beforeTableWrite?(address: number): void;
  /** The walk set A or D in the entry at this physical address. */
  tableWritten(address: number): void;
}

/** An exception as `translate` returns it, and back. */
export const faultOf = (causeCode: number): number => -(causeCode + 1);
export const causeOf = (faulted: number): number => -faulted - 1;

const pteBytes = 8;
const two22 = 2 ** 22;
const two32 = 2 ** 32;

/** Bits of a page-table entry, all in the lower half (4.3.1, figure 4.20). */
export const pte = {
  v: 1 << 0,
  r: 1 << 1,
  w: 1 << 2,
  x: 1 << 3,
  u: 1 << 4,
  a: 1 << 6,
  d: 1 << 7,
} as const;

const perKind = (read: number, write: number, execute: number): readonly number[] => {
  const table: number[] = [];
  table[tlbKinds.read] = read;
  table[tlbKinds.write] = write;
  table[tlbKinds.execute] = execute;
  return table;
};
const pageFaultFor = perKind(
  faultOf(cause.loadPageFault),
  faultOf(cause.storePageFault),
  faultOf(cause.instructionPageFault),
);
const accessFaultFor = perKind(
  faultOf(cause.loadAccessFault),
  faultOf(cause.storeAccessFault),
  faultOf(cause.instructionAccessFault),
);

const satpWord = hartOffset.satp >>> 2;

/**
 * Physical address of [va, va + sizeBytes), which must lie in one page; or, when negative, `faultOf` the exception.
 * `context` is who asks: machine is never translated. The address may be RAM, a device or nothing.
 */
export const translate = (
  hart: Hart,
  context: TlbContext,
  kind: TlbKind,
  vaLow: number,
  vaHigh: number,
  sizeBytes: number,
  observer: WalkObserver,
): number => {
  const physical = mapped(hart, context, kind, vaLow, vaHigh, observer);
  if (physical < 0) return physical;
  return pmpAllows(hart, levelOf(context), physical, sizeBytes, kind) ? physical : accessFaultFor[kind]!;
};

/** The same without asking PMP for the access itself: what the page tables say of an address. */
export const mapped = (
  hart: Hart,
  context: TlbContext,
  kind: TlbKind,
  vaLow: number,
  vaHigh: number,
  observer: WalkObserver,
): number => {
  const { u32 } = hart.memory;
  const satpAt = (hart.base >>> 2) + satpWord;
  const satpHigh = u32[satpAt + 1]!;
  const mode = satpHigh >>> 28;
  if (context === tlbContexts.machine || mode === satpModes.bare) return (vaHigh >>> 0) * two32 + (vaLow >>> 0);
  const levels = mode - satpModes.sv39 + 3;
  // Bits above the highest translated one must all equal it (4.4.1): bit 38, 47 or 56.
  const signs = vaHigh >> (9 * levels + 11 - 32);
  if (signs !== 0 && signs !== -1) return pageFaultFor[kind]!;
  const root = ((satpHigh & 0xfff) * two32 + u32[satpAt]!) * 4096;
  return walk(hart, context, kind, vaLow >>> 0, vaHigh, levels, root, observer);
};

/** The algorithm of 4.3.2; its steps are named by their numbers. */
const walk = (
  hart: Hart,
  context: TlbContext,
  kind: TlbKind,
  vaLow: number,
  vaHigh: number,
  levels: number,
  root: number,
  observer: WalkObserver,
): number => {
  const { memory } = hart;
  const { u32 } = memory;
  const known = observer.knownTable === undefined ? -1 : observer.knownTable(hart, vaLow, vaHigh);
  const top = known < 0 ? levels - 1 : known % 4096;
  let table = known < 0 ? root : known - top; // step 1
  for (let i = top; i >= 0; i--) {
    // Step 2. "If accessing pte violates a PMA or PMP check, raise an access-fault exception corresponding to the
    // original access type." Tables are read as S reads (3.7.2).
    const address = table + pteBytes * indexOf(vaLow, vaHigh, i);
    if (!inRam(memory, address, pteBytes)) return accessFaultFor[kind]!;
    if (!pmpAllows(hart, privilege.supervisor, address, pteBytes, tlbKinds.read)) return accessFaultFor[kind]!;
    observer.tableRead(table, i, vaLow, vaHigh, hart);
    const at = hostOffset(address) >>> 2;
    const low = u32[at]!;
    const high = u32[at + 1]!;

    // Step 3. Bits 63:54 are N (Svnapot), PBMT (Svpbmt) and reserved; none is implemented, so all must be zero.
    if ((low & pte.v) === 0 || (low & (pte.r | pte.w)) === pte.w || high >>> 22 !== 0) return pageFaultFor[kind]!;
    const ppn = high * two22 + (low >>> 10);

    // Step 4: a pointer to the next table. There D, A and U are reserved (4.3.1).
    if ((low & (pte.r | pte.x)) === 0) {
      if (low & (pte.d | pte.a | pte.u)) return pageFaultFor[kind]!;
      table = ppn * 4096;
      continue;
    }

    if (!leafPermits(hart, context, kind, low)) return pageFaultFor[kind]!; // step 5
    if (i > 0 && ppn % superpageSpan[i]! !== 0) return pageFaultFor[kind]!; // step 6: misaligned superpage

    // Step 7: set A, and D for a write.
    const wanted = kind === tlbKinds.write ? pte.a | pte.d : pte.a;
    if ((low & wanted) !== wanted) {
      if (!pmpAllows(hart, privilege.supervisor, address, pteBytes, tlbKinds.write)) return accessFaultFor[kind]!;
      observer.beforeTableWrite?.(address);
      u32[at] = low | wanted;
      observer.tableWritten(address);
    }
    return ppn * 4096 + offsetIn(vaLow, vaHigh, i); // step 8
  }
  return pageFaultFor[kind]!; // step 4: a pointer at the last level
};

/** VA.VPN[i], nine bits from bit 12 + 9i. */
const indexOf = (low: number, high: number, i: number): number => {
  if (i === 0) return (low >>> 12) & 0x1ff;
  if (i === 1) return (low >>> 21) & 0x1ff;
  if (i === 2) return ((low >>> 30) | (high << 2)) & 0x1ff;
  return (high >>> (9 * i - 20)) & 0x1ff;
};

/** The bits of the virtual address below VPN[i]: the offset in a (super)page of level i. */
const offsetIn = (low: number, high: number, i: number): number => {
  if (i < 3) return low & ((1 << (12 + 9 * i)) - 1);
  return (high & ((1 << (9 * i - 20)) - 1)) * two32 + low;
};

/** 4 KiB pages in a superpage of level i. */
const superpageSpan = [1, 2 ** 9, 2 ** 18, 2 ** 27, 2 ** 36] as const;

/** Step 5: R, W, X, U against who asks, with SUM in the context and MXR in mstatus (3.1.6.3, 4.3.1). */
const leafPermits = (hart: Hart, context: TlbContext, kind: TlbKind, low: number): boolean => {
  if (low & pte.u) {
    if (context === tlbContexts.supervisor) return false;
    // S never executes from a user page, whatever SUM is.
    if (context === tlbContexts.supervisorUserMemory && kind === tlbKinds.execute) return false;
  } else if (context === tlbContexts.user) {
    return false;
  }
  if (kind === tlbKinds.execute) return (low & pte.x) !== 0;
  if (kind === tlbKinds.write) return (low & pte.w) !== 0;
  return (low & pte.r) !== 0 || ((low & pte.x) !== 0 && (statusLow(hart) & mstatus.mxr) !== 0);
};

const levelOf = (context: TlbContext): Privilege => {
  if (context === tlbContexts.user) return privilege.user;
  return context === tlbContexts.machine ? privilege.machine : privilege.supervisor;
};

/** Who asks when the hart loads or stores: MPRV puts MPP in the privilege's place (3.1.6.3). */
export const dataContext = (hart: Hart): TlbContext => {
  const status = statusLow(hart);
  const level = status & mstatus.mprv ? (status & mstatus.mpp) >>> mppShift : hart.privilege;
  if (level === privilege.user) return tlbContexts.user;
  if (level === privilege.machine) return tlbContexts.machine;
  return status & mstatus.sum ? tlbContexts.supervisorUserMemory : tlbContexts.supervisor;
};

/** Who asks when the hart fetches: MPRV does not count, nor does SUM. */
export const fetchContext = (hart: Hart): TlbContext => {
  const level = hart.privilege;
  if (level === privilege.user) return tlbContexts.user;
  return level === privilege.machine ? tlbContexts.machine : tlbContexts.supervisor;
};
