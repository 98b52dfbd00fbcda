/**
 * Where a value can be: in a register of a hart or in RAM at a physical address, and each of its bytes. A byte has a key,
 * one number for whatever it is in, so that many of them can be looked for at once.
 */

import { csrName, csrNumber } from '../../isa/csr-names.ts';
import { fNames, xNames } from '../../isa/register-names.ts';

/** `csr` counts by the numbers of the CSRs; `pc` has one register, 0. */
export type RegisterFile = 'x' | 'f' | 'csr' | 'pc';

export interface RegisterPlace {
  readonly kind: 'register';
  readonly hart: number;
  readonly file: RegisterFile;
  readonly index: number;
  /** First byte of the register that is meant, the least significant one being 0. */
  readonly offset: number;
  readonly sizeBytes: number;
}

export interface MemoryPlace {
  readonly kind: 'memory';
  /** Physical. */
  readonly address: number;
  readonly sizeBytes: number;
}

export type Place = RegisterPlace | MemoryPlace;

export const registerBytes = 8;

export const registerPlace = (hart: number, file: RegisterFile, index: number): RegisterPlace => ({
  kind: 'register',
  hart,
  file,
  index,
  offset: 0,
  sizeBytes: registerBytes,
});

export const memoryPlace = (address: number, sizeBytes: number): MemoryPlace => ({
  kind: 'memory',
  address,
  sizeBytes,
});

/** Bytes [offset, offset + sizeBytes) of a place. */
export const partOf = (place: Place, offset: number, sizeBytes: number): Place =>
  place.kind === 'memory'
    ? { ...place, address: place.address + offset, sizeBytes }
    : { ...place, offset: place.offset + offset, sizeBytes };

const files: readonly RegisterFile[] = ['x', 'f', 'csr', 'pc'];
const fileNumber: Readonly<Record<RegisterFile, number>> = { x: 0, f: 1, csr: 2, pc: 3 };
const registersInFile = 4096;

/** A number of a register among those of all harts. */
export const registerNumber = (hart: number, file: RegisterFile, index: number): number =>
  (hart * files.length + fileNumber[file]) * registersInFile + index;

/** Of a byte: its physical address, or a negative number. */
export const keyOf = (place: Place, byte: number): number =>
  place.kind === 'memory'
    ? place.address + byte
    : registerKey(registerNumber(place.hart, place.file, place.index), place.offset + byte);

export const registerKey = (register: number, byte: number): number => -1 - (register * registerBytes + byte);

/** Of the key of a register's byte. */
export const registerNumberOf = (key: number): number => Math.floor((-1 - key) / registerBytes);

/** The place of one byte. */
export const placeOfKey = (key: number): Place => {
  if (key >= 0) return memoryPlace(key, 1);
  const register = registerNumberOf(key);
  const inHart = Math.floor(register / registersInFile);
  return {
    kind: 'register',
    hart: Math.floor(inHart / files.length),
    file: files[inHart % files.length]!,
    index: register % registersInFile,
    offset: (-1 - key) % registerBytes,
    sizeBytes: 1,
  };
};

/** Whether one byte follows another in the same place. */
export const follows = (key: number, before: number): boolean => {
  if (key >= 0) return before >= 0 && key === before + 1;
  return before < 0 && key === before - 1 && registerNumberOf(key) === registerNumberOf(before);
};

/** Runs of neighbours in a list in which they stand one after another. */
export const neighbours = (keys: readonly number[]): readonly (readonly number[])[] => {
  const runs: number[][] = [];
  for (const key of keys) {
    const last = runs.at(-1);
    if (last !== undefined && follows(key, last.at(-1)!)) last.push(key);
    else runs.push([key]);
  }
  return runs;
};

/** As people write it, without the hart: `ra`, `fa0`, `sepc`, `pc`. */
export const registerName = (file: RegisterFile, index: number): string => {
  switch (file) {
    case 'x':
      return xNames[index]!;
    case 'f':
      return fNames[index]!;
    case 'csr':
      return csrName(index) ?? `csr 0x${index.toString(16)}`;
    case 'pc':
      return 'pc';
  }
};

/** The register of a name, as `registerName` writes it, or `x1`, `f10`, `fp`; `undefined` when there is none. */
export const registerNamed = (hart: number, name: string): RegisterPlace | undefined => {
  if (name === 'pc') return registerPlace(hart, 'pc', 0);
  const numbered = /^([xf])(\d|[12]\d|3[01])$/.exec(name);
  if (numbered !== null) return registerPlace(hart, numbered[1] as 'x' | 'f', Number(numbered[2]));
  const x = xNames.indexOf(name === 'fp' ? 's0' : name);
  if (x >= 0) return registerPlace(hart, 'x', x);
  const f = fNames.indexOf(name);
  if (f >= 0) return registerPlace(hart, 'f', f);
  const csr = csrNumber(name);
  return csr === undefined ? undefined : registerPlace(hart, 'csr', csr);
};

/** `ra`, `bytes 0 to 3 of a0`, `8 bytes at physical 0x80005ff8`. */
export const placeText = (place: Place): string => {
  const { sizeBytes } = place;
  if (place.kind === 'memory')
    return `${sizeBytes === 1 ? '1 byte' : `${sizeBytes} bytes`} at physical 0x${place.address.toString(16)}`;
  const name = registerName(place.file, place.index);
  if (sizeBytes === registerBytes) return name;
  const last = place.offset + sizeBytes - 1;
  return sizeBytes === 1 ? `byte ${last} of ${name}` : `bytes ${place.offset} to ${last} of ${name}`;
};
