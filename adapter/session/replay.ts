/** Opens a recording: from a trace file to a machine where it begins, mostly moment 0, with a replayer at its side. */

import type { ByteSource } from '../../traces/bytes.ts';
import { loadXxh64 } from '../../traces/checksum.ts';
import type { InputEvent } from '../../traces/events.ts';
import type { ImageDescription, TraceHeader } from '../../traces/header.ts';
import { openTrace, type Trace } from '../../traces/reader.ts';
import type { TraceState } from '../../traces/states.ts';
import type { Moment } from '../../traces/time.ts';
import type { Hash64 } from '../../vmm/machine/digest.ts';
import { Machine } from '../../vmm/machine/machine.ts';
import type { EmitCovering } from '../../vmm/machine/memory.ts';
import { entropyTakenIn, loadState } from '../../vmm/machine/state.ts';
import { type EntropySource, LoggedEntropy, replayedEntropy, seededEntropy } from '../../vmm/record/entropy.ts';
import { DivergenceError } from '../../vmm/replay/divergence.ts';
import { Replayer } from '../../vmm/replay/replayer.ts';
import { bootImage } from '../boot/boot.ts';
import { imageDigest } from '../boot/configuration.ts';
import { imageDiffers, imageNotFound } from '../boot/errors.ts';
import { exists } from '../host/file-names.ts';
import { brotli, FileSource, readWhole } from '../host/files.ts';
import { dirname, join } from '../host/paths.ts';
import { warmCode } from './code-cache.ts';
import { CopySource, type RecordingCopy } from './copy.ts';
import { ImagePlaces } from './image-places.ts';
import type { CheckpointPolicy, ReplaySession } from './session.ts';

export interface ReplayRequest {
  readonly file: string;
  /** What is read in place of the file. */
  readonly copy?: RecordingCopy | undefined;
  /** Reads the intact part of a damaged trace. */
  readonly salvage?: boolean;
  /** Where images are that the trace does not hold, besides the trace's own folder. */
  readonly imageFolders?: readonly string[];
  /** Whether the recording's digests are compared on the way. */
  readonly verify: boolean;
  /** Whether its states are compared, too, where the replay passes them. */
  readonly verifyStates?: boolean;
  readonly checkpoints: CheckpointPolicy;
  /** If `false`, the images are let go once they are in RAM: nobody will ask for symbols. */
  readonly keepImages?: boolean;
  /** The folder of caches, for translated code of earlier runs, and where images are; without it, all is as the trace has it. */
  readonly cacheFolder?: string | undefined;
  /** If `false`, code is translated anew. */
  readonly keepCode?: boolean;
  /** When the machine marks what it does, for the history index. */
  readonly emitCovering?: EmitCovering;
  /** Takes what the guest prints, again each time the timeline passes there. */
  readonly console: (bytes: Uint8Array) => void;
}

/**
 * @throws {TraceError} when the trace is damaged
 * @throws {InputError} when an image is missing or of no use
 */
export const openRecording = async (request: ReplayRequest): Promise<ReplaySession> => {
  if (request.copy !== undefined) return openSource(new CopySource(request.copy), request, () => {});
  const source = new FileSource('the trace', request.file);
  try {
    return await openSource(source, request, () => source.close());
  } catch (error) {
    source.close();
    throw error;
  }
};

const openSource = async (source: ByteSource, request: ReplayRequest, close: () => void): Promise<ReplaySession> => {
  const trace = await openTrace(source, brotli, { salvage: request.salvage === true });
  const folders = [dirname(request.file), ...(request.imageFolders ?? [])];
  const hash64 = await loadXxh64();
  const places = request.cacheFolder === undefined ? undefined : new ImagePlaces(request.cacheFolder);
  const images = trace.header.images.map((image, index) => {
    const bytes = places?.find(image) ?? imageBytes(trace, image, index, folders, hash64);
    const { role, name, address } = image;
    return { role, name, bytes, ...(address === undefined ? {} : { address }) };
  });
  const configuration = trace.header.machine;
  const begins = trace.states[0]?.begins === true ? trace.states[0].load() : undefined;
  const entropy = entropyAgain(configuration, trace.events, { begins, hash64, now: () => machine.stepMoment });
  const outputs = { console: request.console, entropy };
  const machine = new Machine(bootImage(configuration, images), outputs, request.emitCovering);
  if (begins !== undefined) loadState(machine, begins);
  const codeFolder = request.keepCode === false ? undefined : request.cacheFolder;
  const keepCode = warmCode(machine, trace.header, { folder: codeFolder, hash64 });
  const replayer = new Replayer(machine, trace, hash64, {
    checkpointStride: request.checkpoints.stride,
    checkpointBudgetBytes: request.checkpoints.budgetBytes,
    spill: request.checkpoints.spill,
    keptStepsMin: request.checkpoints.keptStepsMin,
    verify: request.verify,
    verifyStates: request.verifyStates === true,
    printed: request.console,
  });
  const { timeline } = replayer;
  const { header } = trace;
  const kept = request.keepImages === false ? [] : images;
  return {
    kind: 'replay',
    file: request.file,
    machine,
    replayer,
    timeline,
    trace,
    header,
    images: kept,
    hash64,
    keepCode,
    close,
    ...(trace.states[0]?.begins === true && { beginning: trace.states[0] }),
  };
};

const imageBytes = (
  trace: Trace,
  described: ImageDescription,
  index: number,
  folders: readonly string[],
  hash64: Hash64,
): Uint8Array => {
  const { name, digest } = described;
  const bytes = trace.image(index) ?? imageFromFolders(described, folders);
  const found = digest.startsWith('sha256:')
    ? imageDigest(bytes)
    : `xxh64:${hash64(bytes, 0n).toString(16).padStart(16, '0')}`;
  if (found !== digest) throw imageDiffers(name, digest, found);
  return bytes;
};

const imageFromFolders = ({ role, name }: ImageDescription, folders: readonly string[]): Uint8Array => {
  const file = folders.map((folder) => join(folder, name)).find((candidate) => exists(candidate));
  if (file === undefined) throw imageNotFound(role, name, folders);
  return readWhole(`the ${role} image`, file);
};

/** What devices got, for a machine that does all of it again. */
export const entropyAgain = (
  { timePolicy, entropySeed }: TraceHeader['machine'],
  events: Iterable<InputEvent>,
  { begins, hash64, now }: { begins: TraceState | undefined; hash64: Hash64; now: () => Moment },
): EntropySource => {
  if (timePolicy === 'virtual') return seededEntropy(entropySeed ?? new Uint8Array(0), hash64);
  const logged = new LoggedEntropy(begins === undefined ? 0 : entropyTakenIn(begins));
  for (const event of events) if (event.kind === 'entropy') logged.add(event.bytes);
  return replayedEntropy(logged, now, entropyDiverged);
};

const entropyDiverged = (at: Moment, what: string): never => {
  throw new DivergenceError({ at, part: 'entropy', expected: 'the requests of the recording', found: what });
};
