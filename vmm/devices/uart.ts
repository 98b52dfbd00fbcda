/**
 * The serial port: National Semiconductor's PC16550D, as `ns16550a`. Registers are one byte wide and one byte apart;
 * a wider access reaches the one register at its offset.
 *
 *     offset   read            write          with DLAB set
 *     0        RBR             THR            DLL
 *     1        IER             IER            DLM
 *     2        IIR             FCR
 *     3        LCR             LCR
 *     4        MCR             MCR
 *     5        LSR             -
 *     6        MSR             -
 *     7        SCR             SCR
 *
 * There is no baud rate: a character is sent the moment it is written, and one that is received is there at once.
 * So the character timeout (data sheet, section 8.4) has always just passed: data below the trigger level is
 * announced as a timeout. The other side never overruns the receiver: what does not fit waits in the backlog, which is
 * state.
 */

import type { Device, DeviceContext, PlainState } from './device.ts';
import { SavedRecord } from './record.ts';
import { bytes, fields, flag, type Shape, unsigned } from './shape.ts';

const fifoBytes = 16;
/** Nobody types so much; what comes from a file is held against it. */
const backlogBytesMax = 2 ** 26;

// Interrupt enable register.
const ierReceived = 0x01;
const ierTransmitEmpty = 0x02;
const ierLineStatus = 0x04;
const ierModemStatus = 0x08;

// Interrupt identification register, in falling priority.
const iirLineStatus = 0x06;
const iirReceived = 0x04;
const iirTimeout = 0x0c;
const iirTransmitEmpty = 0x02;
const iirModemStatus = 0x00;
const iirNone = 0x01;
const iirFifosEnabled = 0xc0;

// FIFO control register.
const fcrEnable = 0x01;
const fcrClearReceiver = 0x02;
const fcrClearTransmitter = 0x04;
const fcrKept = 0xc9; // the bits that stay: trigger level, DMA mode, enable
const triggerLevels = [1, 4, 8, 14] as const; // by bits 7:6

const lcrDivisorAccess = 0x80;

// Modem control register.
const mcrDtr = 0x01;
const mcrRts = 0x02;
const mcrOut1 = 0x04;
const mcrOut2 = 0x08;
const mcrLoop = 0x10;

// Line status register.
const lsrDataReady = 0x01;
const lsrOverrun = 0x02;
const lsrTransmitHoldingEmpty = 0x20;
const lsrTransmitterEmpty = 0x40;
const lsrErrors = 0x1e;

// Modem status register: state in the upper half, what changed since the last read in the lower.
const msrCts = 0x10;
const msrDsr = 0x20;
const msrRing = 0x40;
const msrDcd = 0x80;
const msrDeltas = 0x0f;

export class Uart implements Device {
  readonly name: string;
  readonly #context: DeviceContext;
  #received: number[] = []; // at most fifoBytes, or one without FIFOs
  #backlog: Uint8Array = new Uint8Array(0); // typed, not yet received
  #ier = 0;
  #fcr = 0;
  #lcr = 0;
  #mcr = mcrOut2;
  #lineErrors = 0; // bits of lsrErrors
  #msr = msrDcd | msrDsr | msrCts; // the other side is there and ready
  #scr = 0;
  #divisor = 12;
  #transmitEmptyPending = false;

  constructor(name: string, context: DeviceContext) {
    this.name = name;
    this.#context = context;
  }

  /** Characters typed at the console. */
  receive(bytes: Uint8Array): void {
    const joined = new Uint8Array(this.#backlog.length + bytes.length);
    joined.set(this.#backlog);
    joined.set(bytes, this.#backlog.length);
    this.#backlog = joined;
    this.#refill();
    this.#drive();
  }

  /**
   * Takes one received character as if the guest had read it, for firmware that lends its console calls the port; -1
   * when nothing was received.
   */
  take(): number {
    const character = this.#received.shift() ?? -1;
    this.#refill();
    this.#drive();
    return character;
  }

  read(offset: number): bigint {
    return BigInt(this.#readRegister(offset & 7));
  }

  write(offset: number, _sizeBytes: number, value: bigint): void {
    this.#writeRegister(offset & 7, Number(value & 0xffn));
    this.#drive();
  }

  save(): PlainState {
    return {
      received: Uint8Array.from(this.#received),
      backlog: this.#backlog, // never changed in place
      ier: this.#ier,
      fcr: this.#fcr,
      lcr: this.#lcr,
      mcr: this.#mcr,
      lineErrors: this.#lineErrors,
      msr: this.#msr,
      scr: this.#scr,
      divisor: this.#divisor,
      transmitEmptyPending: this.#transmitEmptyPending,
    };
  }

  readonly shape: Shape = fields({
    received: bytes(0, fifoBytes),
    backlog: bytes(0, backlogBytesMax),
    ier: unsigned(8),
    fcr: unsigned(8),
    lcr: unsigned(8),
    mcr: unsigned(8),
    lineErrors: unsigned(8),
    msr: unsigned(8),
    scr: unsigned(8),
    divisor: unsigned(16),
    transmitEmptyPending: flag,
  });

  restore(state: PlainState): void {
    const record = new SavedRecord(this.name, state);
    this.#received = [...record.bytes('received')];
    this.#backlog = record.bytes('backlog');
    this.#ier = record.number('ier');
    this.#fcr = record.number('fcr');
    this.#lcr = record.number('lcr');
    this.#mcr = record.number('mcr');
    this.#lineErrors = record.number('lineErrors');
    this.#msr = record.number('msr');
    this.#scr = record.number('scr');
    this.#divisor = record.number('divisor');
    this.#transmitEmptyPending = record.flag('transmitEmptyPending');
  }

  #readRegister(register: number): number {
    const divisorAccess = (this.#lcr & lcrDivisorAccess) !== 0;
    switch (register) {
      case 0: {
        if (divisorAccess) return this.#divisor & 0xff;
        return Math.max(0, this.take());
      }
      case 1:
        return divisorAccess ? this.#divisor >>> 8 : this.#ier;
      case 2: {
        const identification = this.#interrupt();
        // Reading the identification acknowledges this interrupt alone (data sheet, table IV).
        if (identification === iirTransmitEmpty) this.#transmitEmptyPending = false;
        this.#drive();
        return identification | ((this.#fcr & fcrEnable) !== 0 ? iirFifosEnabled : 0);
      }
      case 3:
        return this.#lcr;
      case 4:
        return this.#mcr;
      case 5: {
        const status = this.#lineStatus();
        if (this.#lineErrors !== 0) {
          this.#lineErrors = 0;
          this.#drive();
        }
        return status;
      }
      case 6: {
        if ((this.#mcr & mcrLoop) !== 0) return loopedModemStatus(this.#mcr);
        const status = this.#msr;
        this.#msr &= ~msrDeltas;
        this.#drive();
        return status;
      }
      default:
        return this.#scr;
    }
  }

  #writeRegister(register: number, value: number): void {
    const divisorAccess = (this.#lcr & lcrDivisorAccess) !== 0;
    switch (register) {
      case 0:
        if (divisorAccess) this.#divisor = (this.#divisor & 0xff00) | value;
        else this.#transmit(value);
        break;
      case 1:
        if (divisorAccess) {
          this.#divisor = (this.#divisor & 0x00ff) | (value << 8);
        } else {
          // Enabling the transmitter interrupt announces at once that the transmitter is empty, as it always is; drivers
          // count on it, and on silence when it was enabled before.
          if (((value ^ this.#ier) & ierTransmitEmpty) !== 0) {
            this.#transmitEmptyPending = (value & ierTransmitEmpty) !== 0;
          }
          this.#ier = value & 0x0f;
        }
        break;
      case 2:
        this.#controlFifos(value);
        break;
      case 3:
        this.#lcr = value;
        break;
      case 4:
        this.#mcr = value & 0x1f;
        this.#refill();
        break;
      case 7:
        this.#scr = value;
        break;
      default: // LSR and MSR are read-only (LSR's factory-test writes are not modelled).
    }
  }

  #transmit(character: number): void {
    this.#transmitEmptyPending = true;
    if ((this.#mcr & mcrLoop) === 0) {
      this.#context.output(Uint8Array.of(character));
    } else if (this.#received.length < this.#capacity()) {
      this.#received.push(character);
    } else {
      // With FIFOs the newest character is lost, without them the old one is overwritten (data sheet, section 8.6.3).
      if ((this.#fcr & fcrEnable) === 0) this.#received[0] = character;
      this.#lineErrors |= lsrOverrun;
    }
  }

  #controlFifos(value: number): void {
    const toggled = ((value ^ this.#fcr) & fcrEnable) !== 0; // Changing the enable bit clears both FIFOs.
    this.#fcr = value & fcrKept;
    if (toggled || (value & fcrClearReceiver) !== 0) {
      this.#received = [];
      this.#refill();
    }
    if (toggled || (value & fcrClearTransmitter) !== 0) this.#transmitEmptyPending = true;
  }

  #capacity(): number {
    return (this.#fcr & fcrEnable) !== 0 ? fifoBytes : 1;
  }

  /** Takes from the backlog what the receiver has room for; in loopback mode the outside is disconnected. */
  #refill(): void {
    if ((this.#mcr & mcrLoop) !== 0) return;
    const taken = Math.min(this.#capacity() - this.#received.length, this.#backlog.length);
    if (taken <= 0) return;
    this.#received.push(...this.#backlog.subarray(0, taken));
    this.#backlog = this.#backlog.slice(taken);
  }

  #lineStatus(): number {
    const ready = this.#received.length > 0 ? lsrDataReady : 0;
    return ready | this.#lineErrors | lsrTransmitHoldingEmpty | lsrTransmitterEmpty;
  }

  /** The interrupt of highest priority that is pending and enabled, as IIR's low bits. */
  #interrupt(): number {
    if ((this.#ier & ierLineStatus) !== 0 && (this.#lineErrors & lsrErrors) !== 0) return iirLineStatus;
    if ((this.#ier & ierReceived) !== 0 && this.#received.length > 0) {
      const trigger = (this.#fcr & fcrEnable) !== 0 ? triggerLevels[(this.#fcr >>> 6) as 0 | 1 | 2 | 3] : 1;
      return this.#received.length >= trigger ? iirReceived : iirTimeout;
    }
    if ((this.#ier & ierTransmitEmpty) !== 0 && this.#transmitEmptyPending) return iirTransmitEmpty;
    if ((this.#ier & ierModemStatus) !== 0 && (this.#msr & msrDeltas) !== 0) return iirModemStatus;
    return iirNone;
  }

  #drive(): void {
    this.#context.setLine(0, this.#interrupt() !== iirNone);
  }
}

/** In loopback mode the four outputs are wired to the four inputs (data sheet, section 8.7). */
const loopedModemStatus = (mcr: number): number =>
  ((mcr & mcrRts) !== 0 ? msrCts : 0) |
  ((mcr & mcrDtr) !== 0 ? msrDsr : 0) |
  ((mcr & mcrOut1) !== 0 ? msrRing : 0) |
  ((mcr & mcrOut2) !== 0 ? msrDcd : 0);
