/**
 * The translator's bookkeeping: which jump targets are hot, which regions exist, where they are in the jump cache, and
 * which pages they came from. Translated code is a cache: dropping any of it changes no answer.
 *
 * Regions are compiled several at a time, because a module costs more than a function.
 */

import type { Hart } from '../../machine/hart.ts';
import type { MachineMemory } from '../../machine/memory.ts';
import type { Translations } from '../../machine/translations.ts';
import { ModuleBuilder } from '../../wasm/module.ts';
import { op } from '../../wasm/opcodes.ts';
import { pushHalves } from '../access.ts';
import { declareRegionImports, type EngineHost, type FloatFunctions, importObject } from '../imports.ts';
import {
  arrivalsBase,
  arrivalsEntries,
  arrivalsHot,
  hartTlbPointers,
  jumpCacheBase,
  jumpCacheEntries,
  jumpCacheEntryBytes,
  pageBytes,
  ramOffset,
  tlbEntries,
  tlbEntryBytes,
  wasmPageBytes,
} from '../layout.ts';
import { defineLibrary } from '../library.ts';
import { findRegion, type Region } from './region.ts';
import { needsOf } from './row-facts.ts';
import { emitRegion } from './translate.ts';

interface Found {
  readonly pc: bigint;
  readonly region: Region;
  readonly addendAt: (offset: number) => number;
  /** RAM pages that it came from. */
  readonly pages: readonly number[];
}

interface Translated {
  readonly pc: bigint;
  readonly addend: number;
  readonly slot: number;
  readonly pages: readonly number[];
}

const defaultBatchRegions = 48;
/** Regions wait for others no longer than this. */
const batchSteps = 2_000_000;
const regionsMax = 8192;
/** A page that is written this often holds data too: it is left to the interpreter. */
const rewritesMax = 16;

export class Jit {
  readonly #memory: MachineMemory;
  readonly #host: EngineHost;
  readonly #float: FloatFunctions;
  readonly #translations: Translations;
  readonly #table: WebAssembly.Table;
  readonly #regions = new Map<string, Translated>();
  readonly #byPage = new Map<number, Set<Translated>>();
  readonly #rewrites = new Map<number, number>();
  readonly #queue = new Map<string, Found>();
  readonly #freeSlots: number[] = [];
  #slots = 0;
  #steps = 0;
  #queuedSince = 0;
  #batchRegions = defaultBatchRegions;

  constructor(
    memory: MachineMemory,
    host: EngineHost,
    float: FloatFunctions,
    translations: Translations,
    table: WebAssembly.Table,
  ) {
    this.#memory = memory;
    this.#host = host;
    this.#float = float;
    this.#translations = translations;
    this.#table = table;
    this.#clearJumpCache();
    translations.onCodeWrite((page) => this.#dropPage(page));
  }

  #clearJumpCache(): void {
    this.#memory.u8.fill(0xff, jumpCacheBase, jumpCacheBase + jumpCacheEntries * jumpCacheEntryBytes);
    this.#memory.u8.fill(0, arrivalsBase, arrivalsBase + arrivalsEntries * 2);
  }

  /** Translates each jump target at its first arrival, one at a time: slow, and what tests of translated code want. */
  beEager(): void {
    this.#batchRegions = 1;
    const counts = this.#memory.u16;
    counts.fill(arrivalsHot - 1, arrivalsBase >>> 1, (arrivalsBase >>> 1) + arrivalsEntries);
  }

  /** After each portion of a run: regions that wait long enough are compiled. */
  ran(steps: number): void {
    this.#steps += steps;
    if (this.#queue.size > 0 && this.#steps - this.#queuedSince > batchSteps) this.#compile();
  }

  /** Control has come often to the pc of this hart. */
  arrived(hart: Hart): void {
    const pc = hart.get('pc');
    const addend = this.#addendOf(hart, pc);
    if (addend === undefined) return;
    const key = `${pc} ${addend}`;
    const known = this.#regions.get(key);
    if (known !== undefined) {
      this.#publish(known);
      return;
    }
    if (this.#queue.has(key)) return;
    const found = this.#find(hart, pc);
    if (found === undefined) return;
    if (this.#queue.size === 0) this.#queuedSince = this.#steps;
    this.#queue.set(key, found);
    // From now on a write to one of its pages is seen.
    for (const page of found.pages) this.#translations.trackCode(page);
    if (this.#queue.size >= this.#batchRegions) this.#compile();
  }

  /** Host address minus virtual address of the page of pc, if the execute TLB has it. */
  #addendOf(hart: Hart, pc: bigint): number | undefined {
    const { i32, u32, i64 } = this.#memory;
    const tlb = u32[(hart.base + hartTlbPointers.execute) >>> 2]!;
    const entry = tlb + (Number(pc >> 12n) & (tlbEntries - 1)) * tlbEntryBytes;
    return i64[entry >>> 3] === BigInt.asIntN(64, pc & -BigInt(pageBytes)) ? i32[(entry >>> 2) + 2]! : undefined;
  }

  #find(hart: Hart, pc: bigint): Found | undefined {
    const { u16 } = this.#memory;
    const pageOffset = Number(pc & BigInt(pageBytes - 1));
    const addends = new Map<number, number | undefined>();
    const pages = new Set<number>();
    const addendAt = (offset: number): number | undefined => {
      const page = Math.floor((pageOffset + offset) / pageBytes);
      if (!addends.has(page)) {
        const addend = this.#addendOf(hart, BigInt.asUintN(64, pc + BigInt(offset)));
        const ramPage = addend === undefined ? -1 : this.#ramPageOf(pc, offset, addend);
        addends.set(page, (this.#rewrites.get(ramPage) ?? 0) > rewritesMax ? undefined : addend);
      }
      return addends.get(page);
    };
    const low = Number(BigInt.asIntN(32, pc));
    const region = findRegion(pc, pageOffset, (offset) => {
      const addend = addendAt(offset);
      if (addend === undefined) return undefined;
      pages.add(this.#ramPageOf(pc, offset, addend));
      return u16[((low + offset + addend) >>> 0) >>> 1];
    });
    return region === undefined
      ? undefined
      : { pc, region, addendAt: (offset) => addendAt(offset)!, pages: [...pages] };
  }

  #ramPageOf(pc: bigint, offset: number, addend: number): number {
    const host = (Number(BigInt.asIntN(32, pc)) + offset + addend) >>> 0;
    return (host - ramOffset) >>> 12;
  }

  #compile(): void {
    const batch = [...this.#queue];
    this.#queue.clear();
    if (this.#regions.size + batch.length > regionsMax) this.dropAll();
    const needs = needsOf(batch.map(([, found]) => found.region));
    const module = new ModuleBuilder(this.#memory.wasm.buffer.byteLength / wasmPageBytes);
    const imports = declareRegionImports(module, needs.helpers);
    const library = defineLibrary(module, (name) => needs.operations.has(name));
    const miss = defineMiss(module, imports.fill);
    for (const [index, [, { region, addendAt }]] of batch.entries())
      module.define(
        { parameters: ['i32'], results: ['i32'] },
        (code) => emitRegion(code, region, { miss, imports, library, addendAt }),
        `r${index}`,
      );
    const instance = new WebAssembly.Instance(
      new WebAssembly.Module(module.finish()),
      importObject(this.#memory.wasm, this.#host, this.#float),
    );
    for (const [index, [key, { pc, pages, addendAt }]] of batch.entries()) {
      const slot = this.#freeSlots.pop() ?? this.#slots++;
      if (slot >= this.#table.length) this.#table.grow(this.#table.length);
      this.#table.set(slot, instance.exports[`r${index}`]);
      const translated = { pc, addend: addendAt(0), slot, pages };
      this.#regions.set(key, translated);
      for (const page of pages) {
        const onPage = this.#byPage.get(page) ?? new Set();
        this.#byPage.set(page, onPage.add(translated));
      }
      this.#publish(translated);
    }
  }

  #publish({ pc, addend, slot }: Translated): void {
    const { i64, i32 } = this.#memory;
    const entry = this.#entryOf(pc);
    i64[entry >>> 3] = BigInt.asIntN(64, pc);
    i32[(entry >>> 2) + 2] = addend;
    i32[(entry >>> 2) + 3] = slot;
  }

  #entryOf(pc: bigint): number {
    return jumpCacheBase + Number((pc >> 1n) & BigInt(jumpCacheEntries - 1)) * jumpCacheEntryBytes;
  }

  /** Bytes of a RAM page that code was translated from are about to change. */
  #dropPage(page: number): void {
    this.#rewrites.set(page, (this.#rewrites.get(page) ?? 0) + 1);
    for (const [key, found] of this.#queue) if (found.pages.includes(page)) this.#queue.delete(key);
    for (const translated of this.#byPage.get(page) ?? []) this.#drop(translated);
    this.#byPage.delete(page);
  }

  #drop(translated: Translated): void {
    const { pc, addend, slot, pages } = translated;
    if (!this.#regions.delete(`${pc} ${addend}`)) return;
    for (const page of pages) this.#byPage.get(page)?.delete(translated);
    const entry = this.#entryOf(pc);
    if (this.#memory.i32[(entry >>> 2) + 3] === slot) this.#memory.i64[entry >>> 3] = -1n;
    this.#table.set(slot, null);
    this.#freeSlots.push(slot);
  }

  /** Drops all translated code. */
  dropAll(): void {
    for (const translated of [...this.#regions.values()]) this.#drop(translated);
    this.#queue.clear();
    this.#clearJumpCache();
  }

  get regionCount(): number {
    return this.#regions.size;
  }
}

/** Calls `fill` with the address in halves; see TranslationParts.miss. */
const defineMiss = (module: ModuleBuilder, fill: number): number =>
  module.define({ parameters: ['i64', 'i32'], results: ['i32'] }, (code) => {
    const [address, access] = [0, 1];
    pushHalves(code, address);
    code.get(access).i32(0xff).ops(op.i32And).get(access).i32(8).ops(op.i32ShrU).call(fill);
  });
