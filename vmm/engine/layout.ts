/**
 * Where everything lies in the machine's one linear memory. Constants of the layout exist here and nowhere else.
 *
 *     0x0000_0000  engine scratch: what Wasm and JS tell each other (not state)
 *     0x0000_1000  machine record                                   (state)
 *     0x0000_2000  hart records, 4 KiB each, 8 of them              (state)
 *     0x0002_0000  steps that were interpreted, by place, 256 KiB   (cache, not state)
 *     0x0006_0000  page flags, one byte a RAM page, 512 KiB         (bookkeeping, not state)
 *     0x000e_0000  breakpoint filter, 64 KiB                        (bookkeeping, not state)
 *     0x0010_0000  where indirect jumps went, 64 KiB                (cache, not state)
 *     0x0020_0000  region cache, 1 MiB                              (cache, not state)
 *     0x0030_0000  what instructions mean, by their bits, 512 KiB   (cache, not state)
 *     0x0040_0000  decoded instructions, 8 MiB                      (cache, not state)
 *     0x00d0_0000  software TLBs, 1200 KiB a hart                   (cache, not state)
 *     0x0170_0000  writes to page tables, one byte a RAM page       (bookkeeping, not state)
 *     0x0178_0000  places in write TLBs, two bytes a RAM page       (bookkeeping, not state)
 *     0x0188_0000  tables on the way of walks, 8 KiB                (cache, not state)
 *     0x0189_0000  what is in which TLB, and who may use it, 14 KiB (bookkeeping, not state)
 *     0x018a_0000  what page tables serve, six bytes a RAM page       (bookkeeping, not state)
 *     0x01ba_0000  how instructions are decoded, 288 KiB             (cache, not state)
 *     0x01bf_0000  RAM's hash and pages that changed, 64 KiB          (bookkeeping, not state)
 *     0x01c0_0000  hashes of pages in the last digest, 8 bytes a RAM page (bookkeeping, not state)
 *     0x0200_0000  RAM                                              (state)
 *
 * All values are little-endian, as Wasm's and RISC-V's.
 */

export const maxHarts = 8;
export const pageBytes = 4096;
export const pageShift = 12;

/** Fields of a record: name and size in bytes, in order, each aligned to its size. */
type FieldSpec = readonly (readonly [name: string, sizeBytes: number])[];

const offsetsOf = <S extends FieldSpec>(spec: S): { readonly [K in S[number][0]]: number } => {
  const offsets: Record<string, number> = {};
  let at = 0;
  for (const [name, sizeBytes] of spec) {
    const align = Math.min(sizeBytes, 8);
    at = Math.ceil(at / align) * align;
    offsets[name] = at;
    at += sizeBytes;
  }
  // Parsed back, because V8 turns an object built key by key into a slow dictionary, and these are on hot paths.
  return JSON.parse(JSON.stringify(offsets)) as { readonly [K in S[number][0]]: number };
};

/** What Wasm and JS tell each other during one run; meaningless between runs. */
const scratchFields = [
  ['budget', 4], // steps that remain, spilled before every call out
  ['instruction', 4], // raw bits of the instruction under way (16-bit ones zero-extended)
  ['value', 8], // result of a slow load, operand of a slow store
  ['cut', 4], // steps that were taken from the budget, to end a slice early
  ['attention', 4], // not 0 after `leave`: the machine must look before the next step
  ['leaveAlways', 4], // not 0: attention after every trap
  ['depth', 4], // of calls that translated code has under way
  ['epoch', 4], // how often translated code was dropped
  ['uncounted', 4], // for steps that make no place hot
  ['armed', 4], // not 0: what is interpreted probes the breakpoint filter
  ['patience', 4], // slow things that may happen until it is looked at whether somebody waits (patience.ts)
  ['sliceBudget', 4], // of the slice under way, less what was cut off it: the moment follows from it and the budget
  ['stepsPerTick', 8], // f64: of the guest's clock
  ['tellsFirstWrites', 4], // not 0: JS hears of the first write of a page in an interval
  ['expected', 8], // where the innermost of these calls comes back to; odd when there is none
] as const satisfies FieldSpec;
export const scratch = offsetsOf(scratchFields);

/** What the dispatcher counts, for people: i64, never read by a guest, never state. */
const counterFields = [
  ['regionRuns', 8], // times that a translated region was entered
  ['interpreterRuns', 8],
  ['interpretedSteps', 8],
] as const satisfies FieldSpec;
const counterOffset = offsetsOf(counterFields);
const countersBase = 0x100;
export type CounterName = (typeof counterFields)[number][0];
export const counterNames: readonly CounterName[] = counterFields.map(([name]) => name);
export const counterAddress = (name: CounterName): number => countersBase + counterOffset[name];

/** How often an entry of a TLB was filled, by kind; f64, for people. */
export const tlbFillsBase = 0x180;
/** How many harts have TLBs; i32. */
export const tlbHarts = 0x198;

/**
 * Pages that a loop's accesses were in last: the tag of the TLB's entry (i64) and what it adds to an address (i32). For the loop under way;
 * none, whose tag is -1, where it is entered.
 */
export const keptPagesMax = 4;
export const keptPageAt = (index: number): { readonly tag: number; readonly addend: number } => ({
  tag: 0x1c0 + 16 * index,
  addend: 0x1c8 + 16 * index,
});

/** Machine-wide state. Moments and ticks are f64 whole numbers below 2^53. */
export const machineFields = [
  ['now', 8], // f64: the moment
  ['clockTicks', 8], // f64: value of mtime at clockMoment
  ['clockMoment', 8], // f64
  ['quantumEnd', 8], // f64: the moment at which the current hart gives way
  ['currentHart', 4],
  ['stopped', 4], // 0 running, 1 powered off, 2 reset asked for
  ['exitCode', 4], // of the finisher
  ['entropyTaken', 8], // f64: bytes of entropy that devices have had
] as const satisfies FieldSpec;
export const machineOffset = offsetsOf(machineFields);
export const machineBase = 0x1000;

const pmpAddressNames = [
  'pmpaddr0',
  'pmpaddr1',
  'pmpaddr2',
  'pmpaddr3',
  'pmpaddr4',
  'pmpaddr5',
  'pmpaddr6',
  'pmpaddr7',
  'pmpaddr8',
  'pmpaddr9',
  'pmpaddr10',
  'pmpaddr11',
  'pmpaddr12',
  'pmpaddr13',
  'pmpaddr14',
  'pmpaddr15',
] as const;

/** One hart. Names of CSRs are the manual's. 8-byte fields are 64-bit integers, 4-byte ones are 32-bit. */
export const hartFields = [
  ['x', 32 * 8],
  ['f', 32 * 8],
  ['pc', 8],
  ['privilege', 4], // 0 U, 1 S, 3 M
  ['waiting', 4], // 1 after wfi, until an enabled interrupt is pending
  ['fflags', 4],
  ['frm', 4],
  ['reservation', 8], // physical address of the reserved word or double word, -1 when none
  ['mstatus', 8],
  ['medeleg', 8],
  ['mideleg', 8],
  ['mie', 8],
  ['mip', 8], // the bits that software sets (SSIP, STIP, SEIP)
  ['lines', 8], // the bits that come from outside the hart: MSIP, MTIP, MEIP, SEIP, STIP of stimecmp
  ['mtvec', 8],
  ['mcounteren', 8],
  ['mscratch', 8],
  ['mepc', 8],
  ['mcause', 8],
  ['mtval', 8],
  ['menvcfg', 8],
  ['mcountinhibit', 8],
  ['stvec', 8],
  ['scounteren', 8],
  ['sscratch', 8],
  ['sepc', 8],
  ['scause', 8],
  ['stval', 8],
  ['satp', 8],
  ['senvcfg', 8],
  ['stimecmp', 8],
  ['cycleOffset', 8], // mcycle = steps + cycleOffset
  ['instretOffset', 8], // minstret = steps - traps + instretOffset
  ['steps', 8], // f64: steps this hart has made up to its last slice's end
  ['traps', 8], // f64: traps and interrupts entered
  ['pmpcfg0', 8],
  ['pmpcfg2', 8],
  ...pmpAddressNames.map((name) => [name, 8] as const),
  ['hsmState', 4], // SBI hart state management: 0 started, 1 stopped (waits for hart_start)
] as const satisfies FieldSpec;
export type HartField = (typeof hartFields)[number][0];
export const hartOffset = offsetsOf(hartFields);
export const hartStateBytes = 0x500;
export const hartStride = 0x1000;
export const hartBase = (hart: number): number => 0x2000 + hart * hartStride;

/** Not state: pointers that the engine keeps behind each hart's state, to the TLBs of its present context. */
export const hartTlbPointers = { read: 0xf00, write: 0xf04, execute: 0xf08 } as const;
/** Not state either: RAM pages where PMP lets S and U do everything, the first one and how many; i32 each. */
export const hartOpenPages = { first: 0xf0c, count: 0xf10 } as const;

export const pageFlagsBase = 0x6_0000;
export const breakFilterBase = 0xe_0000;
export const breakFilterEntries = 0x1_0000;

/** Bits of a page's flags byte. */
export const pageFlag = {
  dirtySinceDigest: 1,
  dirtySinceCheckpoint: 2,
  pageTable: 4, // a cached translation was made from it: writes to it must be seen
  watched: 8, // somebody waits for a write to it
  code: 16, // there is translated code of it
  watchedRead: 32, // somebody waits for a read of it
  changed: 64, // it was written at some time, so it may not be what the initial state has
  dirtySinceInterval: 128, // of the history index
} as const;
/** What a write marks a page with. */
export const dirtyFlags =
  pageFlag.dirtySinceDigest | pageFlag.dirtySinceCheckpoint | pageFlag.dirtySinceInterval | pageFlag.changed;

/**
 * Software TLB: direct-mapped, 16-byte entries {tag: i64, addend: i32, pageHash: i32}. The tag is the virtual page's
 * address (low 12 bits zero), or -1 when empty. Host address = low 32 bits of the virtual address + addend.
 * Pages that are not RAM are there, too, for JS alone: the tag has `tlbDeviceTag`, and the addend is the physical page's address.
 * A hart has one for each kind (what for) in machine mode, where nothing is translated. For the other contexts (who is
 * asking) it has several sets of them, one for each of the address spaces that it was in last, so that neither a change
 * of privilege nor one of address space costs anything.
 */
export const tlbEntries = 1024;
/** Set in the tag of no page in RAM, and of an empty entry. The three bits below it are compared by atomic accesses, which must be aligned. */
export const tlbDeviceTag = 8;
export const tlbEntryBytes = 16;
/** In an entry for writing, of use to digests alone (page-hash.ts). */
export const tlbPageHash = 12;
export const tlbBytes = tlbEntries * tlbEntryBytes;
/** An entry that another one takes the place of goes to that place's address with this bit the other way round. */
export const tlbOtherPlace = tlbBytes / 2;
export const tlbContexts = { user: 0, supervisor: 1, supervisorUserMemory: 2, machine: 3 } as const;
export type TlbContext = (typeof tlbContexts)[keyof typeof tlbContexts];
export const tlbKinds = { read: 0, write: 1, execute: 2 } as const;
export const tlbKindCount = 3;
export type TlbKind = (typeof tlbKinds)[keyof typeof tlbKinds];
export const tlbSets = 8;
/** In a set, and of a hart: those of the sets one after another, then those of machine mode. */
export const tlbsInSet = 3 * 3;
export const tlbsInHart = tlbSets * tlbsInSet + 3;
export const tlbBase = 0xd0_0000;
export const tlbHartBytes = tlbsInHart * tlbBytes;
/** Which of a hart's TLBs. */
export const tlbNumber = (set: number, context: TlbContext, kind: TlbKind): number =>
  (context === tlbContexts.machine ? tlbSets * tlbsInSet : set * tlbsInSet + context * 3) + kind;
export const tlbAddress = (hart: number, number: number): number => tlbBase + hart * tlbHartBytes + number * tlbBytes;

/** Of each RAM page: writes to it since a walk last used it as a table (page-tables.ts); u8. */
export const tableWritesBase = 0x170_0000;
/** So many, and a page-table page is taken for something else, or for being built anew. */
export const tableWritesMax = 32;
/** Of each RAM page: at which index TLBs for writing may have it (tlb.ts); i16. */
export const writePlacesBase = 0x178_0000;
/** Values of that: none may, or several places. Others are an index, plus 1. */
export const writePlace = { none: 0, any: -1 } as const;

/**
 * Tables where walks have found them (walk-cache.ts), for each of the last two levels: {key: i64, space: i32, table: i32},
 * the address above what the table spans, the address space's number, and the table's RAM page.
 */
export const walkCacheBase = 0x188_0000;
export const walkCacheLevels = 2;
export const walkCacheEntries = 256;
export const walkCacheEntryBytes = 16;

/** Of each TLB, in order: the blocks of its entries that may hold something, as bits of an i32. */
export const tlbOccupiedBase = 0x189_0000;
/** Entries in a block, as a power of two. */
export const tlbBlockShift = 5;
/** Of each set of each hart: a number that no other content of a set ever had; i32. */
export const tlbSpacesBase = tlbOccupiedBase + 0xc00;
/**
 * Of each TLB, in order, what a miss needs to know and never changes, i32 each: which bits of a leaf entry say whether who asks
 * has a right to the page, and what they must be; and where the number of its set is (`tlbSpacesBase`).
 */
export const tlbFactsBase = 0x189_1000;
export const tlbFact = { mask: 0, bits: 4, space: 8 } as const;
export const tlbFactsBytes = 16;
/** Instead of what the bits must be: what is in this TLB comes from no tables. */
export const tlbNoRights = -1;

/**
 * Steps that were interpreted from where control arrived by a jump until it arrived elsewhere, by a hash of where that
 * is in RAM; i32 each.
 */
export const arrivalsBase = 0x2_0000;
export const arrivalsBits = 14;
export const arrivalBytes = 4;
/**
 * So many of these steps make a place hot: where a loop or a function begins, and where control comes to in another way,
 * mostly by returns. Those places are in the regions of their functions already. To translate and optimise a region of
 * a hundred instructions takes as long as to interpret some 200,000 steps.
 */
export const hotSteps = { begin: 50_000, other: 400_000 } as const;

/**
 * A byte for each two bytes of code, by where they are in RAM: bit 0 is set when an indirect jump that was interpreted, no call and no
 * return, has gone there.
 */
export const jumpTargetsBase = 0x10_0000;
export const jumpTargetsEntries = 0x1_0000;

/**
 * Region cache: 8-byte entries {host: i32, function: i32} in sets of two, by a hash of the host address. The code at this host address is translated as
 * the function at that place of the dispatcher's table, at whatever virtual addresses its page is mapped.
 */
export const regionCacheBase = 0x20_0000;
export const regionCacheBits = 13;
export const regionCacheEntryBytes = 8;
export const regionCacheSetBytes = 2 * regionCacheEntryBytes;
export const regionCacheBytes = 2 ** regionCacheBits * regionCacheSetBytes;

/** What instructions mean, by a hash of their bits: as decoded instructions, with the bits in the place of `raw`, see predecode.ts. */
export const meaningsBase = 0x30_0000;
export const meaningsBits = 15;
export const meaningBytes = 16;

/**
 * Decoded instructions, 16 bytes each (see predecode.ts): those that lie in one page, by where; then those that go on in
 * another page, by where they begin; and one for what is not kept.
 */
export const decodedBase = 0x40_0000;
export const decodedEntries = 0x8_0000;
export const decodedAcrossEntries = 0x1000;
export const decodedEntryBytes = 16;

/**
 * Of each RAM page that is tracked as a page table (page-tables.ts): the first virtual page that it serves, i32; its level,
 * u8; and in which sets of TLBs, u8.
 */
export const tableFirstBase = 0x18a_0000;
export const tableLevelBase = 0x1aa_0000;
export const tableSetsBase = 0x1b2_0000;

/** What is known of 16-bit instructions and of rows, for decoding without JS (decode.ts). */
export const expansionsBase = 0x1ba_0000;
export const expansionsBytes = 0x4_0000;
export const rowBucketsBase = expansionsBase + expansionsBytes;
export const rowFormsBase = rowBucketsBase + 0x400;
export const rowFormsMax = 1024;
export const rowFormBytes = 16;

/** RAM's hash in the last digest: the sum of those of its pages; u64. */
export const ramHash = 0x1bf_0000;
/** Pages that changed since the digest before, some at a time (page-hash.ts): how many, and they. */
export const changedPages = { count: 0x1bf_0008, indices: 0x1bf_0010, hashes: 0x1bf_4010 } as const;
export const changedPagesMax = 0x1000;
/** What pages are hashed with (page-hash.ts): as many bytes as a page has. */
export const pageHashKeys = 0x1bf_9000;
/** Of each RAM page, its hash in the last digest; u64. */
export const pageHashesBase = 0x1c0_0000;

export const ramOffset = 0x200_0000;
export const wasmPageBytes = 0x1_0000;
