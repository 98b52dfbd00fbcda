/** The statistics as a person reads them. */

import { columns, grouped, sizeText } from '../cli/shown.ts';
import { categories } from './categories.ts';
import type { Stats } from './stats.ts';

/** Ends with a line feed. Categories and counts that are zero are left out. */
export const statsText = (stats: Stats): string =>
  `${timeText(stats)}\n${columns(
    [...countRows(stats), ...trapRows(stats), ...deviceRows(stats), ...memoryRows(stats)].map(([name, value]) => [
      name,
      value,
    ]),
  )}`;

type Row = readonly [name: string, value: string];

const percent = (share: number): string => `${(share * 100).toFixed(1)} %`;
const seconds = (ms: number): string => `${(ms / 1000).toFixed(2)} s`;

const timeText = ({ time, sampledMs, samples }: Stats): string => {
  const width = Math.max(...categories.map(({ words }) => words.length));
  const lines = categories.flatMap(({ id, words }) => {
    const found = time.find(({ category }) => category === id);
    if (found === undefined || found.ms === 0) return [];
    const { ms, share } = found;
    const bar = '#'.repeat(Math.round(share * barWidth));
    return [`${words.padEnd(width)}  ${percent(share).padStart(7)}  ${seconds(ms).padStart(9)}  ${bar}`.trimEnd()];
  });
  const title = `time: ${seconds(sampledMs)} in ${grouped(samples)} samples`;
  return [title, ...lines, ''].join('\n');
};

const barWidth = 40;

const countRows = ({ steps, translation, tlbFills, elapsedMs }: Stats): Row[] => {
  const rate = elapsedMs > 0 ? `, ${(steps.made / elapsedMs / 1000).toFixed(1)} M a second` : '';
  const ofSteps = (count: number): string =>
    `${grouped(count)} (${percent(steps.made === 0 ? 0 : count / steps.made)})`;
  return [
    ['steps', `${grouped(steps.made)}${rate}`],
    ...optional('  translated', steps.translated, ofSteps),
    ...optional('  interpreted', steps.interpreted, ofSteps),
    ['regions of code', `${grouped(translation.regionsPresent)} now`],
    ...optional('  translated', translation.regions),
    ...optional('  in modules', translation.modules),
    ...optional('  bytes of code', translation.codeBytes, sizeText),
    ...optional('  runs', translation.regionRuns),
    ...optional("  interpreter's runs", translation.interpreterRuns),
    ['  dropped by writes', grouped(translation.drops)],
    [
      'TLB fills',
      `${grouped(tlbFills.read)} read, ${grouped(tlbFills.write)} write, ${grouped(tlbFills.execute)} execute`,
    ],
  ];
};

const optional = (name: string, value: number | undefined, text: (value: number) => string = grouped): Row[] =>
  value === undefined ? [] : [[name, text(value)]];

const trapRows = ({ traps }: Stats): Row[] => [
  ['traps', grouped(traps.reduce((sum, { count }) => sum + count, 0))],
  ...traps.map(({ words, count }): Row => [`  ${words}`, grouped(count)]),
];

const deviceRows = ({ devices }: Stats): Row[] => [
  ['device accesses', grouped(devices.reduce((sum, { reads, writes }) => sum + reads + writes, 0))],
  ...devices.map(({ name, reads, writes }): Row => [`  ${name}`, `${grouped(reads)} read, ${grouped(writes)} written`]),
];

const memoryRows = ({ memory }: Stats): Row[] => [
  ['memory', `${sizeText(memory.residentBytes)}, of which JavaScript's objects ${sizeText(memory.heapBytes)}`],
  ["  guest's RAM", sizeText(memory.guestRamBytes)],
  ['  checkpoints', `${grouped(memory.checkpoints)}, ${sizeText(memory.checkpointBytes)}`],
];
