/**
 * What an extension of the supervisor binary interface is made of (SBI specification 2.0, chapter 3), and what it needs
 * from the machine. An extension is a file beside this one and a line of the table in ../sbi.ts.
 */

import type { Hart } from '../hart.ts';
import type { WalkObserver } from '../mmu.ts';

export interface SbiServices {
  readonly harts: readonly Hart[];
  /** Told of page tables that are read to follow a virtual address that a legacy call passes. */
  readonly observer: WalkObserver;
  /** The next supervisor timer interrupt comes when the guest's clock reaches `ticks`; a pending one goes away. */
  setTimer(hart: Hart, ticks: bigint): void;
  /** Starts a stopped hart at physical `pc` with `opaque` in a1 (see bootSupervisor). */
  startHart(hart: Hart, pc: bigint, opaque: bigint): void;
  /** Stops the calling hart until another one starts it. */
  stopHart(hart: Hart): void;
  dropTranslations(hart: Hart): void;
  /** mip of another hart, or of this one, has changed. */
  interruptsChanged(hart: Hart): void;
  output(bytes: Uint8Array): void;
  /** Next byte typed at the console, or -1. */
  input(): number;
  power(action: 'off' | 'reset', exitCode: number): void;
  /** A copy of guest memory, or undefined when not all of it is RAM. */
  readRam(physical: number, lengthBytes: number): Uint8Array | undefined;
  /** Whether all of it was RAM; when not, nothing is written. */
  writeRam(physical: number, bytes: Uint8Array): boolean;
}

/** Standard errors (3.1, table 1). */
export const sbiError = {
  success: 0,
  failed: -1,
  notSupported: -2,
  invalidParameter: -3,
  denied: -4,
  invalidAddress: -5,
  alreadyAvailable: -6,
} as const;
export type SbiError = (typeof sbiError)[keyof typeof sbiError];

/** What a0 and a1 become; legacy calls return in a0 alone (5). */
export type SbiResult = { readonly error: SbiError; readonly value: bigint } | { readonly legacy: bigint } | 'noReturn'; // the hart does not go on after this call

export const succeeded = (value: bigint = 0n): SbiResult => ({ error: sbiError.success, value });
export const refused = (error: SbiError): SbiResult => ({ error, value: 0n });

/** One call: who calls, the arguments a0 to a5, and the machine. */
export interface SbiCall {
  readonly hart: Hart;
  readonly services: SbiServices;
  argument(index: number): bigint;
}

export interface SbiExtension {
  readonly name: string;
  /** Extension ids that it answers to (one, but for the legacy ones). */
  readonly ids: readonly bigint[];
  /** Undefined: the extension has no such function. */
  call(functionId: number, call: SbiCall, id: bigint): SbiResult | undefined;
}

const allHarts = 0xffff_ffff_ffff_ffffn;

/**
 * Harts named by `hart_mask` and `hart_mask_base` (3.1): a base of -1 is all of them. Undefined when a bit names no
 * hart, which is an invalid parameter.
 */
export const hartsOf = (services: SbiServices, mask: bigint, base: bigint): readonly Hart[] | undefined => {
  if (base === allHarts) return services.harts;
  const chosen: Hart[] = [];
  for (let bit = 0n; bit < 64n; bit++) {
    if (((mask >> bit) & 1n) === 0n) continue;
    const hart = services.harts.find((candidate) => BigInt(candidate.id) === base + bit);
    if (hart === undefined) return undefined;
    chosen.push(hart);
  }
  return chosen;
};

/** A physical address in two halves, as far as a number holds it exactly; beyond is no RAM. */
export const physicalOf = (low: bigint, high: bigint): number | undefined =>
  high === 0n && low <= BigInt(Number.MAX_SAFE_INTEGER) ? Number(low) : undefined;

/** Four letters as an extension id, as the specification gives them. */
export const idOf = (letters: string): bigint =>
  [...letters].reduce((id, letter) => (id << 8n) | BigInt(letter.charCodeAt(0)), 0n);
