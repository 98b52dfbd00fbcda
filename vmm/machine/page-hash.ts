/**
 * Hashes of RAM pages, in WebAssembly on the machine's own memory: no page is copied. Which function makes them is the trace's; what is
 * not a page is hashed by `Hash64`.
 */

import type { MachineConfiguration } from '../../traces/header.ts';
import { moduleOf } from '../engine/compiled.ts';
import { importNamespace } from '../wasm/module.ts';

export interface PageHashing {
  /** `address`: where the page begins in linear memory. Gives 0 for a page of zeros; as i64, so signed. */
  readonly page: (address: number, seed: bigint) => bigint;
  /**
   * Hashes the RAM pages in [first, end) that were written since the last digest, each with its index as the seed, and brings
   * `ramHash` up to date. They count as unchanged from now on; those whose hash's low half is another one are at `changedPages`,
   * no more than `changedPagesMax`.
   *
   * @returns the first page that was not looked at
   */
  readonly changes: (first: number, end: number) => number;
  /**
   * RAM pages that can be written without a miss count as written since the present digest. Those that could be since the one before, and whose
   * hash is the same, cannot be any more: what was written once, long ago, is not hashed for ever.
   */
  readonly flagWritable: () => void;
}

/** `undefined` is XXH64. */
export type PageHash = MachineConfiguration['pageHash'];

export const createPageHashing = (memory: WebAssembly.Memory, kind: PageHash): PageHashing => {
  const module = moduleOf(kind === 'nh' ? 'nh' : 'xxh64');
  const instance = new WebAssembly.Instance(module, { [importNamespace]: { memory } });
  const functions = instance.exports as unknown as PageHashing & { readonly keys?: () => void };
  functions.keys?.();
  return functions;
};
