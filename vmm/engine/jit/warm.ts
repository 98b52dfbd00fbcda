/**
 * Translated code of an earlier run, for a machine that has the same code at the same places of its RAM: another replay
 * of a trace, or the next boot of a kernel. It is taken when control first comes to a region, if RAM has the very bytes there
 * that the region was made from; so that a wrong or old one changes no answer. Regions are position
 * independent and nothing of a run is in them, but they belong to one version of the engine and one size of memory.
 */

import type { MachineMemory } from '../../machine/memory.ts';
import type { Region } from './region.ts';

/** Code that a region was made from: the bytes at a host address. */
export interface CodePiece {
  readonly host: number;
  readonly bytes: Uint8Array;
}

export interface WarmRegion {
  /** Host address of its entry. */
  readonly host: number;
  /** RAM pages that it came from. */
  readonly pages: readonly number[];
  readonly instructions: number;
  readonly code: readonly CodePiece[];
}

/** A module; its export `r0` is the first region, and so on. */
export interface WarmModule {
  readonly bytes: Uint8Array<ArrayBuffer>;
  readonly regions: readonly WarmRegion[];
}

/** What RAM holds of a region now, neighbouring instructions together. */
export const codeOf = ({ u8 }: MachineMemory, region: Region, hostAt: (offset: number) => number): CodePiece[] => {
  const halves = new Set<number>();
  for (const { offset, is } of region.instructions)
    for (let at = offset; at < offset + is.length; at += 2) halves.add(hostAt(at));
  const pieces: CodePiece[] = [];
  let begin = 0;
  const sorted = [...halves].sort((one, other) => one - other);
  for (const [index, half] of sorted.entries()) {
    if (sorted[index + 1] === half + 2) continue;
    const first = sorted[begin]!;
    pieces.push({ host: first, bytes: u8.slice(first, half + 2) });
    begin = index + 1;
  }
  return pieces;
};

export class WarmRegions {
  readonly #byHost = new Map<number, { readonly module: WarmModule; readonly index: number; wasTried: boolean }>();
  readonly #instances = new Map<WarmModule, WebAssembly.Exports>();

  constructor(modules: readonly WarmModule[]) {
    for (const module of modules)
      for (const [index, { host }] of module.regions.entries())
        this.#byHost.set(host, { module, index, wasTried: false });
  }

  /** Host addresses where a region may begin. */
  get hosts(): Iterable<number> {
    return this.#byHost.keys();
  }

  /**
   * The region at a host address if RAM has its code; `too early` when it had not at the first try, since the guest
   * may put it there later; undefined when nothing more is to be expected.
   */
  take(
    host: number,
    { u8 }: MachineMemory,
    instantiate: (bytes: Uint8Array<ArrayBuffer>) => WebAssembly.Exports,
  ): { readonly region: WarmRegion; readonly run: unknown } | 'too early' | undefined {
    const found = this.#byHost.get(host);
    if (found === undefined) return undefined;
    const { module, index } = found;
    const region = module.regions[index]!;
    const isSame = region.code.every((piece) => piece.bytes.every((byte, at) => u8[piece.host + at] === byte));
    if (!isSame) {
      if (found.wasTried) return undefined;
      found.wasTried = true;
      return 'too early';
    }
    let exports = this.#instances.get(module);
    if (exports === undefined) {
      exports = instantiate(module.bytes);
      this.#instances.set(module, exports);
    }
    return { region, run: exports[`r${index}`] };
  }
}
