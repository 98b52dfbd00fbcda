/** The floating-point functions in WebAssembly against the software: results, flags and the state of the extension. */
import { describe, expect, test } from 'vitest';
import { instantiateFloat } from '../../vmm/engine/engine.ts';
import { emitFloat } from '../../vmm/engine/float/inline.ts';
import { shapeOf, signatureOf } from '../../vmm/engine/float/signature.ts';
import { hartBase, hartOffset, ramOffset, wasmPageBytes } from '../../vmm/engine/layout.ts';
import { type FloatHelper, type FloatHelperName, floatHelperNames, floatHelpers } from '../../vmm/float/helpers.ts';
import { ModuleBuilder } from '../../vmm/wasm/module.ts';
import {
  type Operands,
  operandKind,
  randomOperands,
  randomSource,
  sparseOperands,
  specialPatterns,
} from './operands.ts';

const modes = ['RNE', 'RTZ', 'RDN', 'RUP', 'RMM'];
const flagsBefore = [0x00, 0x01, 0x1e, 0x1f]; // without and with inexact
const fsInitial = 0x2000;
const fsDirty = 0x6000;

type WasmFunction = (hart: number, ...operandsAndMode: (bigint | number)[]) => bigint;

const memory = new WebAssembly.Memory({
  initial: ramOffset / wasmPageBytes + 1,
  maximum: ramOffset / wasmPageBytes + 1,
});
const hart = hartBase(1);
const fields = new Uint32Array(memory.buffer, hart);
const fflags = hartOffset.fflags >>> 2;
const mstatus = hartOffset.mstatus >>> 2;

let softwareCalls = 0;
const software =
  (helper: FloatHelper) =>
  (a: bigint, b: bigint, c: bigint, rm: number): bigint => {
    softwareCalls += 1;
    const context = { flags: fields[fflags]! };
    const result = helper(context, a, b, c, rm);
    if (context.flags !== fields[fflags]) fields[mstatus]! |= fsDirty;
    fields[fflags] = context.flags;
    return result;
  };
const functions = instantiateFloat(
  memory,
  Object.fromEntries(floatHelperNames.map((name) => [name, software(floatHelpers[name])])) as Parameters<
    typeof instantiateFloat
  >[1],
) as Record<FloatHelperName, WasmFunction>;

/** The same operations as they are emitted among instructions. */
const emitInPlace = (): Uint8Array<ArrayBuffer> => {
  const module = new ModuleBuilder(memory.buffer.byteLength / wasmPageBytes);
  const indices = floatHelperNames.map((name) => module.import(name, signatureOf(name)));
  for (const [index, name] of floatHelperNames.entries())
    module.define(
      signatureOf(name),
      (code) => {
        const { operands, rounds } = shapeOf(name);
        emitFloat(code, name, {
          hart: 0,
          temporaries: [code.local('i64'), code.local('i64')],
          pushOperands: () => {
            for (let operand = 1; operand <= operands; operand += 1) code.get(operand);
          },
          pushMode: () => rounds && code.get(1 + operands),
          functionIndex: indices[index]!,
          inlinesSums: true,
        });
      },
      name,
    );
  return module.finish();
};
const inPlace = new WebAssembly.Instance(new WebAssembly.Module(emitInPlace()), {
  env: { memory, ...functions },
}).exports as Record<FloatHelperName, WasmFunction>;

const shown = (name: string, operands: Operands, mode: number, before: number): string =>
  `${name} ${operands.map((operand) => operand.toString(16)).join(' ')} ${modes[mode]} after ${before}`;

/** One mode, all initial flags. Returns how many cases that were. */
const check = (name: FloatHelperName, operands: Operands, mode: number, run = functions[name]): number => {
  const { operands: count, rounds } = shapeOf(name);
  const [a, b, c] = operands;
  const call = (): bigint => {
    if (count === 1) return rounds ? run(hart, a, mode) : run(hart, a);
    if (count === 2) return rounds ? run(hart, a, b, mode) : run(hart, a, b);
    return run(hart, a, b, c, mode);
  };
  const context = { flags: 0 };
  const expected = BigInt.asIntN(64, floatHelpers[name](context, a, b, c, mode));
  for (const before of flagsBefore) {
    fields[fflags] = before;
    fields[mstatus] = fsInitial;
    const result = call();
    const after = before | context.flags;
    const state = after === before ? fsInitial : fsDirty;
    if (result === expected && fields[fflags] === after && fields[mstatus] === state) continue;
    const what = shown(name, operands, mode, before);
    const hex = (bits: bigint) => BigInt.asUintN(64, bits).toString(16);
    expect(`${what}: ${hex(result)}, flags ${fields[fflags]}, FS ${fields[mstatus]}`).toBe(
      `${what}: ${hex(expected)}, flags ${after}, FS ${state}`,
    );
  }
  return flagsBefore.length;
};

const drawn = (
  kind: ReturnType<typeof operandKind>,
  draw: typeof randomOperands,
  count: number,
  seed: bigint,
): Operands[] => {
  const next = randomSource(seed);
  return Array.from({ length: count }, () => draw(kind, next));
};

const kinds = ['s', 'd', 'integer'] as const;
const random = Object.fromEntries(kinds.map((kind) => [kind, drawn(kind, randomOperands, 700, 3n)]));
const sparse = Object.fromEntries(kinds.map((kind) => [kind, drawn(kind, sparseOperands, 700, 5n)]));

/** All pairs of special values; with a third operand that goes through them too. */
const specials = (kind: 's' | 'd'): Operands[] => {
  const patterns = specialPatterns(kind);
  return patterns.flatMap((a, i) =>
    patterns.map((b, j): Operands => [a, b, patterns[(i * 7 + j * 5) % patterns.length]!]),
  );
};
const special = { s: specials('s'), d: specials('d') };

const operandsOf = (name: FloatHelperName): Operands[] => {
  const kind = operandKind(name);
  const chosen = [...random[kind]!, ...sparse[kind]!];
  if (kind === 'integer') return chosen;
  const count = shapeOf(name).operands;
  return [...chosen, ...special[kind].filter((_, index) => count > 1 || index < specialPatterns(kind).length)];
};

describe('functions in WebAssembly give what the software gives', () => {
  let total = 0;
  for (const name of floatHelperNames) {
    test(name, () => {
      const applicable = shapeOf(name).rounds ? [...modes.keys()] : [0];
      for (const operands of operandsOf(name)) for (const mode of applicable) total += check(name, operands, mode);
    });
  }
  test('in at least a million cases', () => expect(total).toBeGreaterThan(1_000_000));
});

describe('operations in place give what the software gives', () => {
  for (const name of ['add.s', 'sub.s', 'mul.s', 'add.d', 'sub.d', 'mul.d', 'd.w', 'd.wu', 'div.d', 'lt.s'] as const) {
    test(name, () => {
      for (const operands of operandsOf(name)) {
        check(name, operands, 0, inPlace[name]);
        if (shapeOf(name).rounds) check(name, operands, 3, inPlace[name]);
      }
    });
  }
});

describe('the software is not asked', () => {
  const patternOf = { s: (x: number) => BigInt(new Uint32Array(new Float32Array([x]).buffer)[0]!), d: patternOfDouble };
  function patternOfDouble(x: number): bigint {
    return new BigUint64Array(new Float64Array([x]).buffer)[0]!;
  }
  /** In the mode to nearest-even, whether inexact is set or not. */
  const checkNative = (name: FloatHelperName, numbers: readonly [number, number, number]): void => {
    const kind = operandKind(name);
    const operands = numbers.map((x) =>
      kind === 'integer' ? BigInt(Math.trunc(Number.isFinite(x) ? x : 1)) : patternOf[kind](x),
    );
    softwareCalls = 0;
    check(name, operands as Operands, 0);
    expect(softwareCalls, `${name} ${numbers}`).toBe(0);
  };
  const ordinary = [
    [1.1, 2.3, -0.7],
    [3, 4, -12],
    [0.1, 10, -1],
    [1e18, 1e-18, 1],
    [0, 5, 1],
    [1e10, -7, 1e-20],
    [Infinity, 5, 1],
    [2, Infinity, -1],
    [7, 3, -Infinity],
    [Infinity, Infinity, -Infinity],
    [0, Infinity, 1],
    [Number.NaN, 1, 2],
    [1, Number.NaN, 2],
    [1, 0, 2],
  ] as const;
  for (const numbers of ordinary) {
    test(`for ${numbers.join(', ')}`, () => {
      for (const name of floatHelperNames) if (!name.startsWith('sqrt') || numbers[0] >= 0) checkNative(name, numbers);
    });
  }
});
