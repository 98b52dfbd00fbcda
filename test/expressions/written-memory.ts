/** The memory that a program wrote down of itself, piece by piece: the address, the length, the bytes. */
import type { MemoryPart } from './static-program.ts';

export const memoryOf = (file: Buffer): readonly MemoryPart[] => {
  const parts: MemoryPart[] = [];
  for (let at = 0; at < file.length; ) {
    const [address, sizeBytes] = [file.readBigUInt64LE(at), Number(file.readBigUInt64LE(at + 8))];
    parts.push({ address, bytes: file.subarray(at + 16, at + 16 + sizeBytes) });
    at += 16 + sizeBytes;
  }
  return parts;
};
