/**
 * What a machine is about to do, found between two steps without disturbing it: which hart makes the next step, and where
 * in physical memory an address of it lies.
 */

import {
  hartTlbPointers,
  machineBase,
  machineOffset,
  ramOffset,
  type TlbKind,
  tlbEntries,
} from '../../engine/layout.ts';
import { peekAccess } from '../../machine/debug-access.ts';
import type { Hart } from '../../machine/hart.ts';
import type { Machine } from '../../machine/machine.ts';
import { ramBase } from '../../machine/memory.ts';
import { dataContext, fetchContext } from '../../machine/mmu.ts';

/** The number of the hart that made the last step. */
export const presentHart = ({ memory }: Machine): number =>
  memory.i32[(machineBase + machineOffset.currentHart) >>> 2]!;

/** Steps that are left until another hart may get its turn. */
export const turnSteps = (machine: Machine): number =>
  machine.harts.length === 1
    ? Number.POSITIVE_INFINITY
    : machine.memory.f64[(machineBase + machineOffset.quantumEnd) >>> 3]! - machine.now;

/** The hart that will make the next step, or -1 when a change of turns may come before it. */
export const nextHart = (machine: Machine): number => {
  const { harts } = machine;
  if (harts.length === 1) return 0;
  const present = presentHart(machine);
  const hart = harts[present]!;
  return turnSteps(machine) > 0 && hart.low('hsmState') === 0 && hart.low('waiting') === 0 ? present : -1;
};

/** Points a hart at the translations of whoever will ask for memory: for `physicalOf`, before a step. */
export const lookAhead = (machine: Machine, hart: Hart): void =>
  machine.translations.select(hart, dataContext(hart), fetchContext(hart));

/**
 * The physical address of a virtual one as two halves, negative where an access would fault. What the software TLB has is
 * right, and cheap; the rest is walked. Stores are asked about as reads, since a walk for a write would set D.
 */
export const physicalOf = (machine: Machine, hart: Hart, kind: TlbKind, low: number, high: number): number => {
  const { u32, i32 } = machine.memory;
  const tlb = u32[(hart.base + tlbPointer[kind]) >>> 2]!;
  const entry = (tlb + ((low >>> 8) & ((tlbEntries - 1) * 16))) >>> 2;
  if (u32[entry] === (low & ~0xfff) >>> 0 && u32[entry + 1] === high)
    return ((low + i32[entry + 2]!) >>> 0) - ramOffset + ramBase;
  return peekAccess(hart, kind, low, high) ?? -1;
};

const tlbPointer = [hartTlbPointers.read, hartTlbPointers.write, hartTlbPointers.execute] as const;
