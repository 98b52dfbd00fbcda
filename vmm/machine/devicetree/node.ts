/** A device tree as a value: what the writer takes and the reader gives. */

/**
 * `true` is an empty property; numbers are 32-bit cells; strings are NUL-terminated one after the other. The reader
 * gives bytes, because the blob does not say what a value means.
 */
export type TreeValue = true | string | readonly string[] | readonly number[] | Uint8Array;

export interface TreeNode {
  /** With its unit address, such as `serial@10000000`; empty for the root. */
  readonly name: string;
  readonly properties: readonly (readonly [name: string, value: TreeValue])[];
  readonly children: readonly TreeNode[];
}

/** A 64-bit value as two cells, the upper first. */
export const pair = (value: number): [number, number] => [Math.floor(value / 2 ** 32), value >>> 0];

/** Tokens of the structure block and the header's constants (Devicetree Specification 0.4, chapter 5). */
export const blob = {
  magic: 0xd00d_feed,
  version: 17,
  lastCompatibleVersion: 16,
  headerBytes: 40,
  beginNode: 1,
  endNode: 2,
  property: 3,
  nop: 4,
  end: 9,
} as const;
