/**
 * The subset of MessagePack (https://github.com/msgpack/msgpack/blob/master/spec.md) that a trace uses: nil, booleans,
 * numbers, strings, binary, arrays, maps. No extension types, at most `depthMax` levels. Encoding and decoding are
 * msgpackr's; what comes from a file is first walked here, so that the decoder never sees a depth bomb, a length that
 * the bytes cannot back, or an extension that would make an object of another kind.
 */

import { Packr } from 'msgpackr/pack';
import { Unpackr } from 'msgpackr/unpack';

const depthMax = 8;
/** Columns are binary, so a message has few values of its own however long the recording. */
const valuesMax = 65_536;

/** A fresh encoder each time: nothing of one chunk is needed to read another. */
export const encodeMessage = (value: unknown): Uint8Array => {
  const bytes = new Packr({ useRecords: false, variableMapSize: true, int64AsType: 'auto' }).pack(value);
  return new Uint8Array(bytes.buffer, bytes.byteOffset, bytes.length);
};

/** Throws a plain `Error` with a phrase for what was found. */
export const decodeMessage = (bytes: Uint8Array): unknown => {
  const end = walk({ bytes, view: new DataView(bytes.buffer, bytes.byteOffset, bytes.length), values: 0 }, 0, 0);
  if (end !== bytes.length) throw new Error(`${bytes.length - end} bytes after the value`);
  return new Unpackr({ useRecords: false, int64AsType: 'auto' }).unpack(bytes);
};

interface Message {
  bytes: Uint8Array;
  view: DataView;
  /** How many values were met so far. */
  values: number;
}

/** The offset just past the value that starts at `at`. */
const walk = (message: Message, at: number, depth: number): number => {
  const { bytes, view } = message;
  if (++message.values > valuesMax) throw new Error(`more than ${valuesMax} values`);
  if (depth > depthMax) throw new Error(`more than ${depthMax} levels`);
  const need = (length: number): number => {
    if (length > bytes.length - at) throw new Error(`a value that ends beyond byte ${bytes.length}`);
    return at + length;
  };
  const items = (count: number, start: number): number => {
    // Every item has at least one byte, and the decoder allocates by the count alone.
    if (count > bytes.length - start) throw new Error(`${count} items in ${bytes.length - start} bytes`);
    let end = start;
    for (let index = 0; index < count; index++) end = walk(message, end, depth + 1);
    return end;
  };
  need(1);
  const tag = bytes[at]!;
  if (tag <= 0x7f || tag >= 0xe0) return at + 1; //                fixint
  if (tag <= 0x8f) return items((tag & 0x0f) * 2, at + 1); //      fixmap
  if (tag <= 0x9f) return items(tag & 0x0f, at + 1); //            fixarray
  if (tag <= 0xbf) return need(1 + (tag & 0x1f)); //               fixstr
  const u8 = () => view.getUint8(need(2) - 1);
  const u16 = () => view.getUint16(need(3) - 2);
  const u32 = () => view.getUint32(need(5) - 4);
  switch (tag) {
    case 0xc0: // nil
    case 0xc2: // false
    case 0xc3: // true
      return at + 1;
    case 0xc4: // bin 8
    case 0xd9: // str 8
      return need(2 + u8());
    case 0xc5: // bin 16
    case 0xda: // str 16
      return need(3 + u16());
    case 0xc6: // bin 32
    case 0xdb: // str 32
      return need(5 + u32());
    case 0xcc: // uint 8
    case 0xd0: // int 8
      return need(2);
    case 0xcd: // uint 16
    case 0xd1: // int 16
      return need(3);
    case 0xca: // float 32
    case 0xce: // uint 32
    case 0xd2: // int 32
      return need(5);
    case 0xcb: // float 64
    case 0xcf: // uint 64
    case 0xd3: // int 64
      return need(9);
    case 0xdc: // array 16
      return items(u16(), at + 3);
    case 0xdd: // array 32
      return items(u32(), at + 5);
    case 0xde: // map 16
      return items(u16() * 2, at + 3);
    case 0xdf: // map 32
      return items(u32() * 2, at + 5);
    default:
      throw new Error(`the MessagePack type 0x${tag.toString(16)}, which traces do not use`);
  }
};
