/**
 * What all translated code may call outside of its module takes an empty vector at the end, which JavaScript cannot give. Without it V8
 * compiles a wrapper, with its optimiser, for each signature of the functions that a module imports, in case they are JavaScript; here
 * none is, and with six signatures in each of 120 modules that was 2 % of a boot of Linux. What few regions need (the time, helpers
 * for floating point) has none, and is imported where it is needed.
 *
 *     askMachine (op: i32, word: i32, length: i32, vector) -> i32    `system` of EngineHost, for an instruction as it is in memory
 *     askMet (vector) -> i32                                         `met` of EngineHost
 *
 * The others are in dispatcher.ts (`enter`) and span-lookup.ts.
 */

import type { Code } from '../wasm/code.ts';
import type { ModuleBuilder, Signature } from '../wasm/module.ts';
import type { ValueType } from '../wasm/opcodes.ts';
import type { ImportIndices } from './imports.ts';

/** Gives an i32. */
const notForScripts = (...parameters: readonly ValueType[]): Signature => ({
  parameters: [...parameters, 'v128'],
  results: ['i32'],
});

export const regionCalls = {
  enter: notForScripts('i32', 'i64', 'i32'),
  span: notForScripts('i32', 'i64', 'i64', 'i64', 'i32'),
  askMachine: notForScripts('i32', 'i32', 'i32'),
  askMet: notForScripts(),
} as const;

/** Calls one of them, with all of its parameters but the last on the stack. */
export const callFromRegion = (code: Code, functionIndex: number): Code => code.zeroVector().call(functionIndex);

export const defineMachineCalls = (module: ModuleBuilder, imports: Pick<ImportIndices, 'system' | 'met'>): void => {
  const [operation, word, length] = [0, 1, 2];
  module.define(
    regionCalls.askMachine,
    (code) => code.get(operation).get(word).get(word).get(length).call(imports.system),
    'askMachine',
  );
  module.define(regionCalls.askMet, (code) => code.call(imports.met), 'askMet');
};
