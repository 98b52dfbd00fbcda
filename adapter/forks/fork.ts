/**
 * What would have happened otherwise: a live timeline that begins where another one stands, with some edits, and leaves the
 * other one as it is. Its recording is kept in memory until it is saved, as an ordinary trace that repeats the inputs of its
 * parent, so that all of the past can be gone to and verified; a state at the fork's moment saves running there.
 */

import type { StateDigest } from '../../traces/digest.ts';
import type { TraceState } from '../../traces/states.ts';
import type { Moment } from '../../traces/time.ts';
import { TraceWriter } from '../../traces/writer.ts';
import { inputProblem } from '../../vmm/machine/inputs.ts';
import { Machine } from '../../vmm/machine/machine.ts';
import { captureState, entropyTakenIn, loadState } from '../../vmm/machine/state.ts';
import { type EntropySource, LoggedEntropy, recordedEntropy, seededEntropy } from '../../vmm/record/entropy.ts';
import { KeptLog, type LogEntry, pastEntries, writeEntries } from '../../vmm/record/kept-log.ts';
import { GrowingLog, Recorder, type Unstamped } from '../../vmm/record/recorder.ts';
import { bootImage } from '../boot/boot.ts';
import { brotli, FileSink } from '../host/files.ts';
import { randomBytes } from '../host/hashes.ts';
import { ConsoleTail } from '../session/console-tail.ts';
import type { CheckpointPolicy, LiveSession, Session } from '../session/session.ts';

/** What is done at the fork's moment. */
export type Edit = Extract<Unstamped, { kind: 'setRegister' | 'setMemory' | 'serial' | 'schedule' | 'power' }>;

export interface ForkRequest {
  readonly name: string;
  /** The file of the parent, if there is one. */
  readonly parent?: string;
  readonly edits: readonly Edit[];
  readonly checkpoints: CheckpointPolicy;
  readonly console: (bytes: Uint8Array) => void;
  /** Devices get the entropy that the parent's were given, as long as they ask for the same. */
  readonly follows?: boolean;
}

export interface Fork {
  readonly name: string;
  readonly at: Moment;
  readonly session: LiveSession;
  /** @throws {TraceError} when the file cannot be written */
  readonly save: (file: string) => Promise<void>;
}

/**
 * A fork of where a session's timeline stands.
 * @throws {MachineError} when the machine cannot take an edit, or there is no memory for another machine
 */
export const createFork = (parent: Session, request: ForkRequest): Fork => {
  const { header, images, hash64, timeline } = parent;
  const { now: at, cursor } = timeline;
  for (const edit of request.edits) {
    const problem = inputProblem({ ...edit, at }, header.machine);
    if (problem !== undefined) throw problem;
  }
  const state = owned(captureState(parent.machine, cursor, new Uint8Array()));
  const beginning = parent.beginning?.load();
  const tail = new ConsoleTail();
  const log = new GrowingLog();
  const past = [...pastEntries(timeline.log, cursor, digestsOf(parent), at, header.machine.digestStride)];
  const logged = new LoggedEntropy(beginning === undefined ? 0 : entropyTakenIn(beginning));
  for (const entry of past) {
    if ('digest' in entry) continue;
    log.push(entry.event);
    if (entry.event.kind === 'entropy') logged.add(entry.event.bytes);
  }
  const future = request.follows === true ? entropyFrom(parent, entropyTakenIn(state), cursor) : undefined;
  const fresh = (sizeBytes: number, taken: number): Uint8Array =>
    future?.at(taken, sizeBytes) ?? new Uint8Array(randomBytes(sizeBytes));
  const entropy: EntropySource =
    header.machine.timePolicy === 'virtual'
      ? seededEntropy(header.machine.entropySeed ?? new Uint8Array(0), hash64)
      : recordedEntropy(logged, fresh, (bytes, device) => recorder.logEntropy(device, bytes));
  const console = (bytes: Uint8Array): void => {
    tail.add(bytes);
    request.console(bytes);
  };
  const machine = new Machine(bootImage(header.machine, images), { console, entropy });
  if (beginning !== undefined) loadState(machine, beginning);
  const own = new KeptLog();
  const recorder = new Recorder(machine, hash64, own, {
    checkpointStride: request.checkpoints.stride,
    checkpointBudgetBytes: request.checkpoints.budgetBytes,
    log,
    kept: { list: [{ at, cursor }], restore: () => loadState(machine, state) },
  });
  if (at > machine.now) recorder.timeline.jumpToKept(at);
  else recorder.timeline.applyInputs();
  for (const edit of request.edits) recorder.input(edit);
  const kept = { past, own };
  const origin = { name: request.name, at, ...(request.parent !== undefined && { parent: request.parent }) };
  const session: LiveSession = {
    kind: 'live',
    machine,
    recorder,
    timeline: recorder.timeline,
    header: { ...header, fork: origin },
    images,
    hash64,
    keepCode: () => {},
    kept,
    ...(parent.beginning && { beginning: parent.beginning }),
  };
  return { name: request.name, at, session, save: (file) => save(session, { state, kept, tail, file }) };
};

/** With pages of its own, for those of a machine are good only until it moves. */
const owned = (state: TraceState): TraceState => {
  const pages = [...state.pages()].map(({ index, bytes }) => ({ index, bytes: bytes.slice() }));
  return { ...state, pages: () => pages };
};

const digestsOf = (session: Session): Iterable<StateDigest> => {
  if (session.kind === 'replay') return session.trace.digests;
  const { kept } = session;
  if (kept === undefined) return []; // they went into the file
  return [...kept.past, ...kept.own.entries].flatMap((entry) => ('digest' in entry ? [entry.digest] : []));
};

/** The entropy that the parent's devices had from here on. */
const entropyFrom = ({ timeline }: Session, taken: number, cursor: number): LoggedEntropy => {
  const future = new LoggedEntropy(taken);
  for (let index = cursor; index < timeline.log.count; index += 1) {
    const event = timeline.log.get(index);
    if (event.kind === 'entropy') future.add(event.bytes);
  }
  return future;
};

interface Saving {
  readonly state: TraceState;
  readonly kept: { readonly past: readonly LogEntry[]; readonly own: KeptLog };
  readonly tail: ConsoleTail;
  readonly file: string;
}

const save = async (session: LiveSession, { state, kept, tail, file }: Saving): Promise<void> => {
  const { header, images, timeline, machine, beginning, recorder } = session;
  const data = header.images.map(({ embedded }, index) => (embedded ? images[index]?.bytes : undefined));
  const sink = new FileSink('the fork', file);
  try {
    const writer = await TraceWriter.create(sink, header, data, brotli, beginning?.load());
    writeEntries(writer, kept.past);
    if (state.at > timeline.start) writer.state(state);
    writeEntries(writer, kept.own.entries);
    writer.flush(timeline.end);
    if (timeline.now === timeline.end) writer.state(captureState(machine, timeline.cursor, tail.bytes()));
    const bookmarks = recorder.bookmarks.list;
    if (bookmarks.length > 0) writer.bookmarks({ put: [...bookmarks], remove: [] });
    writer.end({ reason: 'stopped', ...recorder.ended, at: timeline.end });
  } finally {
    sink.close();
  }
};
