/**
 * Structured control flow for a region: dominators, loop headers and merge points, from which the emitter makes nested
 * blocks and loops (N. Ramsey, "Beyond Relooper", ICFP 2022). An edge that makes the graph irreducible is an exit.
 *
 * Blocks are their indices, sets of them bytes by index. A region is made of a few dozen blocks, and most regions are made while the host
 * runs this for the first few hundred times: what counts is how little the host has to do to optimise it, so these are
 * plain loops over typed arrays (docs/performance.md, seventh round).
 */

import type { Block, Region } from './region.ts';

/** Numbers by block. */
export type ByBlock = Int32Array;
/** 1 for blocks that are in a set. */
export type BlockSet = Uint8Array;

export interface Structure {
  /** Blocks that control comes to, in reverse postorder. */
  readonly list: ByBlock;
  /** Place of each block in it; -1 for those that control does not come to. */
  readonly order: ByBlock;
  readonly loopHeaders: BlockSet;
  /** Those that forward edges reach from several places, or from the hub. */
  readonly mergePoints: BlockSet;
  /** The block that is next above in the dominator tree; -1 where control does not come to. */
  readonly idom: ByBlock;
  readonly edges: Edges;
}

/** Edges inside the region, those of a block together and each once, in reverse postorder of where they begin. */
export interface Edges {
  readonly from: Int32Array;
  readonly to: Int32Array;
  /** By block: its edges are those from `begin[block]` on, before `end[block]`. */
  readonly begin: ByBlock;
  readonly end: ByBlock;
  readonly count: number;
}

export const structureOf = ({ blocks }: Region): Structure => {
  const order = new Int32Array(blocks.length).fill(-1);
  const list = reversePostorder(blocks, order);
  const all = edgesOf(blocks, list);
  const idom = immediateDominators(blocks.length, order, all);
  const loopHeaders = new Uint8Array(blocks.length);
  const mergePoints = new Uint8Array(blocks.length);
  const reached = new Uint8Array(blocks.length);
  const edges: Edges = { ...all, from: new Int32Array(all.count), to: new Int32Array(all.count) };
  let count = 0;
  for (let at = 0; at < list.length; at += 1) {
    const from = list[at]!;
    const isHub = blocks[from]!.ending === 'hub';
    const first = all.begin[from]!;
    edges.begin[from] = count;
    for (let edge = first; edge < all.end[from]!; edge += 1) {
      const to = all.to[edge]!;
      if (order[to]! > order[from]!) {
        if (isHub || reached[to] !== 0) mergePoints[to] = 1;
        reached[to] = 1;
      } else if (dominates(to, from, idom)) loopHeaders[to] = 1;
      else continue;
      edges.from[count] = from;
      edges.to[count] = to;
      count += 1;
    }
    edges.end[from] = count;
  }
  return { list, order, loopHeaders, mergePoints, idom, edges: { ...edges, count } };
};

/** Whether control may go from a block to another inside the region. */
export const isInside = ({ edges }: Structure, from: number, to: number): boolean => {
  for (let edge = edges.begin[from]!; edge < edges.end[from]!; edge += 1) if (edges.to[edge] === to) return true;
  return false;
};

/**
 * For each block, the most steps from its beginning to where control leaves the region, calls, or comes to a loop's
 * beginning.
 */
export const longestPaths = ({ blocks }: Region, { list, loopHeaders, edges }: Structure): ByBlock => {
  const longest = new Int32Array(blocks.length);
  for (let at = list.length - 1; at >= 0; at -= 1) {
    const block = list[at]!;
    const { count, ending } = blocks[block]!;
    let most = 0;
    const end = ending === 'call' ? 0 : edges.end[block]!;
    for (let edge = edges.begin[block]!; edge < end; edge += 1) {
      const next = edges.to[edge]!;
      if (loopHeaders[next] === 0) most = Math.max(most, longest[next]!);
    }
    longest[block] = count + most;
  }
  return longest;
};

/** Loops in which nothing is called and the machine does nothing: control stays there for long. They have numbers from 1. */
export interface QuietLoops {
  /** By block, the number of the innermost one that it belongs to, or 0. */
  readonly of: ByBlock;
  /** By number of a loop, that of the next one around it, or 0. Outer loops have lower numbers. */
  readonly around: Int32Array;
}

export const quietLoops = ({ blocks }: Region, { list, order, loopHeaders, edges }: Structure): QuietLoops => {
  const quiet = new Int32Array(blocks.length);
  const around = new Int32Array(blocks.length + 1);
  let loops = 0;
  for (let at = 0; at < list.length; at += 1) {
    const header = list[at]!;
    if (loopHeaders[header] === 0) continue;
    const body = new Uint8Array(quiet.length);
    body[header] = 1;
    // What leads to the header from within, and what leads there: a pass for each further nesting of loops.
    for (let grows = true; grows; ) {
      grows = false;
      for (let edge = edges.count - 1; edge >= 0; edge -= 1) {
        const from = edges.from[edge]!;
        const to = edges.to[edge]!;
        if (body[to] === 0 || body[from] !== 0 || (to === header && order[from]! < order[header]!)) continue;
        body[from] = 1;
        grows = true;
      }
    }
    let isQuiet = true;
    for (let block = 0; block < body.length; block += 1)
      if (body[block] !== 0 && blocks[block]!.isLoud) isQuiet = false;
    if (!isQuiet) continue;
    loops += 1;
    around[loops] = quiet[header]!;
    for (let block = 0; block < body.length; block += 1) if (body[block] !== 0) quiet[block] = loops;
  }
  return { of: quiet, around: around.subarray(0, loops + 1) };
};

/** Blocks that control comes to; sets `order`, which has -1 for all before. */
const reversePostorder = (blocks: readonly Block[], order: ByBlock): ByBlock => {
  const list = new Int32Array(blocks.length);
  let free = blocks.length;
  const stack = new Int32Array(blocks.length);
  let depth = 1;
  /** Of each block that was ever on the stack, how many of its successors were gone to, plus 1. */
  const gone = new Int32Array(blocks.length);
  gone[0] = 1;
  while (depth > 0) {
    const block = stack[depth - 1]!;
    const { successors } = blocks[block]!;
    const at = gone[block]! - 1;
    if (at === successors.length) {
      free -= 1;
      list[free] = block;
      depth -= 1;
      continue;
    }
    gone[block]! += 1;
    const next = successors[at]!;
    if (next < 0 || gone[next] !== 0) continue;
    gone[next] = 1;
    stack[depth] = next;
    depth += 1;
  }
  const found = list.subarray(free);
  for (let at = 0; at < found.length; at += 1) order[found[at]!] = at;
  return found;
};

const edgesOf = (blocks: readonly Block[], list: ByBlock): Edges => {
  let most = 0;
  for (let at = 0; at < list.length; at += 1) most += blocks[list[at]!]!.successors.length;
  const from = new Int32Array(most);
  const to = new Int32Array(most);
  const begin = new Int32Array(blocks.length);
  const end = new Int32Array(blocks.length);
  let count = 0;
  for (let at = 0; at < list.length; at += 1) {
    const block = list[at]!;
    const { successors } = blocks[block]!;
    begin[block] = count;
    for (let index = 0; index < successors.length; index += 1) {
      const next = successors[index]!;
      let isNew = next >= 0;
      for (let edge = begin[block]!; edge < count; edge += 1) if (to[edge] === next) isNew = false;
      if (!isNew) continue;
      from[count] = block;
      to[count] = next;
      count += 1;
    }
    end[block] = count;
  }
  return { from, to, begin, end, count };
};

/** K. Cooper, T. Harvey, K. Kennedy, "A Simple, Fast Dominance Algorithm", 2001; by edges instead of by blocks. */
const immediateDominators = (blocks: number, order: ByBlock, { from, to, count }: Edges): ByBlock => {
  const idom = new Int32Array(blocks).fill(-1);
  idom[0] = 0;
  // What is above a block is at first where control comes from at first, and moves up until every edge agrees.
  for (let changed = true; changed; ) {
    changed = false;
    for (let edge = 0; edge < count; edge += 1) {
      const block = to[edge]!;
      if (block === 0) continue;
      const above = idom[block]! < 0 ? from[edge]! : intersect(from[edge]!, idom[block]!, idom, order);
      if (above === idom[block]) continue;
      idom[block] = above;
      changed = true;
    }
  }
  return idom;
};

const intersect = (one: number, other: number, idom: ByBlock, order: ByBlock): number => {
  let a = one;
  let b = other;
  while (a !== b) {
    while (order[a]! > order[b]!) a = idom[a]!;
    while (order[b]! > order[a]!) b = idom[b]!;
  }
  return a;
};

const dominates = (above: number, below: number, idom: ByBlock): boolean => {
  for (let block = below; ; block = idom[block]!) {
    if (block === above) return true;
    if (block === 0) return false;
  }
};
