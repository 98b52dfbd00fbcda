/**
 * Everything that can be wrong with a trace, each as one function and one sentence: what is wrong, what was expected,
 * what was found, what can be done. No other kind of error leaves the reader.
 */

export type TraceErrorCode =
  | 'empty'
  | 'not-a-trace'
  | 'preamble-damaged'
  | 'version-newer'
  | 'version-unknown'
  | 'cut-off'
  | 'chunk-damaged'
  | 'chunk-order'
  | 'chunk-size'
  | 'chunk-kind'
  | 'codec'
  | 'payload'
  | 'header'
  | 'moments'
  | 'image'
  | 'state'
  | 'trailing'
  | 'index'
  | 'unreadable'
  | 'unwritable';

interface Sentence {
  what: string;
  expected: string;
  found: string;
  remedy: string;
}

export class TraceError extends Error implements Sentence {
  readonly code: TraceErrorCode;
  readonly what: string;
  readonly expected: string;
  readonly found: string;
  readonly remedy: string;

  constructor(code: TraceErrorCode, { what, expected, found, remedy }: Sentence, options?: ErrorOptions) {
    super(`${what}: expected ${expected}, found ${found}. ${remedy}.`, options);
    this.name = 'TraceError';
    this.code = code;
    this.what = what;
    this.expected = expected;
    this.found = found;
    this.remedy = remedy;
  }
}

/** Where a chunk stands, as errors name it. */
export interface ChunkPlace {
  ordinal: number;
  offset: number;
  kind?: string | undefined;
}

const place = ({ ordinal, offset, kind }: ChunkPlace): string =>
  `chunk ${ordinal}${kind === undefined ? '' : ` (${kind})`} at byte ${offset}`;

const salvage =
  'Copy the file again from where it was recorded; or open it in salvage mode, which reads the intact part before this chunk';
const writerFault = 'The program that wrote the trace did not follow the format; record again with Chronovisor';
const hex = (bytes: Uint8Array): string => [...bytes].map((byte) => byte.toString(16).padStart(2, '0')).join(' ');

/** Text out of a file or of a foreign error, made fit for one line of a sentence. */
export const brief = (text: string): string => {
  const line = text.replace(/[\p{Cc}\p{Zl}\p{Zp}]+/gu, ' ').trim();
  return line.length > 200 ? `${line.slice(0, 200)}...` : line;
};

const reason = (cause: unknown): string => brief(cause instanceof Error ? cause.message : String(cause));

export const emptyFile = () =>
  new TraceError('empty', {
    what: 'The trace is empty',
    expected: 'a .chrono file',
    found: '0 bytes',
    remedy: 'The recorder ended before it wrote anything; record again',
  });

export const notATrace = (start: Uint8Array, magic: Uint8Array) =>
  new TraceError('not-a-trace', {
    what: 'This is not a Chronovisor trace',
    expected: `the bytes ${hex(magic)} at the start`,
    found: hex(start),
    remedy: 'Name a .chrono file; if it is one, a transfer in text mode may have changed it: copy it in binary mode',
  });

export const preambleDamaged = (expected: number, found: number) =>
  new TraceError('preamble-damaged', {
    what: 'The first 16 bytes of the trace are damaged',
    expected: `checksum ${expected.toString(16)}`,
    found: found.toString(16),
    remedy: 'Copy the file again from where it was recorded',
  });

export const versionNewer = (found: number, supported: number) =>
  new TraceError('version-newer', {
    what: 'The trace was written by a newer Chronovisor',
    expected: `format version ${supported} or older`,
    found: `version ${found}`,
    remedy: 'Upgrade Chronovisor to open it',
  });

export const versionUnknown = (found: number, supported: number) =>
  new TraceError('version-unknown', {
    what: 'The trace has a format version that never existed',
    expected: `1 to ${supported}`,
    found: String(found),
    remedy: writerFault,
  });

export const cutOff = (sizeBytes: number, missing: string) =>
  new TraceError('cut-off', {
    what: 'The trace is cut off before the recording starts',
    expected: missing,
    found: `the end of the file at byte ${sizeBytes}`,
    remedy: 'Copy the file again; if it was recorded like this, the recorder was killed too early: record again',
  });

export const chunkDamaged = (at: ChunkPlace, part: 'header' | 'contents', expected: bigint, found: bigint) =>
  new TraceError('chunk-damaged', {
    what:
      part === 'header'
        ? `The header of ${place(at)} is damaged`
        : `The contents of ${place(at)} are damaged, or a chunk before it was replaced`,
    expected: `checksum ${expected.toString(16)}`,
    found: found.toString(16),
    remedy: salvage,
  });

export const chunkOrder = (at: ChunkPlace, found: number) =>
  new TraceError('chunk-order', {
    what: `A chunk is missing, repeated or out of order at byte ${at.offset}`,
    expected: `chunk ${at.ordinal}`,
    found: `chunk ${found}`,
    remedy: salvage,
  });

export const chunkMisplaced = (at: ChunkPlace, expected: string) =>
  new TraceError('chunk-order', {
    what: `A chunk stands where its kind may not`,
    expected,
    found: place(at),
    remedy: writerFault,
  });

export const chunkSize = (at: ChunkPlace, what: string, limitBytes: number, found: number) =>
  new TraceError('chunk-size', {
    what: `The ${what} of ${place(at)} is out of bounds`,
    expected: `at most ${limitBytes} bytes`,
    found: `${found}`,
    remedy: writerFault,
  });

export const chunkKind = (at: ChunkPlace, found: number) =>
  new TraceError('chunk-kind', {
    what: `The kind of ${place(at)} is unknown`,
    expected: 'a kind that this format version has',
    found: String(found),
    remedy: writerFault,
  });

export const unknownCodec = (at: ChunkPlace, found: number) =>
  new TraceError('codec', {
    what: `The compression of ${place(at)} is unknown`,
    expected: '0 (stored) or 1 (Brotli)',
    found: String(found),
    remedy: writerFault,
  });

export const decompressionFailed = (at: ChunkPlace, sizeBytes: number, found: string) =>
  new TraceError('codec', {
    what: `The contents of ${place(at)} do not decompress`,
    expected: `${sizeBytes} bytes`,
    found: brief(found),
    remedy: writerFault,
  });

export const payloadMalformed = (at: ChunkPlace, expected: string, cause: unknown) =>
  new TraceError(
    'payload',
    { what: `The contents of ${place(at)} cannot be read`, expected, found: reason(cause), remedy: writerFault },
    { cause },
  );

export const headerInvalid = (field: string, problem: string) =>
  new TraceError('header', {
    what: `The trace's header is not valid${field === '' ? '' : ` at "${brief(field)}"`}`,
    expected: 'a machine that Chronovisor can build',
    found: brief(problem),
    remedy: 'Correct the option that sets this when recording; a file that already has it cannot be replayed',
  });

export const momentsOutOfOrder = (at: ChunkPlace, expected: number, found: number) =>
  new TraceError('moments', {
    what: `Time runs backwards in ${place(at)}`,
    expected: `moment ${expected} or later`,
    found: `moment ${found}`,
    remedy: writerFault,
  });

export const imageOutOfBounds = (at: ChunkPlace, expected: string, found: string) =>
  new TraceError('image', {
    what: `Image data in ${place(at)} is out of bounds`,
    expected,
    found,
    remedy: writerFault,
  });

export const stateMisfit = (at: ChunkPlace, expected: string, found: string) =>
  new TraceError('state', {
    what: `The state in ${place(at)} does not fit the trace's inputs`,
    expected,
    found,
    remedy: writerFault,
  });

export const imageUnallocatable = (index: number, sizeBytes: number, cause: unknown) =>
  new TraceError(
    'image',
    {
      what: `Image ${index} does not fit in memory`,
      expected: `${sizeBytes} bytes to be free`,
      found: reason(cause),
      remedy: 'Close other programs, or replay on a computer with more memory',
    },
    { cause },
  );

export const imageSizeDiffers = (index: number, expected: number, found: number | undefined) =>
  new TraceError('image', {
    what: `Image ${index} does not match the header that describes it`,
    expected: expected < 0 ? 'no data, as it is not embedded' : `${expected} bytes`,
    found: found === undefined ? 'no data' : `${found} bytes`,
    remedy: 'Give the image that the header describes',
  });

export const trailingBytes = (offset: number, found: number) =>
  new TraceError('trailing', {
    what: 'Something follows the end of the trace',
    expected: `the file to end at byte ${offset}`,
    found: `${found} bytes more`,
    remedy: 'Cut the file there, or open it in salvage mode, which ignores them',
  });

export const noSuchIndex = (what: string, count: number, found: number) =>
  new TraceError('index', {
    what: `The trace has no such ${what}`,
    expected: count === 0 ? `no ${what} at all` : `a number from 0 to ${count - 1}`,
    found: String(found),
    remedy: 'Ask for one that `chronovisor info` lists',
  });

export const unreadable = (offset: number, length: number, found: unknown) =>
  new TraceError(
    'unreadable',
    {
      what: 'The trace cannot be read',
      expected: `${length} bytes at byte ${offset}`,
      found: typeof found === 'number' ? `${found} bytes` : reason(found),
      remedy: 'Check the disk and the file, which may have changed while it was open',
    },
    { cause: found },
  );

export const unwritable = (offset: number, cause: unknown) =>
  new TraceError(
    'unwritable',
    {
      what: 'The trace cannot be written',
      expected: `to append at byte ${offset}`,
      found: reason(cause),
      remedy: 'Free some space or choose another folder; what was recorded before this can still be replayed',
    },
    { cause },
  );
