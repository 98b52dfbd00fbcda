/** Compares two digests of one moment and names the first part that differs. It does not say why. */

import type { PageHash, StateDigest } from '../../traces/digest.ts';
import type { Moment } from '../../traces/time.ts';
import { hartFields, hartOffset, machineFields, machineOffset, pageBytes } from '../engine/layout.ts';
import { fNames, xNames } from '../isa/register-names.ts';
import { ramBase } from '../machine/memory.ts';

/** The first difference between a recording and its replay. */
export interface Divergence {
  readonly at: Moment;
  /** Such as `hart 0: mepc`, `page 0x80001000`, `device plic`. */
  readonly part: string;
  readonly expected: string;
  readonly found: string;
}

/** A replay that does not do what the recording says. */
export class DivergenceError extends Error {
  override readonly name = 'DivergenceError';
  readonly divergence: Divergence;

  constructor(divergence: Divergence) {
    const { at, part, expected, found } = divergence;
    super(`the replay differs from the recording at moment ${at}: ${part}: expected ${expected}, found ${found}`);
    this.divergence = divergence;
  }
}

/** `expected` is the recording's. `pagesToo`: both digests list their changed pages since the same moment. */
export const compareDigests = (
  expected: StateDigest,
  found: StateDigest,
  pagesToo: boolean,
): Divergence | undefined => {
  const at = expected.at;
  const difference = (part: string, was: string, is: string): Divergence => ({ at, part, expected: was, found: is });
  const machine = differingField(machineParts, expected.machine, found.machine);
  if (machine) return difference(`machine: ${machine.name}`, machine.expected, machine.found);
  for (const [hart, bytes] of expected.harts.entries()) {
    const field = differingField(hartParts, bytes, found.harts[hart] ?? new Uint8Array());
    if (field) return difference(`hart ${hart}: ${field.name}`, field.expected, field.found);
  }
  if (expected.ram !== found.ram) {
    const page = pagesToo ? differingPage(expected.pages, found.pages) : undefined;
    if (page === undefined) return difference('RAM', `hash ${hex(expected.ram)}`, `hash ${hex(found.ram)}`);
    return difference(`page ${hex(ramBase + page.index * pageBytes)}`, page.expected, page.found);
  }
  for (const { name, hash } of expected.devices) {
    const other = found.devices.find((device) => device.name === name)?.hash;
    if (other !== hash) return difference(`device ${name}`, `hash ${hex(hash)}`, `hash ${hex(other ?? 0n)}`);
  }
  return undefined;
};

interface Part {
  readonly name: string;
  readonly offset: number;
  readonly sizeBytes: number;
}

const parts = (fields: readonly (readonly [string, number])[], offsets: Readonly<Record<string, number>>): Part[] =>
  fields.flatMap(([name, sizeBytes]) => {
    const registers = { x: xNames, f: fNames }[name];
    if (registers === undefined) return [{ name, offset: offsets[name]!, sizeBytes }];
    return registers.map((register, index) => ({ name: register, offset: offsets[name]! + index * 8, sizeBytes: 8 }));
  });

const machineParts = parts(machineFields, machineOffset);
const hartParts = parts(hartFields, hartOffset);

const differingField = (
  fields: readonly Part[],
  expected: Uint8Array,
  found: Uint8Array,
): { readonly name: string; readonly expected: string; readonly found: string } | undefined => {
  const value = (bytes: Uint8Array, { offset, sizeBytes }: Part): string => {
    const field = bytes.subarray(offset, offset + sizeBytes);
    if (field.length < sizeBytes) return 'nothing';
    return `0x${[...field]
      .reverse()
      .map((byte) => byte.toString(16).padStart(2, '0'))
      .join('')}`;
  };
  for (const field of fields) {
    const [was, is] = [value(expected, field), value(found, field)];
    if (was !== is) return { name: field.name, expected: was, found: is };
  }
  return undefined;
};

const differingPage = (
  expected: readonly PageHash[],
  found: readonly PageHash[],
): { readonly index: number; readonly expected: string; readonly found: string } | undefined => {
  const say = (hash: number | undefined): string => (hash === undefined ? 'unchanged' : `hash ${hex(hash)}`);
  const other = new Map(found.map(({ index, hash }) => [index, hash]));
  const candidates: { index: number; expected: string; found: string }[] = [];
  for (const { index, hash } of expected)
    if (other.get(index) !== hash) candidates.push({ index, expected: say(hash), found: say(other.get(index)) });
  const known = new Set(expected.map(({ index }) => index));
  for (const { index, hash } of found)
    if (!known.has(index)) candidates.push({ index, expected: say(undefined), found: say(hash) });
  return candidates.sort((one, two) => one.index - two.index)[0];
};

const hex = (value: number | bigint): string => `0x${value.toString(16)}`;
