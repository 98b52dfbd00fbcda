/**
 * What emitted code asks of JS, by name. Everything that is not plain computation or a cached memory access leaves
 * Wasm through one of these; before each call the code has spilled pc and budget, so that JS sees a precise state.
 */

import { type FloatHelperName, floatHelperNames } from '../float/helpers.ts';
import { findNames, findSignature, type RefillFunctions } from '../machine/refill.ts';
import type { ModuleBuilder, Signature } from '../wasm/module.ts';
import { signatureOf } from './float/signature.ts';
import { regionCalls } from './region-calls.ts';
import { spanNames } from './span-lookup.ts';
import { timeName, timeSignature } from './time.ts';

/** Whether an atomic access writes: never, always, or only where the hart's reservation is. */
export const atomicAccess = { loadReserved: 0, modify: 1, storeConditional: 2 } as const;
export type AtomicAccess = (typeof atomicAccess)[keyof typeof atomicAccess];

/** Addresses come as two unsigned-as-signed 32-bit halves. 1 means: leave, the hart's record says where to go on. */
export interface EngineHost {
  /** Raw instruction at pc into scratch.instruction; fills the execute TLB when the page may be cached. */
  fetchSlow(low: number, high: number): 0 | 1;
  /** Value into scratch.value, zero-extended. */
  loadSlow(low: number, high: number, sizeBytes: number): 0 | 1;
  /** Value from scratch.value. */
  storeSlow(low: number, high: number, sizeBytes: number): 0 | 1;
  /** Offset in linear memory of the operand of an atomic access, or 0 after a trap. `access` is an `atomicAccess`. */
  atomicSlow(low: number, high: number, sizeBytes: number, access: number): number;
  /**
   * Host address of an operand in RAM for translated code, or 0: then the interpreter must do the instruction, which
   * may trap or reach a device. Changes nothing but caches, and accessed and dirty bits of an access that will be made.
   */
  fill(low: number, high: number, sizeBytes: number, kind: number): number;
  /** A hart is at an address of the breakpoint filter, and pc and budget are as before the instruction. 1: stop there. */
  met(): 0 | 1;
  /** `word` is the 32-bit (expanded) instruction, `raw` its bits as in memory. */
  system(op: number, word: number, raw: number, lengthBytes: number): 0 | 1;
  /** The helpers in software, for the floating-point functions; they accrue flags in the current hart's record. */
  float: Readonly<Record<FloatHelperName, (a: bigint, b: bigint, c: bigint, rm: number) => bigint>>;
}

/** The exports of an instance of the floating-point functions (float/module.ts). */
export type FloatFunctions = WebAssembly.Exports;

type Slow =
  | 'decode'
  | 'interpretArmed'
  | 'met'
  | 'fill'
  | 'fetchSlow'
  | 'loadSlow'
  | 'storeSlow'
  | 'atomicSlow'
  | 'system';
const signatures: Record<Slow, Signature> = {
  decode: { parameters: ['i32', 'i32'], results: [] },
  interpretArmed: { parameters: ['i32', 'i32'], results: ['i32'] },
  met: { parameters: [], results: ['i32'] },
  fill: { parameters: ['i32', 'i32', 'i32', 'i32'], results: ['i32'] },
  fetchSlow: { parameters: ['i32', 'i32'], results: ['i32'] },
  loadSlow: { parameters: ['i32', 'i32', 'i32'], results: ['i32'] },
  storeSlow: { parameters: ['i32', 'i32', 'i32'], results: ['i32'] },
  atomicSlow: { parameters: ['i32', 'i32', 'i32', 'i32'], results: ['i32'] },
  system: { parameters: ['i32', 'i32', 'i32', 'i32'], results: ['i32'] },
};

/** What serves a TLB miss without JS, by kind (refill.ts). On a machine that covers JS is told of each page that is executed. */
export interface FindIndices {
  readonly read: number;
  readonly write: number;
  readonly execute: number | undefined;
}

export type ImportIndices = Readonly<Record<Slow, number>> & {
  readonly find: FindIndices;
  readonly float: Readonly<Record<FloatHelperName, number>>;
};

/** The imports that translated code has: the dispatcher, some slow paths, and what else it needs (see region-calls.ts). */
export interface RegionImports {
  readonly enter: number;
  readonly readSpan: number;
  readonly writeSpan: number;
  readonly time: number | undefined;
  readonly askMachine: number;
  readonly askMet: number;
  readonly float: Readonly<Partial<Record<FloatHelperName, number>>>;
  readonly inlinesSums: boolean;
}

/** What some regions need of what not all do. */
export interface RegionNeeds {
  readonly helpers: ReadonlySet<FloatHelperName>;
  readonly time: boolean;
}

export const declareRegionImports = (module: ModuleBuilder, { helpers, time }: RegionNeeds): RegionImports => ({
  enter: module.import('enter', regionCalls.enter),
  readSpan: module.import(spanNames.read, regionCalls.span),
  writeSpan: module.import(spanNames.write, regionCalls.span),
  askMachine: module.import('askMachine', regionCalls.askMachine),
  askMet: module.import('askMet', regionCalls.askMet),
  time: time ? module.import(timeName, timeSignature) : undefined,
  float: Object.fromEntries([...helpers].map((name) => [name, module.import(name, signatureOf(name))])),
  inlinesSums: true,
});

/** What the floating-point functions call a helper in software, and its signature. */
export const softwareName = (name: FloatHelperName): string => `float.${name}`;
export const floatSignature: Signature = { parameters: ['i64', 'i64', 'i64', 'i32'], results: ['i64'] };

export const declareImports = (module: ModuleBuilder, covers: boolean): ImportIndices => {
  const slow = Object.fromEntries(
    Object.entries(signatures).map(([name, signature]) => [name, module.import(name, signature)]),
  ) as Record<Slow, number>;
  const float = Object.fromEntries(
    floatHelperNames.map((name) => [name, module.import(name, signatureOf(name))]),
  ) as Record<FloatHelperName, number>;
  const find = {
    read: module.import(findNames.read, findSignature),
    write: module.import(findNames.write, findSignature),
    execute: covers ? undefined : module.import(findNames.execute, findSignature),
  };
  return { ...slow, find, float };
};

/**
 * What else instances import: `refill`, `decode` and `interpretArmed` are for the interpreter's module (see predecode.ts and
 * dispatcher.ts); for translated code, what that module exports.
 */
export interface OtherImports {
  readonly float: FloatFunctions;
  readonly refill?: RefillFunctions;
  readonly decode?: (raw: number, entry: number) => void;
  readonly interpretArmed?: (hart: number, probing: number) => number;
  readonly core?: WebAssembly.Exports;
}

/** The import object for an instance. */
export const importObject = (
  memory: WebAssembly.Memory,
  host: EngineHost,
  { float, refill, decode, interpretArmed, core }: OtherImports,
): WebAssembly.Imports => ({
  env: {
    memory,
    ...core,
    ...refill,
    ...(decode && { decode }),
    ...(interpretArmed && { interpretArmed }),
    fetchSlow: host.fetchSlow,
    loadSlow: host.loadSlow,
    storeSlow: host.storeSlow,
    atomicSlow: host.atomicSlow,
    fill: host.fill,
    system: host.system,
    met: host.met,
    ...float,
  },
});
