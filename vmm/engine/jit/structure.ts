/**
 * Structured control flow for a region: dominators, loop headers and merge points, from which the emitter makes nested
 * blocks and loops (N. Ramsey, "Beyond Relooper", ICFP 2022). An edge that makes the graph irreducible is an exit.
 */

import { type Block, hub, type Region, successorsOf } from './region.ts';

export interface Structure {
  /** Reverse postorder number of each block. */
  readonly order: ReadonlyMap<number, number>;
  readonly loopHeaders: ReadonlySet<number>;
  /** Blocks that forward edges reach from several places, or from the hub. */
  readonly mergePoints: ReadonlySet<number>;
  /** Children in the dominator tree, in reverse postorder. */
  readonly dominated: ReadonlyMap<number, readonly number[]>;
  /** Whether control may go along an edge inside the region. */
  readonly isInside: (from: number, to: number) => boolean;
}

export const structureOf = (region: Region): Structure => {
  const { blocks } = region;
  const next = (block: number): readonly number[] =>
    successorsOf(blocks.get(block)!.terminator).filter((target) => blocks.has(target));

  const list = reversePostorder(0, next);
  const order = new Map(list.map((block, index) => [block, index]));
  const idom = immediateDominators(list, order, next);
  const dominates = (above: number, below: number): boolean => {
    for (let block = below; ; block = idom.get(block)!) {
      if (block === above) return true;
      if (block === 0) return false;
    }
  };

  const loopHeaders = new Set<number>();
  const forwardEdges = new Map<number, number>();
  const outside = new Set<string>();
  for (const from of list)
    for (const to of new Set(next(from))) {
      if (order.get(to)! > order.get(from)!) forwardEdges.set(to, (forwardEdges.get(to) ?? 0) + 1);
      else if (dominates(to, from)) loopHeaders.add(to);
      else outside.add(`${from} ${to}`);
    }
  const mergePoints = new Set([...forwardEdges].filter(([, count]) => count > 1).map(([block]) => block));
  if (order.has(hub)) for (const block of next(hub)) if (forwardEdges.has(block)) mergePoints.add(block);
  const dominated = new Map<number, number[]>(list.map((block) => [block, []]));
  for (const block of list) if (block !== 0) dominated.get(idom.get(block)!)!.push(block);
  const isInside = (from: number, to: number): boolean => order.has(to) && !outside.has(`${from} ${to}`);
  return { order, loopHeaders, mergePoints, dominated, isInside };
};

/**
 * For each block, the most steps from its beginning to where control leaves the region, calls, or comes to a loop's
 * beginning.
 */
export const longestPaths = (region: Region, structure: Structure): ReadonlyMap<number, number> => {
  const { order, loopHeaders, isInside } = structure;
  const longest = new Map<number, number>();
  for (const block of [...order.keys()].reverse()) {
    const { instructions, terminator } = region.blocks.get(block)!;
    let most = 0;
    for (const next of terminator.kind === 'call' ? [] : successorsOf(terminator))
      if (isInside(block, next) && !loopHeaders.has(next)) most = Math.max(most, longest.get(next)!);
    longest.set(block, instructions.length + most);
  }
  return longest;
};

/** Blocks of loops in which nothing is called and the machine does nothing: control stays there for long. */
export const quietLoopBlocks = (region: Region, { order, loopHeaders, isInside }: Structure): ReadonlySet<number> => {
  const predecessors = new Map<number, number[]>([...order.keys()].map((block) => [block, []]));
  for (const from of order.keys())
    for (const to of successorsOf(region.blocks.get(from)!.terminator))
      if (isInside(from, to)) predecessors.get(to)!.push(from);
  const quiet = new Set<number>();
  for (const header of loopHeaders) {
    const body = new Set<number>([header]);
    const pending = predecessors.get(header)!.filter((from) => order.get(from)! >= order.get(header)!);
    for (let block = pending.pop(); block !== undefined; block = pending.pop()) {
      if (body.has(block)) continue;
      body.add(block);
      pending.push(...predecessors.get(block)!);
    }
    if ([...body].every((block) => isQuiet(region.blocks.get(block)!))) for (const block of body) quiet.add(block);
  }
  return quiet;
};

const isQuiet = ({ terminator, instructions }: Block): boolean =>
  terminator.kind !== 'call' && instructions.every(({ row }) => row.meaning.k !== 'system');

const reversePostorder = (entry: number, next: (block: number) => readonly number[]): number[] => {
  const seen = new Set<number>([entry]);
  const finished: number[] = [];
  const stack: { readonly block: number; readonly targets: readonly number[]; at: number }[] = [
    { block: entry, targets: next(entry), at: 0 },
  ];
  for (let top = stack.at(-1); top !== undefined; top = stack.at(-1)) {
    const target = top.targets[top.at];
    top.at += 1;
    if (target === undefined) {
      finished.push(top.block);
      stack.pop();
    } else if (!seen.has(target)) {
      seen.add(target);
      stack.push({ block: target, targets: next(target), at: 0 });
    }
  }
  return finished.reverse();
};

/** K. Cooper, T. Harvey, K. Kennedy, "A Simple, Fast Dominance Algorithm", 2001. */
const immediateDominators = (
  list: readonly number[],
  order: ReadonlyMap<number, number>,
  next: (block: number) => readonly number[],
): ReadonlyMap<number, number> => {
  const predecessors = new Map<number, number[]>(list.map((block) => [block, []]));
  for (const block of list) for (const target of next(block)) predecessors.get(target)!.push(block);
  const idom = new Map<number, number>([[list[0]!, list[0]!]]);
  const intersect = (one: number, other: number): number => {
    let [a, b] = [one, other];
    while (a !== b) {
      while (order.get(a)! > order.get(b)!) a = idom.get(a)!;
      while (order.get(b)! > order.get(a)!) b = idom.get(b)!;
    }
    return a;
  };
  for (let changed = true; changed; ) {
    changed = false;
    for (const block of list.slice(1)) {
      const known = predecessors.get(block)!.filter((from) => idom.has(from));
      const found = known.reduce((one, other) => intersect(one, other));
      if (idom.get(block) === found) continue;
      idom.set(block, found);
      changed = true;
    }
  }
  return idom;
};
