/** What the sets of software TLBs keep and what they drop. That they are never wrong is test/engine/coherence.test.ts. */

import { describe, expect, test } from 'vitest';
import {
  decodedAcrossEntries,
  decodedBase,
  decodedEntries,
  decodedEntryBytes,
  expansionsBase,
  expansionsBytes,
  maxHarts,
  meaningBytes,
  meaningsBase,
  meaningsBits,
  pageFlag,
  pageFlagsBase,
  pageHashesBase,
  ramOffset,
  regionCacheBase,
  regionCacheBytes,
  rowBucketsBase,
  rowFormBytes,
  rowFormsBase,
  rowFormsMax,
  tableFirstBase,
  tableLevelBase,
  tableSetsBase,
  tableWritesBase,
  tlbBase,
  tlbFactsBase,
  tlbFactsBytes,
  tlbHartBytes,
  tlbKinds,
  tlbOccupiedBase,
  tlbSets,
  tlbSpacesBase,
  tlbsInHart,
  walkCacheBase,
  walkCacheEntries,
  walkCacheEntryBytes,
  walkCacheLevels,
  writePlacesBase,
} from '../../vmm/engine/layout.ts';
import { mstatus } from '../../vmm/machine/csr/status.ts';
import { privilege } from '../../vmm/machine/hart.ts';
import { pageIndex } from '../../vmm/machine/memory.ts';
import { createPageHashing } from '../../vmm/machine/page-hash.ts';
import {
  all,
  dataAt,
  ownLeaf,
  ownMiddle,
  ownVa,
  pteOf,
  Rig,
  rootAt,
  sharedLeaf,
  sharedMiddle,
  sharedVa,
  v,
} from './translations-rig.ts';

/** What holds after some doings: which of these expressions are true. */
const check = (sentence: string, doings: (rig: Rig) => Readonly<Record<string, boolean>>, expected: string) =>
  test(sentence, () => {
    const found = Object.entries(doings(new Rig())).filter(([, isSo]) => isSo);
    expect(found.map(([name]) => name).join(' ')).toBe(expected);
  });

/** Which of the four data pages count as written after a digest in which their hashes were these. */
const flaggedByDigest = ({ memory }: Rig, hash: bigint, hashes: Readonly<Record<number, bigint>> = {}): boolean[] => {
  const { u8, u64, wasm, ramPages } = memory;
  const pages = [0, 1, 2, 3].map((page) => pageIndex(dataAt(page)));
  for (const [page, index] of pages.entries()) u64[(pageHashesBase >>> 3) + index] = hashes[page] ?? hash;
  u8.fill(0, pageFlagsBase, pageFlagsBase + ramPages);
  createPageHashing(wasm, 'nh').flagWritable();
  return pages.map((index) => u8[pageFlagsBase + index] === pageFlag.dirtySinceDigest);
};

/** A gigabyte of RAM is a quarter of a million pages; there may be two. */
const pagesMax = 2 ** 19;

test('the caches lie one after another below RAM, also for eight harts', () => {
  const areas = [
    [regionCacheBase, regionCacheBytes],
    [meaningsBase, 2 ** meaningsBits * meaningBytes],
    [decodedBase, (decodedEntries + decodedAcrossEntries + 1) * decodedEntryBytes],
    [tlbBase, maxHarts * tlbHartBytes],
    [tableWritesBase, pagesMax],
    [writePlacesBase, pagesMax * 2],
    [walkCacheBase, walkCacheLevels * walkCacheEntries * walkCacheEntryBytes],
    [tlbOccupiedBase, maxHarts * tlbsInHart * 4],
    [tlbSpacesBase, maxHarts * tlbSets * 4],
    [tlbFactsBase, maxHarts * tlbsInHart * tlbFactsBytes],
    [tableFirstBase, pagesMax * 4],
    [tableLevelBase, pagesMax],
    [tableSetsBase, pagesMax],
    [expansionsBase, expansionsBytes],
    [rowBucketsBase, 256 * 4],
    [rowFormsBase, rowFormsMax * rowFormBytes],
    [ramOffset, 0],
  ] as const;
  const overlapping = areas.filter(
    ([base, sizeBytes], index) => base + sizeBytes > (areas[index + 1] ?? areas.at(-1)!)[0],
  );
  expect(overlapping).toEqual([]);
});

describe('an address space has a set of its own', () => {
  check(
    'who comes back finds what was there; another space does not see it',
    (rig) => {
      rig.touch(ownVa(0));
      rig.enter(1);
      const other = rig.has(ownVa(0));
      rig.enter(0);
      return { other, back: rig.has(ownVa(0)) };
    },
    'back',
  );
  check(
    'an ASID counts for nothing',
    (rig) => {
      rig.touch(ownVa(0));
      rig.enter(0, 0, { asid: 7n });
      return { same: rig.has(ownVa(0)) };
    },
    'same',
  );
  check(
    'what MXR lets be read is not found without it',
    (rig) => {
      rig.write(ownLeaf(0), pteOf(dataAt(0), v | 0x48)); // X and A
      rig.enter(0, 0, { status: mstatus.mxr });
      rig.touch(ownVa(0));
      const during = rig.has(ownVa(0));
      rig.enter(0);
      return { during, after: rig.has(ownVa(0)) };
    },
    'during',
  );
  check(
    'a space too many takes the place of the one that was left longest ago',
    (rig) => {
      for (let space = 0; space < tlbSets; space += 1) {
        rig.enter(space);
        rig.touch(ownVa(0));
      }
      rig.enter(0);
      rig.enter(tlbSets);
      const fresh = rig.has(ownVa(0));
      const left: Record<string, boolean> = { fresh };
      for (const space of [0, 2, 3, 4, 5, 6, 7]) {
        rig.enter(space);
        left[`space${space}`] = rig.has(ownVa(0));
      }
      rig.enter(1);
      return { ...left, space1: rig.has(ownVa(0)) };
    },
    'space0 space2 space3 space4 space5 space6 space7',
  );
  check(
    'machine mode is in none of them',
    (rig) => {
      rig.harts[0]!.setLow('privilege', privilege.machine);
      rig.enter(0);
      rig.touch(dataAt(0));
      rig.enter(1);
      return { same: rig.has(dataAt(0)) };
    },
    'same',
  );
});

describe('a page that is not RAM', () => {
  const device = 0x1000_0000;
  const va = ownVa(1);
  const known = (): Rig => {
    const rig = new Rig();
    rig.write(ownLeaf(0) + 8, pteOf(device, all));
    rig.touchDevice(va, tlbKinds.write);
    expect(rig.deviceAt(va + 5, tlbKinds.write)).toBe(device + 5);
    return rig;
  };

  test('is known to JS alone', () => {
    const rig = known();
    expect(rig.find(va, tlbKinds.write)).toBe(0);
    expect(rig.has(va, tlbKinds.write)).toBe(false);
    expect(rig.deviceAt(va, tlbKinds.read)).toBe(-1);
    expect(rig.deviceAt(va + 0x1000, tlbKinds.write)).toBe(-1);
  });

  for (const [sentence, change] of [
    ['a change of its entry', (rig) => rig.write(ownLeaf(0) + 8, pteOf(device + 0x1000, all))],
    [
      'the same without JS',
      (rig) => {
        const { dropEntry } = rig.translations.functions as unknown as Record<
          string,
          (page: number, low: number) => number
        >;
        expect(dropEntry!(pageIndex(ownLeaf(0)), 8)).not.toBe(0);
      },
    ],
    ['a change of the table above', (rig) => rig.write(ownMiddle(0), 0n)],
    ['another address space', (rig) => rig.enter(1)],
    ['all that is dropped', (rig) => rig.translations.dropHart(0)],
    ['SUM', (rig) => rig.enter(0, 0, { status: mstatus.sum })],
  ] as const satisfies readonly (readonly [string, (rig: Rig) => void])[])
    test(`is not known after ${sentence}`, () => {
      const rig = known();
      change(rig);
      expect(rig.deviceAt(va, tlbKinds.write)).toBe(-1);
    });

  test('is no page that is flagged as written', () => {
    const rig = known();
    const flags = (): Buffer => Buffer.from(rig.memory.u8.slice(pageFlagsBase, pageFlagsBase + rig.memory.ramPages));
    const before = flags();
    createPageHashing(rig.memory.wasm, 'nh').flagWritable();
    expect(Buffer.compare(before, flags())).toBe(0);
  });
});

describe('a change of a table drops', () => {
  /** Two pages of the first shared table and one of the second, in two spaces on two harts, and pages of their own. */
  const shared = (rig: Rig): void => {
    for (const [space, hart] of [
      [1, 0],
      [2, 1],
      [0, 0],
    ] as const) {
      rig.enter(space, hart);
      for (const va of [sharedVa(0, 0), sharedVa(0, 1), sharedVa(1, 2), ownVa(3)]) rig.touch(va, tlbKinds.read, hart);
    }
  };
  const left = (rig: Rig, hart: number): Record<string, boolean> => ({
    [`${hart}:first`]: rig.has(sharedVa(0, 0), tlbKinds.read, hart),
    [`${hart}:next`]: rig.has(sharedVa(0, 1), tlbKinds.read, hart),
    [`${hart}:other`]: rig.has(sharedVa(1, 2), tlbKinds.read, hart),
    [`${hart}:own`]: rig.has(ownVa(3), tlbKinds.read, hart),
  });
  const checkLeft = (sentence: string, change: (rig: Rig) => void, expected: string) => {
    check(
      sentence,
      (rig) => {
        shared(rig);
        change(rig);
        const [zero, one] = [left(rig, 0), left(rig, 1)];
        rig.enter(1);
        const elsewhere = Object.entries(left(rig, 0)).map(([name, isSo]) => [`was${name}`, isSo] as const);
        return { ...zero, ...one, ...Object.fromEntries(elsewhere) };
      },
      expected,
    );
  };
  checkLeft(
    'nothing when the entry was not valid',
    (rig) => rig.write(sharedLeaf(0) + 8 * 9, pteOf(dataAt(1), all)),
    '0:first 0:next 0:other 0:own 1:first 1:next 1:other 1:own was0:first was0:next was0:other was0:own',
  );
  checkLeft(
    'the page of a leaf, in every space and hart that has the table, also where the space is not in use',
    (rig) => rig.write(sharedLeaf(0), pteOf(dataAt(1), all)),
    '0:next 0:other 0:own 1:next 1:other 1:own was0:next was0:other was0:own',
  );
  checkLeft(
    'what a pointer leads to, and nothing else',
    (rig) => rig.write(sharedMiddle, pteOf(sharedLeaf(2), v)),
    '0:other 0:own 1:other 1:own was0:other was0:own',
  );
  checkLeft(
    'of a space when its root changes, and nothing of others',
    (rig) => rig.write(rootAt(0) + 16, pteOf(ownMiddle(0), v)),
    '0:own 1:first 1:next 1:other 1:own was0:first was0:next was0:other was0:own',
  );
  checkLeft(
    'everything of it when it is written again and again without a walk, and then it is a table no more',
    (rig) => {
      for (let count = 0; count < 64; count += 1) rig.write(sharedLeaf(0) + 8 * 9, 0n);
      expect([rig.isTable(sharedLeaf(0)), rig.isTable(sharedLeaf(1))]).toEqual([false, true]);
    },
    '0:other 0:own 1:other 1:own was0:other was0:own',
  );
  checkLeft(
    'also what was filled in after it had been taken for something else by then, and walked in another space first',
    (rig) => {
      for (let count = 0; count < 64; count += 1) rig.write(sharedLeaf(0) + 8 * 9, 0n);
      rig.touch(sharedVa(0, 0), tlbKinds.read, 1);
      rig.touch(sharedVa(0, 0), tlbKinds.read, 0);
      rig.write(sharedLeaf(0), 0n);
    },
    '0:other 0:own 1:other 1:own was0:other was0:own',
  );
  checkLeft(
    'all that its spaces have, when it serves two places',
    (rig) => {
      rig.write(ownMiddle(0) + 8, pteOf(sharedLeaf(0), v));
      rig.touch(ownVa(512));
      rig.write(sharedLeaf(0), pteOf(dataAt(1), all));
    },
    '',
  );
});

describe('writes to a page are missed', () => {
  check(
    'from all spaces once it is used as a table',
    (rig) => {
      const table = dataAt(1);
      rig.write(sharedLeaf(0), pteOf(table, all));
      rig.write(sharedLeaf(0) + 8, pteOf(table, all));
      for (const space of [1, 2, 3]) {
        rig.enter(space);
        rig.touch(sharedVa(0, 0), tlbKinds.write);
        if (space > 1) rig.touch(sharedVa(0, space - 1), tlbKinds.write);
        rig.touch(sharedVa(0, 3), tlbKinds.write);
      }
      rig.write(table, pteOf(dataAt(2), all));
      rig.write(ownMiddle(3) + 8, pteOf(table, v));
      rig.touch(ownVa(512));
      const found = [1, 2, 3].map((space) => {
        rig.enter(space);
        return [
          [`${space}:page`, rig.has(sharedVa(0, 0), tlbKinds.write)] as const,
          [`${space}:alias`, rig.has(sharedVa(0, 1), tlbKinds.write)] as const,
          [`${space}:other`, rig.has(sharedVa(0, 3), tlbKinds.write)] as const,
        ];
      });
      return Object.fromEntries(found.flat());
    },
    '1:other 2:other 3:other',
  );
  check(
    'always when it is a table, has code or is watched',
    (rig) => {
      const [table, code, watched] = [sharedLeaf(1), dataAt(1), dataAt(2)];
      for (const [page, address] of [table, code, watched, dataAt(3)].entries())
        rig.write(ownLeaf(0) + 8 * page, pteOf(address, all));
      rig.touch(sharedVa(1, 0));
      rig.translations.trackCode(pageIndex(code));
      rig.translations.watch([{ address: watched + 100, sizeBytes: 1 }], () => {});
      for (const page of [0, 1, 2, 3, 0, 1, 2, 3]) rig.touch(ownVa(page), tlbKinds.write);
      return Object.fromEntries(
        ['table', 'code', 'watched', 'other'].map((name, page) => [name, rig.has(ownVa(page), tlbKinds.write)]),
      );
    },
    'other',
  );
  check(
    'nowhere for a digest: what can be written without a miss counts as written since',
    (rig) => {
      rig.touch(ownVa(0), tlbKinds.write);
      rig.touch(ownVa(2));
      rig.enter(1);
      rig.touch(ownVa(1), tlbKinds.write);
      const flagged = flaggedByDigest(rig, 1n).map((isFlagged, page) => [`${page}:flagged`, isFlagged] as const);
      return { ...Object.fromEntries(flagged), present: rig.has(ownVa(1), tlbKinds.write) };
    },
    '0:flagged 1:flagged present',
  );
  check(
    'for a digest where nothing was written since the one before',
    (rig) => {
      rig.touch(ownVa(0), tlbKinds.write);
      rig.enter(1);
      rig.touch(ownVa(0), tlbKinds.write);
      flaggedByDigest(rig, 1n);
      const [zero, one] = flaggedByDigest(rig, 1n, { 1: 2n });
      const written = rig.has(ownVa(0), tlbKinds.write);
      rig.enter(0);
      return { zero: zero === true, one: one === true, written, unwritten: rig.has(ownVa(0), tlbKinds.write) };
    },
    'one written',
  );
  check(
    'everywhere when a new interval begins, and reads are not',
    (rig) => {
      rig.touch(ownVa(0), tlbKinds.write);
      rig.touch(ownVa(0));
      rig.enter(1);
      rig.touch(ownVa(0), tlbKinds.write);
      rig.translations.dropWrites();
      const present = rig.has(ownVa(0), tlbKinds.write);
      rig.enter(0);
      return { present, absent: rig.has(ownVa(0), tlbKinds.write), read: rig.has(ownVa(0)) };
    },
    'read',
  );
});
