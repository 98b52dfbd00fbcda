/**
 * The firmware configuration device (QEMU's docs/specs/fw_cfg.rst): named items of bytes that firmware reads. Its
 * contents are part of the machine's configuration. Items cannot be written.
 *
 *     0x00  data, 1 to 8 bytes: the next bytes of the selected item, in memory order
 *     0x08  selector, 2 bytes, big-endian
 *     0x10  address of a DMA request, 8 bytes, big-endian; writing the lower half starts it
 */

import { type Device, type DeviceContext, DmaError, type PlainState } from './device.ts';
import { SavedRecord } from './record.ts';
import { fields, type Shape, unsigned } from './shape.ts';

const dataAt = 0x00;
const selectorAt = 0x08;
const dmaAt = 0x10;

// Keys of items that are no files.
const keySignature = 0x0000;
const keyId = 0x0001;
const keyRamBytes = 0x0003;
const keyHarts = 0x0005;
const keyHartsMax = 0x000f;
const keyDirectory = 0x0019;
const keyFirstFile = 0x0020;
const keyWrite = 0x4000; // a bit that once meant writing, and is ignored

const idTraditional = 1;
const idDma = 2;

// Control bits of a DMA request: { control u32, length u32, address u64 }, big-endian.
const dmaError = 0x01;
const dmaRead = 0x02;
const dmaSkip = 0x04;
const dmaSelect = 0x08;
const dmaWrite = 0x10;
const dmaRequestBytes = 16;
const dmaSignature = 0x5145_4d55_2043_4647n; // "QEMU CFG"
/** Bounds one request; the largest of real use is a kernel image. */
const dmaBytesMax = 64 * 2 ** 20;

const nameBytes = 56;

export interface FwCfgConfig {
  readonly harts: number;
  readonly ramBytes: number;
  /** Files such as `opt/org.example/name`, at most 55 characters of ASCII each. */
  readonly files: readonly { readonly name: string; readonly bytes: Uint8Array }[];
}

export class FwCfg implements Device {
  readonly name: string;
  readonly #context: DeviceContext;
  readonly #items: ReadonlyMap<number, Uint8Array>;
  #selected = keySignature;
  #offset = 0;
  #dmaHigh = 0;

  constructor(name: string, context: DeviceContext, config: FwCfgConfig) {
    this.name = name;
    this.#context = context;
    this.#items = itemsOf(config);
  }

  read(offset: number, sizeBytes: number): bigint {
    if (offset >= dmaAt) {
      if (offset + sizeBytes > dmaAt + 8) return 0n;
      const shift = BigInt(8 * (8 - (offset - dmaAt) - sizeBytes));
      return swapped(BigInt.asUintN(8 * sizeBytes, dmaSignature >> shift), sizeBytes);
    }
    if (offset !== dataAt) return 0n;
    let value = 0n;
    this.#next(sizeBytes).forEach((byte, index) => {
      value |= BigInt(byte) << BigInt(8 * index);
    });
    return value;
  }

  write(offset: number, sizeBytes: number, value: bigint): void {
    const bigEndian = swapped(value, sizeBytes);
    if (offset === selectorAt && sizeBytes === 2) {
      this.#select(Number(bigEndian));
    } else if (offset === dmaAt && sizeBytes === 8) {
      this.#transfer(Number(bigEndian));
    } else if (offset === dmaAt && sizeBytes === 4) {
      this.#dmaHigh = Number(bigEndian);
    } else if (offset === dmaAt + 4 && sizeBytes === 4) {
      this.#transfer(this.#dmaHigh * 2 ** 32 + Number(bigEndian));
    }
  }

  save(): PlainState {
    return { selected: this.#selected, offset: this.#offset, dmaHigh: this.#dmaHigh };
  }

  readonly shape: Shape = fields({ selected: unsigned(16), offset: unsigned(32), dmaHigh: unsigned(32) });

  restore(state: PlainState): void {
    const record = new SavedRecord(this.name, state);
    this.#selected = record.number('selected');
    this.#offset = record.number('offset');
    this.#dmaHigh = record.number('dmaHigh');
  }

  #select(key: number): void {
    this.#selected = key & ~keyWrite;
    this.#offset = 0;
  }

  /** The next bytes of the selected item; zeros behind its end. */
  #next(sizeBytes: number): Uint8Array {
    const item = this.#items.get(this.#selected) ?? new Uint8Array(0);
    const bytes = new Uint8Array(sizeBytes);
    bytes.set(item.subarray(this.#offset, this.#offset + sizeBytes));
    this.#offset = Math.min(item.length, this.#offset + sizeBytes);
    return bytes;
  }

  /** A request that is not in RAM cannot be answered; one whose buffer is not says "error". */
  #transfer(address: number): void {
    this.#dmaHigh = 0;
    try {
      const request = new DataView(this.#context.readMemory(address, dmaRequestBytes).buffer);
      const control = request.getUint32(0);
      const sizeBytes = request.getUint32(4);
      const failed = !this.#perform(control, sizeBytes, Number(request.getBigUint64(8)));
      this.#context.writeMemory(address, Uint8Array.of(0, 0, 0, failed ? dmaError : 0));
    } catch (error) {
      if (!(error instanceof DmaError)) throw error;
    }
  }

  #perform(control: number, sizeBytes: number, buffer: number): boolean {
    if ((control & dmaSelect) !== 0) this.#select(control >>> 16);
    if ((control & dmaRead) !== 0) {
      if (sizeBytes > dmaBytesMax) return false;
      try {
        this.#context.writeMemory(buffer, this.#next(sizeBytes));
      } catch (error) {
        if (!(error instanceof DmaError)) throw error;
        return false;
      }
      return true;
    }
    if ((control & dmaWrite) !== 0) return false;
    if ((control & dmaSkip) !== 0) {
      const length = this.#items.get(this.#selected)?.length ?? 0;
      this.#offset = Math.min(length, this.#offset + sizeBytes);
    }
    return true;
  }
}

const itemsOf = (config: FwCfgConfig): ReadonlyMap<number, Uint8Array> => {
  const files = [...config.files].sort((one, other) => (one.name < other.name ? -1 : 1));
  return new Map([
    [keySignature, new TextEncoder().encode('QEMU')],
    [keyId, littleEndian(BigInt(idTraditional | idDma), 4)],
    [keyRamBytes, littleEndian(BigInt(config.ramBytes), 8)],
    [keyHarts, littleEndian(BigInt(config.harts), 2)],
    [keyHartsMax, littleEndian(BigInt(config.harts), 2)],
    [keyDirectory, directory(files)],
    ...files.map(({ bytes }, index) => [keyFirstFile + index, bytes] as const),
  ]);
};

/** { count u32, count x { size u32, key u16, reserved u16, name 56 bytes } }, big-endian. */
const directory = (files: FwCfgConfig['files']): Uint8Array => {
  const entryBytes = 8 + nameBytes;
  const bytes = new Uint8Array(4 + files.length * entryBytes);
  const view = new DataView(bytes.buffer);
  view.setUint32(0, files.length);
  files.forEach((file, index) => {
    const at = 4 + index * entryBytes;
    view.setUint32(at, file.bytes.length);
    view.setUint16(at + 4, keyFirstFile + index);
    bytes.set(new TextEncoder().encode(file.name).subarray(0, nameBytes - 1), at + 8);
  });
  return bytes;
};

const littleEndian = (value: bigint, sizeBytes: number): Uint8Array =>
  Uint8Array.from({ length: sizeBytes }, (_, index) => Number((value >> BigInt(8 * index)) & 0xffn));

const swapped = (value: bigint, sizeBytes: number): bigint =>
  littleEndian(value, sizeBytes).reduce((result, byte) => (result << 8n) | BigInt(byte), 0n);
