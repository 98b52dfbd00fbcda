/** What watched memory held when one last looked: which data breakpoints an access meets, and what it did to the value in words. */

import type { Machine } from '../../vmm/machine/machine.ts';
import type { WatchedAccess, WatchRange } from '../../vmm/machine/translations.ts';
import type { Breakpoint } from './breakpoints.ts';

/** A data breakpoint that is met. */
export interface DataHit {
  readonly breakpoint: Breakpoint;
  /** `total: 1 -> 15` */
  readonly words: string;
}

export class WatchedBytes {
  readonly #machine: Machine;
  readonly #before = new Map<number, Uint8Array>();

  constructor(machine: Machine) {
    this.#machine = machine;
  }

  /** Takes what the memory holds now as what it held before. */
  note(breakpoints: readonly Breakpoint[]): void {
    this.#before.clear();
    for (const breakpoint of breakpoints) this.#before.set(breakpoint.id, this.#now(breakpoint));
  }

  /** Those that the last step has met. */
  met(breakpoints: readonly Breakpoint[], accesses: readonly WatchedAccess[]): readonly DataHit[] {
    return breakpoints.flatMap((breakpoint) => {
      const words = this.#wordsFor(breakpoint, accesses);
      return words === undefined ? [] : [{ breakpoint, words: `${breakpoint.label ?? breakpoint.name}: ${words}` }];
    });
  }

  #wordsFor(breakpoint: Breakpoint, accesses: readonly WatchedAccess[]): string | undefined {
    const { watched = [], at, id } = breakpoint;
    const has = (kind: WatchedAccess['kind']): boolean =>
      accesses.some((access) => access.kind === kind && watched.some((range) => overlap(range, access)));
    const now = this.#now(breakpoint);
    const before = this.#before.get(id) ?? now;
    const isChanged = Buffer.compare(before, now) !== 0;
    if (isChanged && at !== 'read') return difference(before, now);
    if ((at === 'write' || at === 'readWrite') && has('write')) return `${valueWords(now)} is written again`;
    return (at === 'read' || at === 'readWrite') && has('read') ? `${valueWords(before)} is read` : undefined;
  }

  #now({ watched = [] }: Breakpoint): Uint8Array {
    return Buffer.concat(
      watched.map(({ address, sizeBytes }) => this.#machine.readRam(address, sizeBytes) ?? new Uint8Array(0)),
    );
  }
}

const overlap = (one: WatchRange, other: WatchedAccess): boolean =>
  one.address < other.address + other.sizeBytes && other.address < one.address + one.sizeBytes;

/** What is no longer than this is a number. */
const numberBytesMax = 8;

const difference = (before: Uint8Array, now: Uint8Array): string => {
  if (now.length <= numberBytesMax) return `${valueWords(before)} -> ${valueWords(now)}`;
  const first = now.findIndex((byte, index) => byte !== before[index]);
  const part = (bytes: Uint8Array): string => valueWords(bytes.subarray(first, first + numberBytesMax));
  return `from byte ${first} on ${part(before)} -> ${part(now)}`;
};

/** Of what is long, the beginning. */
const valueWords = (bytes: Uint8Array): string => {
  const value = bytes.subarray(0, numberBytesMax).reduceRight((sum, byte) => (sum << 8n) | BigInt(byte), 0n);
  const words = value < 10n ? `${value}` : `${value} (0x${value.toString(16)})`;
  return bytes.length > numberBytesMax ? `${words} ...` : words;
};
