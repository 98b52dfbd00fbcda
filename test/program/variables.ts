/** What a variable holds, said as `gdb-frames.py` says it. */
import type { DebugInfo } from '../../adapter/program/debug-info.ts';
import type { Variable } from '../../adapter/program/dwarf/functions.ts';
import type { StackFrame } from '../../adapter/program/stack.ts';
import { sizeOf, stripped } from '../../adapter/program/types/type.ts';

export const readVariable = (
  info: DebugInfo,
  frame: StackFrame,
  variable: Variable,
  littleEndian: (bytes: Uint8Array) => bigint,
): string => {
  const type = stripped(info.types.typeOf(variable.entry));
  const sizeBytes = sizeOf(type);
  const scalar =
    type?.kind === 'pointer' || type?.kind === 'enumeration' || (type?.kind === 'base' && type.encoding !== 'float');
  const cut = (value: bigint): string => (scalar ? `${BigInt.asUintN(8 * (sizeBytes ?? 8), value)}` : 'other');
  if (variable.constant !== undefined && variable.locations === undefined) {
    return typeof variable.constant === 'bigint' ? cut(variable.constant) : 'other';
  }
  const location = frame.locate(variable);
  if (location.kind === 'unavailable') return 'optimised out';
  if (location.pieces.length > 1)
    return location.pieces.some(({ place }) => place.kind === 'optimised-out') ? 'optimised out' : 'other';
  const { place } = location.pieces[0]!;
  switch (place.kind) {
    case 'memory': {
      if (!scalar) return `at ${place.address}`;
      const bytes = frame.state.readMemory(place.address, sizeBytes ?? 8);
      return bytes === undefined
        ? `error: Cannot access memory at address 0x${place.address.toString(16)}`
        : cut(littleEndian(bytes));
    }
    case 'register': {
      const value = frame.state.readRegister(place.register);
      return value === undefined ? 'optimised out' : cut(value);
    }
    case 'value':
      return cut(place.value);
    case 'bytes':
      return cut(littleEndian(place.bytes));
    case 'implicit-pointer':
      return 'implicit pointer';
    case 'optimised-out':
      return 'optimised out';
  }
};
