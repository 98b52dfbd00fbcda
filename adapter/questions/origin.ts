/**
 * "Where did this value come from" for people and scripts: a place as they spell it, symbols and files by their names,
 * text and JSON. How the answer is found is vmm/history/origin.
 */

import type { OriginAnswer } from '../../vmm/history/origin/answer.ts';
import type { OriginQuestion } from '../../vmm/history/origin/origin.ts';
import { memoryPlace, type Place, placeText, registerNamed } from '../../vmm/history/origin/place.ts';
import { originSentence, originText } from '../../vmm/history/origin/text.ts';
import { peekTranslate } from '../../vmm/machine/debug-access.ts';
import type { Hart } from '../../vmm/machine/hart.ts';
import { inRam } from '../../vmm/machine/memory.ts';
import { type BootImage, bootImage } from '../boot/boot.ts';
import { InputError } from '../program/input-error.ts';
import { describePlace, type SymbolTable } from '../program/symbols.ts';
import type { Session } from '../session/session.ts';

/** Longest place that can be asked about at once. */
const placeBytesMax = 4096;
const defaultBytes = 8;

/**
 * The place of a text: a register (`ra`, `sepc`, `pc`), or an address or symbol with an offset and a size (`0x80005ff8`,
 * `buffers+0xff8,8`), as the hart sees it now; `phys:0x80005ff8,8` is a physical address. Without a size it is the
 * symbol's, or 8 bytes.
 * @throws {InputError}
 */
export const placeOf = (text: string, hart: Hart, symbols?: SymbolTable): Place => {
  const register = registerNamed(hart.id, text);
  if (register !== undefined) return register;
  const match = /^(phys:)?([^,+]+)(?:\+([^,]+))?(?:,(.+))?$/.exec(text.replaceAll(' ', ''));
  const [, physical, base, offset, size] = match ?? [];
  const symbol = base === undefined ? undefined : symbols?.find(base);
  const start = numberOf(base) ?? symbol?.address;
  const sizeBytes = Number(numberOf(size) ?? (size === undefined ? symbolBytes(symbol?.sizeBytes, offset) : -1n));
  const by = offset === undefined ? 0n : numberOf(offset);
  if (start === undefined || by === undefined || !(sizeBytes >= 1 && sizeBytes <= placeBytesMax))
    throw noSuchPlace(text);
  const address = BigInt.asUintN(64, start + by);
  const found = physical === undefined ? translated(hart, address, sizeBytes) : Number(address);
  if (found === undefined || !inRam(hart.memory, found, sizeBytes)) throw notInRam(text, hart.id);
  return memoryPlace(found, sizeBytes);
};

const symbolBytes = (sizeBytes: bigint | undefined, offset: string | undefined): bigint =>
  sizeBytes === undefined || sizeBytes === 0n || sizeBytes > placeBytesMax || offset !== undefined
    ? BigInt(defaultBytes)
    : sizeBytes;

const numberOf = (text: string | undefined): bigint | undefined =>
  text !== undefined && /^(0x[0-9a-f]{1,16}|\d{1,20})$/i.test(text) ? BigInt(text) : undefined;

/** The physical address of bytes that lie in one piece. */
const translated = (hart: Hart, address: bigint, sizeBytes: number): number | undefined => {
  const first = peekTranslate(hart, address);
  const last = peekTranslate(hart, BigInt.asUintN(64, address + BigInt(sizeBytes - 1)));
  return first !== undefined && last === first + sizeBytes - 1 ? first : undefined;
};

const noSuchPlace = (text: string) =>
  new InputError({
    what: `There is no place ${JSON.stringify(text)}`,
    expected: `a register, an address or a symbol, perhaps with a size of 1 to ${placeBytesMax} bytes`,
    found: 'none',
    remedy: 'Write it as ra, 0x80005ff8,8 or buffers+0xff8,8',
  });

const notInRam = (text: string, hart: number) =>
  new InputError({
    what: `${text} is not memory at this moment`,
    expected: `bytes of RAM that hart ${hart} has mapped, in one piece`,
    found: 'none, or not all of them',
    remedy: 'Ask about another moment or hart, about fewer bytes, or about a physical address (phys:0x80005ff8,8)',
  });

/** What was loaded where: the file's name and the place in it. */
export const initialMemoryOf = (session: Pick<Session, 'header' | 'images'>): OriginQuestion['initialMemory'] => {
  const { placements } = bootImage(session.header.machine, session.images);
  const named = placements.map(({ address, bytes }) => ({ address, bytes, ...sourceOf(bytes, session.images) }));
  return (address) => {
    const placed = named.find(({ address: start, bytes }) => start <= address && address < start + bytes.length);
    return placed && { name: placed.name, offset: placed.offset + address - placed.address };
  };
};

/** The file that bytes are a piece of. A file that was compressed has none, nor has a device tree that was made here. */
const sourceOf = (
  bytes: Uint8Array,
  images: readonly BootImage[],
): { readonly name: string; readonly offset: number } => {
  for (const image of images) {
    const offset = bytes.byteOffset - image.bytes.byteOffset;
    const isPiece = bytes.buffer === image.bytes.buffer && offset >= 0 && offset + bytes.length <= image.bytes.length;
    if (isPiece) return { name: image.name, offset };
  }
  const isTree = bytes[0] === 0xd0 && bytes[1] === 0x0d && bytes[2] === 0xfe && bytes[3] === 0xed;
  if (isTree) return { name: 'the device tree', offset: 0 };
  return { name: 'a file that was decompressed', offset: 0 };
};

/** An answer as text with the program's symbols. */
export const originAnswerText = (answer: OriginAnswer, symbols?: SymbolTable, linesMax?: number): string =>
  originText(answer, { symbolOf: symbolNames(symbols), ...(linesMax === undefined ? {} : { linesMax }) });

/** An answer as JSON: numbers of 64 bits are texts such as `"0x80000dd8"`; nodes have their symbol and a sentence. */
export const originAnswerJson = (answer: OriginAnswer, symbols?: SymbolTable): string => {
  const symbolOf = symbolNames(symbols);
  const nodes = answer.nodes.map((node) => ({
    ...node,
    placeText: placeText(node.place),
    ...(node.pc === undefined ? {} : { symbol: symbolOf(node.pc) }),
    ...(node.origin === undefined ? {} : { sentence: originSentence(node.origin) }),
  }));
  const plain = (_name: string, value: unknown): unknown =>
    typeof value === 'bigint' ? `0x${value.toString(16)}` : value;
  return JSON.stringify({ ...answer, nodes }, plain, 1);
};

const symbolNames =
  (symbols: SymbolTable | undefined) =>
  (pc: bigint): string | undefined => {
    const place = symbols?.at(pc);
    return place && describePlace(place);
  };
