/**
 * A unit's line table: which line the instruction at an address comes from, and the other way round. Rows are kept in flat
 * arrays, sorted by sequence; an object is made for the row that somebody asks for. DWARF 5 chapter 6.2.
 */

import { once, onceFor } from '../once.ts';
import { countUpTo } from '../sorted.ts';
import type { DwarfFile } from './file.ts';
import { type LineHeader, linePlace, readLineHeader, type SourceFile } from './line-header.ts';
import type { Unit } from './unit.ts';

export interface LineRow {
  readonly address: bigint;
  /** Where the next row begins. */
  readonly end: bigint;
  readonly file: number;
  readonly line: number;
  readonly column: number;
  readonly isStatement: boolean;
  readonly prologueEnd: boolean;
  readonly epilogueBegin: boolean;
}

const flag = { statement: 1, prologueEnd: 2, epilogueBegin: 4 } as const;
const opcode = {
  copy: 1,
  advancePc: 2,
  advanceLine: 3,
  setFile: 4,
  setColumn: 5,
  negateStatement: 6,
  setBasicBlock: 7,
  constAddPc: 8,
  fixedAdvancePc: 9,
  setPrologueEnd: 10,
  setEpilogueBegin: 11,
  setIsa: 12,
} as const;
const extended = { endSequence: 1, setAddress: 2, setDiscriminator: 4 } as const;

/** Rows `first` up to `last`, for addresses from `low` up to `high`; the last row is where it ends, and is no code. */
interface Sequence {
  readonly low: bigint;
  readonly high: bigint;
  readonly first: number;
  readonly last: number;
}

/** A line whose code begins in more places than this has the first of them. */
const statementsMax = 10_000;

export class LineTable {
  readonly files: readonly SourceFile[];
  readonly #sequences: readonly Sequence[];
  readonly #addresses: BigUint64Array;
  readonly #lines: Uint32Array;
  readonly #files: Uint32Array;
  readonly #columns: Uint32Array;
  readonly #flags: Uint8Array;

  constructor(header: LineHeader) {
    this.files = header.files;
    const program = new LineProgram(header);
    program.run();
    const { rowCount, rows } = program;
    this.#addresses = rows.addresses.slice(0, rowCount);
    this.#lines = rows.lines.slice(0, rowCount);
    this.#files = rows.files.slice(0, rowCount);
    this.#columns = rows.columns.slice(0, rowCount);
    this.#flags = rows.flags.slice(0, rowCount);
    this.#sequences = program.sequences.sort((a, b) => (a.low < b.low ? -1 : a.low > b.low ? 1 : 0));
  }

  get rowCount(): number {
    return this.#lines.length;
  }

  #row(index: number): LineRow {
    const flags = this.#flags[index]!;
    return {
      address: this.#addresses[index]!,
      end: this.#addresses[index + 1]!,
      file: this.#files[index]!,
      line: this.#lines[index]!,
      column: this.#columns[index]!,
      isStatement: (flags & flag.statement) !== 0,
      prologueEnd: (flags & flag.prologueEnd) !== 0,
      epilogueBegin: (flags & flag.epilogueBegin) !== 0,
    };
  }

  /** All rows that are code, sequence by sequence in ascending order of address. */
  *rows(): Generator<LineRow> {
    for (const { first, last } of this.#sequences) {
      for (let index = first; index < last; index++) yield this.#row(index);
    }
  }

  /** The rows of one sequence that has the address, and the number of the last one at or before it. */
  #find(address: bigint): { sequence: Sequence; index: number } | undefined {
    for (const sequence of this.#sequences) {
      if (address < sequence.low || address >= sequence.high) continue;
      const { first, last } = sequence;
      const count = countUpTo(last - first, (index) => this.#addresses[first + index]!, address);
      if (count > 0) return { sequence, index: first + count - 1 };
    }
    return undefined;
  }

  /** The row of an address: of several that begin at the same one, the last, which is the one that has the code. */
  at(address: bigint): LineRow | undefined {
    const found = this.#find(address);
    return found === undefined ? undefined : this.#row(found.index);
  }

  /** All rows that begin where the row of this address begins, in the order of the program. */
  allAt(address: bigint): readonly LineRow[] {
    const found = this.#find(address);
    if (found === undefined) return [];
    let first = found.index;
    while (first > found.sequence.first && this.#addresses[first - 1] === this.#addresses[found.index]) first--;
    return Array.from({ length: found.index - first + 1 }, (_, offset) => this.#row(first + offset));
  }

  /** Rows of a range of addresses, in ascending order. */
  *between(low: bigint, high: bigint): Generator<LineRow> {
    for (const row of this.rows()) if (row.address < high && row.end > low) yield row;
  }

  /**
   * The statements of the first line at or after `line` in a file that has any: what a breakpoint on that line means. Only
   * the first row of each run of rows of that line is given.
   */
  statementsFrom(
    fileNumbers: ReadonlySet<number>,
    line: number,
  ): { line: number; rows: readonly LineRow[] } | undefined {
    let best = Number.POSITIVE_INFINITY;
    for (const { first, last } of this.#sequences) {
      for (let index = first; index < last; index++) {
        const found = this.#lines[index]!;
        if (found >= line && found < best && this.#isStatementOf(fileNumbers, index)) best = found;
      }
    }
    if (best === Number.POSITIVE_INFINITY) return undefined;
    const rows: LineRow[] = [];
    for (const { first, last } of this.#sequences) {
      let inside = false;
      for (let index = first; index < last; index++) {
        const same = this.#lines[index] === best && fileNumbers.has(this.#files[index]!);
        if (same && !inside && !this.#isStatementOf(fileNumbers, index)) continue;
        if (same && !inside && rows.length < statementsMax) rows.push(this.#row(index));
        inside = same;
      }
    }
    return { line: best, rows };
  }

  #isStatementOf(fileNumbers: ReadonlySet<number>, index: number): boolean {
    return (this.#flags[index]! & flag.statement) !== 0 && fileNumbers.has(this.#files[index]!);
  }
}

/** Rows, column by column. */
interface RowArrays {
  readonly addresses: BigUint64Array<ArrayBuffer>;
  readonly lines: Uint32Array<ArrayBuffer>;
  readonly files: Uint32Array<ArrayBuffer>;
  readonly columns: Uint32Array<ArrayBuffer>;
  readonly flags: Uint8Array<ArrayBuffer>;
}

const rowArrays = (count: number, old?: RowArrays): RowArrays => {
  const arrays = {
    addresses: new BigUint64Array(count),
    lines: new Uint32Array(count),
    files: new Uint32Array(count),
    columns: new Uint32Array(count),
    flags: new Uint8Array(count),
  };
  if (old !== undefined) {
    arrays.addresses.set(old.addresses);
    arrays.lines.set(old.lines);
    arrays.files.set(old.files);
    arrays.columns.set(old.columns);
    arrays.flags.set(old.flags);
  }
  return arrays;
};

/** The line number program: a state machine that makes rows. DWARF 5 chapters 6.2.2 and 6.2.5. */
class LineProgram {
  readonly #header: LineHeader;
  rowCount = 0;
  /** With room for more than there are. */
  rows = rowArrays(256);
  readonly sequences: Sequence[] = [];
  #first = 0;
  #address = 0n;
  #operation = 0;
  #file = 1;
  #line = 1;
  #column = 0;
  #flags = 0;

  constructor(header: LineHeader) {
    this.#header = header;
    this.#reset();
  }

  #reset(): void {
    this.#first = this.rowCount;
    this.#address = 0n;
    this.#operation = 0;
    this.#file = 1;
    this.#line = 1;
    this.#column = 0;
    this.#flags = this.#header.defaultIsStatement ? flag.statement : 0;
  }

  #emit(): void {
    if (this.rowCount === this.rows.lines.length) this.rows = rowArrays(2 * this.rowCount, this.rows);
    const { addresses, lines, files, columns, flags } = this.rows;
    const row = this.rowCount++;
    addresses[row] = this.#address;
    lines[row] = Math.max(0, this.#line);
    files[row] = this.#file;
    columns[row] = this.#column;
    flags[row] = this.#flags;
    this.#flags &= flag.statement;
  }

  #endSequence(): void {
    const { addresses } = this.rows;
    const last = this.rowCount - 1;
    // A linker that drops a function leaves its rows at address 0, or at all ones; they are nobody's code.
    const [low, high] = [addresses[this.#first]!, addresses[last]!];
    if (low !== 0n && high > low) this.sequences.push({ low, high, first: this.#first, last });
    this.#reset();
  }

  #advance(operations: number): void {
    const { instructionBytesMin, operationsMax } = this.#header;
    if (operationsMax <= 1) {
      this.#address += BigInt(operations * instructionBytesMin);
      return;
    }
    const total = this.#operation + operations;
    this.#address += BigInt(instructionBytesMin * Math.floor(total / operationsMax));
    this.#operation = total % operationsMax;
  }

  run(): void {
    const { program: cursor, opcodeBase, lineBase, lineRange, operandCounts } = this.#header;
    while (!cursor.atEnd) {
      const code = cursor.u8();
      if (code >= opcodeBase) {
        const adjusted = code - opcodeBase;
        this.#advance(Math.floor(adjusted / lineRange));
        this.#line += lineBase + (adjusted % lineRange);
        this.#emit();
      } else if (code === 0) this.#extended();
      else this.#standard(code, operandCounts[code - 1] ?? 0);
    }
  }

  #standard(code: number, operands: number): void {
    const { program: cursor, opcodeBase, lineRange } = this.#header;
    switch (code) {
      case opcode.copy:
        this.#emit();
        return;
      case opcode.advancePc:
        this.#advance(cursor.uleb());
        return;
      case opcode.advanceLine:
        this.#line += cursor.sleb();
        return;
      case opcode.setFile:
        this.#file = cursor.uleb();
        return;
      case opcode.setColumn:
        this.#column = cursor.uleb();
        return;
      case opcode.negateStatement:
        this.#flags ^= flag.statement;
        return;
      case opcode.setBasicBlock:
        return;
      case opcode.constAddPc:
        this.#advance(Math.floor((255 - opcodeBase) / lineRange));
        return;
      case opcode.fixedAdvancePc:
        this.#address += BigInt(cursor.u16());
        this.#operation = 0;
        return;
      case opcode.setPrologueEnd:
        this.#flags |= flag.prologueEnd;
        return;
      case opcode.setEpilogueBegin:
        this.#flags |= flag.epilogueBegin;
        return;
      case opcode.setIsa:
        cursor.skipLeb();
        return;
      default:
        for (let operand = 0; operand < operands; operand++) cursor.skipLeb();
    }
  }

  #extended(): void {
    const { program: cursor } = this.#header;
    const length = cursor.uleb();
    const next = cursor.offset + length;
    if (length === 0 || length > cursor.left) throw cursor.damaged(`a length up to ${cursor.left}`, `${length}`);
    const code = cursor.u8();
    if (code === extended.endSequence) {
      this.#emit();
      this.#endSequence();
    } else if (code === extended.setAddress) {
      this.#address = cursor.unsigned(length - 1);
      this.#operation = 0;
    }
    cursor.offset = next;
  }
}

/** Of each file, the tables by the key of their place. */
const tables = new WeakMap<DwarfFile, Map<string, () => LineTable>>();

/** The unit's line table, decoded once for all units that share it; nothing when it has none. */
export const lineTableOf = onceFor((unit: Unit): LineTable | undefined => {
  const place = linePlace(unit);
  if (place === undefined) return undefined;
  const { file } = place.owner;
  let ofFile = tables.get(file);
  if (ofFile === undefined) {
    ofFile = new Map();
    tables.set(file, ofFile);
  }
  let table = ofFile.get(place.key);
  if (table === undefined) {
    table = once(() => new LineTable(readLineHeader(unit)!));
    ofFile.set(place.key, table);
  }
  return table();
});
