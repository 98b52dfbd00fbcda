/**
 * The debug information of one program or module, as the rest of the adapter asks for it: lines of addresses and addresses
 * of lines, functions and scopes at a pc, types and variables by name, the caller of a frame. It joins the readers in `dwarf/`,
 * `names/` and `btf/`, each of which can be used alone; it knows no machine, no protocol and no file but the one it was given.
 */

import type { SectionData } from './cursor.ts';
import { AddressMap } from './dwarf/address-map.ts';
import { attribute, tag } from './dwarf/constants.ts';
import type { Entry } from './dwarf/entry.ts';
import { evaluateNumber, type FrameContext } from './dwarf/expression.ts';
import { DwarfFile, type OpenSplit } from './dwarf/file.ts';
import { type FrameRow, FrameTable } from './dwarf/frames.ts';
import {
  frameBaseAt,
  framesAt,
  functionAt,
  functionsOf,
  type ProgramFunction,
  type SourceFrame,
} from './dwarf/functions.ts';
import type { SourceFile } from './dwarf/line-header.ts';
import { type LineRow, type LineTable, lineTableOf } from './dwarf/line-table.ts';
import type { AddressRange } from './dwarf/lists.ts';
import { SourceFiles } from './dwarf/source-files.ts';
import { TypeReader } from './dwarf/type-reader.ts';
import type { Unit } from './dwarf/unit.ts';
import { cfaOf, type MachineState, type Unwinding, unwind } from './dwarf/unwind.ts';
import { DebugSections } from './elf/debug-sections.ts';
import type { SectionAddress } from './elf/relocate.ts';
import { type Elf, type FileBytes, readElf, sectionFlag } from './elf.ts';
import { EarlyNames } from './names/early-names.ts';
import type { NameIndex } from './names/name-index.ts';
import type { NameKind } from './names/records.ts';
import { once } from './once.ts';
import type { Type } from './types/type.ts';
import { Vtables } from './vtables.ts';

export interface DebugInfoOptions {
  /** Where the sections of a module lie. */
  readonly sectionAddress?: SectionAddress;
  /** Gives the file of a split unit; without it, its contents are missing. */
  readonly openSplit?: OpenSplit;
  /** The linked address of one that the program runs at or returns to, where these may differ. */
  readonly linkedAddress?: (address: bigint) => bigint;
  /** What the symbol table says of the function at an address. */
  readonly functionSymbolAt?: (address: bigint) => AddressRange | undefined;
  /** The name of the symbol that an address is in, as the file has it. */
  readonly symbolNameAt?: (address: bigint) => string | undefined;
  /** Is told why a part of the debug information is done without. */
  readonly onDamage?: (message: string) => void;
}

/** A place in the source; `file` is the path as the compiler knew it. */
export interface SourceLine {
  readonly file: SourceFile;
  readonly line: number;
  readonly column: number;
}

/** A function as the source has it, and where in it the pc is: of an outer one, where it calls the next. */
export interface PlacedFrame {
  readonly frame: SourceFrame;
  readonly function: ProgramFunction;
  readonly source: SourceLine | undefined;
}

/** Where the code of a line begins. */
export interface LineAddress {
  readonly unit: Unit;
  readonly file: SourceFile;
  readonly row: LineRow;
}

/** Room for patches before a function's code is a few instructions. */
const patchableBytesMax = 64n;

const typeKinds = {
  structure: [tag.structureType, tag.classType],
  union: [tag.unionType],
  enumeration: [tag.enumerationType],
} as const;

const kindsOfTag: Readonly<Record<number, readonly NameKind[]>> = {
  [tag.structureType]: ['structure', 'class'],
  [tag.classType]: ['class', 'structure'],
  [tag.unionType]: ['union'],
  [tag.enumerationType]: ['enumeration'],
};

export class DebugInfo {
  readonly elf: Elf;
  readonly sections: DebugSections;
  readonly dwarf: DwarfFile;
  readonly types: TypeReader;
  readonly linkedAddress: (address: bigint) => bigint;
  readonly #functionSymbolAt: (address: bigint) => AddressRange | undefined;
  /** Without it, names are found only by a table that the file has (`find`), and in a unit that is named. */
  names: NameIndex | undefined;
  readonly #early: () => EarlyNames;
  readonly #addresses: () => AddressMap;
  #frameTables: readonly FrameTable[] | undefined;
  readonly #sources: SourceFiles;

  /** @throws {ProgramError} when the file is no ELF file of RISC-V; damage inside sections shows when they are read */
  constructor(bytes: FileBytes, file: string, options: DebugInfoOptions = {}) {
    const { sectionAddress, openSplit, linkedAddress, functionSymbolAt, onDamage = () => {} } = options;
    this.linkedAddress = linkedAddress ?? ((address) => address);
    this.#functionSymbolAt = functionSymbolAt ?? (() => undefined);
    this.elf = readElf(bytes, file, 'symbols');
    this.sections = new DebugSections(this.elf, sectionAddress);
    this.dwarf = new DwarfFile(this.sections, openSplit);
    this.#sources = new SourceFiles(this.dwarf);
    this.#addresses = once(() => new AddressMap(this.dwarf, { onDamage, isCode: (at) => isCode(this.elf, at) }));
    this.#early = once(() => new EarlyNames(this.dwarf, onDamage));
    const vtables = new Vtables(this, options.symbolNameAt ?? (() => undefined));
    this.types = new TypeReader(
      (declaration) => this.#definitionOf(declaration),
      (address) => vtables.typeAt(address),
    );
  }

  get hasDebugInfo(): boolean {
    return this.sections.has('.debug_info');
  }

  get btf(): SectionData | undefined {
    return this.sections.has('.BTF') ? this.sections.get('.BTF') : undefined;
  }

  /** The unit with the code at an address, complete. */
  unitAt(address: bigint): Unit | undefined {
    const unit = this.#addresses().at(address);
    return unit === undefined ? undefined : this.dwarf.complete(unit);
  }

  /** The source line of an instruction. Of a caller's frame, ask for the address before the return address. */
  lineAt(address: bigint): SourceLine | undefined {
    const described = this.describedAddress(address);
    const unit = this.unitAt(described);
    const table = unit === undefined ? undefined : lineTableOf(unit);
    const row = table?.at(described);
    return table === undefined || row === undefined ? undefined : sourceLine(table, row.file, row.line, row.column);
  }

  functionAt(address: bigint): ProgramFunction | undefined {
    return this.#describedFunction(address) ?? this.#patchableFunction(address);
  }

  /**
   * The address that debug information speaks of. A kernel that can be traced is compiled with room for a patch
   * (`-fpatchable-function-entry`) between a function's symbol and the code that is described: nothing has happened there
   * yet, so it is where that code begins.
   */
  describedAddress(address: bigint): bigint {
    if (this.#describedFunction(address) !== undefined) return address;
    return this.#patchableFunction(address)?.entryPc ?? address;
  }

  #describedFunction(address: bigint): ProgramFunction | undefined {
    const unit = this.unitAt(address);
    return unit === undefined ? undefined : functionAt(unit, address);
  }

  #patchableFunction(address: bigint): ProgramFunction | undefined {
    const symbol = this.#functionSymbolAt(address);
    if (symbol === undefined || address - symbol.low >= patchableBytesMax) return undefined;
    const unit = this.unitAt(symbol.high - 1n);
    const isBehind = ({ entryPc }: ProgramFunction) =>
      entryPc > address && entryPc < symbol.high && entryPc - symbol.low <= patchableBytesMax;
    return unit === undefined ? undefined : functionsOf(unit).find(isBehind);
  }

  /** The function at an address and those inlined in it there, innermost first, each with its place in the source. */
  framesAt(address: bigint): readonly PlacedFrame[] {
    const described = this.describedAddress(address);
    const own = this.#describedFunction(described);
    if (own === undefined) return [];
    const table = lineTableOf(own.entry.unit);
    let source = this.lineAt(described);
    return framesAt(own, described).map((frame) => {
      const placed = { frame, function: own, source };
      const { call } = frame;
      source = call && table && sourceLine(table, call.file, call.line, call.column);
      return placed;
    });
  }

  /**
   * Where a function's body begins, after its prologue: the row that says so, or the second line of the function, as
   * compilers that mark nothing (GCC) are read by every debugger.
   */
  bodyAddress(own: ProgramFunction): bigint {
    const table = lineTableOf(own.entry.unit);
    const range = own.ranges.find(({ low, high }) => own.entryPc >= low && own.entryPc < high);
    if (table === undefined || range === undefined) return own.entryPc;
    let first: LineRow | undefined;
    let second: LineRow | undefined;
    for (const row of table.between(own.entryPc, range.high)) {
      if (row.prologueEnd) return row.address;
      if (row.line === 0 || !row.isStatement) continue;
      if (first === undefined) first = row;
      else if (second === undefined && row.address > first.address) second = row;
    }
    return second?.address ?? own.entryPc;
  }

  /** The paths of the source files of one name (the last part), as the compiler knew them. */
  pathsNamed(name: string): readonly string[] {
    return this.#sources.named(name).map(({ file }) => file.path);
  }

  /** The paths of all source files, as the compiler knew them. */
  sourcePaths(): readonly string[] {
    return this.#sources.paths();
  }

  /**
   * Where the code of a line begins, in every unit that has the file. A line without code means the next one that has any.
   * @param path the end of the file's path, whole parts: `sched/core.c`
   */
  addressesOf(path: string, line: number): { line: number; addresses: readonly LineAddress[] } | undefined {
    const name = path.slice(path.lastIndexOf('/') + 1);
    let best = Number.POSITIVE_INFINITY;
    let addresses: LineAddress[] = [];
    for (const { file, units } of this.#sources.named(name)) {
      if (file.path !== path && !file.path.endsWith(`/${path}`)) continue;
      for (const [unit, numbers] of units) {
        const found = lineTableOf(unit)?.statementsFrom(numbers, line);
        if (found === undefined || found.line > best) continue;
        if (found.line < best) addresses = [];
        best = found.line;
        for (const row of found.rows) addresses.push({ unit, file, row });
      }
    }
    return addresses.length === 0 ? undefined : { line: best, addresses };
  }

  /** The entry of a name of one of some kinds, the first in the file. Before names are collected, it may not be known. */
  find(name: string, kinds: readonly NameKind[]): Entry | undefined {
    const found = this.names === undefined ? this.#early().first(name, kinds) : this.names.find(name, kinds)[0];
    return found === undefined ? undefined : this.dwarf.namedEntry(found.offset, found.inTypes);
  }

  type(name: string, kinds: readonly NameKind[]): Type | undefined {
    const entry = this.find(name, kinds);
    return entry === undefined ? undefined : this.types.read(entry);
  }

  #definitionOf(declaration: Entry): Entry | undefined {
    const kinds = kindsOfTag[declaration.tag];
    const { name } = declaration;
    if (kinds === undefined || name === undefined) return undefined;
    return this.find(name, kinds) ?? inOwnUnit(declaration, name);
  }

  /** The row of call frame information at a pc: .debug_frame before .eh_frame. */
  frameRowAt(pc: bigint): FrameRow | undefined {
    this.#frameTables ??= [
      ...(this.sections.has('.debug_frame') ? [new FrameTable(this.sections.get('.debug_frame'))] : []),
      ...(this.sections.has('.eh_frame')
        ? [new FrameTable(this.sections.get('.eh_frame'), this.sections.address('.eh_frame'))]
        : []),
    ];
    const rowAt = (address: bigint): FrameRow | undefined => {
      for (const table of this.#frameTables ?? []) {
        const row = table.at(address);
        if (row !== undefined) return row;
      }
      return undefined;
    };
    return rowAt(pc) ?? rowAt(this.describedAddress(pc));
  }

  /** The caller of a frame. For a frame that made a call, the row is that of the call, not of what comes after it. */
  unwind(state: MachineState, isCaller = false): Unwinding {
    const row = this.frameRowAt(isCaller ? state.pc - 1n : state.pc);
    const unit = this.dwarf.units[0];
    if (row === undefined || unit === undefined) return { kind: 'unavailable', why: 'no call frame information' };
    return unwind(row, state, unit);
  }

  /**
   * What location expressions of a function ask of its frame.
   * @param pc where in the function the frame is: of a caller, the address before the return address
   */
  frameContext(
    own: ProgramFunction,
    state: MachineState,
    pc = state.pc,
    more: Partial<FrameContext> = {},
  ): FrameContext {
    const { unit } = own.entry;
    const cfa = () => {
      const row = this.frameRowAt(pc);
      return row === undefined ? undefined : cfaOf(row.cfa, state, unit);
    };
    const context: FrameContext = {
      pc,
      readRegister: (number) => state.readRegister(number),
      readMemory: (address, sizeBytes) => state.readMemory(address, sizeBytes),
      cfa,
      frameBase: () => {
        const expression = frameBaseAt(own, pc);
        return expression && evaluateNumber(expression, unit, { ...context, frameBase: () => undefined });
      },
      ...more,
    };
    return context;
  }
}

/** Whether an address is in code. The sections of an object file are wherever they were put. */
const isCode = ({ kind, sections }: Elf, address: bigint): boolean =>
  kind === 'object' ||
  sections.some(
    ({ flags, address: low, sizeBytes }) =>
      (flags & sectionFlag.execute) !== 0n && address >= low && address < low + sizeBytes,
  );

const sourceLine = (table: LineTable, number: number, line: number, column: number): SourceLine | undefined => {
  const file = table.files[number];
  return file === undefined ? undefined : { file, line, column };
};

const inOwnUnit = (declaration: Entry, name: string): Entry | undefined => {
  const wanted: readonly number[] =
    Object.values(typeKinds).find((tags) => tags.includes(declaration.tag as never)) ?? [];
  for (const child of declaration.unit.root.children()) {
    if (wanted.includes(child.tag) && child.name === name && !child.flag(attribute.declaration)) return child;
  }
  return undefined;
};
