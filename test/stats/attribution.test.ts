/** Where a sample goes, by its stack: profiles of one sample each, made by hand. */

import type { Profiler } from 'node:inspector';
import { describe, expect, test } from 'vitest';
import { attribute } from '../../adapter/stats/attribution.ts';
import { Sources } from '../../adapter/stats/sources.ts';

type Node = Profiler.ProfileNode;
type Frame = readonly [functionName: string, url: string];

const interpreter = 'wasm://wasm/interpreter-00015a56';
const region = 'wasm://wasm/ba2034ee';
const source = (file: string): string => `file:///anywhere/chronovisor/${file}`;

/** One sample of 100 microseconds; frames from the bottom of the stack to its top. */
const profileOf = (...frames: readonly Frame[]): Profiler.Profile => ({
  nodes: [['(root)', ''] as Frame, ...frames].map(([functionName, url], index) => ({
    id: index + 1,
    callFrame: { functionName, scriptId: '0', url, lineNumber: 0, columnNumber: 0 },
    children: index < frames.length ? [index + 2] : [],
  })),
  startTime: 0,
  endTime: 100,
  samples: [frames.length + 1],
  timeDeltas: [100],
});

const check = (category: string | undefined, ...frames: readonly Frame[]): void => {
  const { us, samples } = attribute(profileOf(...frames), new Sources());
  expect([[...us], samples]).toEqual(category === undefined ? [[], 0] : [[[category, 100]], 1]);
};

const runHart: Frame = ['#runHart', source('vmm/machine/machine.ts')];
const run: Frame = ['run', interpreter];

describe('emitted code', () => {
  test('of a region, which has no name, is translated code', () =>
    check('translated', runHart, run, ['wasm-function[3]', region]));
  test('that goes from region to region is translated code', () => check('translated', runHart, run));
  test('of the interpreter is the interpreter', () => check('interpreter', runHart, run, ['interpret', interpreter]));
  test('that the interpreter calls is the interpreter', () =>
    check('interpreter', runHart, run, ['interpret', interpreter], ['wasm-function[60]', interpreter]));
  test('that is not ours counts for its caller', () =>
    check('recording', ['digest', source('vmm/machine/digest.ts')], ['wasm-function[1]', region]));
  test('that a region calls in the module of the interpreter is translated code', () =>
    check('translated', runHart, run, ['wasm-function[3]', region], ['wasm-function[64]', interpreter]));
  test('that serves TLB misses is that, whoever calls it', () => {
    const findRead: Frame = ['findRead', 'wasm://wasm/refill-00015a56'];
    check('tlb', runHart, run, ['wasm-function[3]', region], ['readSpan', interpreter], findRead);
    check('tlb', ['insert', source('vmm/machine/tlb.ts')], ['insert', 'wasm://wasm/refill-00015a56']);
  });
  test('whose callers have made room for it is translated code', () =>
    check('translated', runHart, ['wasm-function[3]', region]));
  test('that leaves for nothing that was seen is what it was', () =>
    check('interpreter', runHart, run, ['interpret', interpreter], ['wasm-to-js:iiii:i', interpreter]));
  test('that leaves for JS counts for what it leaves for, in the proportion of their time', () => {
    const profile = profileOf(runHart, run, ['wasm-to-js:iiii:i', region], ['fill', source('vmm/machine/slowpath.ts')]);
    const { nodes } = profile;
    const [root, loop, dispatcher, wrapper, fill] = nodes as [Node, Node, Node, Node, Node];
    const system: Node = { ...fill, id: 6, callFrame: { ...fill.callFrame, functionName: 'system' }, hitCount: 1 };
    const { us } = attribute(
      {
        ...profile,
        nodes: [
          root,
          loop,
          dispatcher,
          { ...wrapper, hitCount: 1, children: [5, 6] },
          { ...fill, hitCount: 3 },
          system,
        ],
        samples: [4],
      },
      new Sources(),
    );
    expect(Object.fromEntries(us)).toEqual({ tlb: 75, traps: 25 });
  });
});

describe('a function', () => {
  test('that the table has no row for counts for its caller', () =>
    check(
      'traps',
      runHart,
      run,
      ['system', source('vmm/machine/slowpath.ts')],
      ['low', source('vmm/machine/hart.ts')],
    ));
  test('of V8 counts for its caller', () =>
    check('checkpoints', ['take', source('vmm/timeline/checkpoints.ts')], ['slice', '']));
  test("that compiles Wasm is V8's compiler", () =>
    check('compilation', ['arrived', source('vmm/engine/jit/jit.ts')], ['Module', '']));
  test('of a device is a device, whoever called it', () =>
    check(
      'devices',
      runHart,
      run,
      ['loadSlow', source('vmm/machine/slowpath.ts')],
      ['read', source('vmm/machine/bus.ts')],
    ));
  test('that a bundler gave a number is the same', () =>
    check('float', runHart, ['callFloat2', source('vmm/machine/slowpath.ts')]));
  test("that is nobody's is other", () => check('other', ['emit', 'node:events']));
});

describe('a sample', () => {
  test('without a stack of ours is what V8 calls it', () => check('idle', ['(idle)', '']));
  test('of the garbage collector is that', () => check('garbage', ['(garbage collector)', '']));
  test('of the measuring itself is left out', () =>
    check(undefined, ['start', source('adapter/host/sampler.ts')], ['post', 'node:inspector']));
  test('of a bundle that is gone counts for its caller', () =>
    check('other', ['run', 'file:///nowhere/chronovisor.mjs']));
});
