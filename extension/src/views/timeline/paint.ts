/**
 * Draws a scene. It draws with whatever has these few methods of a canvas, and in rows of rectangles of one colour, so that a
 * picture costs as much as there are pixels, however much happened.
 */

import type { TimelineEvent } from '../requests.ts';
import { short } from '../words.ts';
import type { Lane, LaneContent, MarkKind } from './lanes.ts';
import { columnOf, countsOf, isIn, modesOf, type Piece, piecesOf, type Scene } from './scene.ts';
import { ticksOf, xOf } from './stretch.ts';

export type Pen = Pick<
  CanvasRenderingContext2D,
  | 'beginPath'
  | 'clearRect'
  | 'clip'
  | 'fill'
  | 'fillRect'
  | 'fillStyle'
  | 'fillText'
  | 'font'
  | 'globalAlpha'
  | 'lineWidth'
  | 'rect'
  | 'restore'
  | 'save'
  | 'strokeRect'
  | 'strokeStyle'
  | 'textBaseline'
>;

/** Colours of the person's theme. */
export interface Palette {
  readonly text: string;
  readonly faint: string;
  readonly line: string;
  readonly focus: string;
  readonly now: string;
  readonly user: string;
  readonly supervisor: string;
  readonly machine: string;
  readonly exception: string;
  readonly interrupt: string;
  readonly console: string;
  readonly space: string;
  readonly mark: string;
  readonly font: string;
}

const tickApart = 110;
const textInset = 6;
/** A view that is dragged shut has nothing to draw in. */
const plotMin = 20;

export const paint = (pen: Pen, scene: Scene, palette: Palette): void => {
  const { layout, width } = scene;
  pen.clearRect(0, 0, width, layout.height);
  if (width - layout.left < plotMin) return;
  pen.font = palette.font;
  pen.textBaseline = 'middle';
  for (const lane of layout.lanes) paintTitle(pen, scene, palette, lane);
  pen.save();
  pen.beginPath();
  pen.rect(layout.left, 0, width - layout.left, layout.height);
  pen.clip();
  const pieces = piecesOf(scene);
  paintUnknown(pen, scene, palette, pieces);
  for (const lane of layout.lanes) {
    if (lane.content.kind === 'ruler') paintRuler(pen, scene, palette, lane);
    else if (lane.content.kind === 'marks') paintMarks(pen, scene, palette, lane, lane.content.of);
    else for (const piece of pieces) paintPiece(pen, scene, palette, lane, piece);
  }
  paintPlace(pen, scene, palette);
  pen.restore();
};

const at = ({ stretch, layout, width }: Scene, moment: number): number =>
  xOf(moment, stretch, layout.left, width - layout.left);

const paintTitle = (pen: Pen, { layout, caret }: Scene, palette: Palette, lane: Lane): void => {
  const isFocused = caret !== undefined && layout.lanes[caret.lane] === lane;
  pen.save();
  pen.beginPath();
  pen.rect(0, lane.top, layout.left - textInset, lane.height);
  pen.clip();
  pen.fillStyle = isFocused ? palette.text : palette.faint;
  pen.fillText(lane.title, textInset, lane.top + lane.height / 2);
  pen.restore();
  pen.fillStyle = palette.line;
  pen.fillRect(layout.left, lane.top + lane.height, 1e5, 1);
  if (isFocused) {
    pen.fillStyle = palette.focus;
    pen.fillRect(0, lane.top, 2, lane.height);
  }
};

const paintRuler = (pen: Pen, scene: Scene, palette: Palette, lane: Lane): void => {
  const plot = scene.width - scene.layout.left;
  const ticks = ticksOf(scene.stretch, plot, tickApart);
  const step = (ticks[1] ?? 1) - (ticks[0] ?? 0);
  for (const tick of ticks) {
    pen.fillStyle = palette.line;
    pen.fillRect(Math.round(at(scene, tick)), lane.top, 1, scene.layout.height);
    pen.fillStyle = palette.faint;
    pen.fillText(short(tick, step), at(scene, tick) + 4, lane.top + lane.height / 2);
  }
};

/** What nobody knows yet is shaded, in the lanes that the index fills. */
const paintUnknown = (pen: Pen, scene: Scene, palette: Palette, pieces: readonly Piece[]): void => {
  const filled = scene.layout.lanes.filter(({ content }) => content.kind !== 'ruler' && content.kind !== 'marks');
  const [first, last] = [filled[0], filled.at(-1)];
  if (first === undefined || last === undefined) return;
  pen.fillStyle = palette.faint;
  pen.globalAlpha = 0.12;
  for (const { answer, from, to } of pieces) {
    let unknownFrom = from;
    for (const known of [...answer.covered, { from: to, to }]) {
      const until = Math.min(known.from, to);
      if (until > unknownFrom) {
        const x = at(scene, unknownFrom);
        pen.fillRect(x, first.top, at(scene, until) - x, last.top + last.height - first.top);
      }
      unknownFrom = Math.max(unknownFrom, known.to);
    }
  }
  pen.globalAlpha = 1;
};

const paintMarks = (pen: Pen, scene: Scene, palette: Palette, lane: Lane, kind: MarkKind): void => {
  pen.fillStyle = kind === 'checkpoint' ? palette.faint : palette.mark;
  const size = kind === 'checkpoint' ? 2 : 6;
  pen.beginPath();
  for (const mark of scene.marks) {
    if (mark.kind !== kind) continue;
    const x = at(scene, mark.moment);
    if (x >= scene.layout.left - size && x <= scene.width + size) {
      pen.rect(Math.round(x - size / 2), lane.top + 3, size, lane.height - 6);
    }
  }
  pen.fill();
};

const paintPiece = (pen: Pen, scene: Scene, palette: Palette, lane: Lane, piece: Piece): void => {
  const { content } = lane;
  if (content.kind === 'hart') paintHart(pen, scene, palette, lane, piece, content.hart);
  else if (content.kind === 'privilege') paintPrivilege(pen, scene, palette, lane, piece);
  else paintHappenings(pen, scene, palette, lane, piece);
};

const paintHappenings = (pen: Pen, scene: Scene, palette: Palette, lane: Lane, piece: Piece): void => {
  const { content } = lane;
  const { events } = piece.answer;
  const counts = countsOf(piece, content);
  pen.fillStyle = colourOf(content, palette);
  pen.beginPath();
  if (events !== undefined) paintEvents(pen, scene, lane, piece, events);
  else if (counts !== undefined) paintCounts(pen, scene, lane, piece, counts);
  pen.fill();
};

const colourOf = (content: LaneContent, palette: Palette): string => {
  if (content.kind === 'trap') return content.interrupt ? palette.interrupt : palette.exception;
  return content.kind === 'console' ? palette.console : palette.space;
};

const paintEvents = (pen: Pen, scene: Scene, lane: Lane, piece: Piece, events: readonly TimelineEvent[]): void => {
  for (const event of events) {
    if (event.at < piece.from || event.at >= piece.to || !isIn(event, lane.content)) continue;
    const x = at(scene, event.at);
    pen.rect(x, lane.top + 2, Math.max(1.5, at(scene, event.at + 1) - x), lane.height - 4);
  }
};

/** Bars whose heights are logarithms: a single event shows beside thousands. */
const paintCounts = (pen: Pen, scene: Scene, lane: Lane, piece: Piece, counts: readonly number[]): void => {
  let most = 1;
  for (const count of counts) if (count > most) most = count;
  const scale = (lane.height - 4) / Math.log2(most + 1);
  eachColumn(scene, piece, (column, x, width) => {
    const count = counts[column] ?? 0;
    if (count === 0) return;
    const height = Math.max(3, Math.log2(count + 1) * scale);
    pen.rect(x, lane.top + lane.height - height, width, height);
  });
};

const paintPrivilege = (pen: Pen, scene: Scene, palette: Palette, lane: Lane, piece: Piece): void => {
  const [user, supervisor, machine] = piece.answer.densities.privilegeSteps;
  const colours = [palette.machine, palette.supervisor, palette.user];
  for (const [layer, colour] of colours.entries()) {
    pen.fillStyle = colour;
    pen.beginPath();
    eachColumn(scene, piece, (column, x, width) => {
      const steps = [machine[column] ?? 0, supervisor[column] ?? 0, user[column] ?? 0];
      const sum = steps[0]! + steps[1]! + steps[2]!;
      if (sum === 0 || steps[layer] === 0) return;
      const below = steps.slice(0, layer).reduce((total, some) => total + some, 0);
      const [bottom, height] = [(below / sum) * lane.height, (steps[layer]! / sum) * lane.height];
      pen.rect(x, lane.top + lane.height - bottom - height, width, height);
    });
    pen.fill();
  }
};

const eachColumn = (scene: Scene, piece: Piece, draw: (column: number, x: number, width: number) => void): void => {
  const { answer } = piece;
  const length = (answer.to - answer.from) / answer.columns;
  const first = Math.max(0, Math.floor((piece.from - answer.from) / length));
  const last = Math.min(answer.columns, Math.ceil((piece.to - answer.from) / length));
  for (let column = first; column < last; column += 1) {
    const { from, to } = columnOf(answer, column);
    const x = at(scene, Math.max(from, piece.from));
    draw(column, x, Math.max(1, at(scene, Math.min(to, piece.to)) - x));
  }
};

const paintHart = (pen: Pen, scene: Scene, palette: Palette, lane: Lane, piece: Piece, hart: number): void => {
  const { events } = piece.answer;
  if (events === undefined) {
    // Too many for the modes of each hart, which are there when one looks closer: how often it was trapped.
    pen.fillStyle = palette.faint;
    pen.beginPath();
    paintCounts(pen, scene, lane, piece, countsOf(piece, lane.content) ?? []);
    pen.fill();
    return;
  }
  const colours = [palette.user, palette.supervisor, palette.supervisor, palette.machine];
  for (const { from, to, level } of modesOf(events, hart, piece.from, piece.to)) {
    pen.fillStyle = colours[level] ?? palette.faint;
    const x = at(scene, from);
    pen.fillRect(x, lane.top + 2, Math.max(1, at(scene, to) - x), lane.height - 4);
  }
};

/** Where the machine stands, and where the keyboard is. */
const paintPlace = (pen: Pen, scene: Scene, palette: Palette): void => {
  const { layout, now, caret } = scene;
  const x = Math.round(at(scene, now));
  pen.fillStyle = palette.now;
  pen.fillRect(x - 1, 0, 2, layout.height);
  pen.fillRect(x - 4, 0, 8, 5);
  const lane = caret && layout.lanes[caret.lane];
  if (caret === undefined || lane === undefined) return;
  const here = Math.round(at(scene, caret.moment));
  pen.fillStyle = palette.focus;
  pen.fillRect(here, 0, 1, layout.height);
  pen.strokeStyle = palette.focus;
  pen.lineWidth = 1;
  pen.strokeRect(here - 4.5, lane.top - 0.5, 9, lane.height + 1);
};
