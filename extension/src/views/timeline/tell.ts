/** What is at a place of the timeline, in words, and where a click on it goes. */

import type { FindEventArguments, TimelineEvent } from '../requests.ts';
import { grouped, inert, privilegeWords, times } from '../words.ts';
import { type Lane, laneAt } from './lanes.ts';
import { columnAt, columnOf, countsOf, isCovered, isIn, type Piece, pieceAt, type Scene } from './scene.ts';
import { momentAt, xOf } from './stretch.ts';

export interface Told {
  readonly text: string;
  /** Where a click goes, or what must be found first to know it. */
  readonly goal:
    | { readonly kind: 'moment'; readonly moment: number }
    | { readonly kind: 'first'; readonly wanted: FindEventArguments };
}

/** As far as this from the pointer something is still meant. */
const reach = 6;

export const tell = (scene: Scene, x: number, y: number): Told | undefined => {
  const { layout, stretch, width } = scene;
  const lane = laneAt(layout, y);
  if (lane === undefined || x < layout.left) return undefined;
  const here = Math.min(scene.end, momentAt(x, stretch, layout.left, width - layout.left));
  return tellLane(scene, lane, here, x);
};

/** The same for the place of the keyboard. */
export const tellCaret = (scene: Scene): Told | undefined => {
  const lane = scene.caret && scene.layout.lanes[scene.caret.lane];
  if (scene.caret === undefined || lane === undefined) return undefined;
  const { layout, stretch, width } = scene;
  const x = xOf(scene.caret.moment, stretch, layout.left, width - layout.left);
  const told = tellLane(scene, lane, scene.caret.moment, x);
  return { ...told, text: `${lane.title}. ${told.text}` };
};

const tellLane = (scene: Scene, lane: Lane, here: number, x: number): Told => {
  const { content } = lane;
  const plain: Told = { text: `Moment ${grouped(here)}`, goal: { kind: 'moment', moment: here } };
  if (content.kind === 'ruler') return plain;
  const near = nearest(scene, x);
  if (content.kind === 'marks') {
    const mark = near(scene.marks.filter(({ kind }) => kind === content.of).map((each) => [each.moment, each]));
    if (mark === undefined) return plain;
    const { moment, words } = mark;
    return { text: `Moment ${grouped(moment)}: ${inert(words, 200)}`, goal: { kind: 'moment', moment } };
  }
  const piece = pieceAt(scene, here);
  const isKnown = piece !== undefined && (isCovered(piece.answer, here) || knowsConsole(piece, content));
  if (piece === undefined || !isKnown) {
    return { ...plain, text: `${plain.text}: not indexed yet` };
  }
  if (content.kind === 'privilege') return { ...plain, text: `${plain.text}: ${sharesOf(piece, here)}` };
  const { events } = piece.answer;
  if (events !== undefined) {
    const inLane = events.filter((each) => isIn(each, content));
    const event = near(inLane.map((each) => [each.at, each]));
    return event === undefined ? plain : { text: eventWords(event, lane), goal: { kind: 'moment', moment: event.at } };
  }
  return tellColumn(lane, piece, here) ?? plain;
};

/** Without an index there is what the session saw of the console. */
const knowsConsole = ({ answer }: Piece, { kind }: Lane['content']): boolean =>
  kind === 'console' && answer.covered.length === 0 && answer.densities.consoleBytes.length > 0;

/** The one that is nearest to a place on the screen, if it is near. */
const nearest =
  ({ stretch, layout, width }: Scene, x: number) =>
  <Thing>(things: readonly (readonly [moment: number, thing: Thing])[]): Thing | undefined => {
    let [best, least]: [Thing | undefined, number] = [undefined, reach];
    for (const [moment, thing] of things) {
      const begin = xOf(moment, stretch, layout.left, width - layout.left);
      const end = xOf(moment + 1, stretch, layout.left, width - layout.left);
      const distance = x < begin ? begin - x : Math.max(0, x - end);
      if (distance < least || (distance === 0 && best === undefined)) [best, least] = [thing, distance];
    }
    return best;
  };

const sharesOf = ({ answer }: Piece, here: number): string => {
  const column = columnAt(answer, here);
  const steps = answer.densities.privilegeSteps.map((counts) => counts[column] ?? 0);
  const sum = steps.reduce((total, some) => total + some, 0);
  const shares = steps.map((some, level) => [some, level === 2 ? 3 : level] as const).filter(([some]) => some > 0);
  if (shares.length === 0) return 'no steps';
  return shares.map(([some, level]) => `${Math.round((some / sum) * 100)} % ${privilegeWords(level)}`).join(', ');
};

const eventWords = (event: TimelineEvent, { title }: Lane): string => {
  const where = `Moment ${grouped(event.at)}`;
  switch (event.kind) {
    case 'trap':
      return `${where}: ${title}, hart ${event.hart}, from ${privilegeWords(event.from)} to ${privilegeWords(event.to)}`;
    case 'return':
      return `${where}: return to ${privilegeWords(event.to)}, hart ${event.hart}`;
    case 'space':
      return `${where}: satp becomes 0x${event.satp}, hart ${event.hart}`;
    case 'console':
      return `${where}: prints "${inert(new TextDecoder().decode(bytesOf(event.bytes)))}"`;
  }
};

const bytesOf = (base64: string): Uint8Array => Uint8Array.from(atob(base64), (character) => character.charCodeAt(0));

const tellColumn = ({ content, title }: Lane, piece: Piece, here: number): Told | undefined => {
  const column = columnAt(piece.answer, here);
  const count = countsOf(piece, content)?.[column] ?? 0;
  const { from, to } = columnOf(piece.answer, column);
  const [first, last] = [Math.floor(from), Math.ceil(to)];
  const stretch = { from: first, to: last };
  const wanted = wantedOf(content, stretch);
  if (count === 0 || wanted === undefined) return undefined;
  const what =
    content.kind === 'console'
      ? `${grouped(count)} bytes printed`
      : times(count, content.kind === 'hart' ? `Trap of hart ${content.hart}` : title);
  return { text: `${what} from moment ${grouped(first)} to ${grouped(last)}`, goal: { kind: 'first', wanted } };
};

/** What an event of a lane is asked for by. */
export const wantedOf = (
  content: Lane['content'],
  stretch: { readonly from: number; readonly to: number },
): FindEventArguments | undefined => {
  switch (content.kind) {
    case 'trap':
      return { kind: 'trap', cause: content.cause, interrupt: content.interrupt, ...stretch };
    case 'spaces':
      return { kind: 'space', ...stretch };
    case 'console':
      return { kind: 'console', ...stretch };
    case 'hart':
      return { kind: 'trap', hart: content.hart, ...stretch };
    default:
      return undefined;
  }
};
