/** Begins a recording: from what a command line asks for to a machine at moment 0 with a recorder at its side. */

import { loadXxh64 } from '../../traces/checksum.ts';
import type { TraceHeader } from '../../traces/header.ts';
import type { TraceState } from '../../traces/states.ts';
import { Machine } from '../../vmm/machine/machine.ts';
import { type EntropySource, LoggedEntropy, recordedEntropy, seededEntropy } from '../../vmm/record/entropy.ts';
import { Recorder, type RecordSink } from '../../vmm/record/recorder.ts';
import { bootImage } from '../boot/boot.ts';
import { describeMachine, type RunPolicy, traceHeader } from '../boot/configuration.ts';
import type { MachineOptions } from '../boot/machine-options.ts';
import { brotli, FileSink, readWhole, refuseSameFile } from '../host/files.ts';
import { randomBytes } from '../host/hashes.ts';
import { processorSeconds } from '../host/processor-time.ts';
import { warmCode } from './code-cache.ts';
import { ConsoleTail } from './console-tail.ts';
import type { Flight, FlightRequest } from './flight.ts';
import { product } from './product.ts';
import type { CheckpointPolicy, LiveSession } from './session.ts';

export interface TraceRequest {
  readonly file: string;
  /** Whether the trace holds the images. */
  readonly embedded: boolean;
  /** Whether the whole state is put at the trace's end, so that it is opened there at once; if it does not say, where that saves much and costs little. */
  readonly endState?: boolean;
  /** Whole states in the middle, at least so many steps apart; absent when there are to be none. */
  readonly stateStride?: number;
  /** Keeps the recent past alone, and writes it when it is asked to. */
  readonly flight?: FlightRequest;
}

export interface RecordingRequest {
  readonly options: MachineOptions;
  readonly policy: RunPolicy;
  /** Where the trace goes and what it holds; absent when nothing is written. */
  readonly trace?: TraceRequest;
  readonly checkpoints: CheckpointPolicy;
  /** If `false`, the images are let go once they are in RAM: nobody will ask for symbols. */
  readonly keepImages?: boolean;
  /** The folder of caches, for compressed images and translated code of earlier runs. */
  readonly cacheFolder?: string | undefined;
  /** If `false`, code is translated anew. */
  readonly keepCode?: boolean;
  /** Takes what the guest prints, again each time the timeline passes there. */
  readonly console: (bytes: Uint8Array) => void;
}

/** One for each image, in their order. */
type ReadFile = [purpose: string, file: string];

/**
 * @throws {InputError} when a file cannot be read or written, or the machine cannot be built of them
 * @throws {TraceError} when the trace cannot be written
 */
export const createRecording = async (request: RecordingRequest): Promise<LiveSession> => {
  const { options, policy, trace, checkpoints } = request;
  const files: ReadFile[] = [];
  const description = describeMachine(options, policy, (purpose, file) => {
    files.push([purpose, file]);
    return readWhole(purpose, file);
  });
  const { configuration, images } = description;
  const header = traceHeader(description, product, trace?.embedded ?? false);
  const image = bootImage(configuration, images);
  const hash64 = await loadXxh64();

  let recorder: Recorder | undefined;
  const logged = checkpoints.budgetBytes === 0 ? undefined : new LoggedEntropy();
  const entropy: EntropySource =
    configuration.timePolicy === 'virtual'
      ? seededEntropy(configuration.entropySeed ?? new Uint8Array(0), hash64)
      : recordedEntropy(logged, randomBytesOf, (bytes, device) => recorder?.logEntropy(device, bytes));
  const tail = trace === undefined ? undefined : new ConsoleTail();
  const console = (bytes: Uint8Array): void => {
    tail?.add(bytes);
    flight?.printed(bytes);
    request.console(bytes);
  };
  const machine = new Machine(image, { console, entropy });

  // Last, so that a command line that is wrong leaves an existing file alone.
  let writer: RecordSink | undefined;
  let flight: Flight | undefined;
  if (trace !== undefined && tail !== undefined) {
    refuseSameFile(trace.file, files);
    const data = images.map(({ bytes }) => (trace.embedded ? bytes : undefined));
    if (trace.flight !== undefined) {
      const { Flight } = await import('./flight.ts');
      const recent = (): TraceState | undefined => recorder?.recentState();
      flight = new Flight({ machine, header, images: data, file: trace.file, tail, request: trace.flight, recent });
    }
    writer = flight?.ring ?? (await beginTrace(trace.file, header, data, files, request.cacheFolder));
  }
  recorder = new Recorder(machine, hash64, writer, {
    checkpointStride: checkpoints.stride,
    checkpointBudgetBytes: checkpoints.budgetBytes,
    spill: checkpoints.spill,
    ...(trace?.endState !== false && { endState: trace?.endState === true ? 'always' : processorSeconds }),
    forgets: flight !== undefined,
    ...(trace?.stateStride !== undefined && { stateStride: trace.stateStride }),
    ...(tail && { printed: tail }),
  });
  const codeFolder = request.keepCode === false ? undefined : request.cacheFolder;
  const keepCode = warmCode(machine, header, { folder: codeFolder, hash64 });
  const kept = request.keepImages === false ? [] : images;
  const session = { machine, recorder, timeline: recorder.timeline, header, images: kept, hash64, keepCode };
  return { kind: 'live', ...session, ...(flight && { flight }) };
};

const beginTrace = async (
  file: string,
  header: TraceHeader,
  data: readonly (Uint8Array | undefined)[],
  files: readonly ReadFile[],
  cacheFolder: string | undefined,
): Promise<RecordSink> => {
  // Loaded here, since `run` needs none of them.
  const [{ TraceWriter }, { isKept, KeptImages }, { hasPlace, ImagePlaces }] = await Promise.all([
    import('../../traces/writer.ts'),
    import('./kept-images.ts'),
    import('./image-places.ts'),
  ]);
  const kept =
    cacheFolder !== undefined && header.images.some(isKept)
      ? new KeptImages(cacheFolder, header.images, data, brotli)
      : undefined;
  const sink = new FileSink('the trace', file);
  const writer = await TraceWriter.create(sink, header, data, kept?.compression ?? brotli);
  kept?.keep();
  if (cacheFolder !== undefined && header.images.some(hasPlace)) {
    const places = new ImagePlaces(cacheFolder);
    for (const [index, image] of header.images.entries()) places.remember(image, files[index]![1]);
  }
  return writer;
};

const randomBytesOf = (sizeBytes: number): Uint8Array => new Uint8Array(randomBytes(sizeBytes));
