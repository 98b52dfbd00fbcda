/**
 * The engine of one machine: emitted modules instantiated on its memory. It runs a hart for a number of steps and says
 * why it came back; who runs when, interrupts and time are the machine's.
 */

import { floatHelperNames } from '../float/helpers.ts';
import type { Hart } from '../machine/hart.ts';
import type { MachineMemory } from '../machine/memory.ts';
import type { Translations } from '../machine/translations.ts';
import { regionTable } from './dispatcher.ts';
import { type EmittedModule, emittedModule } from './emitted.ts';
import { type RunExit, runExit } from './exits.ts';
import { type EngineHost, type FloatFunctions, importObject, softwareName } from './imports.ts';
import { Jit, type JitCounters } from './jit/jit.ts';
import type { WarmModule } from './jit/warm.ts';
import { breakFilterBase, breakFilterEntries, type CounterName, counterAddress, counterNames } from './layout.ts';
import { createPredecoder } from './predecode.ts';

type Run = (hartBase: number) => RunExit;
type Interpret = (hartBase: number, probing: number) => RunExit;

/** Compiled modules: compiling one takes longer than many tests. */
const compiled = new Map<EmittedModule, WebAssembly.Module>();

const moduleOf = (name: EmittedModule): WebAssembly.Module => {
  let module = compiled.get(name);
  if (module === undefined) {
    module = new WebAssembly.Module(emittedModule(name));
    compiled.set(name, module);
  }
  return module;
};

/** The floating-point functions on a machine's memory. */
export const instantiateFloat = (memory: WebAssembly.Memory, software: EngineHost['float']): FloatFunctions =>
  new WebAssembly.Instance(moduleOf('float'), {
    env: {
      memory,
      ...Object.fromEntries(floatHelperNames.map((name) => [softwareName(name), software[name]])),
    },
  }).exports;

/**
 * How to run: `armed` probes the breakpoint filter; `interpret` lets every access that a watchpoint waits for come
 * through JS one at a time; `any` is as fast as possible. All do the same.
 */
export type RunMode = 'any' | 'armed' | 'interpret';

export type EngineCounters = Readonly<Record<CounterName, number>> & JitCounters;

export class Engine {
  readonly #memory: MachineMemory;
  readonly #host: EngineHost;
  readonly #float: FloatFunctions;
  readonly #decode: (raw: number, entry: number) => void;
  readonly #run: Run;
  readonly #interpret: Interpret;
  readonly #jit: Jit;
  #interpretArmed: Interpret | undefined;
  /** Without translated code everything is done by the interpreter. Changes no answer. */
  translating = true;

  constructor(memory: MachineMemory, host: EngineHost, translations: Translations) {
    this.#memory = memory;
    this.#host = host;
    this.#float = instantiateFloat(memory.wasm, host.float);
    this.#decode = createPredecoder(memory);
    const exports = this.#instantiate(false);
    this.#run = exports.run as Run;
    this.#interpret = exports.interpret as Interpret;
    this.#jit = new Jit(memory, translations, {
      table: exports[regionTable] as WebAssembly.Table,
      imports: importObject(memory.wasm, host, { float: this.#float, core: exports }),
    });
  }

  #instantiate(armed: boolean): WebAssembly.Exports {
    const instance = new WebAssembly.Instance(
      moduleOf(armed ? 'armed' : 'interpreter'),
      importObject(this.#memory.wasm, this.#host, { float: this.#float, decode: this.#decode }),
    );
    return instance.exports;
  }

  /** Runs until scratch.budget is used up or something else must happen. */
  run(hart: Hart, mode: RunMode): RunExit {
    if (mode === 'armed') {
      this.#interpretArmed ??= this.#instantiate(true).interpret as Interpret;
      return this.#interpretArmed(hart.base, 0);
    }
    if (mode === 'interpret' || !this.translating) return this.#interpret(hart.base, 0);
    const exit = this.#run(hart.base);
    if (exit === runExit.hot) this.#jit.arrived(hart);
    return exit;
  }

  /** Takes translated code of an earlier run, before the first step, and keeps what is made for `warmth`. */
  warm(modules: readonly WarmModule[]): void {
    this.#jit.beWarm(modules);
  }

  /** Translated code for another run of this version with the same size of RAM: what `warm` was given, and more. */
  get warmth(): readonly WarmModule[] {
    return this.#jit.keptModules;
  }

  /** For tests: translates at the first arrival. */
  translateEagerly(): void {
    this.#jit.beEager();
  }

  /** How many regions are translated. */
  get regionCount(): number {
    return this.#jit.regionCount;
  }

  /** What the engine did since it was made. Interpretation that was asked for (`RunMode`) is not in it. */
  get counters(): EngineCounters {
    const { u64 } = this.#memory;
    const counts = Object.fromEntries(counterNames.map((name) => [name, Number(u64[counterAddress(name) >>> 3]!)]));
    return { ...(counts as Record<CounterName, number>), ...this.#jit.counters };
  }

  /** To be told after each portion of a run how many steps were made. */
  ran(steps: number): void {
    this.#jit.ran(steps);
  }

  /** Sets the breakpoint filter to these virtual addresses. A filter hit is a candidate: other addresses share it. */
  arm(addresses: Iterable<bigint>): void {
    const { u8 } = this.#memory;
    u8.fill(0, breakFilterBase, breakFilterBase + breakFilterEntries);
    for (const address of addresses) u8[breakFilterBase + (Number((address >> 1n) & 0xffffn) % breakFilterEntries)] = 1;
  }
}
