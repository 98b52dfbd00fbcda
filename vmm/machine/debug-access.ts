/**
 * Memory as a debugger reads it: by the hart's present translation, changing nothing, neither accessed bits nor caches
 * nor devices. It asks for more than the hart itself may see at this moment, because who looks is a person: a kernel may
 * not touch user pages without SUM, and nobody may read a page that is only executable.
 */

import { pageShift, type TlbContext, type TlbKind, tlbContexts, tlbKinds } from '../engine/layout.ts';
import { satpModes } from './csr/supervisor.ts';
import { type Hart, privilege } from './hart.ts';
import { hostOffset } from './memory.ts';
import { dataContext, fetchContext, mapped, translate, type WalkObserver } from './mmu.ts';

/** The physical address that a virtual one stands for now, or `undefined` when nothing is mapped there. */
export const peekTranslate = (hart: Hart, address: bigint): number | undefined => {
  const low = Number(BigInt.asIntN(32, address));
  const high = Number(BigInt.asIntN(32, address >> 32n));
  const observer = undoing(hart);
  for (const [context, kind] of asksFor(hart)) {
    const physical = translate(hart, context, kind, low, high, 1, observer);
    if (physical >= 0) return physical;
  }
  return undefined;
};

/** What a virtual address stands for, and what says so. */
export interface Walked {
  /** RAM, a device or nothing; undefined when nothing is mapped there. */
  readonly physical: number | undefined;
  /** The entries of page tables that were read, also on a way that leads nowhere. */
  readonly entries: readonly number[];
}

/** How the page tables that a satp names translate an address now, for whoever may read it. Machine mode has no part in it. */
export const peekWalk = (hart: Hart, satp: bigint, address: bigint): Walked => {
  const low = Number(BigInt.asIntN(32, address));
  const high = Number(BigInt.asIntN(32, address >> 32n));
  const entries = new Set<number>();
  const observer: WalkObserver = {
    ...undoing(hart),
    tableRead: (table, level) => {
      const index = Number((address >> BigInt(pageShift + 9 * level)) & 0x1ffn);
      entries.add(table + 8 * index);
    },
  };
  const own = hart.get('satp');
  hart.set('satp', satp);
  try {
    for (const [context, kind] of asksOfAll) {
      const physical = mapped(hart, context, kind, low, high, observer);
      if (physical >= 0) return { physical, entries: [...entries] };
    }
    return { physical: undefined, entries: [...entries] };
  } finally {
    hart.set('satp', own);
  }
};

/** The same as an access of the hart itself would find it: `undefined` where that would fault. */
export const peekAccess = (hart: Hart, kind: TlbKind, low: number, high: number): number | undefined => {
  const context = kind === tlbKinds.execute ? fetchContext(hart) : dataContext(hart);
  const physical = translate(hart, context, kind, low, high, 1, undoing(hart));
  return physical < 0 ? undefined : physical;
};

/** What one entry of the page tables says of the addresses that it serves. */
export interface Mapping {
  readonly virtual: bigint;
  /** RAM, a device or nothing; undefined when the entry maps nothing. */
  readonly physical: number | undefined;
  readonly sizeBytes: number;
}

/** Whether satp says that addresses are translated; machine mode goes without all the same. */
export const hasPageTables = (hart: Hart): boolean => satpMode(hart) !== satpModes.bare;

/**
 * What the page tables that satp names say of all addresses, in ascending order: pages of the kernel, of the user, those
 * that are only executable, and gaps. Tables that name themselves make this longer than anybody can wait.
 */
export function* mappings(hart: Hart): Generator<Mapping> {
  if (!hasPageTables(hart)) return;
  const levels = satpMode(hart) - satpModes.sv39 + 3;
  let level = levels;
  const observer: WalkObserver = {
    ...undoing(hart),
    tableRead: (_page, read) => {
      level = read;
    },
  };
  const half = 1n << BigInt(pageShift + 9 * levels - 1);
  for (const [start, end] of [
    [0n, half],
    [2n ** 64n - half, 2n ** 64n],
  ] as const) {
    for (let virtual = start; virtual < end; ) {
      const low = Number(BigInt.asIntN(32, virtual));
      const high = Number(BigInt.asIntN(32, virtual >> 32n));
      let physical = -1; // a fault
      for (const [context, kind] of asksOfAll) {
        level = levels; // not even the root could be read
        physical = mapped(hart, context, kind, low, high, observer);
        if (physical >= 0) break;
      }
      // What the walk found, also that there is nothing, it found in an entry of the last table that it read.
      const sizeBytes = 2 ** (pageShift + 9 * level);
      yield { virtual, physical: physical < 0 ? undefined : physical, sizeBytes };
      virtual += BigInt(sizeBytes);
    }
  }
}

const satpMode = (hart: Hart): number => hart.high('satp') >>> 28;

const accessed = 1 << 6; // PTE.A (4.3.1)

/**
 * A walk for a read or a fetch writes an entry only to set A where it was clear, so clearing it again leaves memory as it
 * was. No page is marked changed, since none is.
 */
const undoing = (hart: Hart): WalkObserver => ({
  tableRead: () => {},
  tableWritten: (address) => {
    hart.memory.u32[hostOffset(address) >>> 2]! &= ~accessed;
  },
});

/** Who could read it: the hart as it is; the kernel, with user pages; the user, for pages that are only executable. */
const asksFor = (hart: Hart): readonly (readonly [TlbContext, TlbKind])[] => {
  const own = [
    [dataContext(hart), tlbKinds.read],
    [fetchContext(hart), tlbKinds.execute],
  ] as const;
  if (hart.privilege === privilege.machine) return own;
  return [...own, ...asksOfAll];
};

/** Who together may read, of whatever mode the hart is in, all that is mapped. */
const asksOfAll: readonly (readonly [TlbContext, TlbKind])[] = [
  [tlbContexts.supervisorUserMemory, tlbKinds.read],
  [tlbContexts.supervisor, tlbKinds.execute],
  [tlbContexts.user, tlbKinds.execute],
];
