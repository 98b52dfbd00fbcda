/**
 * What a view's page and the extension say to each other. Both sides check what comes in: the page is shown what a guest
 * printed, and the extension does what the page asks for.
 */

import * as v from 'valibot';
import type {
  ConsoleAnswer,
  EvaluateAnswer,
  FindEventAnswer,
  Position,
  ReadMemoryAnswer,
  TimelineAnswer,
} from './requests.ts';
import type { Mark } from './timeline/lanes.ts';

const natural = v.pipe(v.number(), v.safeInteger(), v.minValue(0));
const stretch = { from: natural, to: natural };
const kind = v.picklist(['trap', 'return', 'space', 'console']);
const typedMax = 65_536;

const asked = <const Command extends string, const Entries extends v.ObjectEntries>(command: Command, args: Entries) =>
  v.strictObject({ id: natural, command: v.literal(command), args: v.strictObject(args) });

/** What a page may ask for: requests of the adapter and of the protocol by their names, and one of the extension's own. */
export const pageMessage = v.variant('command', [
  /** The page is there and wants to know the state. */
  asked('ready', {}),
  asked('chronovisor/timeline', { ...stretch, columns: natural }),
  asked('chronovisor/findEvent', {
    ...stretch,
    kind,
    cause: v.exactOptional(natural),
    interrupt: v.exactOptional(v.boolean()),
    hart: v.exactOptional(natural),
    last: v.exactOptional(v.boolean()),
  }),
  asked('chronovisor/console', { from: v.exactOptional(natural), to: v.exactOptional(natural) }),
  asked('chronovisor/goTo', { moment: natural }),
  asked('readMemory', {
    memoryReference: v.pipe(v.string(), v.maxLength(20)),
    count: v.pipe(natural, v.maxValue(65_536)),
  }),
  asked('evaluate', { expression: v.pipe(v.string(), v.maxLength(1_000)), context: v.literal('watch') }),
  asked('chronovisor/type', { text: v.pipe(v.string(), v.maxLength(typedMax)) }),
]);
export type PageMessage = v.InferOutput<typeof pageMessage>;

const number = v.number();
const numbers = v.array(number);
const position = v.object({
  moment: number,
  end: number,
  live: v.boolean(),
  running: v.boolean(),
}) satisfies v.GenericSchema<unknown, Position>;
const interval = v.object({ from: number, to: number });

const event = v.variant('kind', [
  v.object({
    kind: v.literal('trap'),
    ...{ at: number, hart: number, cause: number, interrupt: v.boolean(), from: number, to: number },
  }),
  v.object({ kind: v.literal('return'), at: number, hart: number, from: number, to: number }),
  v.object({ kind: v.literal('space'), at: number, hart: number, satp: v.string() }),
  v.object({
    kind: v.literal('console'),
    at: number,
    offset: v.exactOptional(number),
    bytes: v.pipe(v.string(), v.base64()),
  }),
]);

export const timelineAnswer = v.object({
  ...interval.entries,
  position,
  harts: number,
  indexed: v.boolean(),
  covered: v.array(interval),
  columns: v.pipe(number, v.integer(), v.minValue(1)),
  densities: v.object({
    privilegeSteps: v.tuple([numbers, numbers, numbers]),
    traps: v.array(v.object({ cause: number, interrupt: v.boolean(), words: v.string(), counts: numbers })),
    hartTraps: v.array(numbers),
    spaces: numbers,
    consoleBytes: numbers,
  }),
  events: v.exactOptional(v.array(event)),
  checkpoints: numbers,
  stops: v.array(v.object({ moment: number, words: v.string() })),
}) satisfies v.GenericSchema<unknown, TimelineAnswer>;

export const findEventAnswer = v.object({ event: v.exactOptional(event) }) satisfies v.GenericSchema<
  unknown,
  FindEventAnswer
>;

export const consoleAnswer = v.object({
  ...interval.entries,
  known: v.array(interval),
  chunks: v.array(
    v.object({
      moment: number,
      offset: v.exactOptional(number),
      bytes: v.pipe(v.string(), v.base64()),
      later: v.exactOptional(numbers),
    }),
  ),
}) satisfies v.GenericSchema<unknown, ConsoleAnswer>;

export const readMemoryAnswer = v.object({
  address: v.string(),
  data: v.exactOptional(v.pipe(v.string(), v.base64())),
}) satisfies v.GenericSchema<unknown, ReadMemoryAnswer>;

export const evaluateAnswer = v.object({
  result: v.string(),
  memoryReference: v.exactOptional(v.pipe(v.string(), v.regex(/^0x[0-9a-f]+$/))),
}) satisfies v.GenericSchema<unknown, EvaluateAnswer>;

const mark = v.object({
  kind: v.picklist(['stop', 'bookmark', 'fork', 'checkpoint']),
  moment: number,
  words: v.string(),
}) satisfies v.GenericSchema<unknown, Mark>;

/** What is the case: of which session, where it is, and what the person marked in it. */
const state = v.object({
  /** Changes with the session and with the fork that it is in; absent where there is none. */
  session: v.exactOptional(v.string()),
  position: v.exactOptional(position),
  marks: v.array(mark),
});
export type ViewState = v.InferOutput<typeof state>;

/** What a page is told. An answer's shape depends on what was asked; who asked checks it. */
export const hostMessage = v.variant('kind', [
  v.object({ kind: v.literal('answer'), id: natural, answer: v.unknown() }),
  v.object({ kind: v.literal('refusal'), id: natural, sentence: v.string() }),
  v.object({ kind: v.literal('state'), state }),
  /** The person wants to see what an expression is about. */
  v.object({ kind: v.literal('look'), expression: v.string() }),
]);
export type HostMessage = v.InferOutput<typeof hostMessage>;
