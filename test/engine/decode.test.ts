/** What is decoded without JS is what JS decodes, and JS is asked once only for each kind of instruction. */

import { expect, test } from 'vitest';
import { defineDecode } from '../../vmm/engine/decode.ts';
import { decodedBase, decodedEntryBytes } from '../../vmm/engine/layout.ts';
import { createPredecoder } from '../../vmm/engine/predecode.ts';
import { rows } from '../../vmm/isa/table.ts';
import { createMemory } from '../../vmm/machine/memory.ts';
import { anyMemory, ModuleBuilder } from '../../vmm/wasm/module.ts';

let state = 11;
const random = (below: number): number => {
  state = (Math.imul(state, 1_103_515_245) + 12_345) >>> 0;
  return Math.floor((state / 2 ** 32) * below);
};
const bits32 = (): number => (random(2 ** 16) << 16) | random(2 ** 16);

/** All 16-bit instructions, words of each row, and words of any kind. */
const words = (): number[] => {
  const found: number[] = [];
  for (let half = 0; half < 0x1_0000; half += 1) if ((half & 3) !== 3) found.push(half | (random(2 ** 16) << 16));
  for (const { mask, match } of rows)
    for (let count = 0; count < 100; count += 1) {
      const word = (match | (bits32() & ~mask)) & ~(random(4) === 0 ? 0xf80 : 0);
      found.push(word | match);
    }
  for (let count = 0; count < 50_000; count += 1) found.push(bits32() | 3);
  return found;
};

test('each word has the same handler, registers and number', () => {
  const [one, other] = [createMemory(1 << 20), createMemory(1 << 20)];
  const byJs = createPredecoder(one);
  const anew = createPredecoder(other);
  let asked = 0;
  const module = new ModuleBuilder(anyMemory, 'decode');
  defineDecode(module, module.import('decode', { parameters: ['i32', 'i32'], results: [] }));
  const env = {
    memory: other.wasm,
    decode: (raw: number, entry: number): void => {
      asked += 1;
      anew(raw, entry);
    },
  };
  const { exports } = new WebAssembly.Instance(new WebAssembly.Module(module.finish()), { env });
  const decode = exports['decodeBits'] as (raw: number, entry: number) => void;
  const entry = 5 * decodedEntryBytes;
  const at = (decodedBase + entry) >>> 2;
  const all = words();
  for (const isFirst of [true, false]) {
    asked = 0;
    const wrong: number[] = [];
    for (const raw of all) {
      byJs(raw, entry);
      decode(raw, entry);
      if (one.i32[at + 1] !== other.i32[at + 1] || one.i32[at + 2] !== other.i32[at + 2]) wrong.push(raw);
    }
    expect(wrong).toEqual([]);
    expect(asked === 0).toBe(!isFirst);
    expect(asked).toBeLessThan(3 * 2 ** 14 + 257);
  }
});
