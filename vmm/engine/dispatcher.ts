/**
 * The dispatcher: a Wasm function that goes from translated region to translated region through the jump cache, and to
 * the interpreter where there is none. It owns the table of regions; their modules never see it.
 *
 *     run(hart: i32) -> i32    as `interpret`; never `translated`
 */

import type { Code } from '../wasm/code.ts';
import type { ModuleBuilder } from '../wasm/module.ts';
import { op } from '../wasm/opcodes.ts';
import { regionExit } from './jit/translate.ts';
import {
  arrivalsBase,
  arrivalsEntries,
  arrivalsHot,
  hartOffset,
  hartTlbPointers,
  jumpCacheBase,
  jumpCacheEntries,
  jumpCacheEntryBytes,
  pageBytes,
  tlbEntries,
} from './layout.ts';

/** Name of the exported table. */
export const regionTable = 'regions';
const tableEntries = 256;

const signature = { parameters: ['i32'], results: ['i32'] } as const;
// Of runExit, which the interpreter has.
const translated = 3;
const hot = 4;

/** Pushes the address, less jumpCacheBase, of the jump cache's entry for an i64 local. */
export const emitJumpCacheEntry = (code: Code, pc: number): void => {
  // Addresses are even: bit 1 of pc becomes bit 4 of the entry's address.
  code
    .get(pc)
    .ops(op.i32WrapI64)
    .i32(3)
    .ops(op.i32Shl)
    .i32((jumpCacheEntries - 1) * jumpCacheEntryBytes)
    .ops(op.i32And);
};

/** Counts an arrival at an i64 local that has no translated code; leaves an i32, not 0 when it has become hot. */
export const emitCountArrival = (code: Code, pc: number, temporary: number): void => {
  code
    .get(pc)
    .ops(op.i32WrapI64)
    .i32((arrivalsEntries - 1) * 2)
    .ops(op.i32And)
    .tee(temporary);
  code.get(temporary).memory(op.i32Load16U, arrivalsBase).i32(1).ops(op.i32Add).tee(temporary);
  code.memory(op.i32Store16, arrivalsBase);
  code
    .get(temporary)
    .i32(arrivalsHot - 1)
    .ops(op.i32And, op.i32Eqz);
};

export const defineDispatcher = (module: ModuleBuilder, interpret: number): void => {
  module.table(regionTable, tableEntries);
  const regionType = module.type(signature);
  module.define(
    signature,
    (code) => {
      const hart = 0;
      const pc = code.local('i64');
      const entry = code.local('i32');
      const mapping = code.local('i32');
      const reason = code.local('i32');
      const next = code.loop();
      const interpreted = code.block();
      const untranslated = code.block();
      code.get(hart).memory(op.i64Load, hartOffset.pc).set(pc);
      emitJumpCacheEntry(code, pc);
      code.tee(entry).memory(op.i64Load, jumpCacheBase).get(pc).ops(op.i64Ne).brIf(untranslated);
      // The translation is of a page, not of an address: is that page still here?
      code.get(hart).memory(op.i32Load, hartTlbPointers.execute);
      code
        .get(pc)
        .ops(op.i32WrapI64)
        .i32(8)
        .ops(op.i32ShrU)
        .i32((tlbEntries - 1) * 16)
        .ops(op.i32And, op.i32Add);
      code.tee(mapping).memory(op.i64Load, 0);
      code.get(pc).i64(-BigInt(pageBytes)).ops(op.i64And, op.i64Ne).brIf(interpreted);
      code
        .get(mapping)
        .memory(op.i32Load, 8)
        .get(entry)
        .memory(op.i32Load, jumpCacheBase + 8);
      code.ops(op.i32Ne).brIf(untranslated);
      code
        .get(hart)
        .get(entry)
        .memory(op.i32Load, jumpCacheBase + 12)
        .callIndirect(regionType)
        .tee(reason);
      code.i32(regionExit.dispatch).ops(op.i32Eq).brIf(next);
      code.get(reason).i32(regionExit.short).ops(op.i32Eq).if();
      code.get(hart).i32(0).call(interpret).ops(op.return);
      code.end();
      code.br(interpreted);
      code.end(); // untranslated
      emitCountArrival(code, pc, entry);
      code.if();
      code.i32(hot).ops(op.return);
      code.end();
      code.end(); // interpreted
      code.get(hart).i32(1).call(interpret).tee(reason).i32(translated).ops(op.i32Eq).brIf(next);
      code.get(reason).ops(op.return);
      code.end();
      code.ops(op.unreachable);
    },
    'run',
  );
};
