/** The answer while it is being found: nodes whose inputs are filled in byte by byte, and the plain data made of them. */

import type { Input, Link, OriginAnswer, OriginNode } from './answer.ts';
import type { Demand, Wanted } from './demands.ts';
import { type Place, placeOfKey } from './place.ts';

export type NewNode = Omit<OriginNode, 'id' | 'place' | 'value' | 'inputs'> & {
  readonly inputs: readonly Wanted[];
};

export class Graph {
  readonly #nodes: { readonly node: Omit<OriginNode, 'inputs'>; readonly inputs: readonly Wanted[] }[] = [];

  get size(): number {
    return this.#nodes.length;
  }

  /** A node for bytes that were looked for and are neighbours in a place; tells those who wanted them. */
  add(demands: readonly Demand[], { inputs, ...rest }: NewNode): void {
    const id = this.#nodes.length;
    const place = { ...placeOfKey(demands[0]!.key), sizeBytes: demands.length } as Place;
    const value = valueOfBytes(demands.map((demand) => demand.value));
    this.#nodes.push({ node: { id, ...rest, place, ...(value === undefined ? {} : { value }) }, inputs });
    for (const [byte, { wanters }] of demands.entries())
      for (const { wanted, byte: at } of wanters) wanted.found[at] = { node: id, byte };
  }

  answer(question: Wanted, moment: number, work: OriginAnswer['work']): OriginAnswer {
    const nodes = markConstants(this.#nodes.map(({ node, inputs }) => ({ ...node, inputs: inputs.map(inputOf) })));
    return {
      question: { ...inputOf(question), moment },
      nodes,
      complete: nodes.every(({ kind }) => kind !== 'open'),
      work,
    };
  }
}

/** A computation on one value that is a constant is one, too. Nodes that an input names come behind its own. */
const markConstants = (nodes: readonly OriginNode[]): readonly OriginNode[] => {
  const marked = [...nodes];
  for (let id = nodes.length - 1; id >= 0; id -= 1) {
    const node = nodes[id]!;
    const [input, ...others] = node.inputs;
    if (node.kind !== 'compute' || input === undefined || others.length > 0) continue;
    const followed = input.from.reduce((bytes, { sizeBytes }) => bytes + sizeBytes, 0);
    const isConstant =
      followed === input.place.sizeBytes && input.from.every((link) => endsConstant(marked, link.node));
    if (isConstant) marked[id] = { ...node, origin: { kind: 'constant', how: 'computed' } };
  }
  return marked;
};

const endsConstant = (nodes: readonly OriginNode[], id: number): boolean => {
  const { kind, origin, inputs } = nodes[id]!;
  if (kind === 'copy')
    return inputs.every(({ from }) => from.length > 0 && from.every(({ node }) => endsConstant(nodes, node)));
  return origin?.kind === 'constant' || origin?.kind === 'filled';
};

export const wantedOf = (place: Place, values: Wanted['values']): Wanted => ({
  place,
  values,
  found: new Array<undefined>(place.sizeBytes).fill(undefined),
});

/** The bytes of a value, least significant first; none is known of `undefined`. */
export const bytesOf = (value: bigint | undefined, sizeBytes: number): Wanted['values'] =>
  Array.from({ length: sizeBytes }, (_, byte) =>
    value === undefined ? undefined : Number((value >> BigInt(8 * byte)) & 0xffn),
  );

const valueOfBytes = (bytes: Wanted['values']): bigint | undefined => {
  if (bytes.length > 8) return undefined;
  let value = 0n;
  for (const byte of [...bytes].reverse()) {
    if (byte === undefined) return undefined;
    value = (value << 8n) | BigInt(byte);
  }
  return value;
};

const inputOf = ({ place, values, found }: Wanted): Input => {
  const from: { -readonly [Name in keyof Link]: Link[Name] }[] = [];
  for (const [offset, source] of found.entries()) {
    if (source === undefined) continue;
    const last = from.at(-1);
    const goesOn =
      last !== undefined &&
      last.offset + last.sizeBytes === offset &&
      last.node === source.node &&
      last.nodeOffset + last.sizeBytes === source.byte;
    if (goesOn) last.sizeBytes += 1;
    else from.push({ offset, sizeBytes: 1, node: source.node, nodeOffset: source.byte });
  }
  const value = valueOfBytes(values);
  return { place, ...(value === undefined ? {} : { value }), from };
};
