/**
 * Physical memory protection (Privileged 3.7): sixteen entries, the lowest-numbered that matches decides. It judges
 * accesses; writing the registers is csr/pmp.ts.
 *
 * Addresses are numbers. Those of 2^53 and above lose their lowest bits, which changes no verdict that matters: nothing
 * answers there.
 */

import { hartOffset, pageBytes, type TlbKind, tlbKinds } from '../engine/layout.ts';
import { type Hart, type Privilege, privilege } from './hart.ts';

export const pmpEntries = 16;

/** An entry's configuration byte. */
export const pmpBit = {
  read: 1 << 0,
  write: 1 << 1,
  execute: 1 << 2,
  mode: 3 << 3, // A
  locked: 1 << 7, // holds for M too, and until reset
} as const;

/** Values of A, in place. */
export const pmpMode = { off: 0 << 3, tor: 1 << 3, na4: 2 << 3, napot: 3 << 3 } as const;

const configOffsets = [hartOffset.pmpcfg0, hartOffset.pmpcfg2] as const;
const addressWord = hartOffset.pmpaddr0 >>> 2; // the sixteen follow each other
const two32 = 2 ** 32;
const two34 = 2 ** 34;

const permissionFor: readonly number[] = (() => {
  const bits: number[] = [];
  bits[tlbKinds.read] = pmpBit.read;
  bits[tlbKinds.write] = pmpBit.write;
  bits[tlbKinds.execute] = pmpBit.execute;
  return bits;
})();

export const pmpConfig = (hart: Hart, entry: number): number =>
  hart.memory.u8[hart.base + (entry < 8 ? configOffsets[0] : configOffsets[1]) + (entry & 7)]!;

/**
 * Whether an access may be made. All its bytes must lie in the first entry that holds any of them. With no match M
 * succeeds, and S and U fail, since entries are implemented (3.7.1).
 */
export const pmpAllows = (hart: Hart, level: Privilege, address: number, sizeBytes: number, kind: TlbKind): boolean => {
  if (entryZeroIsEverywhere(hart)) return permits(pmpConfig(hart, 0), level, kind);
  if (level === privilege.machine && allOff(hart)) return true;
  const end = address + sizeBytes;
  for (let entry = 0; entry < pmpEntries; entry++) {
    const config = pmpConfig(hart, entry);
    const mode = config & pmpBit.mode;
    if (mode === pmpMode.off) continue;
    findRange(hart, entry, mode);
    if (isApart(address, end)) continue;
    if (address < range.start || end > range.end) return false;
    return permits(config, level, kind);
  }
  return level === privilege.machine;
};

/**
 * Whether one verdict holds for every access inside the page that holds `physical`, so that it may be cached. Says no in
 * doubt: an entry's edge inside the page is enough.
 */
export const pmpUniform = (hart: Hart, physical: number): boolean => {
  if (entryZeroIsEverywhere(hart) || allOff(hart)) return true;
  const page = physical - (physical % pageBytes);
  const end = page + pageBytes;
  for (let entry = 0; entry < pmpEntries; entry++) {
    const mode = pmpConfig(hart, entry) & pmpBit.mode;
    if (mode === pmpMode.off) continue;
    findRange(hart, entry, mode);
    if (isApart(page, end)) continue;
    return page >= range.start && end <= range.end;
  }
  return true;
};

/** Where an entry begins and ends; one scratch for all, so that nothing is allocated on the way of each TLB miss. */
const range = { start: 0, end: 0 };

const addressOf = (hart: Hart, entry: number): number => {
  const word = (hart.base >>> 2) + addressWord + 2 * entry;
  return (hart.memory.u32[word + 1]! * two32 + hart.memory.u32[word]!) * 4;
};

/** Sets `range` for an entry that is not off (3.7.1, tables 3.10 and 3.11). */
const findRange = (hart: Hart, entry: number, mode: number): void => {
  if (mode === pmpMode.tor) {
    range.start = entry === 0 ? 0 : addressOf(hart, entry - 1);
    range.end = addressOf(hart, entry);
    return;
  }
  if (mode === pmpMode.na4) {
    range.start = addressOf(hart, entry);
    range.end = range.start + 4;
    return;
  }
  // NAPOT: y...y01...1 with n ones is a region of 2^(n+3) bytes. v & (v + 1) drops the ones, v ^ (v + 1) is 2^(n+1) - 1.
  const word = (hart.base >>> 2) + addressWord + 2 * entry;
  const low = hart.memory.u32[word]!;
  const high = hart.memory.u32[word + 1]!;
  if (low === 0xffff_ffff) {
    range.start = ((high & (high + 1)) >>> 0) * two34;
    range.end = range.start + (((high ^ (high + 1)) >>> 0) + 1) * two34;
  } else {
    range.start = (high * two32 + ((low & (low + 1)) >>> 0)) * 4;
    range.end = range.start + (((low ^ (low + 1)) >>> 0) + 1) * 4;
  }
};

/** Whether no byte of [address, end) is in `range`. A TOR entry whose bounds are not in order matches nothing (3.7.1). */
const isApart = (address: number, end: number): boolean =>
  end <= range.start || address >= range.end || range.start >= range.end;

const anyActive = 0x1818_1818;

/** M is bound by locked entries only (3.7.1). */
const permits = (config: number, level: Privilege, kind: TlbKind): boolean =>
  (level === privilege.machine && (config & pmpBit.locked) === 0) || (config & permissionFor[kind]!) !== 0;

/** Whether entry 0 alone decides everything, as where a kernel or its firmware opens all memory: NAPOT of all ones. */
const entryZeroIsEverywhere = (hart: Hart): boolean => {
  const { u32 } = hart.memory;
  const word = (hart.base >>> 2) + addressWord;
  return (
    u32[word] === 0xffff_ffff &&
    u32[word + 1] === 0x003f_ffff &&
    (hart.memory.u8[hart.base + configOffsets[0]]! & pmpBit.mode) === pmpMode.napot
  );
};

/** Physical pages [first, end). */
export interface PageRange {
  readonly first: number;
  readonly end: number;
}

/** Pages around the one that holds `physical` where S and U may do everything, by one entry's word; none if not there. */
export const pmpOpenPages = (hart: Hart, physical: number): PageRange => {
  const page = physical - (physical % pageBytes);
  let start = 0;
  let end = Number.MAX_SAFE_INTEGER;
  for (let entry = 0; entry < pmpEntries; entry++) {
    const config = pmpConfig(hart, entry);
    const mode = config & pmpBit.mode;
    if (mode === pmpMode.off) continue;
    findRange(hart, entry, mode);
    if (isApart(page, page + pageBytes)) {
      if (range.start >= range.end) continue;
      if (range.end <= page) start = Math.max(start, range.end);
      else end = Math.min(end, range.start);
      continue;
    }
    if ((config & everyRight) !== everyRight) return noPages;
    // Only whole pages: what is left of this one, if anything, is none.
    return {
      first: Math.ceil(Math.max(start, range.start) / pageBytes),
      end: Math.floor(Math.min(end, range.end) / pageBytes),
    };
  }
  return noPages;
};

const everyRight = pmpBit.read | pmpBit.write | pmpBit.execute;
const noPages: PageRange = { first: 0, end: 0 };

/** Whether no entry is on. */
const allOff = (hart: Hart): boolean => {
  const { u32 } = hart.memory;
  const base = hart.base >>> 2;
  const first = base + (configOffsets[0] >>> 2);
  const second = base + (configOffsets[1] >>> 2);
  return ((u32[first]! | u32[first + 1]! | u32[second]! | u32[second + 1]!) & anyActive) === 0;
};
