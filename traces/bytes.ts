/**
 * What the trace needs of the world: somewhere to append bytes, somewhere to read them, a way to compress them. The
 * adapter provides them from files and from Brotli; `memory.ts` has the ones that live in memory. Nothing here does
 * any work.
 */

/** Where a trace is written. Whatever was appended before a `flush` must survive the death of this process. */
export interface ByteSink {
  append(bytes: Uint8Array): void;
  flush(): void;
  close(): void;
}

/** Where a trace is read: random access to a fixed number of bytes. */
export interface ByteSource {
  readonly sizeBytes: number;
  /** Exactly `length` bytes from `offset`. The reader asks only for what lies within `sizeBytes`. */
  read(offset: number, length: number): Uint8Array;
}

/** Brotli (RFC 7932), the trace's codec 1. */
export interface Compression {
  compress(bytes: Uint8Array): Uint8Array;
  /** Must refuse (throw) rather than produce more than `sizeBytes`. */
  decompress(bytes: Uint8Array, sizeBytes: number): Uint8Array;
}
