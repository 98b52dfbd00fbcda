/**
 * The engine of one machine: emitted modules instantiated on its memory. It runs a hart for a number of steps and says
 * why it came back; who runs when, interrupts and time are the machine's.
 */

import { compressedTable } from '../isa/decode.ts';
import type { Hart } from '../machine/hart.ts';
import type { MachineMemory } from '../machine/memory.ts';
import { buildDispatch } from './dispatch.ts';
import { type EngineHost, importObject } from './imports.ts';
import { emitInterpreter, illegalWord, type RunExit } from './interpreter.ts';
import { breakFilterBase, breakFilterEntries, dispatchTableBase, expandTableBase, wasmPageBytes } from './layout.ts';

type Run = (hartBase: number) => RunExit;

/** Compiled interpreters, by memory size and variant: compiling one takes longer than many tests. */
const compiled = new Map<string, WebAssembly.Module>();

const interpreterModule = (memoryPages: number, armed: boolean): WebAssembly.Module => {
  const key = `${memoryPages} ${armed}`;
  let module = compiled.get(key);
  if (module === undefined) {
    module = new WebAssembly.Module(emitInterpreter(memoryPages, armed));
    compiled.set(key, module);
  }
  return module;
};

export class Engine {
  readonly #memory: MachineMemory;
  readonly #host: EngineHost;
  readonly #run: Run;
  #runArmed: Run | undefined;

  constructor(memory: MachineMemory, host: EngineHost) {
    this.#memory = memory;
    this.#host = host;
    memory.u8.set(buildDispatch().table, dispatchTableBase);
    const expansions = compressedTable();
    for (const [half, word] of expansions.entries())
      memory.u32[(expandTableBase >>> 2) + half] = word === 0 ? illegalWord : word;
    this.#run = this.#instantiate(false);
  }

  #instantiate(armed: boolean): Run {
    const pages = this.#memory.wasm.buffer.byteLength / wasmPageBytes;
    const instance = new WebAssembly.Instance(
      interpreterModule(pages, armed),
      importObject(this.#memory.wasm, this.#host),
    );
    return instance.exports.run as Run;
  }

  /** Runs until scratch.budget is used up or something else must happen. `armed`: probes the breakpoint filter. */
  run(hart: Hart, armed: boolean): RunExit {
    if (!armed) return this.#run(hart.base);
    this.#runArmed ??= this.#instantiate(true);
    return this.#runArmed(hart.base);
  }

  /** Sets the breakpoint filter to these virtual addresses. A filter hit is a candidate: other addresses share it. */
  arm(addresses: Iterable<bigint>): void {
    const { u8 } = this.#memory;
    u8.fill(0, breakFilterBase, breakFilterBase + breakFilterEntries);
    for (const address of addresses) u8[breakFilterBase + (Number((address >> 1n) & 0xffffn) % breakFilterEntries)] = 1;
  }
}
