/**
 * The modules that are the same for every machine, as bytes. Where the sources run they are emitted here when they are
 * asked for; the build asks once and puts the answers in this file's place (esbuild.config.mjs), since emitting them takes
 * a seventh of a start. Translated code, which every run has its own of, is jit/.
 */

import { emitPageHash } from '../machine/page-hash-module.ts';
import { emitRefill } from '../machine/refill.ts';
import { emitFloatModule } from './float/module.ts';
import { emitInterpreter } from './interpreter.ts';

/** `armed` is the interpreter that probes the breakpoint filter; `nh` and `xxh64` hash pages. */
export type EmittedModule = 'interpreter' | 'armed' | 'float' | 'refill' | 'nh' | 'xxh64';

const emitters: Readonly<Record<EmittedModule, () => Uint8Array<ArrayBuffer>>> = {
  interpreter: () => emitInterpreter(false),
  armed: () => emitInterpreter(true),
  float: emitFloatModule,
  refill: emitRefill,
  nh: () => emitPageHash(true),
  xxh64: () => emitPageHash(false),
};

export const emittedModule = (name: EmittedModule): Uint8Array<ArrayBuffer> => emitters[name]();
