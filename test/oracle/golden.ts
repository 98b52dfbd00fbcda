/**
 * QEMU's answers for the short mode, small enough to keep: of each block the XXH64 of its log, and of each slot 16 bits
 * of the XXH64 of its records over the iterations, so that a difference names the slot.
 *
 *     QEMU 7.2.22, seed 1, 24 blocks of 32 slots, 2 iterations, image 0123456789abcdef
 *     0 <xxh64> <4 digits a slot>
 *     ...
 */

import type { Xxh64 } from '../../traces/checksum.ts';
import { explainPlace, explainRecord, type Place } from './explain.ts';
import * as layout from './layout.ts';
import type { Program, Size } from './program.ts';

export const shortSeeds: readonly number[] = Array.from({ length: 40 }, (_, index) => index + 1);
export const shortSize: Size = { blocks: 24, slots: 32, iterations: 2 };

export const goldenName = (seed: number): string => `seed-${String(seed).padStart(2, '0')}.txt`;

const hex = (value: bigint): string => value.toString(16).padStart(16, '0');

export const goldenOf = (program: Program, log: Uint8Array, version: string, hash: Xxh64): string => {
  const { blocks, slots, iterations } = shortSize;
  const head = `QEMU ${version}, seed ${program.seed}, ${blocks} blocks of ${slots} slots, ${iterations} iterations`;
  const lines = program.blocks.map((_, block) => blockLine(program, log, block, hash));
  return `${head}, image ${hex(hash(program.image, 0n))}\n${lines.join('\n')}\n`;
};

const blockLine = (program: Program, log: Uint8Array, block: number, hash: Xxh64): string => {
  const { slots, iterations, logOffset } = program.blocks[block]!;
  const sizeBytes = layout.iterationBytes(slots.length) * iterations + layout.blockTailBytes;
  const whole = hash(log.subarray(logOffset, logOffset + sizeBytes), 0n);
  const parts = slots.map((_, slot) => {
    const folded = recordPlaces(program, block, slot).reduce(
      (seed, { offset }) => hash(log.subarray(offset, offset + layout.recordBytes), seed),
      0n,
    );
    return (folded & 0xffffn).toString(16).padStart(4, '0');
  });
  return `${block} ${hex(whole)} ${parts.join('')}`;
};

/** Where the slot's records lie, one an iteration. */
const recordPlaces = (program: Program, block: number, slot: number): readonly Place[] => {
  const { slots, iterations, logOffset } = program.blocks[block]!;
  return Array.from({ length: iterations }, (_, iteration) => ({
    block,
    iteration,
    part: slot,
    offset: logOffset + iteration * layout.iterationBytes(slots.length) + slot * layout.recordBytes,
    sizeBytes: layout.recordBytes,
  }));
};

/** What is different from the golden answers, in sentences; empty when nothing is. */
export const differencesFrom = (golden: string, program: Program, log: Uint8Array, hash: Xxh64): string[] => {
  const [head = '', ...lines] = golden.trimEnd().split('\n');
  const image = hex(hash(program.image, 0n));
  if (!head.endsWith(`image ${image}`))
    return [
      `The program of seed ${program.seed} is not the one that QEMU ran: expected "${head}", found image ${image}. ` +
        'When the generator or a row was meant to change, accept new answers (accept.debian.ts).',
    ];
  return lines.flatMap((line, block) => {
    const found = blockLine(program, log, block, hash);
    return found === line ? [] : [explainBlock(program, log, block, line, found)];
  });
};

const explainBlock = (program: Program, log: Uint8Array, block: number, line: string, found: string): string => {
  const expectedParts = line.split(' ')[2]!;
  const foundParts = found.split(' ')[2]!;
  const slots = program.blocks[block]!.slots.map((_, slot) => slot);
  const slot = slots.find((at) => expectedParts.slice(at * 4, at * 4 + 4) !== foundParts.slice(at * 4, at * 4 + 4));
  if (slot === undefined)
    return `seed ${program.seed}, block ${block}: all records as expected, but the dump of registers or the sums over memory are not.`;
  const places = recordPlaces(program, block, slot);
  return [
    explainPlace(program, places[0]!),
    `  expected hash ${expectedParts.slice(slot * 4, slot * 4 + 4)}, found ${foundParts.slice(slot * 4, slot * 4 + 4)} of`,
    ...places.map((place) => `  ${explainRecord(log, place)}`),
  ].join('\n');
};
