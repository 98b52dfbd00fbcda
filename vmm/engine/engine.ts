/**
 * The engine of one machine: emitted modules instantiated on its memory. It runs a hart for a number of steps and says
 * why it came back; who runs when, interrupts and time are the machine's.
 */

import { floatHelperNames } from '../float/helpers.ts';
import type { Hart } from '../machine/hart.ts';
import type { MachineMemory } from '../machine/memory.ts';
import type { RefillFunctions } from '../machine/refill.ts';
import type { Translations } from '../machine/translations.ts';
import { moduleOf } from './compiled.ts';
import { regionTable } from './dispatcher.ts';
import { type RunExit, runExit } from './exits.ts';
import { type EngineHost, type FloatFunctions, importObject, softwareName } from './imports.ts';
import { Jit, type JitCounters } from './jit/jit.ts';
import { newStops, type Stops } from './jit/stops.ts';
import type { WarmModule } from './jit/warm.ts';
import {
  breakFilterBase,
  breakFilterEntries,
  type CounterName,
  counterAddress,
  counterNames,
  pageBytes,
  scratch,
} from './layout.ts';
import { createPredecoder } from './predecode.ts';

const noStops: Stops = new Map();

type Run = (hartBase: number) => RunExit;
type Interpret = (hartBase: number, probing: number) => RunExit;

/** The interpreters of machines that cover, by where their maps are; compiling one takes longer than many tests. */
const compiledCovering = new Map<number, WebAssembly.Module>();

/** The floating-point functions on a machine's memory. */
export const instantiateFloat = (memory: WebAssembly.Memory, software: EngineHost['float']): FloatFunctions =>
  new WebAssembly.Instance(moduleOf('float'), {
    env: {
      memory,
      ...Object.fromEntries(floatHelperNames.map((name) => [softwareName(name), software[name]])),
    },
  }).exports;

/** How to run: `armed` stops where the breakpoint filter hits, `free` nowhere. */
export type RunMode = 'free' | 'armed';

/**
 * So many steps with the same breakpoints are interpreted before translated code is made to look for them: those of a step
 * over a call are gone by then.
 */
const armedInterpretedSteps = 500_000;
/** After so many steps without breakpoints translated code need not look for them any more. */
const unarmedSteps = 50_000_000;

export type EngineCounters = Readonly<Record<CounterName, number>> & JitCounters;

export class Engine {
  readonly #memory: MachineMemory;
  readonly #host: EngineHost;
  readonly #float: FloatFunctions;
  readonly #refill: RefillFunctions;
  readonly #decode: (raw: number, entry: number) => void;
  readonly #run: Run;
  readonly #interpret: Interpret;
  readonly #jit: Jit;
  #armedInstance: Interpret | undefined;
  /** Without translated code everything is done by the interpreter. Changes no answer. */
  translating = true;
  armedInterpretedSteps: number = armedInterpretedSteps;
  /** Where breakpoints are. */
  #stops: Stops = noStops;
  /** Steps that were made since these breakpoints were set: with them, and without. */
  #armedSteps = 0;
  #freeSteps = 0;
  #lastMode: RunMode = 'free';
  readonly #interpretArmed: Interpret = (hartBase, probing) => {
    this.#armedInstance ??= this.#instantiate(true).interpret as Interpret;
    return this.#armedInstance(hartBase, probing);
  };

  constructor(memory: MachineMemory, host: EngineHost, translations: Translations) {
    this.#memory = memory;
    this.#host = host;
    this.#float = instantiateFloat(memory.wasm, host.float);
    this.#refill = translations.functions;
    this.#decode = createPredecoder(memory);
    const exports = this.#instantiate(false);
    this.#run = exports.run as Run;
    this.#interpret = exports.interpret as Interpret;
    this.#jit = new Jit(memory, translations, {
      table: exports[regionTable] as WebAssembly.Table,
      imports: importObject(memory.wasm, host, { float: this.#float, core: exports }),
    });
  }

  #interpreterModule(): WebAssembly.Module {
    const { coverage } = this.#memory;
    if (coverage === undefined) return moduleOf('interpreter');
    let module = compiledCovering.get(coverage.executed);
    if (module === undefined) {
      module = new WebAssembly.Module(coverage.emitInterpreter(false, coverage));
      compiledCovering.set(coverage.executed, module);
    }
    return module;
  }

  #instantiate(armed: boolean): WebAssembly.Exports {
    const { wasm } = this.#memory;
    const instance = new WebAssembly.Instance(
      armed ? moduleOf('armed') : this.#interpreterModule(),
      importObject(wasm, this.#host, {
        float: this.#float,
        refill: this.#refill,
        decode: this.#decode,
        interpretArmed: this.#interpretArmed,
      }),
    );
    return instance.exports;
  }

  /** Whether translated code is run, or everything is interpreted. */
  usesCode(mode: RunMode): boolean {
    return this.translating && (mode === 'free' || this.#armedSteps >= this.armedInterpretedSteps);
  }

  /** Runs until scratch.budget is used up or something else must happen. */
  run(hart: Hart, mode: RunMode): RunExit {
    this.#lastMode = mode;
    const isArmed = mode === 'armed';
    if (!this.usesCode(mode)) return isArmed ? this.#interpretArmed(hart.base, 0) : this.#interpret(hart.base, 0);
    if (isArmed) this.#jit.stopAt(this.#stops);
    else if (this.#freeSteps > unarmedSteps) this.#jit.stopAt(noStops);
    this.#memory.u32[scratch.armed >>> 2] = isArmed ? 1 : 0;
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
    this.armedInterpretedSteps = 0;
    this.#jit.beEager();
  }

  /** See `Jit.blocks`. */
  get blocks(): ReadonlyMap<number, Uint32Array> {
    return this.#jit.blocks;
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
    if (this.#lastMode === 'armed') {
      this.#armedSteps += steps;
      this.#freeSteps = 0;
    } else this.#freeSteps += steps;
    this.#jit.ran(steps);
  }

  /** Sets the breakpoint filter to these virtual addresses. A filter hit is a candidate: other addresses share it. */
  arm(addresses: Iterable<bigint>): void {
    const { u8 } = this.#memory;
    u8.fill(0, breakFilterBase, breakFilterBase + breakFilterEntries);
    const stops = new Map<number, bigint[]>();
    for (const address of addresses) {
      u8[breakFilterBase + (Number((address >> 1n) & 0xffffn) % breakFilterEntries)] = 1;
      const offset = Number(address & BigInt(pageBytes - 1));
      const others = stops.get(offset) ?? [];
      if (!others.includes(address)) stops.set(offset, [...others, address]);
    }
    if (newStops(stops, this.#stops).size === 0 && newStops(this.#stops, stops).size === 0) return;
    this.#stops = stops;
    this.#armedSteps = 0;
  }
}
