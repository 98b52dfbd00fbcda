/**
 * What binutils makes of instruction words, in the project's spelling. Needs riscv64-linux-gnu-as and -objdump; the
 * comparison of two texts, `agrees`, needs nothing.
 */

import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** One text a word, in order. All words have the length `bytes`; the first stands at address 0. */
export const objdump = (words: readonly number[], bytes: 2 | 4, withAliases: boolean): readonly string[] => {
  const folder = mkdtempSync(join(tmpdir(), 'chronovisor-objdump-'));
  try {
    const source = join(folder, 'words.s');
    const object = join(folder, 'words.o');
    writeFileSync(source, words.map((word) => `.insn 0x${word.toString(16)}\n`).join(''));
    execFileSync('riscv64-linux-gnu-as', ['-march=rv64gc_zba_zbb_zbs_zihintpause', '-o', object, source]);
    const options = withAliases ? ['-d', '-z'] : ['-d', '-z', '-M', 'no-aliases'];
    const output = execFileSync('riscv64-linux-gnu-objdump', [...options, object], {
      encoding: 'utf8',
      maxBuffer: 1 << 28,
    });
    const texts = new Map(
      [...output.matchAll(/^\s*([0-9a-f]+):\t[0-9a-f ]+\t(.*)$/gm)].map(([, at, text]) => [at, text!]),
    );
    return words.map((_, index) => normal(texts.get((index * bytes).toString(16)) ?? '(absent)'));
  } finally {
    rmSync(folder, { recursive: true });
  }
};

/** Symbols and comments dropped, targets in C notation. */
const normal = (text: string): string =>
  text
    .replace(/\s*#.*$/, '')
    .replace(/([0-9a-f]+) <[^>]*>$/, '0x$1')
    .replace('\t', ' ')
    .trim();

/**
 * True when the texts are equal, or differ as listed:
 * - binutils 2.40 shows an immediate instruction as the pseudo-instruction of its register form when aliases are on
 *   (`add a0,a0,1`, `csrw sstatus,3`); this project shows `addi a0,a0,1` and `csrwi sstatus,3`, what they are.
 * - binutils shows compressed hints (rd is zero, a shift by 0, `c.addi rd,0`) by their own names when asked for what they
 *   are short for; this project shows what they are short for.
 * - binutils 2.40 shows c.nop without aliases as `c.addi zero,0`.
 * - binutils 2.40 takes 0x6101 for `c.addi16sp sp,0`, which the manual reserves ("C Extension").
 */
export const agrees = (ours: string, theirs: string): boolean =>
  ours === theirs ||
  (/,(-?\d+|0x[0-9a-f]+)$/.test(ours) && withoutImmediateSign(ours) === theirs) ||
  (theirs.startsWith('c.') && / zero,|,0x0$|^nop$/.test(ours)) ||
  (ours.startsWith('mv ') && theirs === ours.replace('mv', 'add').concat(',0')) ||
  (ours === 'c.nop' && theirs === 'c.addi zero,0') ||
  ours === '.2byte 0x6101';

const withoutImmediateSign = (text: string): string => text.replace(/^([a-z]+?)i(w|u|\.uw)? /, '$1$2 ');
