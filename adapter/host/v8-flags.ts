/**
 * What we ask of V8, beyond what it does by itself. It is all about speed: without it, as in a browser, everything works the
 * same and is slower. Call it before the first WebAssembly is compiled.
 */

import { setFlagsFromString } from 'node:v8';

const v8Flags: readonly string[] = [
  // Keeps what a region does after a TLB miss out of the way of what it does after a hit.
  '--experimental-wasm-branch-hinting',
  // V8 optimises a function after so many bytes were executed, and takes the whole function for each return from it. By
  // default (1,800,000) that is long before it pays for a function that hardly loops.
  '--wasm-tiering-budget=400000000',
  // Translating makes much that dies at once; a nursery that grows in small steps is collected a hundred times in a boot.
  '--semi-space-growth-factor=16',
  // Our own JavaScript is hundreds of functions that run for some hundred milliseconds: half of what V8 spent on optimising them
  // (920 bytes by default) went into copies of one in the other. Small ones are copied in any case, up to 27 bytes by default, which
  // most accessors to the machine's memory are not.
  '--max-inlined-bytecode-size-cumulative=120',
  '--max-inlined-bytecode-size-small=45',
  // A person's pattern that goes back very often is matched by another engine, which takes linear and not exponential time.
  '--enable-experimental-regexp-engine-on-excessive-backtracks',
];

/** The same of V8 11, that of Node 20; those after it count otherwise how hot JavaScript is, and do without. */
const v8FlagsOf11: readonly string[] = [
  // What is optimised after so many bytes of code (67,584 by default) runs for too short a time to pay that back: a recorded boot of
  // Linux takes 5 to 8 % less, a guest of 0.3 s a tenth less, and what lives in JavaScript all the time the same.
  '--interrupt-budget=270336',
  '--interrupt-budget-factor-for-feedback-allocation=16',
];

/** Of V8, which all know these flags: those of Node 20 to 25, and of the editors that are made of them. V8 complains of others. */
const knownMajors: readonly number[] = [11, 12, 13, 14];

/** What is asked of V8 of a major version. */
export const v8FlagsOf = (major: number): readonly string[] => {
  if (!knownMajors.includes(major)) return [];
  return major === 11 ? [...v8Flags, ...v8FlagsOf11] : v8Flags;
};

export const setV8Flags = (): void => {
  for (const flag of v8FlagsOf(Number.parseInt(process.versions.v8, 10))) setFlagsFromString(flag);
};
