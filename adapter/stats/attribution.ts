/**
 * Attributes the samples of a profile to categories, by the table of categories.ts. It takes profiles as V8 gives them
 * and takes none itself.
 */

import type { Profiler } from 'node:inspector';
import { interpreterName } from '../../vmm/engine/interpreter.ts';
import { type Attribution, type Category, fileRows, nativeRows, wasmRows, wrapperRows } from './categories.ts';
import type { Sources } from './sources.ts';

export interface Attributed {
  /** Microseconds by category. */
  readonly us: ReadonlyMap<Category, number>;
  readonly samples: number;
}

type Node = Profiler.ProfileNode;

/** Whose emitted code a frame is inside of, if any: the wrappers and unnamed functions there are explained by it. */
type Emitted = 'interpreter' | 'region' | undefined;

interface Place {
  readonly category: Exclude<Attribution, 'caller'>;
  readonly emitted: Emitted;
}

export const attribute = (profile: Profiler.Profile, sources: Sources): Attributed => {
  const places = placesOf(profile, sources);
  const total = new Map<Category, number>();
  let counted = 0;
  const { samples = [], timeDeltas = [] } = profile;
  for (const [index, id] of samples.entries()) {
    const category = places.get(id)?.category ?? 'other';
    if (category === 'none') continue;
    // Clocks of threads differ a little: a sample may seem to come before the one before it.
    counted += 1;
    total.set(category, (total.get(category) ?? 0) + Math.max(timeDeltas[index] ?? 0, 0));
  }
  return { us: total, samples: counted };
};

/** Each node is in the category of the first frame that has one, from itself to the root. */
const placesOf = (profile: Profiler.Profile, sources: Sources): ReadonlyMap<number, Place> => {
  const nodes = new Map(profile.nodes.map((node) => [node.id, node]));
  const places = new Map<number, Place>();
  const pending: { readonly node: Node; readonly caller: Place }[] = [];
  const root = profile.nodes[0];
  if (root !== undefined) pending.push({ node: root, caller: { category: 'other', emitted: undefined } });
  for (let next = pending.pop(); next !== undefined; next = pending.pop()) {
    const place = placeOf(next.node, next.caller, sources);
    places.set(next.node.id, place);
    for (const id of next.node.children ?? []) {
      const node = nodes.get(id);
      if (node !== undefined) pending.push({ node, caller: place });
    }
  }
  return places;
};

/** `wasm://wasm/interpreter-00015a56`, or without a name `wasm://wasm/00015a56`. */
const wasmUrl = /^wasm:\/\/wasm\/(?:(.+)-)?[0-9a-f]+$/;

const placeOf = ({ callFrame }: Node, caller: Place, sources: Sources): Place => {
  const { functionName, url, lineNumber } = callFrame;
  const wasm = wasmUrl.exec(url);
  if (wasm !== null) return wasmPlace(functionName, wasm[1], caller);
  if (url === '') return { category: nativeRows[functionName] ?? caller.category, emitted: undefined };
  const file = sources.fileAt(url, lineNumber);
  const category = file === undefined ? 'caller' : fileCategory(file, functionName);
  return { category: category === 'caller' ? caller.category : category, emitted: undefined };
};

const wasmPlace = (functionName: string, module: string | undefined, caller: Place): Place => {
  const wrapper = /^wasm-to-js:(.*)$/.exec(functionName);
  if (wrapper !== null) {
    const row = wrapperRows.find(
      (candidate) => candidate.signature === wrapper[1] && (candidate.in === 'both' || candidate.in === caller.emitted),
    );
    return { category: row?.category ?? caller.category, emitted: caller.emitted };
  }
  if (module === interpreterName) return { category: wasmRows[functionName] ?? 'interpreter', emitted: 'interpreter' };
  // Regions' modules are compiled by the thousand and have no names; only the interpreter's module calls them. Other
  // modules without a name, such as a hash function's, are called from JS and count for whoever calls them.
  if (caller.emitted !== undefined) return { category: 'translated', emitted: 'region' };
  return { category: caller.category, emitted: undefined };
};

export const fileCategory = (file: string, functionName: string): Attribution => {
  const row = fileRows.find(
    (candidate) =>
      (candidate.file.endsWith('/') ? file.startsWith(candidate.file) : file === candidate.file) &&
      (candidate.functions === undefined || candidate.functions.some((name) => isNamed(functionName, name))),
  );
  return row?.category ?? 'caller';
};

/** In a bundle, a name that two modules have at their top gets a number, or a class of that name an underscore. */
export const isNamed = (functionName: string, name: string): boolean =>
  functionName === name || functionName.replace(/^_/, '').replace(/\d+$/, '') === name;
