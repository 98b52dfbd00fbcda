/**
 * What whoever asks about a machine's past may be told while it runs: writes to RAM that no instruction made, and what
 * is printed. An observer changes nothing and is no state; a replay tells it the same again. Stores of instructions are
 * not told, since most of them never leave Wasm: RunOptions.watch is for those.
 */

import type { DmaSource } from '../devices/device.ts';

export interface MachineObserver {
  /**
   * RAM is about to be written by a device, or without `device` by an input or the firmware inside the VMM. `source` is
   * where the first byte comes from.
   */
  readonly wroteMemory?: (address: number, sizeBytes: number, device?: string, source?: DmaSource) => void;
  /** The walk of an access has set bits A or D of the page-table entry at this physical address. */
  readonly wroteEntry?: (address: number) => void;
  /** Characters for the console, within the step that prints them. */
  readonly printed?: (bytes: Uint8Array) => void;
}
