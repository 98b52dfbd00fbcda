/**
 * Which memory a core file shows, and at which addresses: RAM as a hart's page tables map it, or as it lies on the bus.
 * Devices are left out, since reading them changes them. It reads page tables through the machine's own walk.
 */

import { hasPageTables, mappings } from '../../vmm/machine/debug-access.ts';
import { type Hart, privilege } from '../../vmm/machine/hart.ts';
import { ramBase } from '../../vmm/machine/memory.ts';
import { tooManyEntries, tooManyRanges } from './errors.ts';

/** RAM that lies side by side in both address spaces. */
export interface CoreRange {
  readonly virtual: bigint;
  readonly physical: number;
  readonly sizeBytes: number;
}

/** What e_phnum can count without a section header, less the one of the notes (gABI, "ELF Header"). */
const rangesMax = 0xfffe - 1;
/** Of tables that name themselves there is no end. */
const entriesMax = 2 ** 22;

/** Whether the addresses that the hart's instructions use are translated now. */
export const isTranslated = (hart: Hart): boolean => hart.privilege !== privilege.machine && hasPageTables(hart);

/** All of RAM, where it lies. */
export const physicalRanges = (ramBytes: number): readonly CoreRange[] => [
  { virtual: BigInt(ramBase), physical: ramBase, sizeBytes: ramBytes },
];

/** @throws {CoreError} when there are more than a core file can hold */
export const translatedRanges = (hart: Hart): readonly CoreRange[] => {
  const ranges: CoreRange[] = [];
  let entries = 0;
  for (const { virtual, physical, sizeBytes } of mappings(hart)) {
    if (++entries > entriesMax) throw tooManyEntries(hart.id, entriesMax);
    if (physical === undefined) continue;
    const found = inRam(virtual, physical, sizeBytes, hart.memory.ramBytes);
    if (found === undefined) continue;
    const last = ranges.at(-1);
    if (last !== undefined && isNext(last, found)) {
      ranges[ranges.length - 1] = { ...last, sizeBytes: last.sizeBytes + found.sizeBytes };
    } else {
      if (ranges.length === rangesMax) throw tooManyRanges(hart.id, rangesMax);
      ranges.push(found);
    }
  }
  return ranges;
};

/** The part of a mapping that is RAM: a page of a gibibyte may reach beyond it on both sides. */
const inRam = (virtual: bigint, physical: number, sizeBytes: number, ramBytes: number): CoreRange | undefined => {
  const start = Math.max(physical, ramBase);
  const end = Math.min(physical + sizeBytes, ramBase + ramBytes);
  if (start >= end) return undefined;
  return {
    virtual: virtual + BigInt(start - physical),
    physical: start,
    sizeBytes: end - start,
  };
};

const isNext = (last: CoreRange, next: CoreRange): boolean =>
  last.virtual + BigInt(last.sizeBytes) === next.virtual && last.physical + last.sizeBytes === next.physical;
