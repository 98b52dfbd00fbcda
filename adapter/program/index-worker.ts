/**
 * The worker thread that scans a run of units for names. It is a bundle of its own; see `names/build.ts`, which starts it
 * and which it answers with one message.
 */

import { parentPort, workerData } from 'node:worker_threads';
import { sectionData } from './cursor.ts';
import { DwarfFile } from './dwarf/file.ts';
import type { ScanAnswer, ScanTask } from './names/build.ts';
import { scanNames, unitsInOrder } from './names/scan.ts';

const { file, sections, first, last } = workerData as ScanTask;
const byName = new Map(sections.map(({ name, bytes }) => [name, sectionData(file, name, bytes)]));
const none = new Uint8Array(0);
const source = {
  file,
  has: (name: string) => byName.has(name),
  get: (name: string) => byName.get(name) ?? sectionData(file, name, none),
};

let answer: ScanAnswer;
try {
  const dwarf = new DwarfFile(source);
  answer = { arrays: scanNames(dwarf, unitsInOrder(dwarf).slice(first, last)).arrays() };
} catch (error) {
  answer = { error: String(error) };
}
const moved =
  'arrays' in answer
    ? Object.values(answer.arrays).flatMap((part) => (typeof part === 'number' ? [] : [part.buffer as ArrayBuffer]))
    : [];
parentPort?.postMessage(answer, moved);
