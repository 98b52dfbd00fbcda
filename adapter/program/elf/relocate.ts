/**
 * Applies RELA relocations to a section of an object file (ET_REL): a kernel module, or a `.o`. Only what occurs in debug
 * and unwind sections is known; instructions are never relocated. The section's bytes are copied, the file stays as it is.
 *
 * RISC-V ELF psABI, "Relocations": the label differences of debug information stay as pairs ADDn/SUBn and SETn/SUBn,
 * because linker relaxation may still change them.
 */

import { Cursor, type SectionData, sectionData } from '../cursor.ts';
import type { Elf, Section } from '../elf.ts';
import { sectionType } from '../elf.ts';
import { damagedAt, unsupportedAt } from '../errors.ts';

/** Where the sections of an object file lie in memory; the linker or the kernel's module loader decides that. */
export type SectionAddress = (name: string) => bigint;

const relaBytes = 24;
const symbolBytes = 24;
const indexAbsolute = 0xfff1;

/** Number of each relocation in the psABI's table: how many bytes it changes, and how. */
const relocations: Readonly<Record<number, readonly [sizeBytes: number, how: 'set' | 'add' | 'sub' | 'relative']>> = {
  1: [4, 'set'], // R_RISCV_32
  2: [8, 'set'], // R_RISCV_64
  33: [1, 'add'],
  34: [2, 'add'],
  35: [4, 'add'],
  36: [8, 'add'],
  37: [1, 'sub'],
  38: [2, 'sub'],
  39: [4, 'sub'],
  40: [8, 'sub'],
  54: [1, 'set'],
  55: [2, 'set'],
  56: [4, 'set'],
  57: [4, 'relative'], // R_RISCV_32_PCREL
};
const relocation = { none: 0, align: 43, relax: 51, sub6: 52, set6: 53, setUleb: 60, subUleb: 61 } as const;

/** The section with all relocations that the file has for it, or itself when there are none. */
export const relocated = (elf: Elf, index: number, data: SectionData, addressOf: SectionAddress): SectionData => {
  const tables = elf.sections.filter(({ type, info }) => type === sectionType.rela && info === index);
  if (tables.length === 0) return data;
  const result = sectionData(data.file, data.name, data.bytes.slice());
  const base = addressOf(data.name);
  for (const table of tables) applyTable(elf, table, result, base, addressOf);
  return result;
};

const applyTable = (elf: Elf, table: Section, data: SectionData, base: bigint, addressOf: SectionAddress): void => {
  const symbols = elf.sections[table.link];
  if (symbols?.type !== sectionType.symtab) {
    throw damagedAt(elf.file, table.name, 0, 'sh_link to name a symbol table', `section ${table.link}`);
  }
  const symbolValue = symbolValues(elf, symbols, addressOf);
  const cursor = new Cursor(sectionData(elf.file, table.name, table.bytes));
  while (cursor.left >= relaBytes) {
    const at = cursor.offset;
    const place = cursor.u64();
    const info = cursor.u64();
    const addend = cursor.u64();
    const type = Number(info & 0xffff_ffffn);
    if (place >= BigInt(data.bytes.length)) throw cursor.damaged(`an offset in ${data.name}`, `${place}`, at);
    apply(data, Number(place), type, symbolValue(Number(info >> 32n)) + addend, base, table.name, at);
  }
};

const symbolValues = (elf: Elf, symbols: Section, addressOf: SectionAddress): ((symbol: number) => bigint) => {
  const data = sectionData(elf.file, symbols.name, symbols.bytes);
  const bases = new Map<number, bigint>();
  return (symbol) => {
    const at = symbol * symbolBytes;
    if (at + symbolBytes > data.bytes.length) {
      throw damagedAt(elf.file, symbols.name, at, 'the symbol of a relocation', 'the end of the table');
    }
    const section = data.view.getUint16(at + 6, true);
    const value = data.view.getBigUint64(at + 8, true);
    if (section === indexAbsolute) return value;
    let base = bases.get(section);
    if (base === undefined) {
      const name = section === 0 ? undefined : elf.sections[section]?.name;
      base = name === undefined ? 0n : addressOf(name);
      bases.set(section, base);
    }
    return base + value;
  };
};

const apply = (
  data: SectionData,
  place: number,
  type: number,
  value: bigint,
  base: bigint,
  table: string,
  at: number,
): void => {
  const { bytes, view } = data;
  if (type === relocation.none || type === relocation.relax || type === relocation.align) return;
  if (type === relocation.set6) bytes[place] = (bytes[place]! & 0xc0) | Number(value & 0x3fn);
  else if (type === relocation.sub6) {
    bytes[place] = (bytes[place]! & 0xc0) | ((bytes[place]! - Number(value & 0x3fn)) & 0x3f);
  } else if (type === relocation.setUleb || type === relocation.subUleb) {
    applyUleb(data, place, value, type === relocation.subUleb);
  } else {
    const known = relocations[type];
    if (known === undefined) {
      const expected = 'a relocation of debug information';
      throw unsupportedAt(data.file, table, at, expected, `type ${type}`, 'Name the linked program instead');
    }
    const [sizeBytes, how] = known;
    if (place + sizeBytes > bytes.length) {
      throw damagedAt(data.file, table, at, `a place of ${sizeBytes} bytes in ${data.name}`, `its last bytes`);
    }
    const old = new Cursor(data, place).unsigned(sizeBytes);
    const results = { set: value, add: old + value, sub: old - value, relative: value - base - BigInt(place) };
    const result = BigInt.asUintN(64, results[how]);
    if (sizeBytes === 8) view.setBigUint64(place, result, true);
    else if (sizeBytes === 4) view.setUint32(place, Number(result & 0xffff_ffffn), true);
    else if (sizeBytes === 2) view.setUint16(place, Number(result & 0xffffn), true);
    else bytes[place] = Number(result & 0xffn);
  }
};

/** The number keeps the length that the assembler gave it: what follows must not move. */
const applyUleb = (data: SectionData, place: number, value: bigint, subtract: boolean): void => {
  const cursor = new Cursor(data, place);
  const old = cursor.uleb64();
  let rest = BigInt.asUintN(64, subtract ? old - value : value);
  for (let at = place; at < cursor.offset; at++) {
    const more = at + 1 < cursor.offset ? 0x80 : 0;
    data.bytes[at] = Number(rest & 0x7fn) | more;
    rest >>= 7n;
  }
};
