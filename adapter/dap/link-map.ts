/**
 * Where a program was linked and where else it may run: a kernel that is linked high runs at the physical addresses it was
 * loaded to until it has turned on translation. It looks at segments alone, not at page tables.
 */

import type { Segment } from '../program/elf.ts';

interface Range {
  readonly linked: bigint;
  readonly loaded: bigint;
  readonly sizeBytes: bigint;
}

const ramBase = 0x8000_0000n;

export class LinkMap {
  readonly #ranges: readonly Range[];

  /** @param loadAddress where in RAM the lowest segment goes, for a file whose physical addresses are no RAM */
  constructor(segments: readonly Segment[], loadAddress?: bigint) {
    const used = segments.filter(({ memoryBytes }) => memoryBytes > 0n);
    const lowest = lowestOf(used.map(({ physicalAddress }) => physicalAddress));
    // Linux says physical addresses from 0 on, or repeats the linked ones, which are no RAM either.
    const isRam = lowest !== undefined && lowest >= ramBase && lowest < 1n << 40n;
    const bias = lowest === undefined || isRam || loadAddress === undefined ? 0n : loadAddress - lowest;
    this.#ranges = used.map(({ virtualAddress, physicalAddress, memoryBytes }) => ({
      linked: virtualAddress,
      loaded: BigInt.asUintN(64, physicalAddress + bias),
      sizeBytes: memoryBytes,
    }));
  }

  /** Of a user program, where its processes have its lowest segment; physical addresses mean nothing there. */
  static ofProcess(segments: readonly Segment[], address?: bigint): LinkMap {
    const lowest = lowestOf(segments.filter(({ memoryBytes }) => memoryBytes > 0n).map((one) => one.virtualAddress));
    const bias = address === undefined || lowest === undefined ? 0n : address - lowest;
    return new LinkMap(segments.map((one) => ({ ...one, physicalAddress: one.virtualAddress + bias })));
  }

  /** The linked address of a place in the program; any other address as it is. */
  linked(address: bigint): bigint {
    if (this.#ranges.some(({ linked, sizeBytes }) => address >= linked && address < linked + sizeBytes)) return address;
    const range = this.#ranges.find(({ loaded, sizeBytes }) => address >= loaded && address < loaded + sizeBytes);
    return range === undefined ? address : address - range.loaded + range.linked;
  }

  /** Where a linked address is in physical memory, when that is another address. */
  loaded(address: bigint): bigint | undefined {
    const range = this.#ranges.find(({ linked, sizeBytes }) => address >= linked && address < linked + sizeBytes);
    return range === undefined || range.loaded === range.linked ? undefined : address - range.linked + range.loaded;
  }

  /** Where a linked address is read and written, the first that is mapped. */
  memoryPlaces(address: bigint): readonly bigint[] {
    const loaded = this.loaded(address);
    return loaded === undefined ? [address] : [address, loaded];
  }

  /** Where a linked address is for code that runs at `pc`: as low as that runs. */
  here(address: bigint, pc: bigint): bigint {
    return this.linked(pc) === pc ? address : (this.loaded(address) ?? address);
  }

  /** All addresses that a linked one may be met at. */
  places(address: bigint): readonly bigint[] {
    const loaded = this.loaded(address);
    return loaded === undefined ? [address] : [address, loaded];
  }
}

const lowestOf = (addresses: readonly bigint[]): bigint | undefined =>
  addresses.reduce<bigint | undefined>((low, one) => (low === undefined || one < low ? one : low), undefined);
