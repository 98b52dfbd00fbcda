/**
 * Turns a place in a log into words: which slot wrote it, its instructions, what the record says.
 */

import { lengthOf } from '../../vmm/isa/decode.ts';
import { disassemble } from '../../vmm/isa/disassemble.ts';
import * as layout from './layout.ts';
import type { Program, ProgramBlock } from './program.ts';

export interface Place {
  readonly block: number;
  readonly iteration: number;
  /** Slot number, or what comes after the slots. */
  readonly part: number | 'dump' | 'end' | 'sums';
  /** Of the part's first byte in the log. */
  readonly offset: number;
  readonly sizeBytes: number;
}

export const placeOf = (program: Program, offset: number): Place => {
  const block = program.blocks.findLastIndex(({ logOffset }) => logOffset <= offset);
  const { slots, iterations, logOffset } = program.blocks[block]!;
  const bytes = layout.iterationBytes(slots.length);
  const iteration = Math.floor((offset - logOffset) / bytes);
  if (iteration >= iterations)
    return { block, iteration, part: 'sums', offset: logOffset + bytes * iterations, sizeBytes: layout.blockTailBytes };
  const start = logOffset + iteration * bytes;
  const slot = Math.floor((offset - start) / layout.recordBytes);
  if (slot < slots.length)
    return { block, iteration, part: slot, offset: start + slot * layout.recordBytes, sizeBytes: layout.recordBytes };
  const dump = start + slots.length * layout.recordBytes;
  return offset < dump + layout.dumpBytes
    ? { block, iteration, part: 'dump', offset: dump, sizeBytes: layout.dumpBytes }
    : { block, iteration, part: 'end', offset: dump + layout.dumpBytes, sizeBytes: layout.recordBytes };
};

/** The first place at which the two logs differ. */
export const firstDifference = (program: Program, one: Uint8Array, other: Uint8Array): Place | undefined => {
  const words = [one, other].map(
    ({ buffer, byteOffset }) => new BigUint64Array(buffer, byteOffset, program.logBytes / 8),
  );
  const index = words[0]!.findIndex((word, at) => word !== words[1]![at]);
  return index < 0 ? undefined : placeOf(program, index * 8);
};

export const explainPlace = (program: Program, { block, iteration, part }: Place): string => {
  const { home } = program.blocks[block]!;
  const mode = ['user', 'supervisor', '', 'machine'][home.privilege];
  const where = `seed ${program.seed}, block ${block} (${mode}, ${home.paging}, mstatus 0x${home.mstatus.toString(16)}), iteration ${iteration}`;
  return typeof part === 'number'
    ? `${where}, slot ${part} (${program.blocks[block]!.slots[part]!.about})\n${listing(program, program.blocks[block]!, part)}`
    : `${where}, ${part}`;
};

/** The slot's instructions, as far as the disassembler knows them. */
const listing = ({ image }: Program, { slots }: ProgramBlock, slot: number): string => {
  const view = new DataView(image.buffer, image.byteOffset);
  const { address, endAddress } = slots[slot]!;
  const text: string[] = [];
  for (let at = address; at < endAddress; ) {
    const low = view.getUint16(at - layout.codeBase, true);
    const length = lengthOf(low);
    const word = length === 2 ? low : view.getUint32(at - layout.codeBase, true);
    text.push(`  ${at.toString(16)}: ${word.toString(16).padStart(length * 2, '0')}  ${textOf(word, at)}`);
    at += length;
  }
  return text.join('\n');
};

const textOf = (word: number, at: number): string => disassemble(word, BigInt(at), { aliases: false }).text;

/** The record's words; with `other`, of a dump only those that differ. */
export const explainRecord = (log: Uint8Array, place: Place, other = log): string => {
  const words = wordsOf(log, place);
  const others = wordsOf(other, place);
  return words
    .flatMap((word, index) => {
      if (place.part === 'dump' && other !== log && word === others[index]) return [];
      return [`${place.part === 'dump' ? dumpName(index) : ''}${word.toString(16).padStart(16, '0')}`];
    })
    .join(' ');
};

const wordsOf = (log: Uint8Array, { offset, sizeBytes }: Place): bigint[] => [
  ...new BigUint64Array(log.buffer, log.byteOffset + offset, sizeBytes / 8),
];

const dumpName = (index: number): string => (index < 31 ? `x${index + 1}=` : index < 63 ? `f${index - 31}=` : 'fcsr=');

export const explainDifference = (program: Program, place: Place, expected: Uint8Array, found: Uint8Array): string =>
  [
    explainPlace(program, place),
    `  expected ${explainRecord(expected, place, found)}`,
    `  found    ${explainRecord(found, place, expected)}`,
  ].join('\n');
