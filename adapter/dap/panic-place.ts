/** How a guest panics: which function it calls then, and what it says to it. How one gets there is not here. */

import type { Hart } from '../../vmm/machine/hart.ts';
import type { ProgramSymbol } from '../program/symbols.ts';
import type { Program } from './program.ts';
import type { Target } from './target.ts';

const cName = 'panic';
/** What Rust names the function with `#[panic_handler]`: until 1.86, and since then. */
const rustNames = ['rust_begin_unwind', '__rustc::rust_begin_unwind'];
/** For people. */
export const panicNames = `${cName}, and no panic handler of Rust`;

/** Kernels in C, as Linux and xv6, call it `panic`. */
export const panicSymbol = (program: Program): ProgramSymbol | undefined => {
  for (const name of [cName, ...rustNames]) {
    const found = program.find(name);
    if (found !== undefined) return found;
  }
  return undefined;
};

const messageBytesMax = 200;

/**
 * What a stop where a hart is about to panic is told as, with the text that it is called with: in C the first argument, or
 * the format of it. In Rust that is not known before it is formatted.
 */
export const panicWords = (target: Target, hart: Hart): string => {
  const plain = 'The guest panics';
  const symbol = panicSymbol(target.program);
  if (symbol?.name !== cName || target.program.links.linked(hart.get('pc')) !== symbol.address) return plain;
  const bytes = target.memory.read(hart, target.register(hart, 'a0') ?? 0n, messageBytesMax);
  const end = bytes.indexOf(0);
  const text = Buffer.from(bytes.subarray(0, end === -1 ? 0 : end)).toString('latin1');
  const message = text.trim();
  return /^[\x20-\x7e]+$/.test(message) ? `${plain}: ${message}` : plain;
};
