/** What can be wrong with a program file, each as one function and one sentence. No other error leaves the readers. */

import { brief, hex, InputError, plural, type Sentence } from './input-error.ts';

export type ProgramErrorCode =
  | 'not-elf'
  | 'architecture'
  | 'kind'
  | 'header'
  | 'bounds'
  | 'symbols'
  | 'debug'
  | 'unsupported'
  | 'companion';

export class ProgramError extends InputError {
  readonly code: ProgramErrorCode;

  constructor(code: ProgramErrorCode, sentence: Sentence) {
    super(sentence);
    this.name = 'ProgramError';
    this.code = code;
  }
}

const damaged = 'Build or copy the file again; it is cut off or damaged';

export const notElf = (file: string, found: string) =>
  new ProgramError('not-elf', {
    what: `${brief(file)} is not an ELF file`,
    expected: 'the bytes 7f 45 4c 46 at the start',
    found,
    remedy: 'Name the linked kernel with its symbols',
  });

export const otherArchitecture = (file: string, part: string, expected: string, found: string) =>
  new ProgramError('architecture', {
    what: `The ${part} of ${brief(file)} is not that of a 64-bit RISC-V program`,
    expected,
    found,
    remedy: 'Build it for riscv64, for example with riscv64-linux-gnu-gcc',
  });

export const otherKind = (file: string, found: string) =>
  new ProgramError('kind', {
    what: `${brief(file)} is not a program that can be loaded`,
    expected: 'an executable ELF (type 2) or a position-independent one (type 3)',
    found,
    remedy: 'Name the linked program, not one of the object files it is made of',
  });

export const headerField = (file: string, field: string, expected: string, found: number | bigint) =>
  new ProgramError('header', {
    what: `The field ${field} of ${brief(file)} is not valid`,
    expected,
    found: hex(found),
    remedy: damaged,
  });

export const outOfBounds = (file: string, part: string, end: bigint, sizeBytes: number) =>
  new ProgramError('bounds', {
    what: `The file ${brief(file)} is too short for its ${part}`,
    expected: `at least ${end} bytes`,
    found: plural(sizeBytes, 'byte'),
    remedy: damaged,
  });

/** A place in a section with debug information that cannot be what it should be. */
export const damagedAt = (file: string, section: string, offset: number, expected: string, found: string) =>
  new ProgramError('debug', {
    what: `Offset ${hex(offset)} of ${brief(section)} in ${brief(file)} is not valid`,
    expected,
    found: brief(found),
    remedy: damaged,
  });

/** Something that is sound but that this reader does not know. */
export const unsupportedAt = (
  file: string,
  section: string,
  offset: number,
  expected: string,
  found: string,
  remedy: string,
) =>
  new ProgramError('unsupported', {
    what: `Offset ${hex(offset)} of ${brief(section)} in ${brief(file)} cannot be read`,
    expected,
    found: brief(found),
    remedy,
  });

/** A table of addresses that does not say what the units say of themselves, who are asked from then on. */
export const tableIsPartial = (file: string, section: string, address: bigint) =>
  new ProgramError('debug', {
    what: `${brief(section)} of ${brief(file)} is not what its units say, who are asked instead`,
    expected: 'the ranges of all units',
    found: `another answer for ${hex(address)}`,
    remedy: 'Nothing is lost but time; link the program again to have the table made anew',
  });

/** A file that a program names, in none of the folders where it may be. */
export const companionIsMissing = (what: string, name: string, program: string, folders: readonly string[]) =>
  new ProgramError('companion', {
    what: `The file ${brief(name)} with the ${what} of ${brief(program)} was not found`,
    expected: folders.length === 0 ? 'a folder where to look' : `it in one of ${brief(folders.join(', '))}`,
    found: 'nothing of that name',
    remedy: 'Name its folder in "debugFolders"',
  });

export const companionIsOther = (file: string, program: string, found: string) =>
  new ProgramError('companion', {
    what: `The file ${brief(file)} does not belong to ${brief(program)}`,
    expected: 'a file of the same build',
    found: brief(found),
    remedy: 'Put the right one there, or name it in "symbols"',
  });
