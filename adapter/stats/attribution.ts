/**
 * Attributes the samples of a profile to categories, by the table of categories.ts. It takes profiles as V8 gives them
 * and takes none itself.
 */

import type { Profiler } from 'node:inspector';
import { interpreterName } from '../../vmm/engine/interpreter.ts';
import { refillName } from '../../vmm/machine/refill.ts';
import { type Attribution, type Category, fileRows, nativeRows, wasmRows } from './categories.ts';
import type { Sources } from './sources.ts';

export interface Attributed {
  /** Microseconds by category. */
  readonly us: ReadonlyMap<Category, number>;
  readonly samples: number;
}

type Node = Profiler.ProfileNode;

type Place = Exclude<Attribution, 'caller'>;

/** What a node stands in, and whether it is emitted code: what has no name there is explained by its caller. */
interface Frame {
  readonly place: Place;
  readonly emitted: boolean;
}

export const attribute = (profile: Profiler.Profile, sources: Sources): Attributed => {
  const shares = sharesOf(profile, sources);
  const total = new Map<Category, number>();
  let counted = 0;
  const { samples = [], timeDeltas = [] } = profile;
  for (const [index, id] of samples.entries()) {
    // Clocks of threads differ a little: a sample may seem to come before the one before it.
    const us = Math.max(timeDeltas[index] ?? 0, 0);
    const own = shares.get(id) ?? [['other', 1]];
    if (own.some(([place]) => place !== 'none')) counted += 1;
    for (const [place, share] of own) if (place !== 'none') total.set(place, (total.get(place) ?? 0) + us * share);
  }
  return { us: total, samples: counted };
};

type Shares = readonly (readonly [place: Place, share: number])[];

/** Of each node, whose its own samples are. */
const sharesOf = (profile: Profiler.Profile, sources: Sources): ReadonlyMap<number, Shares> => {
  const nodes = new Map(profile.nodes.map((node) => [node.id, node]));
  const childrenOf = (node: Node): Node[] =>
    (node.children ?? []).flatMap((id) => {
      const child = nodes.get(id);
      return child === undefined ? [] : [child];
    });
  const frames = new Map<number, Frame>();
  const order: Node[] = profile.nodes.slice(0, 1);
  // Callers before what they call; the list grows while it is walked.
  for (const node of order) {
    const frame = frames.get(node.id) ?? { place: 'other', emitted: false };
    frames.set(node.id, frame);
    for (const child of childrenOf(node)) {
      frames.set(child.id, frameOf(child, frame, sources));
      order.push(child);
    }
  }
  const hits = new Map<number, number>();
  for (const node of order.toReversed())
    hits.set(
      node.id,
      childrenOf(node).reduce((sum, { id }) => sum + hits.get(id)!, node.hitCount ?? 0),
    );
  return new Map(
    order.map((node) => {
      const { place } = frames.get(node.id)!;
      if (!isWrapper(node)) return [node.id, [[place, 1]]];
      return [
        node.id,
        wrapperShares(
          childrenOf(node).map(({ id }) => [frames.get(id)!.place, hits.get(id)!]),
          place,
        ),
      ];
    }),
  );
};

/** V8's code between Wasm and JS. It takes long where 64-bit values become bigints. */
const isWrapper = ({ callFrame }: Node): boolean => callFrame.functionName.startsWith('wasm-to-js');

/** The time of a wrapper is that of the functions which it calls, in the proportion of their own. */
const wrapperShares = (called: Shares, caller: Place): Shares => {
  const all = called.reduce((sum, [, count]) => sum + count, 0);
  return all === 0 ? [[caller, 1]] : called.map(([place, count]) => [place, count / all]);
};

/** `wasm://wasm/interpreter-00015a56`, or without a name `wasm://wasm/00015a56`. */
const wasmUrl = /^wasm:\/\/wasm\/(?:(.+)-)?[0-9a-f]+$/;

/** A frame's place is its own, or its caller's. */
const frameOf = ({ callFrame }: Node, caller: Frame, sources: Sources): Frame => {
  const { functionName, url, lineNumber } = callFrame;
  const wasm = wasmUrl.exec(url);
  if (wasm !== null) return wasmFrame(functionName, wasm[1], caller);
  if (url === '') return { place: nativeRows[functionName] ?? caller.place, emitted: false };
  const file = sources.fileAt(url, lineNumber);
  const category = file === undefined ? 'caller' : fileCategory(file, functionName);
  return { place: category === 'caller' ? caller.place : category, emitted: false };
};

const wasmFrame = (functionName: string, module: string | undefined, caller: Frame): Frame => {
  // V8's wrappers bear the name of the module that they are for.
  if (functionName.includes('-to-')) return caller;
  if (module === refillName) return { place: 'tlb', emitted: true };
  // Our emitted code is called by our emitted code, or by the run loop.
  const isOurs = module === interpreterName || caller.emitted || caller.place === 'scheduling';
  if (!isOurs) return { place: caller.place, emitted: false };
  if (module !== interpreterName) return { place: 'translated', emitted: true };
  return { place: wasmRows[functionName] ?? (caller.emitted ? caller.place : 'translated'), emitted: true };
};
export const fileCategory = (file: string, functionName: string): Attribution => {
  const row = fileRows.find(
    (candidate) =>
      (candidate.file.endsWith('/') ? file.startsWith(candidate.file) : file === candidate.file) &&
      (candidate.functions === undefined || candidate.functions.some((name) => isNamed(functionName, name))),
  );
  return row?.category ?? 'caller';
};

/**
 * In a bundle, a name that two modules have at their top gets a number, or a class of that name an underscore; a private member is
 * a plain one whose name begins with its class's.
 */
export const isNamed = (functionName: string, name: string): boolean =>
  functionName === name ||
  (name.startsWith('#')
    ? functionName.startsWith('_') && functionName.endsWith(name.replace('#', '_'))
    : functionName.replace(/^_/, '').replace(/\d+$/, '') === name);
