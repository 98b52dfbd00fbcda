/**
 * The platform-level interrupt controller (RISC-V PLIC specification 1.0.0, with SiFive's register map). Sources are
 * level-triggered; a context is who can be interrupted.
 *
 *     0x00_0000 + 4 * source                        priority, 0 (never) to 7
 *     0x00_1000                                     pending, a bit a source, read-only
 *     0x00_2000 + 0x80 * context                    enable, a bit a source
 *     0x20_0000 + 0x1000 * context                  threshold
 *     0x20_0000 + 0x1000 * context + 4              claim (read), complete (write)
 *
 * Context = line = 2 * hart for machine mode, 2 * hart + 1 for supervisor mode.
 *
 * Where QEMU's model and the specification differ, this is the specification: a request that the gateway has
 * forwarded stays pending when its source falls ("Interrupt Gateways"); a source that is still high on completion is
 * forwarded again; a claim takes no notice of the threshold ("Interrupt Claim Process"); a completion for a source
 * that is not enabled for the context is ignored ("Interrupt Completion").
 */

import type { Device, DeviceContext, PlainState } from './device.ts';
import { SavedRecord } from './record.ts';
import { fields, type Shape, words } from './shape.ts';

/** Sources are numbered from 1; source 0 means "no interrupt". */
export const plicSources = 96;

const sourceWords = (plicSources + 32) >>> 5;
const priorityMask = 7; // WARL: three bits are implemented
const pendingBase = 0x00_1000;
const enableBase = 0x00_2000;
const enableStride = 0x80;
const contextBase = 0x20_0000;
const contextStride = 0x1000;

export class Plic implements Device {
  readonly name: string;
  readonly #context: DeviceContext;
  readonly #contexts: number;
  #priority: Uint32Array = new Uint32Array(plicSources + 1);
  #level: Uint32Array = new Uint32Array(sourceWords); // what the sources drive
  #pending: Uint32Array = new Uint32Array(sourceWords); // forwarded by the gateway, not yet claimed
  #claimed: Uint32Array = new Uint32Array(sourceWords); // claimed, not yet completed: the gateway is closed
  #enable: Uint32Array;
  #threshold: Uint32Array;
  #driven = 0; // the lines as last driven, a bit a context; a function of the above

  constructor(name: string, context: DeviceContext, harts: number) {
    this.name = name;
    this.#context = context;
    this.#contexts = harts * 2;
    this.#enable = new Uint32Array(this.#contexts * sourceWords);
    this.#threshold = new Uint32Array(this.#contexts);
  }

  /** A device's interrupt line changes. */
  setSource(source: number, high: boolean): void {
    const word = source >>> 5;
    const bit = 1 << (source & 31);
    const isHigh = (this.#level[word]! & bit) !== 0;
    // A port tells its line at each access, and hardly ever is it another one.
    if (high ? isHigh && ((this.#claimed[word]! | this.#pending[word]!) & bit) !== 0 : !isHigh) return;
    if (high) {
      this.#level[word]! |= bit;
      if ((this.#claimed[word]! & bit) === 0) this.#pending[word]! |= bit;
    } else {
      this.#level[word]! &= ~bit;
    }
    this.#drive();
  }

  read(offset: number, sizeBytes: number): bigint {
    if (sizeBytes !== 4 || (offset & 3) !== 0) return 0n;
    return BigInt(this.#readWord(offset));
  }

  write(offset: number, sizeBytes: number, value: bigint): void {
    if (sizeBytes !== 4 || (offset & 3) !== 0) return;
    this.#writeWord(offset, Number(BigInt.asUintN(32, value)));
    this.#drive();
  }

  save(): PlainState {
    return {
      priority: this.#priority.slice(),
      level: this.#level.slice(),
      pending: this.#pending.slice(),
      claimed: this.#claimed.slice(),
      enable: this.#enable.slice(),
      threshold: this.#threshold.slice(),
    };
  }

  get shape(): Shape {
    const sources = words(sourceWords);
    return fields({
      priority: words(plicSources + 1, priorityMask),
      level: sources,
      pending: sources,
      claimed: sources,
      enable: words(this.#contexts * sourceWords),
      threshold: words(this.#contexts, priorityMask),
    });
  }

  restore(state: PlainState): void {
    const record = new SavedRecord(this.name, state);
    this.#priority = record.words('priority');
    this.#level = record.words('level');
    this.#pending = record.words('pending');
    this.#claimed = record.words('claimed');
    this.#enable = record.words('enable');
    this.#threshold = record.words('threshold');
    this.#driven = this.#lines();
  }

  #readWord(offset: number): number {
    if (offset < pendingBase) return this.#priority[offset >>> 2] ?? 0;
    if (offset < enableBase) return this.#pending[(offset - pendingBase) >>> 2] ?? 0;
    if (offset < contextBase) {
      const at = this.#enableIndex(offset);
      return at === undefined ? 0 : this.#enable[at]!;
    }
    const context = Math.floor((offset - contextBase) / contextStride);
    if (context >= this.#contexts) return 0;
    switch (offset % contextStride) {
      case 0:
        return this.#threshold[context]!;
      case 4:
        return this.#claim(context);
      default:
        return 0;
    }
  }

  #writeWord(offset: number, value: number): void {
    if (offset < pendingBase) {
      const source = offset >>> 2;
      if (source >= 1 && source <= plicSources) this.#priority[source] = value & priorityMask;
      return;
    }
    if (offset < enableBase) return;
    if (offset < contextBase) {
      const at = this.#enableIndex(offset);
      if (at !== undefined) this.#enable[at] = value & implementedSources(at % sourceWords);
      return;
    }
    const context = Math.floor((offset - contextBase) / contextStride);
    if (context >= this.#contexts) return;
    switch (offset % contextStride) {
      case 0:
        this.#threshold[context] = value & priorityMask;
        break;
      case 4:
        this.#complete(context, value);
        break;
      default:
    }
  }

  #enableIndex(offset: number): number | undefined {
    const context = Math.floor((offset - enableBase) / enableStride);
    const word = (offset % enableStride) >>> 2;
    return context < this.#contexts && word < sourceWords ? context * sourceWords + word : undefined;
  }

  #claim(context: number): number {
    const source = this.#best(context, 0);
    if (source !== 0) {
      this.#pending[source >>> 5]! &= ~(1 << (source & 31));
      this.#claimed[source >>> 5]! |= 1 << (source & 31);
      this.#drive();
    }
    return source;
  }

  #complete(context: number, source: number): void {
    if (source < 1 || source > plicSources) return;
    const word = source >>> 5;
    const bit = 1 << (source & 31);
    if ((this.#enable[context * sourceWords + word]! & bit) === 0) return;
    if ((this.#claimed[word]! & bit) === 0) return;
    this.#claimed[word]! &= ~bit;
    if ((this.#level[word]! & bit) !== 0) this.#pending[word]! |= bit;
  }

  /** The pending and enabled source of highest priority above a threshold, the lowest number among equals; or 0. */
  #best(context: number, threshold: number): number {
    let best = 0;
    let bestPriority = threshold;
    for (let word = 0; word < sourceWords; word++) {
      let bits = this.#pending[word]! & this.#enable[context * sourceWords + word]!;
      while (bits !== 0) {
        const bit = 31 - Math.clz32(bits & -bits);
        bits &= bits - 1;
        const source = word * 32 + bit;
        if (this.#priority[source]! > bestPriority) {
          best = source;
          bestPriority = this.#priority[source]!;
        }
      }
    }
    return best;
  }

  #lines(): number {
    let lines = 0;
    for (let context = 0; context < this.#contexts; context++) {
      if (this.#best(context, this.#threshold[context]!) !== 0) lines |= 1 << context;
    }
    return lines;
  }

  #drive(): void {
    const lines = this.#lines();
    const changed = lines ^ this.#driven;
    this.#driven = lines;
    for (let context = 0; context < this.#contexts; context++) {
      if ((changed & (1 << context)) !== 0) this.#context.setLine(context, (lines & (1 << context)) !== 0);
    }
  }
}

/** The bits of a word of sources that exist: not source 0, none above the last. */
const implementedSources = (word: number): number => {
  let mask = 0;
  for (let bit = 0; bit < 32; bit++) {
    const source = word * 32 + bit;
    if (source >= 1 && source <= plicSources) mask |= 1 << bit;
  }
  return mask;
};
