/** A folder of which everything is said in a test: texts and bytes by path, the last one written last. Not a test. */

import type { ProjectFolder } from '../../../extension/src/discovery/folder.ts';

export const memoryFolder = (files: Readonly<Record<string, string | Uint8Array>>): ProjectFolder => {
  const paths = Object.keys(files);
  const bytesOf = (path: string): Uint8Array | undefined => {
    const found = files[path.replace(/^\.\//, '')];
    return typeof found === 'string' ? new TextEncoder().encode(found) : found;
  };
  return {
    files: async () => paths,
    status: async (path) => {
      const bytes = bytesOf(path);
      return bytes && { sizeBytes: bytes.length, modifiedMs: paths.indexOf(path) };
    },
    read: async (path, maxBytes) => bytesOf(path)?.subarray(0, maxBytes),
  };
};

/** The head of an ELF file, as far as it tells a kernel from other files. */
export const elf = ({ entry = 0x8000_0000n, machine = 243 } = {}): Uint8Array => {
  const bytes = new Uint8Array(1024);
  const view = new DataView(bytes.buffer);
  view.setUint32(0, 0x7f45_4c46);
  bytes.set([2, 1, 1], 4);
  view.setUint16(16, 2, true);
  view.setUint16(18, machine, true);
  view.setBigUint64(24, entry, true);
  return bytes;
};
