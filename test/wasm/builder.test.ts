/** The module builder against the host's own reading of the format: WebAssembly.validate, and compiled functions that give back what was put in. */

import { describe, expect, test } from 'vitest';
import { Code } from '../../vmm/wasm/code.ts';
import { ModuleBuilder } from '../../vmm/wasm/module.ts';
import { op, type ValueType } from '../../vmm/wasm/opcodes.ts';
import { Random } from '../oracle/random.ts';

const memory = new WebAssembly.Memory({ initial: 1, maximum: 1 });

const compile = (module: ModuleBuilder, imports: Readonly<Record<string, WebAssembly.ImportValue>> = {}) => {
  const bytes = module.finish();
  expect(WebAssembly.validate(bytes)).toBe(true);
  return new WebAssembly.Instance(new WebAssembly.Module(bytes), { env: { memory, ...imports } }).exports as Record<
    string,
    (...values: (number | bigint)[]) => number | bigint
  >;
};

/** A module with one function, `body`. */
const moduleOf = (parameters: readonly ValueType[], results: readonly ValueType[], body: (code: Code) => void) => {
  const module = new ModuleBuilder(1);
  module.define({ parameters, results }, body, 'body');
  return module;
};

/** Every power of two and its neighbours, which is where a byte of LEB128 ends, and their negatives. */
const edges = (bits: number): bigint[] => {
  const values = new Set<bigint>([0n]);
  for (let bit = 0; bit < bits; bit += 1)
    for (const near of [-1n, 0n, 1n]) for (const sign of [1n, -1n]) values.add(sign * ((1n << BigInt(bit)) + near));
  return [...values];
};

/** One module for all values: each a function that pushes it. */
const checkConstants = (type: 'i32' | 'i64', values: readonly bigint[]): void => {
  const module = new ModuleBuilder(1);
  for (const [index, value] of values.entries())
    module.define(
      { parameters: [], results: [type] },
      (code) => (type === 'i32' ? code.i32(Number(BigInt.asIntN(32, value))) : code.i64(value)),
      `f${index}`,
    );
  const exports = compile(module);
  const bits = type === 'i32' ? 32 : 64;
  const found = values.map((_, index) => BigInt(exports[`f${index}`]!()));
  expect(found).toEqual(values.map((value) => BigInt.asIntN(bits, value)));
};

describe('constants', () => {
  test('every edge of an i32 comes back', () => checkConstants('i32', edges(32)));
  test('every edge of an i64 comes back', () => checkConstants('i64', edges(64)));

  test('an i32 given unsigned is the same as given signed', () => {
    const body = moduleOf([], ['i32'], (code) => code.i32(0xffff_fffe));
    expect(compile(body).body!()).toBe(-2);
  });

  test('random constants of every length come back', () => {
    const random = new Random(7);
    const wide = Array.from({ length: 4_000 }, () => random.bits64() >> BigInt(random.below(64)));
    checkConstants('i64', [...wide, ...wide.map((value) => -value)]);
    checkConstants('i32', wide);
  });
});

describe('LEB128', () => {
  const unsignedOf = (bytes: Uint8Array): bigint =>
    bytes.reduceRight((value, byte) => (value << 7n) | BigInt(byte & 0x7f), 0n);

  test.each([
    0,
    1,
    127,
    128,
    129,
    16_383,
    16_384,
    2_097_151,
    2_097_152,
    268_435_455,
    268_435_456,
    2 ** 31,
    2 ** 32 - 1,
  ])('%i is written in as few bytes as it needs, all but the last with the high bit', (value) => {
    const bytes = new Code(0).unsigned(value).raw();
    expect(unsignedOf(bytes)).toBe(BigInt(value));
    expect(bytes.length).toBe(Math.max(1, Math.ceil(value.toString(2).length / 7)));
    expect([...bytes].map((byte) => byte >>> 7)).toEqual([...bytes].map((_, at) => (at < bytes.length - 1 ? 1 : 0)));
  });

  test.each([
    [0n, [0]],
    [63n, [0x3f]],
    [64n, [0xc0, 0x00]],
    [-64n, [0x40]],
    [-65n, [0xbf, 0x7f]],
    [-1n, [0x7f]],
    [1n << 63n, [0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x01]],
    [-(1n << 63n), [0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x7f]],
  ] as const)('%i is written signed as the specification says', (value, bytes) => {
    expect([...new Code(0).signed(value).raw()]).toEqual(bytes);
  });
});

describe('modules', () => {
  test('a module without functions is valid', () => {
    compile(new ModuleBuilder(1));
  });

  test('functions share a type, and call each other and imports by index', () => {
    const module = new ModuleBuilder(1);
    const signature = { parameters: ['i64'], results: ['i64'] } as const;
    const double = module.import('double', signature);
    const addOne = module.define(signature, (code) => code.get(0).i64(1n).ops(op.i64Add));
    module.define(signature, (code) => code.get(0).call(double).call(addOne), 'body');
    expect(compile(module, { double: (value: bigint) => 2n * value }).body!(20n)).toBe(41n);
  });

  test('an import after a function is refused', () => {
    const module = moduleOf([], [], () => {});
    expect(() => module.import('late', { parameters: [], results: [] })).toThrow('imports come before functions');
  });

  test('locals follow the parameters, keep their types and start from zero', () => {
    const body = moduleOf(['i32', 'i64'], ['i64'], (code) => {
      const [sum, narrow] = [code.local('i64'), code.local('i32')];
      code.get(0).set(narrow).get(sum).get(1).ops(op.i64Add).get(narrow).ops(op.i64ExtendI32S, op.i64Add);
    });
    expect(compile(body).body!(-3, 10n)).toBe(7n);
  });

  test('200 locals have indices of two bytes', () => {
    const body = moduleOf([], ['i32'], (code) => {
      const locals = Array.from({ length: 200 }, () => code.local('i32'));
      for (const [index, local] of locals.entries()) code.i32(index).set(local);
      code.get(locals[150]!).get(locals[199]!).ops(op.i32Add);
    });
    expect(compile(body).body!()).toBe(349);
  });

  test('300 functions are exported under their names', () => {
    const module = new ModuleBuilder(1);
    for (let index = 0; index < 300; index += 1)
      module.define({ parameters: [], results: ['i32'] }, (code) => code.i32(index), `number-${index}`);
    const exports = compile(module);
    expect([0, 127, 128, 299].map((index) => exports[`number-${index}`]!())).toEqual([0, 127, 128, 299]);
  });

  test('a body longer than its first buffer is kept whole', () => {
    const body = moduleOf([], ['i32'], (code) => {
      code.i32(0);
      for (let index = 0; index < 5_000; index += 1) code.i32(1).ops(op.i32Add);
    });
    expect(compile(body).body!()).toBe(5_000);
  });
});

describe('labels', () => {
  test('a branch reaches the block that it names, however deep it stands', () => {
    const body = moduleOf(['i32'], ['i32'], (code) => {
      const outer = code.block('i32');
      code.i32(1);
      code.block();
      code.block();
      code.i32(7).get(0).brIf(outer).ops(op.drop);
      code.end();
      code.end();
      code.end();
    });
    const { body: run } = compile(body);
    expect([run!(0), run!(1)]).toEqual([1, 7]);
  });

  test('a loop runs again from its beginning, and goes on where it is not branched to', () => {
    const body = moduleOf(['i32'], ['i32'], (code) => {
      const sum = code.local('i32');
      const again = code.loop();
      code.get(sum).get(0).ops(op.i32Add).set(sum);
      code.get(0).i32(1).ops(op.i32Sub).tee(0).brIf(again);
      code.end();
      code.get(sum);
    });
    expect(compile(body).body!(100)).toBe(5050);
  });

  test('br_table takes the label of its index, and the last one beyond', () => {
    const body = moduleOf(['i32'], ['i32'], (code) => {
      const blocks = [0, 1, 2].map(() => code.block());
      code.get(0).brTable(blocks.toReversed().slice(0, 2), blocks[0]!);
      code.end().i32(10).ops(op.return);
      code.end().i32(11).ops(op.return);
      code.end().i32(12);
    });
    const { body: run } = compile(body);
    expect([0, 1, 2, 3, -1].map((value) => run!(value))).toEqual([10, 11, 12, 12, 12]);
  });

  test('if and else leave a value each', () => {
    const body = moduleOf(['i32'], ['i64'], (code) => {
      code.get(0).if('i64');
      code.i64(1n).else().i64(2n).end();
    });
    const { body: run } = compile(body);
    expect([run!(1), run!(0)]).toEqual([1n, 2n]);
  });
});

describe('memory', () => {
  test('a load takes its offset as unsigned, and bytes in any alignment', () => {
    new DataView(memory.buffer).setBigUint64(0x8003, 0x1122_3344_5566_7788n, true);
    const body = moduleOf(['i32'], ['i64'], (code) => code.get(0).memory(op.i64Load, 0x8000));
    expect(compile(body).body!(3)).toBe(0x1122_3344_5566_7788n);
  });
});

test('bytes are appended as they are, however many', () => {
  for (const count of [0, 1, 61, 1000]) {
    const bytes = Uint8Array.from({ length: count }, (_, at) => at * 7);
    expect([...new Code(0).byte(1).append(bytes).byte(2).raw()]).toEqual([1, ...bytes, 2]);
  }
});

test('a wide constant is its high part times 2^28 plus its low part', () => {
  for (const high of [0, 1, -1, 63, 64, -64, -65, 8191, 8192, 2 ** 31 - 1, -(2 ** 31)])
    for (const low of [0, 1, 127, 128, 0x0123_4567, 2 ** 28 - 1]) {
      const functions = compile(moduleOf([], ['i64'], (code) => code.i64Wide(high, low)));
      expect(functions['body']!()).toBe(BigInt(high) * 2n ** 28n + BigInt(low));
    }
});

test('double-precision constants come back bit for bit', () => {
  const values = [0, -0, 1, -1.5, Math.PI, 5e-324, Number.MAX_VALUE, Number.POSITIVE_INFINITY, 1 - 2 ** -51];
  const module = new ModuleBuilder(1);
  for (const [index, value] of values.entries())
    module.define({ parameters: [], results: ['f64'] }, (code) => code.f64(value), `${index}`);
  const functions = compile(module);
  for (const [index, value] of values.entries()) expect(functions[`${index}`]!()).toBe(value);
});
