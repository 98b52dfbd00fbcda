/**
 * The translator: what is asked for as hot becomes regions, several to a module, or is taken from an earlier run; what is
 * written to is dropped. Translated code is a cache: dropping any of it changes no answer.
 *
 * A region belongs to where its code lies in RAM, not to a virtual address: processes that share a page share its
 * translation, wherever they map it. Regions are compiled several at a time, because a module costs more than a function.
 */

import type { FloatHelperName } from '../../float/helpers.ts';
import type { Hart } from '../../machine/hart.ts';
import type { MachineMemory } from '../../machine/memory.ts';
import type { Translations } from '../../machine/translations.ts';
import { ModuleBuilder, type Signature } from '../../wasm/module.ts';
import { declareRegionImports, type RegionNeeds } from '../imports.ts';
import {
  hartTlbPointers,
  pageBytes,
  pageShift,
  ramOffset,
  tlbEntries,
  tlbEntryBytes,
  wasmPageBytes,
} from '../layout.ts';
import { defineLibrary } from '../library.ts';
import { wasInterpreted } from '../predecode.ts';
import { timeNumber } from '../time.ts';
import { ArrivalCounts } from './arrival-counts.ts';
import { findRegion, type Region } from './region.ts';
import { hasOneOf, type NewRegion, placesOf, RegionStore } from './region-store.ts';
import type { RowFacts } from './row-facts.ts';
import { newStops, type Stops } from './stops.ts';
import { emitRegion } from './translate.ts';
import { codeOf, type WarmModule, WarmRegions } from './warm.ts';

/** What regions need of the dispatcher: where they go, and what their modules import. */
export interface DispatcherParts {
  readonly table: WebAssembly.Table;
  readonly imports: WebAssembly.Imports;
}

interface Found {
  readonly region: Region;
  /** Host address of the code at an offset from the region's entry. */
  readonly hostAt: (offset: number) => number;
  /** RAM pages that it came from. */
  readonly pages: readonly number[];
  /** Whether it looks for breakpoints. */
  readonly stops: boolean;
}

/** What was translated since the machine was made. */
export interface JitCounters {
  readonly regions: number;
  readonly modules: number;
  readonly instructions: number;
  readonly codeBytes: number;
}

const regionSignature: Signature = { parameters: ['i32'], results: ['i32'] };
const defaultBatchRegions = 48;
/** Regions wait for others no longer than this, unless they become hot again. */
const batchSteps = 60_000_000;
const regionsMax = 8192;
/** Of modules that are kept for another run: a few times what a boot of Linux makes. */
const keptBytesMax = 16 * 2 ** 20;
/** A page that is written this often, of late, holds data too: it is left to the interpreter. */
const rewritesMax = 16;

export class Jit {
  readonly #memory: MachineMemory;
  readonly #translations: Translations;
  readonly #imports: WebAssembly.Imports;
  readonly #regions: RegionStore;
  readonly #arrivals: ArrivalCounts;
  readonly #rewrites = new Map<number, number>();
  /** By host address of the entry. */
  readonly #queue = new Map<number, Found>();
  /** Of a machine that covers: the host addresses of the instructions of each block that was ever translated, by its own. */
  readonly blocks = new Map<number, Uint32Array>();
  #steps = 0;
  #queuedSince = 0;
  #batchRegions = defaultBatchRegions;
  /** Modules that were made or taken, for another run; undefined unless they are wanted. */
  #kept: WarmModule[] | undefined;
  #keptBytes = 0;
  #warm = new WarmRegions([]);
  #stops: Stops = new Map();
  readonly #counters = { regions: 0, modules: 0, instructions: 0, codeBytes: 0 };

  constructor(memory: MachineMemory, translations: Translations, { table, imports }: DispatcherParts) {
    this.#memory = memory;
    this.#translations = translations;
    this.#imports = imports;
    this.#regions = new RegionStore(memory, table);
    this.#arrivals = new ArrivalCounts(memory);
    this.#arrivals.clear();
    translations.onCodeWrite((page, isRestored) => this.#dropPage(page, isRestored));
  }

  /** Translates each jump target at its first arrival, one at a time: slow, and what tests of translated code want. */
  beEager(): void {
    this.#batchRegions = 1;
    this.#arrivals.heatAll();
  }

  /** After each portion of a run: regions that wait long enough are compiled. */
  ran(steps: number): void {
    this.#steps += steps;
    if (this.#arrivals.age(this.#steps)) this.#ageRewrites();
    if (this.#queue.size > 0 && this.#steps - this.#queuedSince > batchSteps) this.#compile();
  }

  /** What was written long ago may be code for good now; in a long run any page may be. */
  #ageRewrites(): void {
    for (const [page, count] of this.#rewrites)
      if (count > 1) this.#rewrites.set(page, count >> 1);
      else this.#rewrites.delete(page);
  }

  /** Control has come often to the pc of this hart. */
  arrived(hart: Hart): void {
    const pc = hart.get('pc');
    const host = this.#hostOf(hart, pc);
    if (host === undefined) return;
    if (this.#regions.publish(host)) return;
    const warm = this.#warm.take(host, this.#memory, (bytes) => this.#instantiate(bytes));
    if (warm === 'too early') return;
    if (warm !== undefined) {
      const { pages, instructions, code } = warm.region;
      const places = code.map((piece) => ({ host: piece.host, sizeBytes: piece.bytes.length }));
      if (!places.some((each) => hasOneOf(each, this.#stops.keys()))) {
        for (const page of pages) this.#translations.trackCode(page);
        this.#queue.delete(host); // it may wait there since before its code was again what was kept
        this.#add({ host, pages, code: places, stops: false }, instructions, warm.run);
        return;
      }
    }
    if (this.#queue.has(host)) {
      this.#compile(); // hot twice while it waits
      return;
    }
    const found = this.#find(hart, pc);
    if (found === undefined) return;
    if (this.#queue.size === 0) this.#queuedSince = this.#steps;
    this.#queue.set(host, found);
    // From now on a write to one of its pages is seen.
    for (const page of found.pages) this.#translations.trackCode(page);
    if (this.#queue.size >= this.#batchRegions) this.#compile();
  }

  /** Host address of the code at a virtual address, if the execute TLB has its page. */
  #hostOf(hart: Hart, pc: bigint): number | undefined {
    const { i32, u32, i64 } = this.#memory;
    const tlb = u32[(hart.base + hartTlbPointers.execute) >>> 2]!;
    const entry = tlb + (Number(pc >> 12n) & (tlbEntries - 1)) * tlbEntryBytes;
    if (i64[entry >>> 3] !== BigInt.asIntN(64, pc & -BigInt(pageBytes))) return undefined;
    return (Number(BigInt.asIntN(32, pc)) + i32[(entry >>> 2) + 2]!) >>> 0;
  }

  #find(hart: Hart, pc: bigint): Found | undefined {
    const { u16 } = this.#memory;
    const pageOffset = Number(pc & BigInt(pageBytes - 1));
    /** Host addresses of the pages around, by their distance in pages from the entry's. */
    const hosts = new Map<number, number | undefined>();
    const pages: number[] = [];
    const hostOfPage = (page: number): number | undefined => {
      const host = this.#hostOf(hart, BigInt.asUintN(64, pc - BigInt(pageOffset) + BigInt(page * pageBytes)));
      const isCode = host !== undefined && (this.#rewrites.get(ramPageOf(host)) ?? 0) <= rewritesMax;
      hosts.set(page, isCode ? host : undefined);
      if (isCode && !pages.includes(ramPageOf(host))) pages.push(ramPageOf(host));
      return isCode ? host : undefined;
    };
    let lastPage = 0;
    let lastHost = hostOfPage(0);
    const hostAt = (offset: number): number | undefined => {
      const place = pageOffset + offset;
      const page = place >> pageShift;
      if (page !== lastPage) {
        lastHost = hosts.has(page) ? hosts.get(page) : hostOfPage(page);
        lastPage = page;
      }
      return lastHost === undefined ? undefined : lastHost + (place & (pageBytes - 1));
    };
    const read = (offset: number): number | undefined => {
      const host = hostAt(offset);
      if (host === undefined) return undefined;
      const low = u16[host >>> 1]!;
      if ((low & 3) !== 3) return low;
      const highHost = ((host + 2) & (pageBytes - 1)) !== 0 ? host + 2 : hostAt(offset + 2);
      return highHost === undefined ? undefined : low | (u16[highHost >>> 1]! << 16);
    };
    const wasSeen = (offset: number): boolean => {
      const host = hostAt(offset);
      return host !== undefined && (this.#batchRegions === 1 || wasInterpreted(this.#memory, host));
    };
    const jumpTargets = (): number[] =>
      this.#arrivals.jumpTargets(hostAt(-pageOffset)!).map((target) => target - pageOffset);
    let stops = false;
    const stopsAt = (offset: number): readonly bigint[] | undefined => {
      const addresses = this.#stops.get((pageOffset + offset) & (pageBytes - 1));
      stops ||= addresses !== undefined;
      return addresses;
    };
    const parts = { read, wasSeen, jumpTargets, stopsAt: this.#stops.size === 0 ? undefined : stopsAt };
    const region = findRegion(pageOffset, parts);
    if (region === undefined) return undefined;
    return { region, stops, hostAt: (offset) => hostAt(offset)!, pages };
  }

  #compile(): void {
    const batch = [...this.#queue];
    this.#queue.clear();
    if (this.#regions.size + batch.length > regionsMax) this.dropAll();
    const needs = needsOf(batch.map(([, found]) => found.region));
    const module = new ModuleBuilder(this.#memory.wasm.buffer.byteLength / wasmPageBytes);
    const imports = declareRegionImports(module, needs);
    const library = defineLibrary(module, (name) => needs.operations.has(name));
    const { coverage } = this.#memory;
    for (const [index, [, { region, hostAt }]] of batch.entries())
      module.define(
        regionSignature,
        (code) => emitRegion(code, region, { imports, library, hostAt, coverage }),
        `r${index}`,
      );
    const bytes = module.finish();
    const exports = this.#instantiate(bytes);
    for (const [index, [host, { region, pages, stops, hostAt }]] of batch.entries()) {
      const code = placesOf(region, hostAt);
      if (coverage !== undefined) this.#noteBlocks(region, hostAt);
      this.#add({ host, pages, code, stops }, region.instructions.length, exports[`r${index}`]);
    }
    this.#keep(bytes, batch);
  }

  #noteBlocks({ blocks, instructions }: Region, hostAt: (offset: number) => number): void {
    for (const { offset, first, count } of blocks) {
      if (count === 0) continue;
      const host = hostAt(offset);
      const hosts = instructions.slice(first, first + count).map((instruction) => hostAt(instruction.offset));
      const known = this.blocks.get(host);
      this.blocks.set(host, Uint32Array.from(known === undefined ? hosts : new Set([...known, ...hosts])));
    }
  }

  #keep(bytes: Uint8Array<ArrayBuffer>, batch: readonly [number, Found][]): void {
    if (this.#kept === undefined || this.#keptBytes + bytes.length > keptBytesMax) return;
    if (batch.some(([, { stops }]) => stops)) return;
    this.#keptBytes += bytes.length;
    this.#kept.push({
      bytes,
      regions: batch.map(([host, { region, pages, hostAt }]) => ({
        host,
        pages,
        instructions: region.instructions.length,
        code: codeOf(this.#memory, region, hostAt),
      })),
    });
  }

  #instantiate(bytes: Uint8Array<ArrayBuffer>): WebAssembly.Exports {
    this.#counters.modules += 1;
    this.#counters.codeBytes += bytes.length;
    return new WebAssembly.Instance(new WebAssembly.Module(bytes), this.#imports).exports;
  }

  #add(region: NewRegion, instructions: number, run: unknown): void {
    this.#regions.add(region, run);
    this.#counters.regions += 1;
    this.#counters.instructions += instructions;
  }

  /**
   * Takes translated code of an earlier run of the same engine on as much memory, before the first step; from now on
   * keeps what is made for the next one.
   */
  beWarm(modules: readonly WarmModule[]): void {
    this.#warm = new WarmRegions(modules);
    this.#kept = [...modules];
    this.#keptBytes = modules.reduce((sum, { bytes }) => sum + bytes.length, 0);
    this.#arrivals.heat(this.#warm.hosts);
  }

  /** What `beWarm` was given and what was made since. */
  get keptModules(): readonly WarmModule[] {
    return this.#kept ?? [];
  }

  /**
   * From now on no translated code does an instruction at one of these addresses: the interpreter is asked there. Regions
   * that would are dropped, and those that look for others than these.
   */
  stopAt(stops: Stops): void {
    if (stops === this.#stops) return;
    const added = newStops(stops, this.#stops);
    const isSmaller = newStops(this.#stops, stops).size > 0;
    this.#stops = stops;
    if (added.size === 0 && !isSmaller) return;
    const dropped = this.#regions.dropIf(
      (region) => (isSmaller && region.stops) || region.code.some((place) => hasOneOf(place, added)),
    );
    this.#arrivals.heat(dropped);
    this.#queue.clear();
  }

  /** Bytes of a RAM page that code was translated from are about to change. */
  #dropPage(page: number, isRestored: boolean): void {
    if (!isRestored) this.#rewrites.set(page, (this.#rewrites.get(page) ?? 0) + 1);
    for (const [host, found] of this.#queue) if (found.pages.includes(page)) this.#queue.delete(host);
    this.#regions.dropPage(page);
    if (this.#batchRegions === 1) this.#arrivals.heatAll();
  }

  /** Drops all translated code. */
  dropAll(): void {
    this.#regions.dropAll();
    this.#queue.clear();
    this.#arrivals.clear();
    this.#arrivals.heat(this.#warm.hosts);
  }

  get counters(): JitCounters {
    return { ...this.#counters };
  }

  get regionCount(): number {
    return this.#regions.size;
  }
}

/** Functions and operations that the instructions of some regions name. */
const needsOf = (regions: readonly Region[]): RegionNeeds & { readonly operations: ReadonlySet<string> } => {
  const all = new Set<RowFacts>();
  let time = false;
  for (const { needy } of regions)
    for (const { is } of needy) {
      all.add(is.facts);
      time ||= is.isSystem && is.word >>> 20 === timeNumber;
    }
  const helpers = new Set<FloatHelperName>();
  const operations = new Set<string>();
  for (const facts of all) {
    for (const helper of facts.helpers) helpers.add(helper);
    for (const operation of facts.operations) operations.add(operation);
  }
  return { helpers, operations, time };
};

const ramPageOf = (host: number): number => (host - ramOffset) >>> 12;
