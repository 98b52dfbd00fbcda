/**
 * The core-local interruptor (SiFive CLINT): software interrupts and timer compares, one of each a hart, and a window
 * on the machine's clock. It keeps no clock and raises no timer interrupt: MTIP is `mtime >= mtimecmp`, which the
 * machine computes, because only it knows at which moment the clock will pass a value.
 *
 *     0x0000 + 4 * hart   msip      bit 0 is MSIP of the hart; the rest reads zero
 *     0x4000 + 8 * hart   mtimecmp  64 bits, also as two words
 *     0xbff8              mtime     64 bits, also as two words
 *     0xc000              reads zero
 *
 * Lines: line = hart, its MSIP. mtimecmp starts with all bits set, so that no timer is pending before software asks
 * (the privileged specification leaves its reset value open, section 3.2.1).
 */

import { ticksMax } from '../machine/platform.ts';
import type { Device, DeviceContext, PlainState } from './device.ts';
import { SavedRecord } from './record.ts';
import { fields, integer, listOf, type Shape, words } from './shape.ts';

const msipBase = 0x0000;
const mtimecmpBase = 0x4000;
const mtimeBase = 0xbff8;

export interface ClintHooks {
  /** mtimecmp of a hart was written: the moment of its next timer interrupt may be another. */
  readonly timerChanged: (hart: number) => void;
  /**
   * The guest writes mtime. The clock is the machine's, so the machine moves it, and with it everything that is
   * derived from it. Values above 2^52 arrive as 2^52. Without this hook such writes are ignored.
   */
  readonly setTicks?: (ticks: number) => void;
}

export class Clint implements Device {
  readonly name: string;
  readonly #context: DeviceContext;
  readonly #hooks: ClintHooks;
  readonly #harts: number;
  #msip: Uint32Array;
  readonly #mtimecmp: BigUint64Array;
  /** The same in halves, the lower one first. */
  readonly #halves: Uint32Array;

  constructor(name: string, context: DeviceContext, harts: number, hooks: ClintHooks) {
    this.name = name;
    this.#context = context;
    this.#hooks = hooks;
    this.#harts = harts;
    this.#msip = new Uint32Array(harts);
    this.#mtimecmp = new BigUint64Array(harts).fill(2n ** 64n - 1n);
    this.#halves = new Uint32Array(this.#mtimecmp.buffer);
  }

  /** Whether MSIP of a hart is set. */
  msip(hart: number): boolean {
    return this.#msip[hart] === 1;
  }

  /** Unsigned; the hart's timer interrupt is pending while mtime is at or above it. */
  mtimecmp(hart: number): bigint {
    return this.#mtimecmp[hart]!;
  }

  /** The same as a number, for who looks often: beyond 2^53 the nearest one. */
  timerTicks(hart: number): number {
    return this.#halves[2 * hart + 1]! * 2 ** 32 + this.#halves[2 * hart]!;
  }

  read(offset: number, sizeBytes: number): bigint {
    if (sizeBytes !== 4 && sizeBytes !== 8) return 0n;
    if (offset < mtimecmpBase) {
      return sizeBytes === 4 ? BigInt(this.#msip[(offset - msipBase) >>> 2] ?? 0) : 0n;
    }
    const at = this.#timeRegister(offset);
    if (at === undefined) return 0n;
    const register = at === 'mtime' ? wholeOf(this.#context.ticks()) : this.#mtimecmp[at]!;
    return part(register, offset, sizeBytes);
  }

  write(offset: number, sizeBytes: number, value: bigint): void {
    if (sizeBytes !== 4 && sizeBytes !== 8) return;
    if (offset < mtimecmpBase) {
      const hart = (offset - msipBase) >>> 2;
      if (sizeBytes !== 4 || hart >= this.#harts) return;
      this.#msip[hart] = Number(value & 1n);
      this.#context.setLine(hart, (value & 1n) === 1n);
      return;
    }
    const at = this.#timeRegister(offset);
    if (at === undefined) return;
    if (at === 'mtime') {
      const ticks = sizeBytes === 8 ? value : withWord(wholeOf(this.#context.ticks()), offset, value);
      this.#hooks.setTicks?.(ticks > ticksMax ? ticksMax : Number(ticks));
    } else {
      this.#mtimecmp[at] = sizeBytes === 8 ? value : withWord(this.#mtimecmp[at]!, offset, value);
      this.#hooks.timerChanged(at);
    }
  }

  save(): PlainState {
    return { msip: this.#msip.slice(), mtimecmp: [...this.#mtimecmp] };
  }

  get shape(): Shape {
    return fields({ msip: words(this.#harts, 1), mtimecmp: listOf(integer(64), this.#harts, this.#harts) });
  }

  restore(state: PlainState): void {
    const record = new SavedRecord(this.name, state);
    this.#msip = record.words('msip');
    this.#mtimecmp.set(record.list('mtimecmp').map((value) => value as bigint));
  }

  #timeRegister(offset: number): 'mtime' | number | undefined {
    if (offset >= mtimeBase) return offset < mtimeBase + 8 ? 'mtime' : undefined;
    const hart = (offset - mtimecmpBase) >>> 3;
    return hart < this.#harts ? hart : undefined;
  }
}

/** One number, in halves and as a whole. */
const halvesOfOne = new Uint32Array(2);
const one = new BigUint64Array(halvesOfOne.buffer);

/** What `BigInt` gives of a whole number that is not negative, without asking V8's runtime. */
const wholeOf = (value: number): bigint => {
  halvesOfOne[0] = value;
  halvesOfOne[1] = value / 2 ** 32;
  return one[0]!;
};

/** The word or double word that an access at an offset sees of a 64-bit register. */
const part = (register: bigint, offset: number, sizeBytes: number): bigint =>
  sizeBytes === 8 ? register : BigInt.asUintN(32, (offset & 4) === 0 ? register : register >> 32n);

/** A 64-bit register after a write of one of its words. */
const withWord = (whole: bigint, offset: number, value: bigint): bigint => {
  const word = BigInt.asUintN(32, value);
  return (offset & 4) === 0 ? ((whole >> 32n) << 32n) | word : BigInt.asUintN(32, whole) | (word << 32n);
};
