/** Oracle: the disassembler says what binutils' says, for every 16-bit word and for random words of every row. */

import { writeFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { csrEntries, csrName } from '../../vmm/isa/csr-names.ts';
import { decode } from '../../vmm/isa/decode.ts';
import { disassemble } from '../../vmm/isa/disassemble.ts';
import { encode } from '../../vmm/isa/encode.ts';
import { rows } from '../../vmm/isa/table.ts';
import { agrees, objdump } from './objdump.ts';
import { type Random, randomWord, seeded } from './words.ts';

const check = (words: readonly number[], bytes: 2 | 4, aliases: boolean, compressedNames = true) => {
  const theirs = objdump(words, bytes, aliases);
  const differences = words.flatMap((word, index) => {
    const ours = disassemble(word, BigInt(index * bytes), { aliases, compressedNames }).text;
    return agrees(ours, theirs[index]!) ? [] : [`${word.toString(16)}: ${ours} | ${theirs[index]}`];
  });
  expect(differences).toEqual([]);
};

/** Conversions that never round: binutils knows only rm = 0 of them. */
const exact = /^fcvt\.d\.(w|wu|s)$/;
/** CSRs of RV32, which binutils names on RV64 too. */
const rv32Only = /^(?!.*scratch$).*h$|^pmpcfg\d*[13579]$/;

/**
 * Words that only one of the two takes:
 * - conversions that never round, with an rm other than 0: the field is an rm like any other ("D Extension").
 * - fences with reserved fields, which "are to be ignored" ("Memory Ordering Instructions", "Zifencei").
 * - hret, uret and sfence.vm, which no ratified privileged specification has.
 */
const isListed = (word: number, legal: boolean): boolean => {
  const name = decode(word)?.name ?? '';
  return legal
    ? exact.test(name) || name === 'fence' || name === 'fence.i'
    : [0x20200073, 0x00200073, 0x10400073].includes(word);
};

const hex = (word: number): string => word.toString(16);

const sample = (count: number, random: Random): number[] =>
  Array.from({ length: count }, (_, index) => {
    const row = rows[index % rows.length]!;
    const word = randomWord(row, random);
    return exact.test(row.name) ? (word & ~0x7000) >>> 0 : word;
  }).filter((word) => (word & 0x7f) !== 0x73 || (word & 0x3000) === 0 || csrName(word >>> 20) !== undefined);

const halves = Array.from({ length: 0x1_0000 }, (_, half) => half).filter((half) => (half & 3) !== 3);

describe('binutils agrees', () => {
  test('on the name and operands of every 16-bit word', () => check(halves, 2, false));
  test('on what every 16-bit word is short for', () => check(halves, 2, true, false));
  test('on random words of every row, without aliases', () => check(sample(100_000, seeded(1)), 4, false));
  test('on random words of every row, with aliases', () => check(sample(100_000, seeded(2)), 4, true));
  test('on which words are legal, one bit away from a row at most', () => {
    const random = seeded(4);
    const words = sample(100_000, random).map((word) => (word ^ (1 << (2 + random(30)))) >>> 0);
    const candidates = words.filter((word) => (word & 0x1c) !== 0x1c);
    const theirs = objdump(candidates, 4, false);
    const differences = candidates.flatMap((word, index) => {
      const legal = decode(word) !== undefined;
      return legal === !theirs[index]!.startsWith('.4byte') || isListed(word, legal)
        ? []
        : [`${hex(word)}: ${theirs[index]}`];
    });
    expect(differences).toEqual([]);
  });
  test('on which CSRs have names, RV32 apart', () => {
    const words = Array.from({ length: 4096 }, (_, csr) => encode('csrrs', { rd: 10, rs1: 11, csr }));
    const theirs = objdump(words, 4, false).map((text) => text.split(',')[1]!);
    const found = theirs.flatMap((name, csr) => (name.startsWith('0x') || rv32Only.test(name) ? [] : [[name, csr]]));
    expect(found).toEqual([...csrEntries()].sort((one, other) => one[1] - other[1]));
  });
});

/** `CHRONOVISOR_ACCEPT=1` writes the sample that the Node-only tests read. */
test.runIf(process.env.CHRONOVISOR_ACCEPT === '1')('accepts a new golden sample', () => {
  const random = seeded(3);
  const full = sample(rows.length * 3, random);
  const short = halves.filter(() => random(160) === 0);
  const lines = (words: readonly number[], bytes: 2 | 4) => {
    const withAliases = objdump(words, bytes, true);
    const without = objdump(words, bytes, false);
    return words.map((word, index) =>
      [index * bytes, word.toString(16).padStart(bytes * 2, '0'), without[index], withAliases[index]].join('\t'),
    );
  };
  const text = [...lines(full, 4), ...lines(short, 2)].join('\n');
  writeFileSync(new URL('./golden/objdump.txt', import.meta.url), `${text}\n`);
});
