/**
 * Arithmetic that WebAssembly has no instruction for, as functions that each emitted module defines for itself:
 * high halves of products, division by RISC-V's rules, byte permutations. Pure functions of i64.
 */

import type { Binary, Unary } from '../isa/meaning.ts';
import type { Code } from '../wasm/code.ts';
import type { ModuleBuilder, Signature } from '../wasm/module.ts';
import { op } from '../wasm/opcodes.ts';

export type Library = Readonly<Partial<Record<Binary | Unary, number>>>;

const two = { parameters: ['i64', 'i64'], results: ['i64'] } as const;
const one = { parameters: ['i64'], results: ['i64'] } as const;
const [a, b] = [0, 1];
const low32 = 0xffff_ffffn;
const minSigned = -(1n << 63n);

/** Defines the functions that `isWanted` asks for. */
export const defineLibrary = (module: ModuleBuilder, isWanted: (name: string) => boolean): Library => {
  const library: Partial<Record<Binary | Unary, number>> = {};
  if (['mulhUU', 'mulhSU', 'mulhSS'].some(isWanted)) library.mulhUU = module.define(two, emitMulhUU);
  const others = bodies(library.mulhUU!);
  for (const name of libraryNames) if (isWanted(name)) library[name] = module.define(...others[name]);
  return library;
};

const libraryNames = ['mulhSU', 'mulhSS', 'divU', 'remU', 'divS', 'remS', 'byteReverse', 'orCombineBytes'] as const;
const allNames: ReadonlySet<string> = new Set(['mulhUU', ...libraryNames]);

/** Whether an operation is done by one of these functions. */
export const isInLibrary = (operation: string): boolean => allNames.has(operation);

type Body = readonly [Signature, (code: Code) => void];

const bodies = (mulhUU: number): Record<(typeof libraryNames)[number], Body> => ({
  mulhSU: [
    two,
    (code) => {
      // signed a = unsigned a - 2^64 when negative, so the high half loses b
      code.get(a).get(b).call(mulhUU);
      correction(code, a, b);
      code.ops(op.i64Sub);
    },
  ],
  mulhSS: [
    two,
    (code) => {
      code.get(a).get(b).call(mulhUU);
      correction(code, a, b);
      code.ops(op.i64Sub);
      correction(code, b, a);
      code.ops(op.i64Sub);
    },
  ],
  // Unprivileged specification, table "Semantics for division by zero and division overflow".
  divU: [
    two,
    (code) => {
      unlessZero(code, () => code.i64(-1n), op.i64DivU);
    },
  ],
  remU: [
    two,
    (code) => {
      unlessZero(code, () => code.get(a), op.i64RemU);
    },
  ],
  divS: [
    two,
    (code) => {
      code.get(a).i64(minSigned).ops(op.i64Eq).get(b).i64(-1n).ops(op.i64Eq, op.i32And).if('i64');
      code.get(a).else();
      unlessZero(code, () => code.i64(-1n), op.i64DivS);
      code.end();
    },
  ],
  remS: [
    two,
    (code) => {
      unlessZero(code, () => code.get(a), op.i64RemS); // Wasm's rem_s already gives 0 on overflow
    },
  ],
  byteReverse: [
    one,
    (code) => {
      swapGroups(code, 0x00ff_00ff_00ff_00ffn, 8n);
      swapGroups(code, 0x0000_ffff_0000_ffffn, 16n);
      code.get(a).i64(32n).ops(op.i64Rotl);
    },
  ],
  orCombineBytes: [
    one,
    (code) => {
      for (const distance of [4n, 2n, 1n]) {
        // smear right within each byte until bit 0 tells whether any bit was set
        const kept = [0x0f, 0x3f, 0x7f][[4n, 2n, 1n].indexOf(distance)]!;
        const mask = BigInt(`0x${kept.toString(16).padStart(2, '0').repeat(8)}`);
        code.get(a).get(a).i64(distance).ops(op.i64ShrU).i64(mask).ops(op.i64And, op.i64Or).set(a);
      }
      code.get(a).i64(0x0101_0101_0101_0101n).ops(op.i64And).i64(0xffn).ops(op.i64Mul);
    },
  ],
});

/** Pushes `other` when `signed` is negative, else 0. */
const correction = (code: Code, signed: number, other: number): void => {
  code.get(signed).i64(63n).ops(op.i64ShrS).get(other).ops(op.i64And);
};

const unlessZero = (
  code: Code,
  pushForZero: () => void,
  opcode: typeof op.i64DivU | typeof op.i64DivS | typeof op.i64RemU | typeof op.i64RemS,
): void => {
  code.get(b).ops(op.i64Eqz).if('i64');
  pushForZero();
  code.else().get(a).get(b).ops(opcode).end();
};

/** Swaps neighbouring groups of `distance` bits of parameter 0. */
const swapGroups = (code: Code, mask: bigint, distance: bigint): void => {
  code.get(a).i64(mask).ops(op.i64And).i64(distance).ops(op.i64Shl);
  code.get(a).i64(distance).ops(op.i64ShrU).i64(mask).ops(op.i64And, op.i64Or).set(a);
};

/**
 * Schoolbook product of 32-bit halves. V8's first code for a function sets more than four locals to zero by an instruction that takes
 * longer than all of the others here, so the high halves take the places of the operands.
 */
const emitMulhUU = (code: Code): void => {
  const [aLow, bLow, middle] = [code.local('i64'), code.local('i64'), code.local('i64')];
  const [aHigh, bHigh] = [a, b];
  for (const [whole, low] of [
    [a, aLow],
    [b, bLow],
  ] as const) {
    code.get(whole).i64(low32).ops(op.i64And).set(low);
    code.get(whole).i64(32n).ops(op.i64ShrU).set(whole);
  }
  code.get(aLow).get(bLow).ops(op.i64Mul).i64(32n).ops(op.i64ShrU);
  code.get(aHigh).get(bLow).ops(op.i64Mul, op.i64Add).set(middle); // at most (2^32-1)^2 + 2^32-1: no overflow
  code.get(aHigh).get(bHigh).ops(op.i64Mul);
  code.get(middle).i64(32n).ops(op.i64ShrU, op.i64Add);
  code.get(middle).i64(low32).ops(op.i64And).get(aLow).get(bHigh).ops(op.i64Mul, op.i64Add);
  code.i64(32n).ops(op.i64ShrU, op.i64Add);
};
