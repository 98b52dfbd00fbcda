/** What watched memory held when one last looked, to tell a change from a write that changes nothing. */

import type { Machine } from '../../vmm/machine/machine.ts';
import type { Breakpoint } from './breakpoints.ts';

export class WatchedBytes {
  readonly #machine: Machine;
  readonly #before = new Map<number, string>();

  constructor(machine: Machine) {
    this.#machine = machine;
  }

  /** Takes what the memory holds now as what it held before. */
  note(breakpoints: readonly Breakpoint[]): void {
    this.#before.clear();
    for (const breakpoint of breakpoints) this.#before.set(breakpoint.id, this.#now(breakpoint));
  }

  /** Those whose memory is not what it was; from now on that is what it was. */
  changed(breakpoints: readonly Breakpoint[]): readonly Breakpoint[] {
    return breakpoints.filter((breakpoint) => {
      const now = this.#now(breakpoint);
      const before = this.#before.get(breakpoint.id);
      this.#before.set(breakpoint.id, now);
      return before !== now;
    });
  }

  #now({ watched = [] }: Breakpoint): string {
    const read = ({ address, sizeBytes }: { address: number; sizeBytes: number }) =>
      Buffer.from(this.#machine.readRam(address, sizeBytes) ?? []).toString('latin1');
    return watched.map(read).join('');
  }
}
