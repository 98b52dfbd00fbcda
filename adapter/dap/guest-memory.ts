/** Memory as the debugger shows it: virtual addresses by a hart's present translation, or by the page tables of a process that it does not run now, RAM and the boot ROM. Reading changes nothing; devices are not read, since reading them would change them. */

import { peekTranslate } from '../../vmm/machine/debug-access.ts';
import type { Hart } from '../../vmm/machine/hart.ts';
import type { Machine } from '../../vmm/machine/machine.ts';
import { platformRow } from '../../vmm/machine/platform.ts';

const pageBytes = 4096n;
const addressEnd = 1n << 64n;

/** A piece of a range that lies in one page. */
export interface MemoryPiece {
  readonly physical: number;
  /** From the range's start. */
  readonly offset: number;
  readonly sizeBytes: number;
}

export class GuestMemory {
  readonly #machine: Machine;
  readonly #rom: Uint8Array;
  readonly #romBase = platformRow('rom').base;
  readonly #romBytes = platformRow('rom').sizeBytes;
  readonly #satp: bigint | undefined;

  /** @param satp by whose page tables it is read; by default those that a hart has at the time */
  constructor(machine: Machine, rom: Uint8Array, satp?: bigint) {
    this.#machine = machine;
    this.#rom = rom;
    this.#satp = satp;
  }

  /** The same memory by other page tables. */
  inSpace(satp: bigint): GuestMemory {
    return new GuestMemory(this.#machine, this.#rom, satp);
  }

  /** What names the address space that is read. */
  satp(hart: Hart): bigint {
    return this.#satp ?? hart.get('satp');
  }

  /** The physical address of a virtual one, where it is mapped. */
  translate(hart: Hart, address: bigint): number | undefined {
    if (this.#satp === undefined) return peekTranslate(hart, address);
    const own = hart.get('satp');
    hart.set('satp', this.#satp);
    try {
      return peekTranslate(hart, address);
    } finally {
      hart.set('satp', own);
    }
  }

  /** What can be read of the range, from its start on: fewer bytes than asked for where memory ends. */
  read(hart: Hart, address: bigint, sizeBytes: number): Uint8Array {
    const bytes = new Uint8Array(sizeBytes);
    let have = 0;
    for (const { physical, offset, sizeBytes: piece } of this.pieces(hart, address, sizeBytes)) {
      const found = this.#physical(physical, piece);
      if (found === undefined) break;
      bytes.set(found, offset);
      have = offset + piece;
    }
    return bytes.subarray(0, have);
  }

  /** The range in pieces, page by page, up to the first that is not mapped. */
  *pieces(hart: Hart, address: bigint, sizeBytes: number): Generator<MemoryPiece> {
    let offset = 0;
    while (offset < sizeBytes) {
      const at = address + BigInt(offset);
      if (at >= addressEnd) return;
      const piece = Math.min(sizeBytes - offset, Number(pageBytes - (at % pageBytes)));
      const physical = this.translate(hart, at);
      if (physical === undefined) return;
      yield { physical, offset, sizeBytes: piece };
      offset += piece;
    }
  }

  #physical(address: number, sizeBytes: number): Uint8Array | undefined {
    const inRom = address - this.#romBase;
    if (inRom < 0 || inRom + sizeBytes > this.#romBytes) return this.#machine.readRam(address, sizeBytes);
    const bytes = new Uint8Array(sizeBytes);
    bytes.set(this.#rom.subarray(inRom, inRom + sizeBytes));
    return bytes;
  }
}
