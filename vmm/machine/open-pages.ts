/** Of each hart: RAM pages where PMP lets S and U do everything. None until found out, and again when PMP changes. */

import { hartBase, hartOpenPages, pageBytes } from '../engine/layout.ts';
import type { Hart } from './hart.ts';
import { type MachineMemory, ramBase } from './memory.ts';
import { pmpOpenPages } from './pmp.ts';

const ramBasePage = ramBase / pageBytes;

export class OpenPages {
  readonly #memory: MachineMemory;

  constructor(memory: MachineMemory) {
    this.#memory = memory;
  }

  holds(hart: number, ramPage: number): boolean {
    const { u32 } = this.#memory;
    const first = u32[(hartBase(hart) + hartOpenPages.first) >>> 2]!;
    return ramPage >= first && ramPage < first + u32[(hartBase(hart) + hartOpenPages.count) >>> 2]!;
  }

  find(hart: Hart, physical: number): void {
    const { first, end } = pmpOpenPages(hart, physical);
    const firstInRam = Math.max(first - ramBasePage, 0);
    const endInRam = Math.min(end - ramBasePage, this.#memory.ramPages);
    this.#set(hart.id, firstInRam, Math.max(endInRam - firstInRam, 0));
  }

  forget(hart: number): void {
    this.#set(hart, 0, 0);
  }

  #set(hart: number, first: number, count: number): void {
    const { u32 } = this.#memory;
    u32[(hartBase(hart) + hartOpenPages.first) >>> 2] = first;
    u32[(hartBase(hart) + hartOpenPages.count) >>> 2] = count;
  }
}
