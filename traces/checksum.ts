/**
 * XXH64 (https://github.com/Cyan4973/xxHash, specification 0.1.1). It detects accidents, not forgery: the trace's
 * reader bounds every value besides.
 */

import xxhash from 'xxhash-wasm';

export type Xxh64 = (bytes: Uint8Array, seed: bigint) => bigint;

let loading: Promise<Xxh64> | undefined;

/** The hash is a WebAssembly module, so getting hold of it is the one thing here that has to be awaited. */
export const loadXxh64 = (): Promise<Xxh64> => {
  loading ??= xxhash().then(
    ({ h64Raw }) =>
      (bytes, seed) =>
        BigInt.asUintN(64, h64Raw(bytes, seed)),
  );
  return loading;
};
