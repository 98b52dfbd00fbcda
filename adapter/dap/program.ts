/**
 * The program that runs in the guest, as far as the debugger knows it: its symbols and, read when first asked for, its debug
 * information. It may know neither. Addresses that go in may be linked ones or those that the program runs at before it has
 * turned on translation (`LinkMap`); what comes out is linked. Damage in debug information is said once and is no
 * information from then on: the debugger goes on with symbols.
 */

import { basename } from '../host/paths.ts';
import { DebugInfo } from '../program/debug-info.ts';
import { demangle } from '../program/demangle/demangle.ts';
import type { AddressRange } from '../program/dwarf/lists.ts';
import { addressesOf, placedElf } from '../program/elf/placed.ts';
import { type Elf, type FileBytes, readElf, sectionFlag, sectionType, segmentFlag } from '../program/elf.ts';
import { InputError } from '../program/input-error.ts';
import { buildNameIndex } from '../program/names/build.ts';
import { type NameCache, nameKey } from '../program/names/cache.ts';
import { NameIndex } from '../program/names/name-index.ts';
import { scanNames } from '../program/names/scan.ts';
import { WrittenNames } from '../program/symbol-names.ts';
import { type SymbolPage, type SymbolQuery, SymbolSearch } from '../program/symbol-search.ts';
import { describePlace, type ProgramSymbol, SymbolTable } from '../program/symbols.ts';
import type { Companions } from './companions.ts';
import { LinkMap } from './link-map.ts';
import { MovingLinks } from './moving-links.ts';
import type { CodePiece } from './process-text.ts';

/** A file with symbols or debug information. */
export interface ProgramFile {
  readonly name: string;
  readonly bytes: FileBytes;
}

export interface ProgramOptions {
  /** What people call it; by default the file's name. */
  readonly label?: string | undefined;
  /** Where its debug information is, when that is another file. */
  readonly debug?: ProgramFile | undefined;
  /** Where in RAM a kernel begins whose file does not say so. */
  readonly loadAddress?: bigint | undefined;
  /** Of a user program: where the lowest byte is in its processes; `linked`: where it was linked. */
  readonly processAddress?: bigint | 'linked' | undefined;
  /** Where the sections of a module are. */
  readonly sections?: Readonly<Record<string, bigint>> | undefined;
  /** Finds the files that it names; without, none is opened. */
  readonly companions?: Companions | undefined;
  /** Where indexes of names are kept; without it, they are made each time. */
  readonly cache?: NameCache | undefined;
}

/** Names of more debug information than this are collected in the background, and are kept. */
const backgroundBytesMin = 4 * 2 ** 20;

const isScanned = (section: string): boolean => /^\.z?debug_(info|types)$/.test(section);

export class Program {
  readonly #symbols: SymbolTable | undefined;
  readonly #file: ProgramFile | undefined;
  readonly #elf: Elf | undefined;
  readonly #debugElf: Elf | undefined;
  readonly #sections: Readonly<Record<string, bigint>>;
  readonly label: string;
  readonly #cache: NameCache | undefined;
  readonly links: LinkMap;
  /** Present while names are being collected; resolved, never rejected, when that is over. */
  collecting: Promise<void> | undefined;
  readonly #written: WrittenNames | undefined;
  #search: SymbolSearch | undefined;
  #info: DebugInfo | 'none' | undefined;
  #ranges: readonly AddressRange[] | undefined;
  readonly #companions: Companions | undefined;
  #onDamage: ((message: string) => void) | undefined;
  /** What was to be said before somebody listened. */
  readonly #unsaid: string[] = [];

  /** @throws {ProgramError} when a file is no ELF of a 64-bit RISC-V program */
  constructor(file?: ProgramFile, options: ProgramOptions = {}) {
    const { loadAddress, processAddress, sections = {}, companions } = options;
    this.#cache = options.cache;
    this.#companions = companions;
    if (companions !== undefined) companions.onMissing = (message) => this.#say(message);
    const placed = (found: Elf) => placedElf(found, (name) => sections[name]);
    const inProcess = processAddress === 'linked' ? undefined : processAddress;
    const isModule = options.sections !== undefined;
    const elf = file && placed(readElf(file.bytes, file.name, isModule ? 'symbols' : 'program'));
    const debug = options.debug ?? (elf && companions?.debugFile(elf));
    const debugElf = debug && placed(readElf(debug.bytes, debug.name, 'symbols'));
    const tables = [debugElf, elf].filter((found): found is Elf => found !== undefined).map((e) => new SymbolTable(e));
    this.#symbols = tables.find(({ size }) => size > 0) ?? tables[0];
    this.#written = this.#symbols && new WrittenNames(this.#symbols);
    this.#file = debug ?? file;
    this.#elf = elf ?? debugElf;
    this.#debugElf = debugElf;
    this.#sections = sections;
    this.label = options.label ?? basename(file?.name ?? debug?.name ?? '');
    const segments = (debugElf ?? elf)?.segments ?? [];
    const isMoving = processAddress === 'linked' && elf?.relocatable === true;
    this.links = isMoving
      ? new MovingLinks(segments)
      : processAddress !== undefined
        ? LinkMap.ofProcess(segments, inProcess)
        : new LinkMap(segments, loadAddress);
  }

  /** Is told why debug information is not used, for the person. */
  set onDamage(listener: (message: string) => void) {
    this.#onDamage = listener;
    for (const message of this.#unsaid.splice(0)) listener(message);
  }

  #say(message: string): void {
    if (this.#onDamage === undefined) this.#unsaid.push(message);
    else this.#onDamage(message);
  }

  /** The file that the debug information is in: sources may lie near it. */
  get fileName(): string | undefined {
    return this.#file?.name;
  }

  get symbolCount(): number {
    return this.#symbols?.size ?? 0;
  }

  /** Where the program is in memory, as it was linked or its sections were placed. */
  get ranges(): readonly AddressRange[] {
    const { segments = [], sections = [] } = this.#elf ?? {};
    const parts = segments
      .filter(({ memoryBytes }) => memoryBytes > 0n)
      .map(({ virtualAddress, memoryBytes }) => ({ low: virtualAddress, high: virtualAddress + memoryBytes }));
    if (parts.length > 0) return parts;
    return sections
      .filter(({ name, sizeBytes }) => this.#sections[name] !== undefined && sizeBytes > 0n)
      .map(({ address, sizeBytes }) => ({ low: address, high: address + sizeBytes }));
  }

  /** Whether an address, linked or not, is in the program. */
  has(address: bigint): boolean {
    const linked = this.links.linked(address);
    this.#ranges ??= this.ranges;
    return this.#ranges.some(({ low, high }) => linked >= low && linked < high);
  }

  /** The code that the file has, where it is in memory. */
  get code(): readonly CodePiece[] {
    return (this.#elf?.sections ?? [])
      .filter(({ flags, type }) => (flags & sectionFlag.execute) !== 0n && type !== sectionType.nobits)
      .map(({ address, bytes }) => ({ address: this.links.loaded(address) ?? address, bytes }));
  }

  /** What the file has mapped with its code, where it was linked. */
  get codeSegments(): readonly CodePiece[] {
    return (this.#elf?.segments ?? [])
      .filter(({ flags }) => (flags & segmentFlag.execute) !== 0)
      .map(({ virtualAddress, bytes }) => ({ address: virtualAddress, bytes }));
  }

  /** What there is to know, in words. Reads none of it. */
  get knowledge(): string {
    const has = (elf: Elf | undefined) => elf?.sections.some(({ name }) => /^\.z?debug_info$/.test(name)) === true;
    if (has(this.#elf) || has(this.#debugElf)) return 'Debug information loaded.';
    return this.symbolCount > 0 ? 'Symbols loaded.' : 'No symbols.';
  }

  /** The debug information, when there is any. */
  get info(): DebugInfo | undefined {
    if (this.#info === undefined) this.#info = this.try(() => this.#readInfo()) ?? 'none';
    return this.#info === 'none' ? undefined : this.#info;
  }

  /** Reads what takes time before somebody asks for it. */
  prepare(): void {
    void this.info;
  }

  #readInfo(): DebugInfo | undefined {
    if (this.#file === undefined) return undefined;
    const info = new DebugInfo(this.#file.bytes, this.#file.name, {
      linkedAddress: (address) => this.links.linked(address),
      sectionAddress: addressesOf(this.#sections),
      functionSymbolAt: (address) => this.#symbols?.functionAt(address),
      symbolNameAt: (address) => this.#symbols?.at(address)?.symbol.name,
      onDamage: (message) => this.#say(message),
      ...(this.#companions && { openSplit: this.#companions.openSplit }),
    });
    if (!info.hasDebugInfo) return undefined;
    this.#nameAll(info);
    return info;
  }

  #nameAll(info: DebugInfo): void {
    const { elf, sections, dwarf } = info;
    const storedBytes = elf.sections.reduce((sum, { name, sizeBytes }) => sum + (isScanned(name) ? sizeBytes : 0n), 0n);
    const isSplit = this.try(() => dwarf.hasSplitUnits) === true;
    if (storedBytes < backgroundBytesMin && !isSplit) {
      info.names = this.try(() => NameIndex.of([scanNames(dwarf).arrays()]));
      return;
    }
    // What is in the files of split units may change under the build-id of the program.
    const key = isSplit ? undefined : this.#cache && this.try(() => nameKey(elf, sections.buildId));
    info.names = key === undefined ? undefined : this.#cache?.read(key);
    if (info.names !== undefined) return;
    const collect = async (): Promise<void> => {
      try {
        info.names = await buildNameIndex(dwarf);
        if (key !== undefined) this.#cache?.write(key, info.names);
      } catch (error) {
        this.#say(error instanceof Error ? error.message : String(error));
      } finally {
        this.collecting = undefined;
      }
    };
    this.collecting = collect();
  }

  /** What a reading of debug information gives; nothing when it is damaged there. */
  try<Result>(read: () => Result): Result | undefined {
    try {
      return read();
    } catch (error) {
      if (!(error instanceof InputError)) throw error;
      this.#say(error.message);
      return undefined;
    }
  }

  /** Functions, data and types by what somebody types. */
  search(query: SymbolQuery): SymbolPage {
    const { info } = this;
    if (this.#search === undefined) this.#search = new SymbolSearch(this.#symbols, info);
    return this.try(() => this.#search?.search(query)) ?? { total: 0, symbols: [] };
  }

  /** The symbol of a name as the file has it, or as its source does (`core::fmt::write`). */
  find(name: string): ProgramSymbol | undefined {
    return this.#symbols?.find(name) ?? (name.includes('::') ? this.#written?.find(name) : undefined);
  }

  /** The start of the symbol that an address lies in. */
  startOf(address: bigint): bigint | undefined {
    const linked = this.links.linked(address);
    const start = this.#symbols?.at(linked)?.symbol.address;
    return start === undefined ? undefined : start + address - linked;
  }

  /** `usertrap+0x1c`, or nothing. */
  symbolic(address: bigint): string | undefined {
    const place = this.#symbols?.at(this.links.linked(address));
    if (place === undefined) return undefined;
    return describePlace({ ...place, symbol: { ...place.symbol, name: demangle(place.symbol.name) } });
  }

  /** `0x80001234 (usertrap+0x1c)`, or the number alone. */
  describe(address: bigint): string {
    const number = `0x${address.toString(16)}`;
    const symbolic = this.symbolic(address);
    return symbolic === undefined ? number : `${number} (${symbolic})`;
  }
}
