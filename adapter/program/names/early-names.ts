/**
 * Answers by name before the names of a program are collected, from a table that the file has: .debug_names or .gdb_index.
 * The units that it gives for a name are scanned, and nothing else, so an answer is one that the whole scan gives, too; of a type
 * that many units repeat, perhaps as another unit has it. What a table does not have is not known.
 */

import type { DwarfFile } from '../dwarf/file.ts';
import type { Unit } from '../dwarf/unit.ts';
import { InputError } from '../input-error.ts';
import { once } from '../once.ts';
import { DebugNames } from './debug-names.ts';
import { GdbIndex } from './gdb-index.ts';
import { type NamedEntry, NameIndex } from './name-index.ts';
import type { NameTable } from './name-table.ts';
import type { NameKind } from './records.ts';
import { scanNames } from './scan.ts';

/** Of one name, so many units are scanned: a hash that lies leads nowhere. */
const unitsMax = 16;
/** Names of so many units are remembered. */
const rememberedMax = 256;

const readers: readonly ((file: DwarfFile) => NameTable | undefined)[] = [DebugNames.of, GdbIndex.of];

export class EarlyNames {
  readonly #file: DwarfFile;
  /** Those that were found to be damaged are left out. */
  #tables: readonly (() => NameTable | undefined)[];
  readonly #onDamage: (message: string) => void;
  readonly #scanned = new Map<Unit, NameIndex>();

  /** @param onDamage is told why a table is not used */
  constructor(file: DwarfFile, onDamage: (message: string) => void = () => {}) {
    this.#file = file;
    this.#onDamage = onDamage;
    this.#tables = readers.map((read) => once(() => read(file)));
  }

  /** The first entry in the file of a name and of one of some kinds, or nothing when that is not known. */
  first(name: string, kinds: readonly NameKind[]): NamedEntry | undefined {
    for (const table of this.#tables) {
      try {
        const found = this.#firstIn(table(), name, kinds);
        if (found !== undefined) return found;
      } catch (error) {
        if (!(error instanceof InputError)) throw error;
        this.#tables = this.#tables.filter((one) => one !== table);
        this.#onDamage(error.message);
      }
    }
    return undefined;
  }

  #firstIn(table: NameTable | undefined, name: string, kinds: readonly NameKind[]): NamedEntry | undefined {
    const inOrder = [...(table?.unitsOf(name) ?? [])].sort((a, b) => this.#place(a) - this.#place(b));
    for (const unit of inOrder.slice(0, unitsMax)) {
      const [found] = this.#namesOf(unit).find(name, kinds);
      if (found !== undefined) return found;
    }
    return undefined;
  }

  /** Units of .debug_types come behind all others. */
  #place({ header }: Unit): number {
    const isApart = header.section !== this.#file.section('.debug_info');
    return header.offset + (isApart ? this.#file.section('.debug_info').bytes.length : 0);
  }

  #namesOf(unit: Unit): NameIndex {
    let names = this.#scanned.get(unit);
    if (names === undefined) {
      names = NameIndex.of([scanNames(this.#file, [unit]).arrays()]);
      if (this.#scanned.size >= rememberedMax) this.#scanned.clear();
      this.#scanned.set(unit, names);
    }
    return names;
  }
}
