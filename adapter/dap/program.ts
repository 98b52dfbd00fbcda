/**
 * The program that runs in the guest, as far as the debugger knows it: its symbols and, read when first asked for, its debug
 * information. It may know neither. Addresses that go in may be linked ones or those that the program runs at before it has
 * turned on translation (`LinkMap`); what comes out is linked. Damage in debug information is said once and is no
 * information from then on: the debugger goes on with symbols.
 */

import { DebugInfo } from '../program/debug-info.ts';
import { demangle } from '../program/demangle/demangle.ts';
import { type Elf, readElf } from '../program/elf.ts';
import { InputError } from '../program/input-error.ts';
import { buildNameIndex } from '../program/names/build.ts';
import { NameIndex } from '../program/names/name-index.ts';
import { scanNames } from '../program/names/scan.ts';
import { describePlace, type ProgramSymbol, SymbolTable } from '../program/symbols.ts';
import { LinkMap } from './link-map.ts';

/** A file with symbols or debug information. */
export interface ProgramFile {
  readonly name: string;
  readonly bytes: Uint8Array;
}

export interface ProgramOptions {
  /** Where its debug information is, when that is another file. */
  readonly debug?: ProgramFile | undefined;
  /** Where in RAM a kernel begins whose file does not say so. */
  readonly loadAddress?: bigint | undefined;
}

/** Names of more debug information than this are collected in the background, and are not known until that is done. */
const backgroundBytesMin = 16 * 2 ** 20;

export class Program {
  readonly #symbols: SymbolTable | undefined;
  readonly #file: ProgramFile | undefined;
  readonly links: LinkMap;
  #info: DebugInfo | 'none' | undefined;
  /** Why debug information is not used, to be told to the person. */
  onDamage: (message: string) => void = () => {};

  /** @throws {ProgramError} when a file is no ELF of a 64-bit RISC-V program */
  constructor(file?: ProgramFile, { debug, loadAddress }: ProgramOptions = {}) {
    const elf = file && readElf(file.bytes, file.name);
    const debugElf = debug && readElf(debug.bytes, debug.name, 'symbols');
    const tables = [elf, debugElf].filter((found): found is Elf => found !== undefined).map((e) => new SymbolTable(e));
    this.#symbols = tables.find(({ size }) => size > 0) ?? tables[0];
    this.#file = debug ?? file;
    this.links = new LinkMap((elf ?? debugElf)?.segments ?? [], loadAddress);
  }

  /** The file that the debug information is in: sources may lie near it. */
  get fileName(): string | undefined {
    return this.#file?.name;
  }

  get symbolCount(): number {
    return this.#symbols?.size ?? 0;
  }

  /** The debug information, when there is any. */
  get info(): DebugInfo | undefined {
    if (this.#info === undefined) this.#info = this.try(() => this.#readInfo()) ?? 'none';
    return this.#info === 'none' ? undefined : this.#info;
  }

  #readInfo(): DebugInfo | undefined {
    if (this.#file === undefined) return undefined;
    const info = new DebugInfo(this.#file.bytes, this.#file.name, {
      linkedAddress: (address) => this.links.linked(address),
    });
    if (!info.hasDebugInfo) return undefined;
    if (info.sections.get('.debug_info').bytes.length < backgroundBytesMin) {
      info.names = this.try(() => NameIndex.of([scanNames(info.dwarf).arrays()]));
    } else {
      buildNameIndex(info.dwarf).then(
        (names) => {
          info.names = names;
        },
        (error: unknown) => this.onDamage(error instanceof Error ? error.message : String(error)),
      );
    }
    return info;
  }

  /** What a reading of debug information gives; nothing when it is damaged there. */
  try<Result>(read: () => Result): Result | undefined {
    try {
      return read();
    } catch (error) {
      if (!(error instanceof InputError)) throw error;
      this.onDamage(error.message);
      return undefined;
    }
  }

  find(name: string): ProgramSymbol | undefined {
    return this.#symbols?.find(name);
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
