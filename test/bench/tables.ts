/** The results as tables for people. */

import CliTable from 'cli-table3';
import type { GoingBack } from './going-back.ts';
import { type QemuMode, qemuModes } from './qemu.ts';
import type { Executions, Mode, RecordingShare, Results, Row } from './results.ts';

/** Plain text: results are kept in files. */
const table = (head: string[]): CliTable.Table =>
  new CliTable({ head, style: { head: [], border: [], compact: true } });

/** Or the word why there are none. */
const secondsOf = ({ userSeconds, missing }: Row, mode: Mode): string =>
  missing[mode] ?? userSeconds[mode]?.toFixed(2) ?? '-';
const milliseconds = (value: number | undefined): string => (value === undefined ? '-' : (value * 1000).toFixed(0));
const times = (value: number | undefined): string => (value === undefined ? '-' : `${value.toFixed(2)}x`);
const percent = (ratio: number): string => (Number.isNaN(ratio) ? '-' : `${((ratio - 1) * 100).toFixed(1)} %`);

/**
 * Seconds are of user processor time, from the start of the process (Linux: from the mark before); a ratio is QEMU's
 * seconds by ours, so above 1 we are faster, and beside it the same by the clock on the wall. See `comparisons` for which of our modes it is.
 */
export const speedTable = (results: Results, wanted: readonly Mode[]): string => {
  const theirs = qemuModes.filter((mode) => wanted.includes(mode));
  const rows = table([
    ...['workload', 'M steps', 'M steps/s', 'run s', 'record s', 'cost', 'again s', 'replay s'],
    ...theirs.flatMap((mode) => [`${mode} s`, 'ratio', 'by clock']),
  ]);
  for (const row of results.rows) rows.push([...ourCells(row), ...theirs.flatMap(qemuCells(row))]);
  if (theirs.length > 0) {
    for (const [name, which] of means) {
      const mean = results.geometricMeans(which);
      const byClock = which === 'ratios' ? results.geometricMeans('clockRatios') : {};
      const cells = theirs.flatMap((mode) => ['', times(mean[mode]), times(byClock[mode])]);
      rows.push([name, '', '', '', '', '', '', '', ...cells]);
    }
  }
  return rows.toString();
};

const means = [
  ['geometric mean', 'ratios'],
  ['same, start taken off', 'ratiosWithoutStart'],
] as const;

const ourCells = (row: Row): string[] => [
  row.name,
  (row.steps / 1e6).toFixed(1),
  (row.stepsPerSecond / 1e6).toFixed(1),
  secondsOf(row, 'run'),
  secondsOf(row, 'record'),
  percent(row.recordingCost),
  secondsOf(row, 'again'),
  secondsOf(row, 'replay'),
];

const qemuCells =
  (row: Row) =>
  (mode: QemuMode): string[] => [secondsOf(row, mode), times(row.ratios[mode]), times(row.clockRatios[mode])];

export const startTable = (starts: Row, results: Results): string => {
  const rows = table(['', 'start to first instruction, ms', 'of it user processor ms', 'peak memory, MiB']);
  const { peakBytes } = results;
  for (const mode of Object.keys(peakBytes) as Mode[]) {
    const cells = [starts.wallSeconds[mode], starts.userSeconds[mode]].map(milliseconds);
    rows.push([mode, ...cells, ((peakBytes[mode] ?? 0) / 2 ** 20).toFixed(0)]);
  }
  return rows.toString();
};

/** What recording does of its own, beside the whole process that does not record. */
export const recordingTable = (shares: readonly RecordingShare[]): string => {
  const rows = table(['workload', "recording's own user ms", 'run ms', 'share']);
  for (const { workload, ownSeconds, runSeconds } of shares) {
    const share = `${((ownSeconds / runSeconds) * 100).toFixed(2)} %`;
    rows.push([workload, (ownSeconds * 1000).toFixed(2), milliseconds(runSeconds), share]);
  }
  return rows.toString();
};

/** How steps were made: what is not interpreted is translated code's, but for the entries of interrupts. */
export const executionTable = (executions: Readonly<Record<string, Executions>>): string => {
  const rows = table(['workload', 'mode', 'interpreted', 'regions', 'modules', 'code KiB']);
  for (const [workload, byMode] of Object.entries(executions)) {
    for (const [mode, { interpretedShare, regions, modules, codeBytes }] of Object.entries(byMode)) {
      const share = interpretedShare === undefined ? '-' : `${(interpretedShare * 100).toFixed(2)} %`;
      const size = codeBytes === undefined ? '-' : (codeBytes / 1024).toFixed(0);
      rows.push([workload, mode, share, regions ?? '-', modules ?? '-', size]);
    }
  }
  return rows.toString();
};

export const goingBackTable = (travels: readonly GoingBack[]): string => {
  const rows = table(['going back in', 'jump ms: median', '99 %', 'worst', 'step back ms: median', '99 %', 'worst']);
  for (const row of travels) {
    const cells = [row.jumpMs, row.stepBackMs].flatMap(({ median, p99, worst }) => [median, p99, worst]);
    rows.push([row.workload, ...cells.map((ms) => ms.toFixed(1))]);
  }
  return rows.toString();
};
