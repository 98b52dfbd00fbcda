/**
 * Makes the index of names of a file: at once when it is small, else with worker threads, each scanning a run of units. The
 * sections are shared with the workers, not copied, when they are in shared memory, as `sparseSection` has them.
 *
 * The workers run `index-worker.mjs`, which the build puts beside the bundle. Where it is not (in tests, which run the
 * sources), the scan is made in this thread and gives the same answer.
 */

import { hasThread, isShared, processorCount, sharedBytes, startThread, threadFile } from '../../host/threads.ts';
import { nextTurn } from '../../host/turns.ts';
import type { SectionData } from '../cursor.ts';
import type { DwarfFile } from '../dwarf/file.ts';
import { NameIndex } from './name-index.ts';
import type { NameArrays } from './records.ts';
import { scanNames, unitsInOrder } from './scan.ts';

/** What a worker gets: sections by name, and the units that it scans. */
export interface ScanTask {
  readonly file: string;
  readonly sections: readonly { readonly name: string; readonly bytes: Uint8Array }[];
  readonly first: number;
  readonly last: number;
}

export type ScanAnswer = { readonly arrays: NameArrays } | { readonly error: string };

const workerFile = threadFile('index-worker');
/** Below this, starting a worker takes longer than the scan. */
const sharedBytesMin = 16 * 2 ** 20;
const scannedSections = [
  '.debug_info',
  '.debug_types',
  '.debug_abbrev',
  '.debug_str',
  '.debug_str_offsets',
  '.debug_line_str',
];

export interface IndexOptions {
  /** How many worker threads; by default as many as there are processors, at most 4. */
  readonly workers?: number;
  /** The bundled worker; default beside this bundle. */
  readonly workerFile?: string;
}

/** @throws {ProgramError} when the debug information is damaged */
export const buildNameIndex = async (file: DwarfFile, options: IndexOptions = {}): Promise<NameIndex> => {
  const workers = options.workers ?? Math.min(4, processorCount());
  const script = options.workerFile ?? workerFile;
  if (file.hasSplitUnits) return await buildInTurns(file);
  const sizeBytes = file.section('.debug_info').bytes.length;
  if (sizeBytes < sharedBytesMin || workers < 2 || file.isSplit || !hasThread(script)) {
    return NameIndex.of([scanNames(file).arrays()]);
  }
  const sections = scannedSections.map((name) => ({ name, bytes: shared(file.section(name)) }));
  const parts = runsOfUnits(file, workers).map(([first, last]) =>
    scanInWorker(script, { file: file.name, sections, first, last }),
  );
  const answers = await Promise.all(parts);
  // A worker that failed has met damage; this thread meets it again and says it as the error that it is.
  const failed = answers.some((answer) => 'error' in answer);
  if (failed) return NameIndex.of([scanNames(file).arrays()]);
  return NameIndex.of(answers.flatMap((answer) => ('arrays' in answer ? [answer.arrays] : [])));
};

/** Units in other files may be many; these are opened where the file is, which is in this thread. */
const unitsInTurn = 64;

const buildInTurns = async (file: DwarfFile): Promise<NameIndex> => {
  const units = unitsInOrder(file);
  const parts: NameArrays[] = [];
  for (let first = 0; first < units.length; first += unitsInTurn) {
    parts.push(scanNames(file, units.slice(first, first + unitsInTurn)).arrays());
    await nextTurn();
  }
  return NameIndex.of(parts);
};

/** Runs of units of about the same number of bytes. */
const runsOfUnits = (file: DwarfFile, count: number): [first: number, last: number][] => {
  const { units } = file;
  const total = units.at(-1)?.header.end ?? 0;
  const runs: [number, number][] = [];
  let first = 0;
  for (let run = 1; run <= count; run++) {
    let last = first;
    while (last < units.length && units[last]!.header.offset < (total * run) / count) last++;
    if (run === count) last = units.length + file.typeUnits.length;
    if (last > first) runs.push([first, last]);
    first = last;
  }
  return runs;
};

const shared = ({ bytes, load }: SectionData): Uint8Array => {
  load?.(0, bytes.length);
  if (isShared(bytes)) return bytes;
  const copy = sharedBytes(bytes.length);
  copy.set(bytes);
  return copy;
};

const scanInWorker = (script: string, workerData: ScanTask): Promise<ScanAnswer> =>
  new Promise((resolve) => {
    const worker = startThread(script, workerData);
    worker.once('message', (answer: ScanAnswer) => resolve(answer));
    worker.once('error', (error) => resolve({ error: String(error) }));
    worker.once('exit', () => resolve({ error: 'the worker ended' }));
  });
