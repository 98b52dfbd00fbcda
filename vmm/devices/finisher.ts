/**
 * The test finisher (`sifive_test`): one write-only register by which the guest ends the run. Not a power controller;
 * what "off" and "reset" mean is the machine's affair.
 *
 *     31             16 15              0
 *     [ exit code      | status         ]   offset 0
 */

import type { Device, DeviceContext, PlainState } from './device.ts';
import { nothing } from './shape.ts';

const status = {
  fail: 0x3333, // the upper half is the exit code
  pass: 0x5555,
  reset: 0x7777,
} as const;

export class Finisher implements Device {
  readonly name: string;
  readonly #context: DeviceContext;

  constructor(name: string, context: DeviceContext) {
    this.name = name;
    this.#context = context;
  }

  read(): bigint {
    return 0n;
  }

  write(offset: number, sizeBytes: number, value: bigint): void {
    if (offset !== 0 || sizeBytes < 2) return;
    const code = Number((value >> 16n) & 0xffffn);
    switch (Number(value & 0xffffn)) {
      case status.pass:
        this.#context.power('off', 0);
        break;
      case status.fail:
        this.#context.power('off', code);
        break;
      case status.reset:
        this.#context.power('reset', 0);
        break;
      default: // Any other value is ignored, as on the board.
    }
  }

  save(): PlainState {
    return null;
  }

  readonly shape = nothing;

  restore(): void {}
}
