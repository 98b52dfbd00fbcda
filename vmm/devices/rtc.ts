/**
 * The goldfish real-time clock: nanoseconds since 1970 and one alarm. Its time is a base from the machine's
 * configuration plus the guest's clock; no host clock is read.
 *
 *     0x00  TIME_LOW         reading it latches TIME_HIGH; writing sets that half of the time
 *     0x04  TIME_HIGH
 *     0x08  ALARM_LOW        writing it arms the alarm, with ALARM_HIGH as written before
 *     0x0c  ALARM_HIGH
 *     0x10  IRQ_ENABLED
 *     0x14  CLEAR_ALARM      write-only
 *     0x18  ALARM_STATUS     1 while armed
 *     0x1c  CLEAR_INTERRUPT  write-only
 *
 * The alarm is a value of the guest's clock, not a moment: only the machine knows when the clock will get there. It is
 * told through `alarmChanged`, asks `alarmTicks`, and calls `wake` at or after that tick.
 */

import { nanosecondsPerTick } from '../machine/platform.ts';
import type { Device, DeviceContext, PlainState } from './device.ts';
import { SavedRecord } from './record.ts';
import { fields, flag, integer, type Shape, unsigned } from './shape.ts';

const tickNs = BigInt(nanosecondsPerTick);

export interface RtcConfig {
  /** Nanoseconds since 1970-01-01T00:00Z when the guest's clock is 0. */
  readonly baseNs: bigint;
  /** The alarm was armed, disarmed or moved: `alarmTicks` may be another. */
  readonly alarmChanged: () => void;
}

export class Rtc implements Device {
  readonly name: string;
  readonly #context: DeviceContext;
  readonly #config: RtcConfig;
  #offsetNs = 0n; // by how much the guest has set the clock
  #timeHigh = 0; // latched
  #alarmNs = 0n;
  #armed = false;
  #pending = false;
  #enabled = false;

  constructor(name: string, context: DeviceContext, config: RtcConfig) {
    this.name = name;
    this.#context = context;
    this.#config = config;
  }

  /** The first tick of the guest's clock at which the alarm is due; `undefined` while it is not armed. */
  alarmTicks(): number | undefined {
    if (!this.#armed) return undefined;
    const ticks = (this.#alarmNs - this.#config.baseNs - this.#offsetNs + tickNs - 1n) / tickNs;
    return ticks > BigInt(Number.MAX_SAFE_INTEGER) ? undefined : Math.max(0, Number(ticks));
  }

  wake(): void {
    // By ticks: the time may have passed 2^64 ns in the tick that the alarm is in.
    if (!this.#armed || this.#context.ticks() < (this.alarmTicks() ?? Number.POSITIVE_INFINITY)) return;
    this.#fire();
    this.#config.alarmChanged();
  }

  read(offset: number): bigint {
    switch (offset) {
      case 0x00: {
        const time = this.#timeNs();
        this.#timeHigh = Number(time >> 32n);
        return BigInt.asUintN(32, time);
      }
      case 0x04:
        return BigInt(this.#timeHigh);
      case 0x08:
        return BigInt.asUintN(32, this.#alarmNs);
      case 0x0c:
        return this.#alarmNs >> 32n;
      case 0x10:
        return this.#enabled ? 1n : 0n;
      case 0x18:
        return this.#armed ? 1n : 0n;
      default:
        return 0n;
    }
  }

  write(offset: number, _sizeBytes: number, value: bigint): void {
    const word = BigInt.asUintN(32, value);
    switch (offset) {
      case 0x00:
        this.#setTime(withLow(this.#timeNs(), word));
        break;
      case 0x04:
        this.#setTime(withHigh(this.#timeNs(), word));
        break;
      case 0x08:
        this.#alarmNs = withLow(this.#alarmNs, word);
        this.#arm();
        break;
      case 0x0c:
        this.#alarmNs = withHigh(this.#alarmNs, word);
        break;
      case 0x10:
        this.#enabled = (word & 1n) === 1n;
        this.#drive();
        break;
      case 0x14:
        this.#armed = false;
        this.#config.alarmChanged();
        break;
      case 0x1c:
        this.#pending = false;
        this.#drive();
        break;
      default:
    }
  }

  save(): PlainState {
    return {
      offsetNs: this.#offsetNs,
      timeHigh: this.#timeHigh,
      alarmNs: this.#alarmNs,
      armed: this.#armed,
      pending: this.#pending,
      enabled: this.#enabled,
    };
  }

  readonly shape: Shape = fields({
    offsetNs: integer(80, true),
    timeHigh: unsigned(32),
    alarmNs: integer(64),
    armed: flag,
    pending: flag,
    enabled: flag,
  });

  restore(state: PlainState): void {
    const record = new SavedRecord(this.name, state);
    this.#offsetNs = record.integer('offsetNs');
    this.#timeHigh = record.number('timeHigh');
    this.#alarmNs = record.integer('alarmNs');
    this.#armed = record.flag('armed');
    this.#pending = record.flag('pending');
    this.#enabled = record.flag('enabled');
  }

  #timeNs(): bigint {
    const time = this.#config.baseNs + this.#offsetNs + BigInt(this.#context.ticks()) * tickNs;
    return BigInt.asUintN(64, time);
  }

  #setTime(time: bigint): void {
    this.#offsetNs += time - this.#timeNs();
    if (this.#armed) this.#config.alarmChanged();
  }

  /** An alarm in the past fires at once. */
  #arm(): void {
    if (this.#alarmNs <= this.#timeNs()) this.#fire();
    else this.#armed = true;
    this.#config.alarmChanged();
  }

  #fire(): void {
    this.#armed = false;
    this.#pending = true;
    this.#drive();
  }

  #drive(): void {
    this.#context.setLine(0, this.#pending && this.#enabled);
  }
}

const withLow = (whole: bigint, word: bigint): bigint => ((whole >> 32n) << 32n) | word;
const withHigh = (whole: bigint, word: bigint): bigint => (word << 32n) | BigInt.asUintN(32, whole);
