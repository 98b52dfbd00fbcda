/** The program that runs in the guest, as far as the debugger knows it: its symbols. It may know none. */

import { readElf } from '../program/elf.ts';
import { describePlace, type ProgramSymbol, SymbolTable as Symbols, type SymbolTable } from '../program/symbols.ts';

export class Program {
  readonly #symbols: SymbolTable | undefined;

  constructor(symbols: SymbolTable | undefined) {
    this.#symbols = symbols;
  }

  /** @throws {ProgramError} when the file is no ELF of a 64-bit RISC-V program */
  static fromElf(bytes: Uint8Array, file: string): Program {
    return new Program(new Symbols(readElf(bytes, file)));
  }

  get symbolCount(): number {
    return this.#symbols?.size ?? 0;
  }

  find(name: string): ProgramSymbol | undefined {
    return this.#symbols?.find(name);
  }

  /** The start of the symbol that an address lies in. */
  startOf(address: bigint): bigint | undefined {
    return this.#symbols?.at(address)?.symbol.address;
  }

  /** `usertrap+0x1c`, or nothing. */
  symbolic(address: bigint): string | undefined {
    const place = this.#symbols?.at(address);
    return place === undefined ? undefined : describePlace(place);
  }

  /** `0x80001234 (usertrap+0x1c)`, or the number alone. */
  describe(address: bigint): string {
    const number = `0x${address.toString(16)}`;
    const symbolic = this.symbolic(address);
    return symbolic === undefined ? number : `${number} (${symbolic})`;
  }
}
