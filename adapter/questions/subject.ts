/**
 * What a question about memory is about: an expression of the source or an address, where its bytes are in RAM, and which entries
 * of page tables say so. An address of the kernel or of a process is followed through what it meant at other moments.
 */

import { hasPageTables, peekWalk } from '../../vmm/machine/debug-access.ts';
import type { Hart } from '../../vmm/machine/hart.ts';
import { privilege } from '../../vmm/machine/hart.ts';
import type { Machine } from '../../vmm/machine/machine.ts';
import type { WatchRange } from '../../vmm/machine/translations.ts';
import { scopeOf } from '../dap/scope.ts';
import { innermostOf, namesIn } from '../dap/viewpoint.ts';
import { evaluateExpression } from '../expressions/evaluate.ts';
import { parseExpression } from '../expressions/parse.ts';
import { parseNumber } from '../expressions/tokens.ts';
import { sizeOf, stripped } from '../program/types/type.ts';
import { valueText } from '../values/text.ts';
import { targetOf, type Value } from '../values/value.ts';
import { notInMemory, notInRam, tooLarge } from './errors.ts';
import type { Asking } from './question.ts';

const subjectBytesMax = 65_536;
const pageBytes = 4096n;

export interface Subject {
  readonly text: string;
  readonly address: bigint;
  readonly sizeBytes: number;
  /** The page tables that translate it; nothing where addresses are physical ones. */
  readonly satp: bigint | undefined;
  /** The bytes of the whole as its type shows them. */
  readonly show: (bytes: Uint8Array) => string;
}

/** Where a subject is at a moment. */
export interface Meaning {
  /** Physical, in the order of its bytes. Nothing when a part of it is not mapped to RAM. */
  readonly ranges: readonly WatchRange[] | undefined;
  /** Entries of page tables that say so. */
  readonly entries: readonly number[];
}

/**
 * @param text an expression that has a place in memory, a pointer to one (`&x`), or `ADDRESS[,SIZE]`
 * @throws {InputError}
 */
export const subjectOf = (asking: Asking, text: string, askedBytes?: number | null): Subject => {
  const { target: whole, hart } = asking;
  const number = /^(0x[\da-f_]+|\d[\d_]*)\s*(?:,\s*(\d{1,15}))?$/i.exec(text);
  const inTables = hart.privilege !== privilege.machine && hasPageTables(hart) ? hart.get('satp') : undefined;
  if (number !== null) {
    const address = BigInt.asUintN(64, parseNumber(number[1]!) ?? 0n);
    const sizeBytes = checkedSize(text, askedBytes ?? Number(number[2] ?? 8));
    return { text, address, sizeBytes, satp: inTables, show: hexText };
  }
  const frame = innermostOf(whole, hart);
  const target = whole.seenFrom(frame.program, frame.satp);
  const scope = scopeOf(target, hart, frame);
  const value = placed(evaluateExpression(parseExpression(text, namesIn(frame)), scope), scope.read);
  const { address: linked, bits, missing, type } = value;
  if (missing !== undefined || linked === undefined) throw notInMemory(text, missing);
  const own = bits === undefined ? (sizeOf(type) ?? 8) : Math.ceil((bits.offset + bits.size) / 8);
  const sizeBytes = checkedSize(text, askedBytes ?? own);
  // What a pointer of another moment points to is not read.
  const elsewhere = { read: () => undefined, symbolic: (address: bigint) => target.program.symbolic(address) };
  const show = (bytes: Uint8Array): string => {
    if (sizeBytes !== own || type === undefined) return hexText(bytes);
    const shown: Value = { type, bytes, ...(bits !== undefined && { bits }) };
    return target.program.try(() => valueText(shown, elsewhere))?.replaceAll(' <no memory>', '') ?? hexText(bytes);
  };
  // A kernel that is linked high runs at the physical addresses that it was loaded to until it translates.
  const loaded = target.memory.translate(hart, linked) === undefined ? target.program.links.loaded(linked) : undefined;
  return {
    text,
    address: loaded ?? linked,
    sizeBytes,
    satp: loaded === undefined ? (inTables === undefined ? undefined : target.memory.satp(hart)) : undefined,
    show,
  };
};

/** What has a place; of a pointer that has none itself, what it points to. */
const placed = (value: Value, read: Parameters<typeof targetOf>[1]): Value => {
  const isPointer = stripped(value.type)?.kind === 'pointer';
  if (value.address !== undefined || value.missing !== undefined || !isPointer) return value;
  return targetOf(value, read);
};

const checkedSize = (text: string, sizeBytes: number): number => {
  if (sizeBytes < 1 || sizeBytes > subjectBytesMax) throw tooLarge(text, sizeBytes, subjectBytesMax);
  return sizeBytes;
};

const wordBytes = [1, 2, 4, 8];

const hexText = (bytes: Uint8Array): string => {
  const digits = (part: Uint8Array) => [...part].map((byte) => byte.toString(16).padStart(2, '0'));
  // A number as the guest has it, least byte first; anything else byte by byte.
  if (wordBytes.includes(bytes.length)) return `0x${BigInt(`0x${digits(bytes).reverse().join('')}`).toString(16)}`;
  return digits(bytes).join(' ');
};

/** A range of addresses in pieces that each lie in one page. */
export function* inPages(
  address: bigint,
  sizeBytes: number,
): Generator<{ readonly at: bigint; readonly offset: number; readonly sizeBytes: number }> {
  for (let offset = 0; offset < sizeBytes; ) {
    const at = BigInt.asUintN(64, address + BigInt(offset));
    const piece = Math.min(sizeBytes - offset, Number(pageBytes - (at % pageBytes)));
    yield { at, offset, sizeBytes: piece };
    offset += piece;
  }
}

export type SubjectPlace = Pick<Subject, 'address' | 'sizeBytes' | 'satp'>;

/** Where it is in the state that a machine is in. */
export const meaningIn = (machine: Machine, hart: Hart, { address, sizeBytes, satp }: SubjectPlace): Meaning => {
  const ranges: WatchRange[] = [];
  const entries = new Set<number>();
  let isWhole = true;
  for (const { at, sizeBytes: piece } of inPages(address, sizeBytes)) {
    const walked = satp === undefined ? { physical: Number(at), entries: [] } : peekWalk(hart, satp, at);
    for (const entry of walked.entries) entries.add(entry);
    const { physical } = walked;
    if (physical === undefined || machine.readRam(physical, piece) === undefined) isWhole = false;
    else ranges.push({ address: physical, sizeBytes: piece });
  }
  return { ranges: isWhole ? ranges : undefined, entries: [...entries] };
};

/** @throws {InputError} when it is not in RAM where the question is asked from */
export const rangesNow = ({ target, hart }: Asking, subject: Subject): Meaning & { ranges: readonly WatchRange[] } => {
  const { ranges, entries } = meaningIn(target.machine, hart, subject);
  if (ranges === undefined) throw notInRam(subject.text, subject.address);
  return { ranges, entries };
};

/** The bytes of ranges, one behind the other. */
export const bytesIn = (machine: Machine, ranges: readonly WatchRange[]): Uint8Array => {
  const bytes = new Uint8Array(ranges.reduce((sum, { sizeBytes }) => sum + sizeBytes, 0));
  let at = 0;
  for (const { address, sizeBytes } of ranges) {
    bytes.set(machine.readRam(address, sizeBytes) ?? [], at);
    at += sizeBytes;
  }
  return bytes;
};
