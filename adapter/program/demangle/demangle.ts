/** Symbols as people wrote them, whichever language they are of; those that nobody mangled stay as they are. */

import { demangleItanium } from './itanium.ts';
import { demangleRust } from './rust.ts';

const keptMax = 20_000;
const kept = new Map<string, string>();

/** The name behind a mangled one; the same when it is none. Results are kept: stacks and disassembly ask again and again. */
export const demangle = (symbol: string): string => {
  // Nearly all symbols of a kernel in C end here.
  if (!/^_{1,3}[ZR]|^_GLOBAL_/.test(symbol)) return symbol;
  const known = kept.get(symbol);
  if (known !== undefined) return known;
  // The older names of Rust are names of C++, too: with a hash, which C++ has not.
  const found = demangleRust(symbol) ?? demangleItanium(symbol) ?? symbol;
  if (kept.size >= keptMax) kept.clear();
  kept.set(symbol, found);
  return found;
};
