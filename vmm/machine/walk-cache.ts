/**
 * Where walks have found the tables of the last two levels, so that the next one may begin there. It caches pointers
 * between page-table pages, no rights and no leaves; page-tables.ts empties it when a pointer may have changed. How it is
 * looked up and filled is emitted, since a TLB miss looks it up without JS (refill.ts).
 */

import { pageShift, walkCacheBase, walkCacheEntries, walkCacheEntryBytes, walkCacheLevels } from '../engine/layout.ts';
import type { Code } from '../wasm/code.ts';
import type { Signature } from '../wasm/module.ts';
import { op } from '../wasm/opcodes.ts';
import type { MachineMemory } from './memory.ts';
import type { RefillFunctions } from './refill.ts';

/** Instead of a RAM page. */
export const noTable = -1;

export class WalkCache {
  readonly #bytes: Uint8Array;
  readonly #functions: RefillFunctions;

  constructor({ u8 }: MachineMemory, functions: RefillFunctions) {
    this.#bytes = u8.subarray(walkCacheBase, walkCacheBase + walkCacheLevels * walkCacheEntries * walkCacheEntryBytes);
    this.#functions = functions;
  }

  /** RAM page of the table of a level on the way to a virtual address of a space (see Tlbs.spaceOf). */
  find(level: number, space: number, low: number, high: number): number {
    return this.#functions.knownTable(level, space, low, high);
  }

  remember(level: number, space: number, low: number, high: number, table: number): void {
    if (level < walkCacheLevels) this.#functions.rememberTable(level, space, low, high, table);
  }

  /** Spaces are numbered from 1, so zeros are no entries. */
  clear(): void {
    this.#bytes.fill(0);
  }
}

/** `(level, space, low, high)`: RAM page of the table, or `noTable`. */
export const knownTableSignature: Signature = { parameters: ['i32', 'i32', 'i32', 'i32'], results: ['i32'] };
/** `(level, space, low, high, table)` */
export const rememberTableSignature: Signature = { parameters: ['i32', 'i32', 'i32', 'i32', 'i32'], results: [] };

/** Fibonacci hashing (Knuth, The Art of Computer Programming 3, 6.4): 2^32 divided by the golden ratio, odd. */
const hashFactor = 0x9e37_79b1;
const hashShift = 32 - Math.log2(walkCacheEntries);

/** Sets the locals of the key of an address and of the entry's place, from the parameters that both functions begin with. */
const emitWalkEntry = (code: Code, key: number, entry: number): void => {
  const [level, space, low, high] = [0, 1, 2, 3];
  code.get(low).ops(op.i64ExtendI32U).get(high).ops(op.i64ExtendI32U).i64Small(32).ops(op.i64Shl, op.i64Or);
  code
    .get(level)
    .i32(9)
    .ops(op.i32Mul)
    .i32(pageShift + 9)
    .ops(op.i32Add, op.i64ExtendI32U, op.i64ShrU)
    .tee(key);
  code.ops(op.i32WrapI64).get(space).i32(20).ops(op.i32Shl, op.i32Xor).i32(hashFactor).ops(op.i32Mul);
  code.i32(hashShift).ops(op.i32ShrU).get(level).i32(walkCacheEntries).ops(op.i32Mul, op.i32Add);
  code.i32(walkCacheEntryBytes).ops(op.i32Mul).set(entry);
};

export const emitKnownTable = (code: Code): void => {
  const space = 1;
  const [key, entry] = [code.local('i64'), code.local('i32')];
  emitWalkEntry(code, key, entry);
  code
    .get(entry)
    .memory(op.i32Load, walkCacheBase + 12)
    .i32(noTable);
  code.get(entry).memory(op.i64Load, walkCacheBase).get(key).ops(op.i64Eq);
  code
    .get(entry)
    .memory(op.i32Load, walkCacheBase + 8)
    .get(space)
    .ops(op.i32Eq, op.i32And, op.select);
};

export const emitRememberTable = (code: Code): void => {
  const [space, table] = [1, 4];
  const [key, entry] = [code.local('i64'), code.local('i32')];
  emitWalkEntry(code, key, entry);
  code.get(entry).get(key).memory(op.i64Store, walkCacheBase);
  code
    .get(entry)
    .get(space)
    .memory(op.i32Store, walkCacheBase + 8);
  code
    .get(entry)
    .get(table)
    .memory(op.i32Store, walkCacheBase + 12);
};
