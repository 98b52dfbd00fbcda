/**
 * The dispatcher: a Wasm function that goes from translated region to translated region through the region cache, and
 * to the interpreter where there is none. It owns the table of regions; their modules never see it.
 *
 *     run(hart: i32) -> i32    as `interpret`; never `translated`
 */

import type { Code, Label } from '../wasm/code.ts';
import type { ModuleBuilder } from '../wasm/module.ts';
import { op } from '../wasm/opcodes.ts';
import { emitTlbEntry } from './access.ts';
import { regionExit } from './jit/translate.ts';
import {
  arrivalsBase,
  arrivalsEntries,
  arrivalsHot,
  type CounterName,
  counterAddress,
  hartOffset,
  hartTlbPointers,
  pageBytes,
  regionCacheBase,
  regionCacheEntries,
  regionCacheEntryBytes,
  scratch,
} from './layout.ts';

/** Name of the exported table. */
export const regionTable = 'regions';
const tableEntries = 256;

const signature = { parameters: ['i32'], results: ['i32'] } as const;

/** What the interpreter is told of where it begins. */
export const probe = {
  never: 0, // look for no translated code at all
  here: 1, // there is none at pc; look at jump targets and count arrivals, pc's own too
  later: 2, // the same, but pc's arrival does not count: it is one instruction that is not translated
} as const;

/**
 * Looks for the region of the code at a host address (an i32 local). Goes to `missing` when there is none; otherwise
 * the local `entry` has the address, less regionCacheBase, of its entry.
 */
export const emitFindRegion = (code: Code, host: number, entry: number, missing: Label): void => {
  // Code lies at even addresses: bit 1 of the host address becomes bit 3 of the entry's.
  code
    .get(host)
    .i32(2)
    .ops(op.i32Shl)
    .i32((regionCacheEntries - 1) * regionCacheEntryBytes)
    .ops(op.i32And)
    .tee(entry);
  code.memory(op.i32Load, regionCacheBase).get(host).ops(op.i32Ne).if();
  code.get(entry).i32(regionCacheEntryBytes).ops(op.i32Xor).tee(entry);
  code.memory(op.i32Load, regionCacheBase).get(host).ops(op.i32Ne).brIf(missing);
  code.end();
};

/** Counts an arrival at a host address (an i32 local); leaves an i32, not 0 when it has become hot. */
export const emitCountArrival = (code: Code, host: number, temporary: number): void => {
  code
    .get(host)
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

const emitCount = (code: Code, name: CounterName, push: () => void): void => {
  code.i32(0).i32(0).memory(op.i64Load, counterAddress(name));
  push();
  code.ops(op.i64Add).memory(op.i64Store, counterAddress(name));
};

export const defineDispatcher = (module: ModuleBuilder, interpret: number, translated: number): void => {
  module.table(regionTable, tableEntries);
  const regionType = module.type(signature);
  module.define(
    signature,
    (code) => {
      const hart = 0;
      const pc = code.local('i64');
      const entry = code.local('i32');
      const mapping = code.local('i32');
      const executeTlb = code.local('i32');
      const host = code.local('i32');
      const probing = code.local('i32');
      const reason = code.local('i32');
      code.get(hart).memory(op.i32Load, hartTlbPointers.execute).set(executeTlb);
      const next = code.loop();
      const interpreted = code.block();
      code.i32(probe.here).set(probing);
      code.get(hart).memory(op.i64Load, hartOffset.pc).set(pc);
      emitTlbEntry(code, executeTlb, pc);
      code.tee(mapping).memory(op.i64Load, 0);
      code.get(pc).i64(-BigInt(pageBytes)).ops(op.i64And, op.i64Ne).brIf(interpreted);
      code.get(mapping).memory(op.i32Load, 8).get(pc).ops(op.i32WrapI64, op.i32Add).set(host);
      emitFindRegion(code, host, entry, interpreted);
      emitCount(code, 'regionRuns', () => code.i64Small(1));
      code
        .get(hart)
        .get(entry)
        .memory(op.i32Load, regionCacheBase + 4)
        .callIndirect(regionType)
        .tee(reason);
      code.i32(regionExit.dispatch).ops(op.i32Eq).brIf(next);
      code.i32(probe.never).i32(probe.later).get(reason).i32(regionExit.short).ops(op.i32Eq, op.select).set(probing);
      code.end(); // interpreted
      emitCount(code, 'interpreterRuns', () => code.i64Small(1));
      code.i32(0).memory(op.i32Load, scratch.budget).set(entry);
      code.get(hart).get(probing).call(interpret).set(reason);
      emitCount(code, 'interpretedSteps', () => {
        code.get(entry).i32(0).memory(op.i32Load, scratch.budget).ops(op.i32Sub, op.i64ExtendI32S);
      });
      code.get(reason).i32(translated).ops(op.i32Eq).brIf(next);
      code.get(reason).ops(op.return);
      code.end();
      code.ops(op.unreachable);
    },
    'run',
  );
};
