/** SBI debug console (12). Buffers are physical memory. */

import {
  idOf,
  physicalOf,
  refused,
  type SbiCall,
  type SbiExtension,
  type SbiResult,
  sbiError,
  succeeded,
} from './call.ts';

/** Most that one call moves; the caller is told how much it was and comes again. */
const chunkBytesMax = 4096;

export const dbcnExtension: SbiExtension = {
  name: 'DBCN',
  ids: [idOf('DBCN')],
  call: (functionId, call) => {
    switch (functionId) {
      case 0:
        return write(call);
      case 1:
        return read(call);
      case 2:
        call.services.output(Uint8Array.of(Number(call.argument(0) & 0xffn)));
        return succeeded();
      default:
        return undefined;
    }
  },
};

/** The buffer's address and the bytes of it to use now, when all of the buffer is RAM. */
const bufferOf = (call: SbiCall): { address: number; lengthBytes: number } | undefined => {
  const lengthBytes = physicalOf(call.argument(0), 0n);
  const address = physicalOf(call.argument(1), call.argument(2));
  if (address === undefined || lengthBytes === undefined) return undefined;
  if (lengthBytes === 0) return { address, lengthBytes };
  if (!call.services.readRam(address, 1) || !call.services.readRam(address + lengthBytes - 1, 1)) return undefined;
  return { address, lengthBytes: Math.min(lengthBytes, chunkBytesMax) };
};

const write = (call: SbiCall): SbiResult => {
  const buffer = bufferOf(call);
  if (buffer === undefined) return refused(sbiError.invalidParameter);
  if (buffer.lengthBytes === 0) return succeeded(0n);
  const bytes = call.services.readRam(buffer.address, buffer.lengthBytes);
  if (bytes === undefined) return refused(sbiError.invalidParameter);
  call.services.output(bytes);
  return succeeded(BigInt(bytes.length));
};

/** Does not wait: what has been typed so far, perhaps nothing. */
const read = (call: SbiCall): SbiResult => {
  const buffer = bufferOf(call);
  if (buffer === undefined) return refused(sbiError.invalidParameter);
  const bytes: number[] = [];
  while (bytes.length < buffer.lengthBytes) {
    const byte = call.services.input();
    if (byte < 0) break;
    bytes.push(byte);
  }
  if (bytes.length > 0 && !call.services.writeRam(buffer.address, Uint8Array.from(bytes))) {
    return refused(sbiError.failed);
  }
  return succeeded(BigInt(bytes.length));
};
