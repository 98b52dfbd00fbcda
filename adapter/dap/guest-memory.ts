/** Memory as the debugger shows it: virtual addresses by a hart's present translation, RAM and the boot ROM. Reading changes nothing; devices are not read, since reading them would change them. */

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

  constructor(machine: Machine, rom: Uint8Array) {
    this.#machine = machine;
    this.#rom = rom;
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
      const physical = peekTranslate(hart, at);
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
