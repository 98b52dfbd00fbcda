/**
 * The abbreviations of one unit, compiled for scanning: how many bytes an entry's attributes take, and where in them the few
 * lie that an index of names wants. Most entries of C have a fixed size, so that passing one is an addition. The tables
 * are reused from unit to unit; nothing is allocated for an abbreviation.
 *
 * An entry whose size varies has a program: steps, each an operation and an operand, that walk its attributes and note
 * where the wanted ones begin.
 */

import { Cursor, type SectionData } from '../cursor.ts';
import { codesMax } from '../dwarf/abbreviations.ts';
import { attribute, form, formBytes } from '../dwarf/constants.ts';

/** Columns of a shape. */
export const shape = {
  tag: 0,
  hasChildren: 1,
  /** Bytes of all attributes, or -1: run the program. */
  sizeBytes: 2,
  programStart: 3,
  programEnd: 4,
  flags: 5,
  /** From here two columns for each of `wanted`: its offset after the code (or -1) and its form. */
  marks: 6,
} as const;

/** The attributes whose places are noted, in the order of their marks. */
export const mark = { name: 0, sibling: 1, byteSize: 2, declarationLine: 3, origin: 4 } as const;
const markCount = 5;
export const shapeColumns = shape.marks + 2 * markCount;

/** What the mere presence of attributes says. */
export const shapeFlag = { declaration: 1, code: 2, inline: 4, location: 8 } as const;

export const step = {
  skip: 0,
  leb: 1,
  text: 2,
  block: 3,
  block1: 4,
  block2: 5,
  block4: 6,
  mark: 7,
  indirect: 8,
} as const;

/** Units may share tables. All that is compiled is so many times as long as the section at most, and a little. */
const sharingMax = 64;
const sharedBytesMin = 2 ** 24;

export class Shapes {
  /** Of each code, the number of its shape and 1 more; 0 is none. */
  codes = new Int32Array(1024);
  columns = new Int32Array(512 * shapeColumns);
  /** Operation and operand, side by side. */
  steps = new Int32Array(8192);
  /** Offsets (from after the code) and values of implicit constants, where the form is that. */
  #count = 0;
  #stepCount = 0;
  #codeMax = 0;
  /** Which table this is, and for which sizes. */
  #compiled = '';
  #compiledBytes = 0;

  /** Compiles the table at an offset. @throws {ProgramError} when it is damaged */
  compile(section: SectionData, offset: number, offsetBytes: number, addressBytes: number, version: number): void {
    const wanted = `${offset} ${offsetBytes} ${addressBytes} ${version}`;
    if (wanted === this.#compiled) return;
    this.#compiled = '';
    this.codes.fill(0, 0, this.#codeMax + 1);
    this.#count = 0;
    this.#stepCount = 0;
    this.#codeMax = 0;
    const cursor = new Cursor(section, offset);
    for (;;) {
      const at = cursor.offset;
      const code = cursor.uleb();
      if (code === 0) {
        this.#compiled = wanted;
        this.#compiledBytes += cursor.offset - offset;
        if (this.#compiledBytes > sharingMax * section.bytes.length + sharedBytesMin) {
          throw cursor.damaged('tables that few units share in turn', 'many that do', offset);
        }
        return;
      }
      if (code > codesMax) throw cursor.damaged(`an abbreviation code up to ${codesMax}`, `${code}`, at);
      this.#one(cursor, code, offsetBytes, addressBytes, version);
    }
  }

  #one(cursor: Cursor, code: number, offsetBytes: number, addressBytes: number, version: number): void {
    const number = this.#count++;
    const base = number * shapeColumns;
    if (base + shapeColumns > this.columns.length) this.columns = grown(this.columns, base + shapeColumns);
    if (code >= this.codes.length) this.codes = grown(this.codes, code + 1);
    if (code > this.#codeMax) this.#codeMax = code;
    this.codes[code] = number + 1;
    const { columns } = this;
    columns[base + shape.tag] = cursor.uleb();
    columns[base + shape.hasChildren] = cursor.u8();
    columns[base + shape.programStart] = this.#stepCount;
    for (let index = 0; index < markCount; index++) {
      columns[base + shape.marks + 2 * index] = -1;
      columns[base + shape.marks + 2 * index + 1] = 0;
    }
    let flags = 0;
    let run = 0; // bytes since the last step
    let total = 0;
    let fixed = true;
    for (;;) {
      const kindOfAttribute = cursor.uleb();
      const kind = cursor.uleb();
      if (kind === form.implicitConst) cursor.skipLeb();
      if (kindOfAttribute === 0 && kind === 0) break;
      flags |= flagOf(kindOfAttribute);
      const wanted = markOf(kindOfAttribute);
      if (wanted >= 0) {
        columns[base + shape.marks + 2 * wanted + 1] = kind;
        columns[base + shape.marks + 2 * wanted] = total;
        if (run > 0) this.#step(step.skip, run);
        run = 0;
        this.#step(step.mark, wanted);
      }
      const sizeBytes = formBytes(kind, offsetBytes, addressBytes, version);
      if (sizeBytes >= 0) {
        run += sizeBytes;
        total += sizeBytes;
        continue;
      }
      fixed = false;
      if (run > 0) this.#step(step.skip, run);
      run = 0;
      this.#step(stepOf(kind, cursor), 0);
    }
    if (run > 0) this.#step(step.skip, run);
    columns[base + shape.programEnd] = this.#stepCount;
    columns[base + shape.sizeBytes] = fixed ? total : -1;
    columns[base + shape.flags] = flags;
  }

  #step(operation: number, operand: number): void {
    const at = 2 * this.#stepCount++;
    if (at + 2 > this.steps.length) this.steps = grown(this.steps, at + 2);
    this.steps[at] = operation;
    this.steps[at + 1] = operand;
  }
}

const grown = (array: Int32Array, needed: number): Int32Array<ArrayBuffer> => {
  const result = new Int32Array(Math.max(2 * array.length, needed));
  result.set(array);
  return result;
};

const markOf = (wanted: number): number => {
  switch (wanted) {
    case attribute.name:
      return mark.name;
    case attribute.sibling:
      return mark.sibling;
    case attribute.byteSize:
      return mark.byteSize;
    case attribute.declarationLine:
      return mark.declarationLine;
    case attribute.abstractOrigin:
    case attribute.specification:
      return mark.origin;
    default:
      return -1;
  }
};

const flagOf = (wanted: number): number => {
  switch (wanted) {
    case attribute.declaration:
      return shapeFlag.declaration;
    case attribute.lowPc:
    case attribute.ranges:
      return shapeFlag.code;
    case attribute.inline:
      return shapeFlag.inline;
    case attribute.location:
    case attribute.constValue:
      return shapeFlag.location;
    default:
      return 0;
  }
};

const stepOf = (kind: number, cursor: Cursor): number => {
  switch (kind) {
    case form.string:
      return step.text;
    case form.udata:
    case form.sdata:
    case form.refUdata:
    case form.strx:
    case form.addrx:
    case form.loclistx:
    case form.rnglistx:
    case form.gnuAddrIndex:
    case form.gnuStrIndex:
      return step.leb;
    case form.exprloc:
    case form.block:
      return step.block;
    case form.block1:
      return step.block1;
    case form.block2:
      return step.block2;
    case form.block4:
      return step.block4;
    case form.indirect:
      return step.indirect;
    default:
      throw cursor.damaged('a form of DWARF 2 to 5', `0x${kind.toString(16)}`);
  }
};
