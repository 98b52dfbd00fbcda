/**
 * Which TLB misses are served without JS, and that they give what a walk does; all others are left to it. That what is served is
 * right after any change is test/engine/coherence.test.ts and filled-entries.test.ts.
 */

import { describe, expect, test } from 'vitest';
import {
  maxHarts,
  pageFlag,
  pageFlagsBase,
  scratch,
  type TlbKind,
  tlbBase,
  tlbHartBytes,
  tlbKinds,
} from '../../vmm/engine/layout.ts';
import { privilege } from '../../vmm/machine/hart.ts';
import { hostOffset, pageIndex, tellFirstWrites } from '../../vmm/machine/memory.ts';
import { forInterpreter, looksAnew } from '../../vmm/machine/refill.ts';
import { noTable } from '../../vmm/machine/walk-cache.ts';
import { all, dataAt, ownLeaf, ownMiddle, ownVa, pteOf, Rig, sharedLeaf, sharedVa, v } from './translations-rig.ts';

const { read, write, execute } = tlbKinds;
const user = 0x10;
const [r, w, x, a] = [2, 4, 8, 0x40];
/** The entry under test is that of this page; the walk for another one has found its table. */
const va = ownVa(0) + 0x123;
const entry = ownLeaf(0);
const everywhere = (1n << 54n) - 1n;
const pageOf = (address: number): number => address & -0x1000;
const flagsOf = (rig: Rig, physical: number): number => rig.memory.u8[pageFlagsBase + pageIndex(physical)]!;

interface Asked {
  readonly kind?: TlbKind;
  readonly bytes?: number;
  readonly va?: number;
}

/** Asks after a walk in the same table and what `prepare` does. */
const find = (prepare: (rig: Rig) => void, { kind = read, bytes = 8, va: at = va }: Asked): [number, Rig] => {
  const rig = new Rig();
  rig.touch(ownVa(3), read);
  rig.touch(sharedVa(0, 3), read);
  rig.memory.u8[pageFlagsBase + pageIndex(dataAt(0))]! |= pageFlag.dirtySinceInterval;
  prepare(rig);
  rig.memory.i32[scratch.patience >>> 2] = 1;
  return [rig.find(at, kind, 0, bytes), rig];
};

describe('is served:', () => {
  const check = (sentence: string, prepare: (rig: Rig) => void, asked: Asked = {}): void =>
    test(sentence, () => {
      const [host, rig] = find(prepare, asked);
      expect(host).toBe(hostOffset(dataAt(0)) + 0x123);
      expect(rig.has(pageOf(asked.va ?? va), asked.kind)).toBe(true);
      expect([...rig.translations.fills].filter((count) => count > 0).length).toBeGreaterThan(0);
      rig.memory.i32[scratch.patience >>> 2] = 0;
      expect(rig.find(asked.va ?? va, asked.kind)).toBe(host); // what is there needs no patience
    });

  check('a read', () => {});
  check('a write, which marks the page', () => {}, { kind: write });
  check(
    'the first write in an interval, if nobody is told',
    (rig) => {
      rig.memory.u8[pageFlagsBase + pageIndex(dataAt(0))] = 0;
    },
    { kind: write },
  );
  check('an execution', () => {}, { kind: execute });
  check('a page of the user, for the user', (rig) => {
    rig.write(entry, pteOf(dataAt(0), all | user));
    rig.harts[0]!.setLow('privilege', privilege.user);
    rig.enter(0);
  });
  check('a page of the user, for S with SUM', (rig) => {
    rig.write(entry, pteOf(dataAt(0), all | user));
    rig.enter(0, 0, { status: 1 << 18 });
  });
  check(
    'a page of a superpage',
    (rig) => {
      rig.write(ownMiddle(0) + 8, pteOf(0x8000_0000, all));
      rig.touch(ownVa(512 + 0x41), read); // a walk that ends there
    },
    { va: ownVa(512 + 0x40) + 0x123 },
  );
  check('what another entry has displaced', (rig) => {
    rig.write(sharedLeaf(0), pteOf(dataAt(5), all));
    rig.touch(va);
    for (const other of [sharedVa(0, 0), va, sharedVa(0, 0)]) rig.touch(other);
  });
});

test('what is written through a new entry is marked as written', () => {
  const [, rig] = find(
    (fresh) => fresh.memory.u8.fill(pageFlag.dirtySinceInterval, pageFlagsBase, pageFlagsBase + 256),
    {
      kind: write,
    },
  );
  expect(flagsOf(rig, dataAt(0)) & pageFlag.dirtySinceDigest).not.toBe(0);
  expect(flagsOf(rig, dataAt(1)) & pageFlag.dirtySinceDigest).toBe(0);
});

describe('is left to the walk:', () => {
  const check = (sentence: string, prepare: (rig: Rig) => void, asked: Asked = {}): void =>
    test(sentence, () => {
      const [host, rig] = find(prepare, asked);
      expect(host).toBe(0);
      expect(rig.has(pageOf(asked.va ?? va), asked.kind)).toBe(false);
    });
  const withEntry = (sentence: string, value: bigint, asked: Asked = {}): void =>
    check(sentence, (rig) => rig.write(entry, value), asked);

  withEntry('execution below RAM', pteOf(0x1000_0000, all), { kind: execute });
  withEntry('an entry that is not valid', pteOf(dataAt(0), all & ~v));
  withEntry('one that has not been accessed', pteOf(dataAt(0), all & ~a));
  withEntry('one that is not dirty, for a write', pteOf(dataAt(0), all & ~0x80), { kind: write });
  withEntry('one that may not be read', pteOf(dataAt(0), v | x | a));
  withEntry('one that may not be written', pteOf(dataAt(0), all & ~w), { kind: write });
  withEntry('one that may not be executed', pteOf(dataAt(0), all & ~x), { kind: execute });
  withEntry('one with W and without R', pteOf(dataAt(0), all & ~r), { kind: execute });
  withEntry('one of the user, for S without SUM', pteOf(dataAt(0), all | user));
  withEntry('one of the user, for S that executes', pteOf(dataAt(0), all | user), { kind: execute });
  withEntry('one with a bit above all addresses', pteOf(dataAt(0), all) | (1n << 54n));
  check('one of S, for the user', (rig) => {
    rig.harts[0]!.setLow('privilege', privilege.user);
    rig.enter(0);
  });
  check('anything in machine mode', (rig) => {
    rig.harts[0]!.setLow('privilege', privilege.machine);
    rig.enter(0);
  });
  check('an address whose tables are not known', (rig) => rig.enter(1));
  check(
    'a superpage that is not aligned',
    (rig) => {
      rig.write(ownMiddle(0) + 8, pteOf(0x8000_0000, all));
      rig.touch(ownVa(512 + 0x41), read);
      rig.poke(ownMiddle(0) + 8, pteOf(0x8000_1000, all));
    },
    { va: ownVa(512 + 0x40) },
  );
  check('an access that goes on in another page', () => {}, { va: ownVa(0) + 0xffc });
  check('anything when PMP has changed', (rig) => rig.translations.dropHart(0));
  check('a page that PMP does not open', (rig) => {
    rig.harts[0]!.set('pmpaddr0', BigInt(dataAt(1)) >> 2n);
    rig.harts[0]!.set('pmpcfg0', 0x0fn); // TOR, all rights, below
    rig.write(entry, pteOf(dataAt(1), all));
    rig.translations.dropHart(0);
    rig.touch(sharedVa(0, 3), read, 1);
    rig.translations.insert(rig.harts[0]!, 1, read, ownVa(2), 0, dataAt(0));
  });
  check(
    'an entry in a part of its table that PMP does not open',
    (rig) => {
      const [hart] = rig.harts;
      for (const [index, end] of [entry + 0x800, entry + 0x1000].entries())
        hart!.set(index === 0 ? 'pmpaddr0' : 'pmpaddr1', BigInt(end) >> 2n);
      hart!.set('pmpaddr2', everywhere);
      hart!.set('pmpcfg0', 0x1f_08_0fn); // all rights below, none, all rights
      rig.poke(entry + 8 * 0x180, pteOf(dataAt(0), all));
      rig.translations.dropHart(0);
      rig.touch(ownVa(3));
    },
    { va: ownVa(0x180) },
  );
  check(
    'the first write in an interval',
    (rig) => {
      tellFirstWrites(rig.memory, () => {});
      rig.memory.u8[pageFlagsBase + pageIndex(dataAt(0))] = 0;
    },
    { kind: write },
  );
});

describe('is for the interpreter, without asking JS to fill a TLB:', () => {
  const check = (sentence: string, prepare: (rig: Rig) => void, asked: Asked = {}): void =>
    test(sentence, () => {
      const [host, rig] = find(prepare, asked);
      expect(host).toBe(forInterpreter);
      expect(rig.has(pageOf(asked.va ?? va), asked.kind)).toBe(false);
    });

  check('what lies below RAM', (rig) => rig.write(entry, pteOf(0x1000_0000, all)));
  check('what lies behind RAM', (rig) => rig.write(entry, pteOf(0x8010_0000, all)), { kind: write });
  check('reads of a page that is watched for them', (rig) =>
    rig.translations.watch([{ address: dataAt(0), sizeBytes: 1, access: 'read' }], () => {}),
  );
  for (const [name, flag] of Object.entries(pageFlag).filter(([name]) => /pageTable|watched|code/.test(name)))
    check(
      `writes to a page with the flag ${name}`,
      (rig) => {
        rig.memory.u8[pageFlagsBase + pageIndex(dataAt(0))]! |= flag;
        rig.poke(dataAt(0) + 0x120, 1n);
      },
      { kind: write, va: ownVa(0) + 0x120 },
    );
});

test('a table is known for the addresses that it was remembered for, in their space, or another one has taken its place', () => {
  const { knownTable, rememberTable } = new Rig().translations.functions;
  const places = Array.from({ length: 3000 }, (_, index) => {
    const level = index % 2;
    const high = index % 3 === 0 ? -1 : index % 5;
    return { level, space: 1 + (index % 7), low: (index * 0x0765_4321) & -(2 ** 21), high, table: index };
  });
  for (const { level, space, low, high, table } of places) rememberTable(level, space, low, high, table);
  const asked = places.map((place) => ({
    ...place,
    known: knownTable(place.level, place.space, place.low, place.high),
  }));
  const span = (place: (typeof places)[number]): string =>
    [place.level, place.space, place.low >> (21 + 9 * place.level), place.high].join();
  const wrong = asked.filter((place) => place.known !== noTable && span(places[place.known]!) !== span(place));
  expect(wrong).toEqual([]);
  expect(asked.filter(({ known }) => known !== noTable).length).toBeGreaterThan(300);
});

test('a miss when it is time to see whether somebody waits is left to whoever can', () => {
  const rig = new Rig();
  rig.touch(ownVa(3));
  rig.memory.i32[scratch.patience >>> 2] = 0;
  expect(rig.find(va)).toBe(0);
  expect(rig.memory.i32[scratch.patience >>> 2]).toBe(-1);
});

describe('a write to a page table', () => {
  const table = sharedLeaf(1);
  /** Which of some writes, one after another, are served. */
  const check = (
    sentence: string,
    writes: readonly (Asked & { readonly at: number })[],
    expected: readonly boolean[],
    prepare: (rig: Rig) => void = () => {},
  ): void =>
    test(sentence, () => {
      const [, rig] = find(
        (fresh) => {
          fresh.write(entry, pteOf(table, all));
          fresh.touch(sharedVa(1, 0));
          fresh.memory.u8[pageFlagsBase + pageIndex(table)]! |= pageFlag.dirtySinceInterval;
          prepare(fresh);
        },
        { va: ownVa(3) },
      );
      rig.memory.i32[scratch.patience >>> 2] = 1000;
      const served = writes.map(({ at, bytes = 8 }) => rig.find(ownVa(0) + at, write, 0, bytes) > forInterpreter);
      expect(served).toEqual(expected);
      expect(rig.has(ownVa(0), write)).toBe(false);
      expect((flagsOf(rig, table) & pageFlag.dirtySinceDigest) !== 0).toBe(expected.includes(true));
    });

  check('is served over an entry that is not valid, and over another', [{ at: 0x800 }, { at: 0x808 }], [true, true]);
  check('is served over a half of one', [{ at: 0x804, bytes: 4 }], [true]);
  check('is not over one that is valid', [{ at: 8 }, { at: 12, bytes: 4 }], [false, false]);
  check(
    'is served over one that is valid, or a part of it, for who looks anew',
    [
      { at: 8, bytes: 8 | looksAnew },
      { at: 12, bytes: 4 | looksAnew },
    ],
    [true, true],
  );
  check('is not over parts of two for who looks anew', [{ at: 0x804, bytes: 8 | looksAnew }], [false]);
  check('is not over parts of two', [{ at: 0x804 }], [false]);
  check('is not when there may be several accesses', [{ at: 0x800, bytes: 0 }], [false]);
  check('is not when the page has code, too', [{ at: 0x800 }], [false], (rig) =>
    rig.translations.trackCode(pageIndex(table)),
  );
  check(
    'is not when it is one too many without a walk',
    Array.from({ length: 33 }, (_, index) => ({ at: 0x800 + 8 * index })),
    Array.from({ length: 33 }, (_, index) => index < 31),
  );
});

describe('a write to a valid entry of a page table drops what the machine drops for it:', () => {
  /** All TLBs after random doings and a write at an offset in a table, without JS and by it. */
  const tlbsAfter = (seed: number, table: number, at: number, drop: (rig: Rig) => void): Uint8Array => {
    const rig = new Rig();
    let state = seed;
    const random = (below: number): number => {
      state = (Math.imul(state, 1_103_515_245) + 12_345) >>> 0;
      return Math.floor((state / 2 ** 32) * below);
    };
    rig.write(ownLeaf(0) + 8 * 7, pteOf(table, all));
    for (let count = 0; count < 60; count += 1) {
      const hart = random(rig.harts.length);
      rig.enter(random(3), hart);
      const page = random(2) === 0 ? ownVa(random(4)) : sharedVa(random(3), random(4));
      rig.touch(page, random(2) === 0 ? read : execute, hart);
    }
    rig.enter(0);
    rig.touch(ownVa(3));
    rig.touch(sharedVa(0, 1));
    rig.memory.i32[scratch.patience >>> 2] = 1000;
    expect((rig.memory.u8[hostOffset(table + at)]! & v) !== 0).toBe(true);
    drop(rig);
    return rig.memory.u8.slice(tlbBase, tlbBase + maxHarts * tlbHartBytes);
  };
  for (const [name, table] of [
    ['of one address space', ownLeaf(0)],
    ['of several', sharedLeaf(0)],
  ] as const)
    test(name, () => {
      for (let seed = 1; seed <= 20; seed += 1) {
        const at = 8 * (seed % 4);
        const served: number[] = [];
        const without = tlbsAfter(seed, table, at, (rig) => {
          served.push(rig.find(ownVa(7) + at, write, 0, 8 | looksAnew));
        });
        const by = tlbsAfter(seed, table, at, (rig) => rig.translations.beforeWrite(table + at, 8));
        expect(served).toEqual([hostOffset(table + at)]);
        expect(Buffer.compare(without, by)).toBe(0);
      }
    });

  test('not in a table above the last level', () => {
    const [host] = find((rig) => rig.write(entry, pteOf(ownMiddle(0), all)), {
      kind: write,
      va: ownVa(0),
      bytes: 8 | looksAnew,
    });
    expect(host).toBe(forInterpreter);
  });
});

test('in machine mode a device that the TLB knows is for the interpreter, but not code there', () => {
  const rig = new Rig();
  rig.harts[0]!.setLow('privilege', privilege.machine);
  rig.enter(0);
  const device = 0x1000_0000;
  for (const kind of [read, write, execute]) {
    expect(rig.find(device, kind)).toBe(0);
    rig.touchDevice(device, kind);
    expect(rig.find(device + 5, kind)).toBe(kind === execute ? 0 : forInterpreter);
    expect(rig.find(device + 0x1000, kind)).toBe(0);
  }
});
