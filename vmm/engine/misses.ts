/**
 * What the interpreter calls when its look at the TLB does not serve an access: functions that fill the TLB, or else have JS do the
 * access. The interpreter's own function is large, and V8 takes the longer for it the larger it is; so this is outside of it.
 *
 *     load, store (hart: i32, address: i64, bytes: i32) -> i32
 *     atomic (hart: i32, address: i64, bytes: i32, access: i32) -> i32
 *
 * They give where the bytes are in linear memory, or 0: leave, a trap was entered. pc and budget are in memory.
 */

import { forInterpreter, looksAnew } from '../machine/refill.ts';
import type { Code } from '../wasm/code.ts';
import type { ModuleBuilder } from '../wasm/module.ts';
import { op } from '../wasm/opcodes.ts';
import { pushHalves } from './access.ts';
import { atomicAccess, type ImportIndices } from './imports.ts';
import { scratch } from './layout.ts';

export interface Misses {
  readonly load: number;
  readonly store: number;
  readonly atomic: number;
}

/** What `store` gives when JS has stored the value, which is in `scratch.value`. */
export const storeIsDone = 1;

export const defineMisses = (module: ModuleBuilder, imports: ImportIndices): Misses => ({
  load: module.define({ parameters: ['i32', 'i64', 'i32'], results: ['i32'] }, (code) => emitLoad(code, imports)),
  store: module.define({ parameters: ['i32', 'i64', 'i32'], results: ['i32'] }, (code) => emitStore(code, imports)),
  atomic: module.define({ parameters: ['i32', 'i64', 'i32', 'i32'], results: ['i32'] }, (code) =>
    emitAtomic(code, imports),
  ),
});

const [hart, address, bytes, access] = [0, 1, 2, 3];

/** Returns where the bytes are when they are to be had without JS. The interpreter looks anew for all that it goes on by. */
const returnIfFound = (code: Code, find: number): void => {
  const host = code.local('i32');
  code.get(hart).get(address).get(bytes).i32(looksAnew).ops(op.i32Or).call(find).tee(host);
  code.i32(forInterpreter).ops(op.i32GtU).if();
  code.get(host).ops(op.return);
  code.end();
};

const emitLoad = (code: Code, { find, loadSlow }: ImportIndices): void => {
  returnIfFound(code, find.read);
  code.i32(0).i32(scratch.value);
  pushHalves(code, address);
  code.get(bytes).call(loadSlow).ops(op.select);
};

const emitStore = (code: Code, { find, storeSlow }: ImportIndices): void => {
  returnIfFound(code, find.write);
  code.i32(0).i32(storeIsDone);
  pushHalves(code, address);
  code.get(bytes).call(storeSlow).ops(op.select);
};

const emitAtomic = (code: Code, { find, atomicSlow }: ImportIndices): void => {
  // One that is not aligned has missed, wherever its page is.
  code.get(address).get(bytes).ops(op.i64ExtendI32U).i64Small(1).ops(op.i64Sub, op.i64And, op.i64Eqz).if();
  code.get(access).i32(atomicAccess.loadReserved).ops(op.i32Eq).if();
  returnIfFound(code, find.read);
  code.else();
  returnIfFound(code, find.write);
  code.end();
  code.end();
  pushHalves(code, address);
  code.get(bytes).get(access).call(atomicSlow);
};
