/** The benchmark's rounds: every workload in every mode, in turns, and what is told of them. */

import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { cpus, loadavg, release, tmpdir } from 'node:os';
import { join } from 'node:path';
import { product } from '../../adapter/session/product.ts';
import type { GoingBack } from './going-back.ts';
import type { Measurement } from './measurement.ts';
import { measureGoingBack, measureOurs, type OurMode, ourModes } from './ours.ts';
import { measureQemu, type QemuMode, qemuModes, qemuVersion } from './qemu.ts';
import { type Mode, modes, Results } from './results.ts';
import { executionTable, goingBackTable, recordingTable, speedTable, startTable } from './tables.ts';
import { greeter, histories, linuxIsThere, type Workload, workloads } from './workloads.ts';

export interface BenchOptions {
  readonly qemu: boolean;
  readonly modes?: string;
  readonly runs: string;
  readonly only: readonly string[];
  readonly json: string;
}

const modesWanted = (options: BenchOptions): readonly Mode[] => {
  if (options.modes === undefined) return options.qemu ? modes : ourModes;
  const words = options.modes.split(',');
  const unknown = words.find((word) => !modes.some((mode) => mode === word));
  if (unknown !== undefined) throw new Error(`expected modes of ${modes.join(', ')}, found "${unknown}"`);
  for (const [replay, recording] of recordings) {
    if (words.includes(replay) && !words.includes(recording)) {
      throw new Error(`expected ${recording} among the modes, because ${replay} reads its recording: name both`);
    }
  }
  return modes.filter((mode) => words.includes(mode));
};
const recordings: readonly (readonly [Mode, Mode])[] = [
  ['replay', 'record'],
  ['rr-replay', 'rr-record'],
];

const isWanted =
  ({ only }: BenchOptions) =>
  ({ name, marks }: Workload): boolean =>
    only.length === 0 || [name, ...marks.map((mark) => mark.name)].some((word) => only.includes(word));

/** In a folder for recordings, ours and QEMU's. */
const bench = async (folder: string, options: BenchOptions): Promise<void> => {
  const runs = Number(options.runs);
  if (!Number.isInteger(runs) || runs < 1) throw new Error(`expected a count of runs, found "${options.runs}"`);
  const wanted = workloads.filter(isWanted(options));
  if (wanted.length === 0) throw new Error(`expected one of ${workloads.map(({ name }) => name).join(', ')}`);

  const wantedModes = modesWanted(options);
  const withQemu = qemuModes.some((mode) => wantedModes.includes(mode));
  const machine = {
    processor: cpus()[0]?.model ?? 'unknown processor',
    cores: cpus().length,
    kernel: release(),
    node: process.version,
    chronovisor: product,
    ...(withQemu && { qemu: qemuVersion() }),
    loadAverage: loadavg()[0]!,
    runs,
    modes: wantedModes.join(', '),
  };
  console.log(
    Object.entries(machine)
      .map(([name, value]) => `${name}: ${value}`)
      .join('\n'),
  );

  const results = new Results();
  const starts = new Results();
  for (let round = 0; round < runs; round += 1) {
    for (const workload of [greeter, ...wanted]) {
      process.stderr.write(`round ${round + 1} of ${runs}: ${workload.name}${' '.repeat(20)}\r`);
      const take: Take = (mode, measurement) =>
        (workload === greeter ? starts : results).add(workload, mode, measurement);
      const isReversed = round % 2 === 1;
      const [first, second] = isReversed ? [qemu, ours] : [ours, qemu];
      await first(workload, folder, inOrder(wantedModes, isReversed), take);
      await second(workload, folder, inOrder(wantedModes, isReversed), take);
    }
  }
  process.stderr.write(`${' '.repeat(60)}\r`);
  const start = starts.rows[0]!; // the greeter's
  results.startSeconds = start.userSeconds;

  console.log(speedTable(results, wantedModes));
  console.log(startTable(start, results));
  if (results.recordingShares.length > 0) console.log(recordingTable(results.recordingShares));
  console.log(executionTable(results.executions));
  console.log(`At most ${results.regionsMax} translated regions.`);

  const travels: GoingBack[] = [];
  for (const history of histories.filter(isWanted(options))) {
    const travel = await measureGoingBack(history);
    if (travel === undefined) results.failures.push(`${history.name}, going back`);
    else travels.push(travel);
  }
  if (travels.length > 0) console.log(goingBackTable(travels));
  if (!linuxIsThere) console.log('Linux was left out: fetch it with sh test/guests/debian/fetch.sh.');

  const failures = [...new Set([...starts.failures, ...results.failures])];
  for (const failure of failures) console.log(`FAILED  ${failure}`);
  if (failures.some((failure) => !/, rr-/.test(failure))) process.exitCode = 1; // QEMU's own replay may fail
  const { rows, recordingShares, executions, peakBytes, regionsMax } = results;
  const geometricMeans = results.geometricMeans('ratios');
  const geometricMeansWithoutStart = results.geometricMeans('ratiosWithoutStart');
  const speeds = {
    start,
    rows,
    recordingShares,
    executions,
    geometricMeans,
    geometricMeansWithoutStart,
    peakBytes,
    regionsMax,
  };
  writeFileSync(options.json, `${JSON.stringify({ machine, ...speeds, travels, failures }, null, 2)}\n`);
};

/**
 * `run` and `record`, which are compared pair by pair, change places each round: a machine that others use, too, is slower
 * for what comes after something that kept it busy.
 */
const inOrder = (wanted: readonly Mode[], isReversed: boolean): readonly Mode[] =>
  isReversed && wanted[0] === 'run' && wanted[1] === 'record' ? ['record', 'run', ...wanted.slice(2)] : wanted;

type Take = (mode: Mode, measurement: Measurement) => void;

const ours = async (workload: Workload, folder: string, wanted: readonly Mode[], take: Take): Promise<void> => {
  for (const mode of wanted.filter(isOurs)) take(mode, await measureOurs(workload, mode, folder));
};
const isOurs = (mode: Mode): mode is OurMode => ourModes.some((one) => one === mode);

/** Modes of QEMU that failed on a workload: they are not tried again. */
const hopeless = new Set<string>();

const qemu = async (workload: Workload, folder: string, wanted: readonly Mode[], take: Take): Promise<void> => {
  for (const mode of qemuModes.filter((one) => wanted.includes(one))) {
    const recording: QemuMode = mode === 'rr-replay' ? 'rr-record' : mode;
    if ([mode, recording].some((needed) => hopeless.has(`${workload.name} ${needed}`))) continue;
    const measurement = await measureQemu(workload, mode, join(folder, 'qemu.replay'));
    if (measurement.failure !== undefined) hopeless.add(`${workload.name} ${mode}`);
    take(mode, measurement);
  }
};

/** @throws {Error} when the options make no sense */
export const benchInFolder = async (options: BenchOptions): Promise<void> => {
  const folder = mkdtempSync(join(tmpdir(), 'chronovisor-bench-'));
  try {
    await bench(folder, options);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
};
