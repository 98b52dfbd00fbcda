/**
 * An object file as it lies in memory: a kernel module, whose sections the kernel has put somewhere. Sections and symbols get
 * their addresses; what they refer to is not linked, and debug sections are relocated when they are read (relocate.ts).
 */

import type { Elf } from '../elf.ts';
import { sectionFlag, sectionType } from '../elf.ts';
import type { SectionAddress } from './relocate.ts';

const symbolBytes = 24;
/** `st_shndx` from here on names no section (gABI, "Special Section Indexes"). */
const indexReserved = 0xff00;

/** @param addressOf nothing where it is not known: what is in such a section is nowhere */
export const placedElf = (elf: Elf, addressOf: (name: string) => bigint | undefined): Elf => {
  if (elf.kind !== 'object') return elf;
  const bases = elf.sections.map(({ name, flags }) =>
    (flags & sectionFlag.alloc) === 0n ? undefined : addressOf(name),
  );
  const sections = elf.sections.map((section, index) => {
    if (section.type === sectionType.symtab) return { ...section, bytes: placedSymbols(section.bytes, bases) };
    return { ...section, address: bases[index] ?? section.address };
  });
  return { ...elf, sections };
};

const placedSymbols = (table: Uint8Array, bases: readonly (bigint | undefined)[]): Uint8Array => {
  const bytes = table.slice();
  const view = new DataView(bytes.buffer);
  for (let at = symbolBytes; at + symbolBytes <= bytes.length; at += symbolBytes) {
    const section = view.getUint16(at + 6, true);
    if (section === 0 || section >= indexReserved) continue;
    const base = bases[section];
    if (base === undefined) view.setUint16(at + 6, 0, true);
    else view.setBigUint64(at + 8, BigInt.asUintN(64, base + view.getBigUint64(at + 8, true)), true);
  }
  return bytes;
};

/** Where sections are, from a list of them; a module's own names are taken as they are (`.text`, `.init.text`). */
export const addressesOf =
  (sections: Readonly<Record<string, bigint>>): SectionAddress =>
  (name) =>
    sections[name] ?? 0n;
