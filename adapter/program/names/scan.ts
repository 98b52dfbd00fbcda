/**
 * Scans units for the names of functions, variables and types at the outermost level, in namespaces, and in classes; and for
 * enumerators. This is the one place that passes millions of entries, so it works on bytes and numbers alone: no object is
 * made for an entry, and the inside of functions and repeated types is passed over by DW_AT_sibling or by shapes.
 */

import { Cursor } from '../cursor.ts';
import { form, language, tag } from '../dwarf/constants.ts';
import type { DwarfFile } from '../dwarf/file.ts';
import type { Unit } from '../dwarf/unit.ts';
import { inTypesFlag, NameRecords, nameKind } from './records.ts';
import { mark, Shapes, shape, shapeColumns, shapeFlag, step } from './shapes.ts';

const depthMax = 64;
const originDepthMax = 4;

/** All units of a file: those of .debug_info and after them those of .debug_types. */
export const unitsInOrder = (file: DwarfFile): readonly Unit[] => [...file.units, ...file.typeUnits];

/**
 * The names of units of a file, by default of all; of what is in other files, with the types that they have in units of their own.
 * @throws {ProgramError} when one is damaged
 */
export const scanNames = (file: DwarfFile, units = unitsInOrder(file)): NameRecords => {
  const scan = new Scan();
  const others = new Set<DwarfFile>();
  const scanOne = (unit: Unit): void => {
    const start = file.startOf(unit);
    if (start === undefined) return;
    const { section, offset, end } = unit.header;
    section.load?.(offset, end);
    scan.unit(unit, start);
  };
  for (const one of units) {
    const unit = file.complete(one);
    scanOne(unit);
    if (unit.file === file || others.has(unit.file)) continue;
    others.add(unit.file);
    for (const other of unitsInOrder(unit.file)) if (other.isType) scanOne(other);
  }
  return scan.records;
};

class Scan {
  readonly records = new NameRecords();
  #bytes: Uint8Array = new Uint8Array(0);
  #strings: Uint8Array = new Uint8Array(0);
  /** Where the entries of the unit's file begin, in the row of all files. */
  #start = 0;
  readonly #shapes = new Shapes();
  /** Where the marks of the entry under way are. */
  readonly #places = new Int32Array(8);
  #unit!: Unit;
  #end = 0;
  #longNameBytes = 0;
  #inTypes = 0;

  unit(unit: Unit, start: number): void {
    const { header, file } = unit;
    this.#unit = unit;
    this.#start = start;
    this.#strings = file.section('.debug_str').bytes;
    this.#bytes = header.section.bytes;
    this.#inTypes = header.section.name.startsWith('.debug_types') ? inTypesFlag : 0;
    this.#end = header.end;
    const abbreviations = file.section('.debug_abbrev');
    const at = header.abbreviationsAt + unit.contribution.abbrev;
    this.#shapes.compile(abbreviations, at, header.offsetBytes, header.addressBytes, header.version);
    const nested = isNestedLanguage(unit.language);
    const scopes = new Uint32Array(depthMax + 1);
    const bytes = this.#bytes;
    let depth = 0;
    let offset = header.firstEntry;
    while (offset < this.#end) {
      const start = offset;
      let code = bytes[offset++]!;
      if (code === 0) {
        if (--depth <= 0) return;
        continue;
      }
      if (code >= 0x80) {
        const cursor = new Cursor(header.section, start, this.#end);
        code = cursor.uleb();
        offset = cursor.offset;
      }
      const base = this.#shapeOf(code, start);
      const { columns } = this.#shapes;
      const after = this.#walk(base, offset);
      const siblingAt = this.#places[mark.sibling]!;
      const kindOfEntry = columns[base + shape.tag]!;
      const record = depth === 0 ? -1 : this.#record(base, kindOfEntry, start, offset, scopes[depth]!);
      if (columns[base + shape.hasChildren] === 0) {
        offset = after;
        continue;
      }
      const isNew = record > 0;
      const inside =
        kindOfEntry === tag.compileUnit ||
        kindOfEntry === tag.partialUnit ||
        kindOfEntry === tag.typeUnit ||
        kindOfEntry === tag.namespace ||
        (kindOfEntry === tag.enumerationType && (isNew || record === 0)) ||
        (nested && isNew && isClass(kindOfEntry)) ||
        kindOfEntry === tag.importedUnit;
      if (inside && depth < depthMax) {
        depth++;
        // Enumerators of C belong to the scope around their type.
        const named =
          kindOfEntry === tag.namespace || isClass(kindOfEntry) || (kindOfEntry === tag.enumerationType && nested);
        scopes[depth] = named && record !== 0 && depth > 1 ? Math.abs(record) : (scopes[depth - 1] ?? 0);
        offset = after;
      } else offset = this.#pass(base, siblingAt, after);
    }
  }

  #shapeOf(code: number, at: number): number {
    const number = this.#shapes.codes[code];
    if (number === undefined || number === 0) {
      throw this.#unit.cursor(at).damaged("an entry's abbreviation", `code ${code}`, at);
    }
    return (number - 1) * shapeColumns;
  }

  /** Passes the attributes that begin at an offset and notes where the wanted ones are. */
  #walk(base: number, offset: number): number {
    const { columns, steps } = this.#shapes;
    const places = this.#places;
    const sizeBytes = columns[base + shape.sizeBytes]!;
    if (sizeBytes >= 0) {
      const after = offset + sizeBytes;
      if (after > this.#end) throw this.#unit.cursor(offset).damaged(`${sizeBytes} bytes here`, 'fewer');
      places[mark.name] = offset + columns[base + shape.marks + 2 * mark.name]!;
      places[mark.sibling] = offset + columns[base + shape.marks + 2 * mark.sibling]!;
      places[mark.byteSize] = offset + columns[base + shape.marks + 2 * mark.byteSize]!;
      places[mark.declarationLine] = offset + columns[base + shape.marks + 2 * mark.declarationLine]!;
      places[mark.origin] = offset + columns[base + shape.marks + 2 * mark.origin]!;
      return after;
    }
    const bytes = this.#bytes;
    const last = columns[base + shape.programEnd]!;
    let at = offset;
    for (let index = columns[base + shape.programStart]!; index < last; index++) {
      const operand = steps[2 * index + 1]!;
      switch (steps[2 * index]!) {
        case step.skip:
          at += operand;
          break;
        case step.mark:
          places[operand] = at;
          break;
        case step.leb:
          while (bytes[at++]! >= 0x80);
          break;
        case step.text:
          while (at < this.#end && bytes[at] !== 0) at++;
          at++;
          break;
        case step.block: {
          let length = 0;
          let scale = 1;
          let byte: number;
          do {
            byte = bytes[at++] ?? 0;
            length += (byte & 0x7f) * scale;
            scale *= 128;
          } while (byte >= 0x80);
          at += length;
          break;
        }
        case step.block1:
          at += 1 + (bytes[at] ?? 0);
          break;
        case step.block2:
          at += 2 + this.#number(at, form.data2);
          break;
        case step.block4:
          at += 4 + this.#number(at, form.data4);
          break;
        default:
          throw this.#unit.cursor(offset).damaged('a direct form', 'DW_FORM_indirect in a file of this size');
      }
      if (at > this.#end) throw this.#unit.cursor(offset).damaged("attributes within the unit's bytes", 'more');
    }
    return at;
  }

  #number(at: number, kind: number): number {
    const bytes = this.#bytes;
    switch (kind) {
      case form.data1:
      case form.ref1:
      case form.strx1:
        return bytes[at]!;
      case form.data2:
      case form.ref2:
      case form.strx2:
        return bytes[at]! | (bytes[at + 1]! << 8);
      case form.strx3:
        return bytes[at]! | (bytes[at + 1]! << 8) | (bytes[at + 2]! << 16);
      case form.data4:
      case form.ref4:
      case form.strx4:
      case form.strp:
      case form.refAddr:
        return (bytes[at]! | (bytes[at + 1]! << 8) | (bytes[at + 2]! << 16) | (bytes[at + 3]! << 24)) >>> 0;
      case form.udata:
      case form.strx:
      case form.refUdata:
      case form.gnuStrIndex:
        return this.#unit.cursor(at).uleb();
      default:
        return 0;
    }
  }

  /** The offset after an entry's children, which begin at `after`. */
  #pass(base: number, siblingAt: number, after: number): number {
    const { columns } = this.#shapes;
    const kind = columns[base + shape.marks + 2 * mark.sibling + 1]!;
    if (kind === form.ref4 || kind === form.ref2 || kind === form.ref1 || kind === form.refUdata) {
      const target = this.#unit.header.offset + this.#number(siblingAt, kind);
      if (target < after || target > this.#end) {
        throw this.#unit.cursor(siblingAt).damaged('a sibling after this entry', `0x${target.toString(16)}`);
      }
      return target;
    }
    const bytes = this.#bytes;
    let at = after;
    for (let depth = 1; depth > 0 && at < this.#end; ) {
      let code = bytes[at++]!;
      if (code === 0) {
        depth--;
        continue;
      }
      if (code >= 0x80) {
        const cursor = this.#unit.cursor(at - 1);
        code = cursor.uleb();
        at = cursor.offset;
      }
      const inner = this.#shapeOf(code, at);
      at = this.#walk(inner, at);
      if (columns[inner + shape.hasChildren] !== 0) depth++;
    }
    return at;
  }

  /** Adds the entry if it names something: its record's number and 1 more, the same negative if it repeats one, or 0. */
  #record(base: number, kindOfEntry: number, start: number, offset: number, scope: number): number {
    const kindAlone = this.#kindOf(base, kindOfEntry);
    if (kindAlone === 0) return 0;
    const kind = kindAlone | this.#inTypes;
    const { columns } = this.#shapes;
    const marks = base + shape.marks;
    const sizeForm = columns[marks + 2 * mark.byteSize + 1]!;
    const lineForm = columns[marks + 2 * mark.declarationLine + 1]!;
    const sizeBytes = sizeForm === 0 ? 0 : this.#number(this.#places[mark.byteSize]!, sizeForm);
    const line = lineForm === 0 ? 0 : this.#number(this.#places[mark.declarationLine]!, lineForm);
    const detail = (Math.imul(sizeBytes, 65_599) + line) >>> 0;
    const nameForm = columns[marks + 2 * mark.name + 1]!;
    let added: number;
    if (nameForm !== 0) added = this.#addNamed(kind, start, scope, detail, this.#places[mark.name]!, nameForm);
    else added = this.#addByOrigin(base, kind, start, offset, scope, detail);
    if (added === Number.NEGATIVE_INFINITY) return 0;
    return added >= 0 ? added + 1 : added;
  }

  #kindOf(base: number, kindOfEntry: number): number {
    const flags = this.#shapes.columns[base + shape.flags]!;
    switch (kindOfEntry) {
      case tag.subprogram:
        if ((flags & shapeFlag.code) !== 0) return nameKind.function;
        return (flags & shapeFlag.inline) !== 0 ? nameKind.inlineFunction : 0;
      case tag.variable:
      case tag.member: // a static member of a class in DWARF 4
        return (flags & shapeFlag.location) !== 0 ? nameKind.variable : 0;
      case tag.namespace:
        return nameKind.namespace;
      case tag.enumerator:
        return nameKind.enumerator;
      default:
        break;
    }
    if ((flags & shapeFlag.declaration) !== 0) return 0;
    switch (kindOfEntry) {
      case tag.structureType:
        return nameKind.structure;
      case tag.classType:
        return nameKind.class;
      case tag.unionType:
        return nameKind.union;
      case tag.enumerationType:
        return nameKind.enumeration;
      case tag.typedef:
      case tag.templateAlias:
        return nameKind.typedef;
      case tag.baseType:
      case tag.unspecifiedType:
        return nameKind.baseType;
      default:
        return 0;
    }
  }

  #addNamed(kind: number, entry: number, scope: number, detail: number, at: number, nameForm: number): number {
    let bytes = this.#strings;
    let start: number;
    switch (nameForm) {
      case form.strp:
        if (this.#unit.header.offsetBytes !== 4) return this.#addSlowly(kind, entry, scope, detail);
        start = this.#number(at, form.strp);
        break;
      case form.string:
        bytes = this.#bytes;
        start = at;
        break;
      case form.strx:
      case form.strx1:
      case form.strx2:
      case form.strx3:
      case form.strx4:
      case form.gnuStrIndex: {
        const { bases, header } = this.#unit;
        const place = bases.strOffsets + this.#number(at, nameForm) * header.offsetBytes;
        start = new Cursor(this.#unit.file.section('.debug_str_offsets'), place).sized(header.offsetBytes);
        break;
      }
      default:
        return this.#addSlowly(kind, entry, scope, detail);
    }
    const end = textEnd(bytes, start);
    if (end < 0) throw this.#unit.cursor(at).damaged('the place of a name', `0x${start.toString(16)}`);
    if (end - start >= longNameBytesMin) {
      // Long names are copied, which many entries that point into the same one would make much of.
      this.#longNameBytes += end - start;
      const bytesMax = longNamesRatioMax * (bytes.length + this.#bytes.length) + longNamesBytesMin;
      if (this.#longNameBytes > bytesMax)
        throw this.#unit.cursor(at).damaged('names that do not overlap', 'some that do');
    }
    return this.records.add(kind, this.#start + entry, scope, detail, bytes, start, end);
  }

  /** An entry without a name completes one that has it: an inline function's own code, a member that is defined outside. */
  #addByOrigin(base: number, kind: number, entry: number, offset: number, scope: number, detail: number): number {
    const { columns } = this.#shapes;
    const { header } = this.#unit;
    const originForms = base + shape.marks + 2 * mark.origin + 1;
    let kindOfForm = columns[originForms]!;
    if (kindOfForm === 0) return Number.NEGATIVE_INFINITY;
    for (let depth = 0; depth < originDepthMax; depth++) {
      if (
        kindOfForm !== form.ref4 &&
        kindOfForm !== form.ref2 &&
        kindOfForm !== form.ref1 &&
        kindOfForm !== form.refUdata
      ) {
        return this.#addSlowly(kind, entry, scope, detail);
      }
      const target = header.offset + this.#number(this.#places[mark.origin]!, kindOfForm);
      if (target < header.firstEntry || target >= this.#end) {
        throw this.#unit.cursor(offset).damaged('an entry of this unit', `0x${target.toString(16)}`);
      }
      const cursor = this.#unit.cursor(target);
      const inner = this.#shapeOf(cursor.uleb(), target);
      this.#walk(inner, cursor.offset);
      const nameForm = columns[inner + shape.marks + 2 * mark.name + 1]!;
      if (nameForm !== 0) return this.#addNamed(kind, entry, scope, detail, this.#places[mark.name]!, nameForm);
      kindOfForm = columns[inner + shape.marks + 2 * mark.origin + 1]!;
      if (kindOfForm === 0) return Number.NEGATIVE_INFINITY;
    }
    return this.#addSlowly(kind, entry, scope, detail);
  }

  /** What is rare goes the way of single entries. */
  #addSlowly(kind: number, entry: number, scope: number, detail: number): number {
    const name = this.#unit.entry(entry).fullName;
    if (name === undefined) return Number.NEGATIVE_INFINITY;
    const bytes = Buffer.from(name);
    return this.records.add(kind, this.#start + entry, scope, detail, bytes, 0, bytes.length);
  }
}

const isClass = (kindOfEntry: number): boolean =>
  kindOfEntry === tag.structureType || kindOfEntry === tag.classType || kindOfEntry === tag.unionType;

/** Whether types of a language hold functions and further types. */
const isNestedLanguage = (number: number): boolean =>
  [...language.cPlusPlus, ...language.rust, ...language.zig].includes(number as never);

/** Names of templates may be long; one without end is damage. */
const nameBytesMax = 65_536;
const longNameBytesMin = 256;
const longNamesRatioMax = 4;
const longNamesBytesMin = 2 ** 23;

const textEnd = (bytes: Uint8Array, start: number): number => {
  const last = Math.min(bytes.length, start + nameBytesMax);
  for (let at = start; at < last; at++) if (bytes[at] === 0) return at;
  return -1;
};
