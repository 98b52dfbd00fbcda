/**
 * Writes a tree as a flattened blob, version 17 (Devicetree Specification 0.4, chapter 5). All numbers are big-endian.
 *
 *     header, 40 bytes
 *     memory reservations: none but the terminator, 16 bytes
 *     structure block: begin-node, property, end-node, end tokens, each aligned to 4
 *     strings block: property names, each once
 */

import { blob, type TreeNode, type TreeValue } from './node.ts';

const reservationsBytes = 16;

export const writeDeviceTree = (root: TreeNode): Uint8Array => {
  const strings = new StringsBlock();
  const structure: number[] = [];
  writeNode(structure, strings, root);
  putCell(structure, blob.end);

  const structureAt = blob.headerBytes + reservationsBytes;
  const stringsAt = structureAt + structure.length;
  const bytes = new Uint8Array(stringsAt + strings.bytes.length);
  const header = [
    blob.magic,
    bytes.length,
    structureAt,
    stringsAt,
    blob.headerBytes,
    blob.version,
    blob.lastCompatibleVersion,
    0, // boot_cpuid_phys
    strings.bytes.length,
    structure.length,
  ];
  const view = new DataView(bytes.buffer);
  header.forEach((cell, index) => {
    view.setUint32(index * 4, cell);
  });
  bytes.set(structure, structureAt);
  bytes.set(strings.bytes, stringsAt);
  return bytes;
};

class StringsBlock {
  readonly bytes: number[] = [];
  readonly #offsets = new Map<string, number>();

  offset(name: string): number {
    const known = this.#offsets.get(name);
    if (known !== undefined) return known;
    const offset = this.bytes.length;
    this.#offsets.set(name, offset);
    for (const byte of stringBytes(name)) this.bytes.push(byte);
    return offset;
  }
}

const writeNode = (structure: number[], strings: StringsBlock, node: TreeNode): void => {
  putCell(structure, blob.beginNode);
  putPadded(structure, stringBytes(node.name));
  for (const [name, value] of node.properties) {
    const bytes = valueBytes(value);
    putCell(structure, blob.property);
    putCell(structure, bytes.length);
    putCell(structure, strings.offset(name));
    putPadded(structure, bytes);
  }
  for (const child of node.children) writeNode(structure, strings, child);
  putCell(structure, blob.endNode);
};

const putCell = (to: number[], cell: number): void => {
  to.push((cell >>> 24) & 0xff, (cell >>> 16) & 0xff, (cell >>> 8) & 0xff, cell & 0xff);
};

const putPadded = (to: number[], bytes: Uint8Array): void => {
  for (const byte of bytes) to.push(byte);
  while (to.length % 4 !== 0) to.push(0);
};

const stringBytes = (text: string): Uint8Array => new TextEncoder().encode(`${text}\0`);

const valueBytes = (value: TreeValue): Uint8Array => {
  if (value === true) return new Uint8Array(0);
  if (value instanceof Uint8Array) return value;
  if (typeof value === 'string') return stringBytes(value);
  const bytes: number[] = [];
  for (const item of value) {
    if (typeof item === 'string') bytes.push(...stringBytes(item));
    else putCell(bytes, item);
  }
  return Uint8Array.from(bytes);
};
