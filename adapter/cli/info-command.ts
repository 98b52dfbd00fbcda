/** What `info` says of a trace. Loaded when it does. */

import { describeEvent, type InputKind, inputKinds } from '../../traces/events.ts';
import { openTrace, type Trace } from '../../traces/reader.ts';
import { brotli, FileSource } from '../host/files.ts';
import { brief } from '../program/input-error.ts';
import { jsonValue, summaryOf } from '../session/summary.ts';
import type { CliHost } from './cli.ts';
import type { InfoOptions } from './info.ts';
import { type HistorySummary, historyOf } from './info-history.ts';
import { columns, grouped, sizeText } from './values.ts';

export const showInfo = async (file: string, options: InfoOptions, host: CliHost): Promise<void> => {
  const source = new FileSource('the trace', file);
  try {
    const trace = await openTrace(source, brotli, { salvage: options.salvage === true });
    const summary = wholeSummaryOf(trace);
    if (options.json)
      host.stdout.write(`${JSON.stringify({ ...summary, ...eventsOf(trace, options) }, jsonValue, 2)}\n`);
    else host.stdout.write(textOf(trace, summary));
    if (options.events && !options.json) writeEvents(trace, host);
  } finally {
    source.close();
  }
};

/** With what the kept index of its history says. */
const wholeSummaryOf = (trace: Trace) => {
  const history = historyOf(trace);
  return { ...summaryOf(trace), ...(history && { history }) };
};

const eventsOf = (trace: Trace, { events }: InfoOptions) =>
  events ? { inputs: [...trace.events].map((event) => ({ ...event, text: describeEvent(event) })) } : {};

const textOf = (
  trace: Trace,
  { machine, images, events, sizes, history }: ReturnType<typeof wholeSummaryOf>,
): string => {
  const devices = machine.devices.map(({ kind, slot }) => `${kind} in slot ${slot}`).join(', ');
  const facts: (readonly [string, string])[] = [
    ['recorded by', `${trace.header.createdBy}, format ${trace.header.formatVersion}`],
    [
      'machine',
      `${machine.board}, ${machine.harts} hart(s), ${sizeText(machine.ramBytes)} of RAM, firmware ${machine.bios}`,
    ],
    ['time', `${machine.timePolicy}, idle: ${machine.idlePolicy}, ${machine.stepsPerTick} steps to a tick of 100 ns`],
    ...(trace.header.fork === undefined ? [] : [['fork', forkText(trace.header.fork)] as const]),
    ...(machine.append === '' ? [] : [['command line', machine.append] as const]),
    ...(devices === '' ? [] : [['devices', devices] as const]),
    ['length', lengthText(trace)],
    ['ended', endText(trace)],
    ['inputs', inputsText(events)],
    ['digests', `${grouped(trace.digests.count)}, every ${grouped(machine.digestStride)} steps`],
    ...(trace.states.length === 0 ? [] : [['states', statesText(trace)] as const]),
    ...trace
      .bookmarks()
      .list.map(({ id, at, note }) => [`bookmark ${id}`, `at ${grouped(at)}: ${brief(note)}`] as const),
    ...historyFacts(history),
    ['size', `${sizeText(sizes.fileBytes)}: ${sizesText(trace)}`],
  ];
  const list = images.map(({ role, name, sizeBytes, digest, embedded }) => [
    role,
    name,
    sizeText(sizeBytes),
    embedded ? 'in the trace' : 'not in the trace',
    digest.slice(0, 23),
  ]);
  const damage = trace.damage === undefined ? '' : `\n${trace.damage.message}\n`;
  return `${columns(facts)}${list.length === 0 ? '' : `\n${columns([['image', 'file', 'size', 'bytes', 'digest'], ...list])}`}${damage}`;
};

const trapsShown = 5;

/** Of what an index knows. */
const historyFacts = (history: HistorySummary | undefined): readonly (readonly [string, string])[] => {
  if (history === undefined) return [];
  const { traps, panics, panicCount } = history;
  const rows = traps.slice(0, trapsShown).map(({ words, count }) => `${grouped(count)} ${words}`);
  const more = traps.length > trapsShown ? [`${traps.length - trapsShown} more causes`] : [];
  const shown = panics.map(({ moment, line }) => ['panic', `at ${grouped(moment)}: ${line}`] as const);
  const hidden = panicCount > panics.length ? [['panics', `${panicCount - panics.length} more`] as const] : [];
  return [['traps', [...rows, ...more].join(', ') || 'none'], ...shown, ...hidden];
};

const forkText = ({ name, parent, at }: NonNullable<Trace['header']['fork']>): string =>
  `"${brief(name)}"${parent === undefined ? '' : ` of ${parent}`} from moment ${grouped(at)} on`;

const lengthText = ({ start, until }: Trace): string =>
  start === 0
    ? `${grouped(until)} steps`
    : `${grouped(until - start)} steps, from moment ${grouped(start)} to ${grouped(until)}`;

const statesText = ({ states, until }: Trace): string => {
  const places = states.map(({ at, begins }) => (begins ? 'the beginning' : at === until ? 'the end' : grouped(at)));
  const shown = places.length <= 6 ? places : [...places.slice(0, 5), `${places.length - 5} more`];
  return `at ${shown.join(', ')}`;
};

const endText = ({ end, tornBytes }: Trace): string => {
  if (end === undefined) return `not: the recorder was stopped${tornBytes > 0 ? ` (${tornBytes} bytes torn)` : ''}`;
  const code = end.exitCode === undefined ? '' : ` with code ${end.exitCode}`;
  const message = end.message === undefined ? '' : `: ${end.message}`;
  return (
    {
      poweroff: `the guest switched itself off${code}`,
      reset: 'the guest asked for a reset',
      stopped: 'the person stopped it',
      error: 'the recorder could not go on',
    }[end.reason] + message
  );
};

const inputsText = (counts: Partial<Record<InputKind, number>>): string => {
  const named = inputKinds.flatMap(({ kind }) =>
    counts[kind] === undefined ? [] : [`${grouped(counts[kind])} ${kind}`],
  );
  return named.length === 0 ? 'none' : named.join(', ');
};

const sizesText = ({ sizes }: Trace): string =>
  [
    ['images', sizes.imageBytes],
    ['inputs', sizes.eventBytes],
    ['digests', sizes.digestBytes],
    ...(sizes.stateBytes === 0 ? [] : [['states', sizes.stateBytes] as const]),
    ['the rest', sizes.headerBytes + sizes.endBytes + sizes.bookmarkBytes + sizes.tornBytes],
  ]
    .map(([name, bytes]) => `${name} ${sizeText(bytes as number)}`)
    .join(', ');

const writeEvents = (trace: Trace, host: CliHost): void => {
  host.stdout.write('\n');
  for (const event of trace.events) host.stdout.write(`${grouped(event.at).padStart(15)}  ${describeEvent(event)}\n`);
};
