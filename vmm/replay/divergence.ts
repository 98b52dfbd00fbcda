/** Compares two digests of one moment and names the first part that differs. It does not say why. */

import type { PageHashes, StateDigest } from '../../traces/digest.ts';
import type { Moment } from '../../traces/time.ts';
import { type HartField, hartFields, hartOffset, machineFields, machineOffset, pageBytes } from '../engine/layout.ts';
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

/** `expected` is the recording's. `pagesToo`: both digests list their changed pages since the
 * same moment; one that lists none may not know them. */
export const compareDigests = (
  expected: StateDigest,
  found: StateDigest,
  pagesToo: boolean,
): Divergence | undefined => {
  const at = expected.at;
  const difference = (part: string, was: string, is: string): Divergence => ({ at, part, expected: was, found: is });
  const machine = differingField(machineParts, expected.machine, found.machine);
  if (machine) return difference(`machine: ${machine.name}`, machine.expected, machine.found);
  if (expected.harts.length !== found.harts.length) {
    return difference('the number of harts', String(expected.harts.length), String(found.harts.length));
  }
  for (const [hart, bytes] of expected.harts.entries()) {
    const field = differingField(hartParts, bytes, found.harts[hart]!);
    if (field) return difference(`hart ${hart}: ${field.name}`, field.expected, field.found);
  }
  const page = pagesToo && expected.pages.indices.length > 0 ? differingPage(expected.pages, found.pages) : undefined;
  if (page !== undefined) {
    return difference(`page ${hex(ramBase + page.index * pageBytes)}`, page.expected, page.found);
  }
  if (expected.ram !== found.ram) return difference('RAM', `hash ${hex(expected.ram)}`, `hash ${hex(found.ram)}`);
  const [was, is] = [expected, found].map(({ devices }) => new Map(devices.map(({ name, hash }) => [name, hash])));
  for (const name of new Set([...was!.keys(), ...is!.keys()])) {
    const [hash, other] = [was!.get(name), is!.get(name)];
    if (hash !== other) return difference(`device ${name}`, hashText(hash), hashText(other));
  }
  return undefined;
};

/** Every field of the machine and of its harts that two records have otherwise. */
export const differingFields = (
  one: { readonly machine: Uint8Array; readonly harts: readonly Uint8Array[] },
  other: { readonly machine: Uint8Array; readonly harts: readonly Uint8Array[] },
): readonly FieldDifference[] => [
  ...fieldDifferences(machineParts, one.machine, other.machine).map((found) => named('machine', found)),
  ...one.harts.flatMap((bytes, hart) =>
    fieldDifferences(hartParts, bytes, other.harts[hart] ?? new Uint8Array()).map((found) =>
      named(`hart ${hart}`, found),
    ),
  ),
];

const named = (owner: string, { name, expected, found }: FieldDifference): FieldDifference => ({
  name: `${owner}: ${name}`,
  expected,
  found,
});

interface FieldDifference {
  readonly name: string;
  readonly expected: string;
  readonly found: string;
}

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

/** Fields that are f64 whole numbers: moments, ticks and counts, which are decimal everywhere else too. */
const counts: ReadonlySet<string> = new Set<(typeof machineFields)[number][0] | HartField>([
  'now',
  'clockTicks',
  'clockMoment',
  'quantumEnd',
  'entropyTaken',
  'steps',
  'traps',
]);

const machineParts = parts(machineFields, machineOffset);
const hartParts = parts(hartFields, hartOffset);

const differingField = (
  fields: readonly Part[],
  expected: Uint8Array,
  found: Uint8Array,
): FieldDifference | undefined =>
  areEqual(expected, found) ? undefined : fieldDifferences(fields, expected, found)[0]; // nearly always the first

const fieldDifferences = (fields: readonly Part[], expected: Uint8Array, found: Uint8Array): FieldDifference[] => {
  const value = (bytes: Uint8Array, { name, offset, sizeBytes }: Part): string => {
    const field = bytes.subarray(offset, offset + sizeBytes);
    if (field.length < sizeBytes) return 'nothing';
    if (counts.has(name)) return String(new DataView(field.buffer, field.byteOffset).getFloat64(0, true));
    return `0x${[...field]
      .reverse()
      .map((byte) => byte.toString(16).padStart(2, '0'))
      .join('')}`;
  };
  const differences: FieldDifference[] = [];
  for (const field of fields) {
    const [was, is] = [value(expected, field), value(found, field)];
    if (was !== is) differences.push({ name: field.name, expected: was, found: is });
  }
  if (differences.length > 0) return differences;
  // What no field has is zeros in this version; another one may keep something there.
  const byteText = (byte: number | undefined): string => (byte === undefined ? 'nothing' : `0x${byte.toString(16)}`);
  for (let at = 0; at < Math.max(expected.length, found.length); at++) {
    if (expected[at] === found[at]) continue;
    const name = `byte ${at} of its state, which has no name here`;
    return [{ name, expected: byteText(expected[at]), found: byteText(found[at]) }];
  }
  return [];
};

const areEqual = (one: Uint8Array, other: Uint8Array): boolean => {
  if (one.length !== other.length) return false;
  for (let index = 0; index < one.length; index += 1) if (one[index] !== other[index]) return false;
  return true;
};

const differingPage = (
  expected: PageHashes,
  found: PageHashes,
): { readonly index: number; readonly expected: string; readonly found: string } | undefined => {
  const hashOf = ({ indices, hashes }: PageHashes, at: number, index: number): number | undefined =>
    indices[at] === index ? hashes[at] : undefined;
  for (let one = 0, other = 0; ; ) {
    const index = Math.min(
      expected.indices[one] ?? Number.POSITIVE_INFINITY,
      found.indices[other] ?? Number.POSITIVE_INFINITY,
    );
    if (index === Number.POSITIVE_INFINITY) return undefined;
    const [was, is] = [hashOf(expected, one, index), hashOf(found, other, index)];
    if (was !== is) return { index, expected: say(was), found: say(is) };
    one += 1; // both have this page
    other += 1;
  }
};

const say = (hash: number | undefined): string => (hash === undefined ? 'unchanged' : `hash ${hex(hash)}`);

const hashText = (hash: bigint | undefined): string => (hash === undefined ? 'none' : `hash ${hex(hash)}`);

const hex = (value: number | bigint): string => `0x${value.toString(16)}`;
