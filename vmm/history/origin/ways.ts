/** The way of one byte through an answer, and where the ways of all bytes that were asked about end. */

import type { Input, OriginAnswer, OriginNode } from './answer.ts';

/**
 * The nodes that one byte of the question came through, the latest first. Where a computation with one source was
 * followed, the way goes on with that source's lowest byte.
 */
export const wayOf = (answer: OriginAnswer, byte: number): readonly OriginNode[] => {
  const way: OriginNode[] = [];
  let input: Input | undefined = answer.question;
  for (let at = byte; input !== undefined; ) {
    const link = linkAt(input, at);
    if (link === undefined) break;
    const node: OriginNode = answer.nodes[link.node]!;
    way.push(node);
    at = node.kind === 'compute' ? 0 : link.nodeOffset + at - link.offset;
    input = node.kind === 'copy' || node.kind === 'compute' ? node.inputs[0] : undefined;
  }
  return way;
};

const linkAt = ({ from }: Input, at: number) =>
  from.find(({ offset, sizeBytes }) => offset <= at && at < offset + sizeBytes);

/** Bytes [offset, offset + sizeBytes) of the question end at a node, at its bytes from `nodeOffset` on. */
export interface Beginning {
  readonly offset: number;
  readonly sizeBytes: number;
  readonly node: OriginNode;
  readonly nodeOffset: number;
}

/** Where the bytes of the question come from, in few pieces. */
export const beginningsOf = (answer: OriginAnswer): readonly Beginning[] => {
  const found: { -readonly [Name in keyof Beginning]: Beginning[Name] }[] = [];
  for (let byte = 0; byte < answer.question.place.sizeBytes; byte += 1) {
    const end = endOf(answer, byte);
    if (end === undefined) continue;
    const last = found.at(-1);
    const goesOn =
      last !== undefined &&
      last.node === end.node &&
      last.offset + last.sizeBytes === byte &&
      (end.node.kind === 'compute' || last.nodeOffset + last.sizeBytes === end.nodeOffset);
    if (goesOn) last.sizeBytes += 1;
    else found.push({ offset: byte, sizeBytes: 1, ...end });
  }
  return found;
};

/** The last node of a byte's way that carries it: a computation ends it, even if its source was followed. */
const endOf = (answer: OriginAnswer, byte: number): Pick<Beginning, 'node' | 'nodeOffset'> | undefined => {
  let input: Input = answer.question;
  for (let at = byte; ; ) {
    const link = linkAt(input, at);
    if (link === undefined) return undefined;
    const node = answer.nodes[link.node]!;
    at = link.nodeOffset + at - link.offset;
    const [source] = node.inputs;
    if (node.kind !== 'copy' || source === undefined) return { node, nodeOffset: at };
    input = source;
  }
};
