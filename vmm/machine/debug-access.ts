/**
 * Memory as a debugger reads it: by the hart's present translation, changing nothing, neither accessed bits nor caches
 * nor devices. It asks for more than the hart itself may see at this moment, because who looks is a person: a kernel may
 * not touch user pages without SUM, and nobody may read a page that is only executable.
 */

import { type TlbContext, type TlbKind, tlbContexts, tlbKinds } from '../engine/layout.ts';
import { type Hart, privilege } from './hart.ts';
import { hostOffset } from './memory.ts';
import { dataContext, fetchContext, translate, type WalkObserver } from './mmu.ts';

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
  return [
    ...own,
    [tlbContexts.supervisorUserMemory, tlbKinds.read],
    [tlbContexts.supervisor, tlbKinds.execute],
    [tlbContexts.user, tlbKinds.execute],
  ];
};
