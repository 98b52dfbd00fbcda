/**
 * Reads a flattened blob that a person gave, checking everything, and amends its /chosen: so that command line and
 * initial RAM disk reach a kernel whose tree is not ours. Its memory reservations must be empty; the board has none.
 */

import { blob, pair, type TreeNode, type TreeValue } from './node.ts';
import { writeDeviceTree } from './writer.ts';

/** The file that was given as a device tree is not one. */
export class DeviceTreeError extends Error {
  override readonly name = 'DeviceTreeError';
  constructor(expected: string, found: string) {
    super(
      `The device tree blob is damaged or not one: expected ${expected}, found ${found}. ` +
        'Compile the source again with "dtc -O dtb", or leave out -dtb to get the tree of the board.',
    );
  }
}

const depthMax = 64;

export const readDeviceTree = (bytes: Uint8Array): TreeNode => {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  if (bytes.length < blob.headerBytes) throw new DeviceTreeError('a header of 40 bytes', `${bytes.length} bytes`);
  const magic = view.getUint32(0);
  if (magic !== blob.magic) throw new DeviceTreeError('the magic number 0xd00dfeed', `0x${magic.toString(16)}`);
  const totalBytes = view.getUint32(4);
  if (totalBytes > bytes.length) throw new DeviceTreeError(`${totalBytes} bytes`, `${bytes.length}`);
  const lastCompatible = view.getUint32(24);
  if (lastCompatible > blob.version) {
    throw new DeviceTreeError('a version that version 17 can read', `version ${lastCompatible}`);
  }
  const reservations = view.getUint32(16);
  if (reservations + 16 > totalBytes) throw new DeviceTreeError('memory reservations inside the blob', 'them outside');
  if (view.getBigUint64(reservations) !== 0n || view.getBigUint64(reservations + 8) !== 0n) {
    throw new DeviceTreeError('no memory reservations', 'some');
  }
  return new Structure(bytes.subarray(0, totalBytes), view.getUint32(8), view.getUint32(12)).root();
};

/** Properties for /chosen. What is absent leaves the tree's own. */
export interface Chosen {
  readonly bootargs?: string;
  /** Physical addresses of its first byte and of the byte behind its last. */
  readonly initrd?: { readonly start: number; readonly end: number };
}

export const chosenProperties = (chosen: Chosen): (readonly [string, TreeValue])[] => [
  ...(chosen.bootargs === undefined ? [] : [['bootargs', chosen.bootargs] as const]),
  ...(chosen.initrd === undefined
    ? []
    : [
        ['linux,initrd-start', pair(chosen.initrd.start)] as const,
        ['linux,initrd-end', pair(chosen.initrd.end)] as const,
      ]),
];

/** The blob with properties of /chosen set; the node is made when there is none. */
export const amendDeviceTree = (bytes: Uint8Array, chosen: Chosen): Uint8Array => {
  const root = readDeviceTree(bytes);
  const set = chosenProperties(chosen);
  const names = new Set(set.map(([name]) => name));
  const old = root.children.find((node) => node.name === 'chosen') ?? { name: 'chosen', properties: [], children: [] };
  const amended: TreeNode = {
    ...old,
    properties: [...old.properties.filter(([name]) => !names.has(name)), ...set],
  };
  return writeDeviceTree({ ...root, children: [...root.children.filter((node) => node !== old), amended] });
};

/** The structure block, read from front to end. */
class Structure {
  readonly #bytes: Uint8Array;
  readonly #view: DataView;
  readonly #stringsAt: number;
  #at: number;

  constructor(bytes: Uint8Array, structureAt: number, stringsAt: number) {
    this.#bytes = bytes;
    this.#view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    this.#at = structureAt;
    this.#stringsAt = stringsAt;
  }

  root(): TreeNode {
    const token = this.#token();
    if (token !== blob.beginNode) throw new DeviceTreeError('a root node', `token ${token}`);
    const root = this.#node(0);
    const end = this.#token();
    if (end !== blob.end) throw new DeviceTreeError('the end token behind the root', `token ${end}`);
    return root;
  }

  #node(depth: number): TreeNode {
    if (depth > depthMax) throw new DeviceTreeError(`at most ${depthMax} levels of nodes`, 'more');
    const name = this.#string(this.#at);
    this.#skip(name.length + 1);
    const properties: (readonly [string, TreeValue])[] = [];
    const children: TreeNode[] = [];
    for (;;) {
      const token = this.#token();
      switch (token) {
        case blob.property:
          properties.push(this.#property());
          break;
        case blob.beginNode:
          children.push(this.#node(depth + 1));
          break;
        case blob.endNode:
          return { name, properties, children };
        default:
          throw new DeviceTreeError('a property, a node or the end of a node', `token ${token}`);
      }
    }
  }

  #property(): readonly [string, TreeValue] {
    const sizeBytes = this.#cell();
    const name = this.#string(this.#stringsAt + this.#cell());
    if (this.#at + sizeBytes > this.#bytes.length) {
      throw new DeviceTreeError(`${sizeBytes} bytes of property ${name}`, `${this.#bytes.length - this.#at}`);
    }
    const value = this.#bytes.slice(this.#at, this.#at + sizeBytes);
    this.#skip(sizeBytes);
    return [name, value];
  }

  #token(): number {
    let token = this.#cell();
    while (token === blob.nop) token = this.#cell();
    return token;
  }

  #cell(): number {
    if (this.#at + 4 > this.#bytes.length) throw new DeviceTreeError('another token', 'the end of the blob');
    const cell = this.#view.getUint32(this.#at);
    this.#at += 4;
    return cell;
  }

  /** Names are ASCII (specification, sections 2.2.1 and 2.2.4). */
  #string(at: number): string {
    const end = at < this.#bytes.length ? this.#bytes.indexOf(0, at) : -1;
    if (end < 0) throw new DeviceTreeError('a name that ends in NUL', 'the end of the blob');
    return String.fromCharCode(...this.#bytes.subarray(at, Math.min(end, at + 256)));
  }

  #skip(sizeBytes: number): void {
    this.#at = (this.#at + sizeBytes + 3) & ~3;
  }
}
