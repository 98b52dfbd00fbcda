/** Writing the guest's memory as an input of the recording: at the live end alone, in RAM alone, page by page. */

import type { Hart } from '../../vmm/machine/hart.ts';
import { noRam } from './errors.ts';
import type { MemoryPiece } from './guest-memory.ts';
import type { Target } from './target.ts';

/**
 * Writes at an address as a hart sees it, or where a program that is linked there runs before translation is on.
 * @returns how many bytes were written
 * @throws {DapError} when not all, or with `allowPartial` none, is in RAM, or the machine is not at its live end
 */
export const writeMemory = (
  target: Target,
  hart: Hart,
  address: bigint,
  bytes: Uint8Array,
  allowPartial = false,
): number => {
  const { recorder, machine } = target.needLiveEnd();
  const inRam = ({ physical, sizeBytes }: MemoryPiece) => machine.readRam(physical, sizeBytes) !== undefined;
  const piecesAt = (at: bigint): MemoryPiece[] => {
    const pieces: MemoryPiece[] = [];
    for (const piece of target.memory.pieces(hart, at, bytes.length)) {
      if (!inRam(piece)) break;
      pieces.push(piece);
    }
    return pieces;
  };
  const found = target.program.links.memoryPlaces(address).map(piecesAt);
  const pieces = found.find(({ length }) => length > 0) ?? [];
  const written = pieces.reduce((sum, { sizeBytes }) => sum + sizeBytes, 0);
  if (written < bytes.length && (!allowPartial || written === 0)) throw noRam(address + BigInt(written));
  for (const { physical, offset, sizeBytes } of pieces) {
    recorder.input({ kind: 'setMemory', address: physical, bytes: bytes.slice(offset, offset + sizeBytes) });
  }
  return written;
};
