/**
 * The dispatcher: Wasm functions that go from translated region to translated region through the region cache, and to
 * the interpreter where there is none. They own the table of regions, whose modules never see it.
 *
 *     run(hart: i32) -> i32                                       a `runExit`
 *     enter(hart: i32, expected: i64, host: i32, vector) -> i32   the same, and comes back where a call returns to; see region-calls.ts
 *
 * A region that calls enters here again and has its frame kept, so that the guest's return is the host's, too. Nothing
 * depends on these frames: all state is in memory whenever a region is not running, and a region goes on after its call
 * only if control really is where the call returns to, in unchanged code. When it is elsewhere for good (another
 * process runs, a handler was entered), calls pile up until `unwind` forgets them all.
 */

import type { Code, Label } from '../wasm/code.ts';
import type { ModuleBuilder } from '../wasm/module.ts';
import { op } from '../wasm/opcodes.ts';
import { emitTlbEntry } from './access.ts';
import { jumpedByTable, probe, regionExit, runExit } from './exits.ts';
import { emitHash } from './hash.ts';
import type { ImportIndices } from './imports.ts';
import {
  type CounterName,
  counterAddress,
  hartOffset,
  hartTlbPointers,
  hotSteps,
  pageBytes,
  regionCacheBase,
  regionCacheBits,
  regionCacheEntryBytes,
  regionCacheSetBytes,
  scratch,
} from './layout.ts';
import { callFromRegion, regionCalls } from './region-calls.ts';

/** Name of the exported table. */
export const regionTable = 'regions';
const tableEntries = 256;

const runSignature = { parameters: ['i32'], results: ['i32'] } as const;
/** An address where no instruction is. */
const nowhere = 1;

/**
 * Looks for the region of the code at a host address (an i32 local). Goes to `missing` when there is none; otherwise
 * the local `entry` has the address, less regionCacheBase, of its entry.
 */
export const emitFindRegion = (code: Code, host: number, entry: number, missing: Label): void => {
  emitHash(code, host, regionCacheBits, regionCacheSetBytes).tee(entry);
  code.memory(op.i32Load, regionCacheBase).get(host).ops(op.i32Ne).unlikely().if();
  code.get(entry).i32(regionCacheEntryBytes).ops(op.i32Xor).tee(entry);
  code.memory(op.i32Load, regionCacheBase).get(host).ops(op.i32Ne).brIf(missing);
  code.end();
};

const emitCount = (code: Code, name: CounterName, push: () => void): void => {
  code.i32(0).i32(0).memory(op.i64Load, counterAddress(name));
  push();
  code.ops(op.i64Add).memory(op.i64Store, counterAddress(name));
};

/** Calls that translated code may have under way; each has a frame on the host's stack. */
const depthMax = 128;

const load = (code: Code, field: 'armed' | 'attention' | 'budget' | 'cut' | 'depth' | 'epoch'): Code =>
  code.i32(0).memory(op.i32Load, scratch[field]);

/** What else it calls: the interpreter with a probe of the breakpoint filter before each instruction, and after a TLB miss. */
type DispatcherImports = Pick<ImportIndices, 'interpretArmed' | 'find'>;

export const defineDispatcher = (module: ModuleBuilder, interpret: number, imports: DispatcherImports): void => {
  module.table(regionTable, tableEntries);
  const regionType = module.type(runSignature);
  const enter = module.define(regionCalls.enter, (code) => emitEnter(code, interpret, imports, regionType), 'enter');
  module.define(runSignature, (code) => emitRun(code, enter), 'run');
};

/** Calls that were under way when a slice ended are no more: they come back as jumps do. */
const emitRun = (code: Code, enter: number): void => {
  const hart = 0;
  const reason = code.local('i32');
  const again = code.loop();
  code.i32(0).i32(0).memory(op.i32Store, scratch.depth);
  callFromRegion(code.get(hart).i64Small(nowhere).i32(0), enter).tee(reason);
  code.i32(runExit.unwind).ops(op.i32Eq).brIf(again);
  code.end();
  code.get(reason);
};

const emitEnter = (
  code: Code,
  interpret: number,
  { interpretArmed, find }: DispatcherImports,
  regionType: number,
): void => {
  const [hart, expected, expectedHost] = [0, 1, 2];
  const pc = code.local('i64');
  const entry = code.local('i32');
  const mapping = code.local('i32');
  const host = code.local('i32');
  const probing = code.local('i32');
  const reason = code.local('i32');
  const budget = code.local('i32');
  const epoch = code.local('i32');
  code.i32(depthMax - 1);
  load(code, 'depth').ops(op.i32LtS).unlikely().if();
  code.i32(runExit.unwind).ops(op.return);
  code.end();
  code.i32(0);
  load(code, 'depth').i32(1).ops(op.i32Add).memory(op.i32Store, scratch.depth);
  load(code, 'epoch').set(epoch);

  code.i32(hotSteps.begin).set(probing);
  const next = code.loop();
  const interpreted = code.block();
  code.get(hart).memory(op.i64Load, hartOffset.pc).set(pc);
  code.get(hart).memory(op.i32Load, hartTlbPointers.execute).set(mapping);
  emitTlbEntry(code, mapping, pc);
  code.tee(mapping).memory(op.i64Load, 0);
  code.get(pc).i64Small(-pageBytes).ops(op.i64And, op.i64Ne);
  if (find.execute === undefined) code.brIf(interpreted);
  else {
    code.unlikely().if();
    code.get(hart).get(pc).i32(0).call(find.execute).ops(op.i32Eqz).brIf(interpreted);
    code.end();
  }
  code.get(mapping).memory(op.i32Load, 8).get(pc).ops(op.i32WrapI64, op.i32Add).set(host);
  code.get(pc).get(expected).ops(op.i64Eq).if();
  // The caller may go on only in the code that it was translated from.
  code.get(host).get(expectedHost).ops(op.i32Ne);
  load(code, 'epoch').get(epoch).ops(op.i32Ne, op.i32Or).unlikely().if();
  code.i32(runExit.unwind).ops(op.return);
  code.end();
  code.i32(0);
  load(code, 'depth').i32(1).ops(op.i32Sub).memory(op.i32Store, scratch.depth);
  code.i32(runExit.returned).ops(op.return);
  code.end();

  emitFindRegion(code, host, entry, interpreted);
  emitCount(code, 'regionRuns', () => code.i64Small(1));
  code
    .get(hart)
    .get(entry)
    .memory(op.i32Load, regionCacheBase + 4)
    .callIndirect(regionType)
    .set(reason);
  code.i32(hotSteps.begin).set(probing);
  code.get(reason).ops(op.i32Eqz).brIf(next); // regionExit.dispatch
  code.i32(hotSteps.other).set(probing);
  code.get(reason).i32(regionExit.return).ops(op.i32Eq).brIf(next);
  code.i32(hotSteps.begin | jumpedByTable).set(probing);
  code.get(reason).i32(regionExit.jumped).ops(op.i32Eq).brIf(next);
  const outside = code.block();
  code.get(reason).i32(regionExit.interpret).ops(op.i32LtS).brIf(outside);
  code.i32(probe.never).i32(probe.later).get(reason).i32(regionExit.short).ops(op.i32Eq, op.select).set(probing);
  code.br(interpreted);
  code.end(); // outside
  emitGoOn(code, reason, probing, next);
  code.get(reason).ops(op.return);
  code.end(); // interpreted

  emitCount(code, 'interpreterRuns', () => code.i64Small(1));
  load(code, 'budget').set(budget);
  code.i32(0).i32(0).memory(op.i32Store, scratch.cut);
  code.i32(0).get(expected).memory(op.i64Store, scratch.expected);
  load(code, 'armed').unlikely().if();
  code.get(hart).get(probing).call(interpretArmed).set(reason);
  code.else();
  code.get(hart).get(probing).call(interpret).set(reason);
  code.end();
  emitCount(code, 'interpretedSteps', () => {
    code.get(budget);
    load(code, 'budget').ops(op.i32Sub);
    load(code, 'cut').ops(op.i32Sub, op.i64ExtendI32S);
  });
  code.get(reason).i32(runExit.translated).ops(op.i32Eq).brIf(next);
  emitGoOn(code, reason, probing, next);
  code.get(reason).ops(op.return); // all calls that are under way end: their depth does not matter any more
  code.end();
  code.ops(op.unreachable);
};

/** Goes on at once after a trap or the like, unless the machine must look. */
const emitGoOn = (code: Code, reason: number, probing: number, next: Label): void => {
  code.i32(hotSteps.begin).set(probing);
  code.get(reason).i32(runExit.leave).ops(op.i32Eq);
  load(code, 'attention').ops(op.i32Eqz, op.i32And);
  load(code, 'budget').i32(0).ops(op.i32Ne, op.i32And).brIf(next);
};
