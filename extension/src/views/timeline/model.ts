/**
 * What a timeline view knows and shows: the stretch, what was answered of it, the keyboard's place; and what keys and
 * buttons do to it. It draws nothing and asks nobody itself.
 */

import type { ViewState } from '../messages.ts';
import type { FindEventArguments, Position, TimelineAnswer, TimelineArguments } from '../requests.ts';
import { layoutOf, type Mark } from './lanes.ts';
import type { Scene } from './scene.ts';
import { momentAt, moved, type Stretch, showing, wholeOf, widened, within, zoomed } from './stretch.ts';
import { tell, tellCaret, wantedOf } from './tell.ts';

/** What is asked for beyond each side of the stretch, as a share of it. */
const margin = 0.5;
const keyZoom = 2;
const columnsMax = 4096;

export class TimelineModel {
  stretch: Stretch = wholeOf(0);
  #session: string | undefined;
  #position: Position = { moment: 0, end: 0, live: false, running: false };
  #given: readonly Mark[] = [];
  /** All marks; absent while they must be put together anew. */
  #marks: readonly Mark[] | undefined;
  #detail: TimelineAnswer | undefined;
  #overview: TimelineAnswer | undefined;
  #caret: number | undefined;
  #lane = 0;
  #width = 1;

  /** The extension says where one is. Gives whether there is something to ask for. */
  take({ session, position, marks }: ViewState): boolean {
    if (session !== this.#session) {
      [this.#detail, this.#overview, this.#caret] = [undefined, undefined, undefined];
      this.stretch = wholeOf(position?.end ?? 0);
    }
    const isNew = session !== this.#session;
    this.#session = session;
    this.#given = marks;
    this.#marks = undefined;
    if (position !== undefined) this.#place(position, !isNew);
    return session !== undefined;
  }

  #place(position: Position, follow: boolean): void {
    const wasWhole = this.isWhole;
    const moves = position.moment !== this.#position.moment;
    this.#position = position;
    if (wasWhole) this.stretch = wholeOf(position.end);
    else if (follow && moves) this.stretch = showing(this.stretch, position.moment, position.end);
  }

  get isWhole(): boolean {
    return this.stretch.from === 0 && this.stretch.to >= wholeOf(this.#position.end).to;
  }
  get hasSession(): boolean {
    return this.#session !== undefined;
  }
  get position(): Position {
    return this.#position;
  }

  /** Goes on with what was shown before the view was hidden. */
  restore(kept: Stretch): void {
    this.stretch = within(kept, this.#position.end);
  }

  resize(width: number): void {
    this.#width = Math.max(1, width);
  }

  get scene(): Scene {
    const [detail, overview] = [this.#detail, this.#overview];
    const answers = [detail, overview].filter((answer) => answer !== undefined);
    this.#marks ??= marksOf(answers, this.#given);
    const marks = this.#marks;
    const layout = layoutOf(answers, marks, this.#width);
    const caret = this.#caret === undefined ? undefined : { moment: this.#caret, lane: this.#lane };
    const { moment: now, end } = this.#position;
    return { stretch: this.stretch, layout, width: this.#width, detail, overview, marks, now, end, caret };
  }

  // What is asked for

  get overviewWanted(): TimelineArguments {
    return { from: 0, to: wholeOf(this.#position.end).to, columns: this.#columns(1) };
  }

  get detailWanted(): TimelineArguments {
    return { ...widened(this.stretch, margin, this.#position.end), columns: this.#columns(1 + 2 * margin) };
  }

  #columns(share: number): number {
    return Math.min(columnsMax, Math.max(1, Math.ceil((this.#width - this.scene.layout.left) * share)));
  }

  answered(answer: TimelineAnswer, isOverview: boolean): void {
    if (isOverview) this.#overview = answer;
    else this.#detail = answer;
    this.#marks = undefined;
    this.#place(answer.position, false);
  }

  /** Whether more may become known by and by. */
  get grows(): boolean {
    const { running } = this.#position;
    const overview = this.#overview;
    if (running || overview === undefined) return running;
    const known = overview.covered.reduce((sum, { from, to }) => sum + to - from, 0);
    return known < overview.to - overview.from;
  }

  // What keys and buttons do

  zoom(factor: number, around = this.#caret ?? this.#position.moment): void {
    const { from, to } = this.stretch;
    const middle = around < from || around > to ? (from + to) / 2 : around;
    this.stretch = zoomed(this.stretch, factor, middle, this.#position.end);
  }

  move(share: number): void {
    this.stretch = moved(this.stretch, (this.stretch.to - this.stretch.from) * share, this.#position.end);
  }

  showAll(): void {
    this.stretch = wholeOf(this.#position.end);
  }

  /** Close enough to see the steps around where the machine stands. */
  showNow(): void {
    const { moment, end } = this.#position;
    this.stretch = within({ from: moment - 50, to: moment + 50 }, end);
  }

  setCaret(moment: number): void {
    this.#caret = Math.max(0, Math.min(this.#position.end, Math.round(moment)));
    this.stretch = showing(this.stretch, this.#caret, this.#position.end);
  }

  /** The keyboard comes: where the machine stands, or in the middle. */
  showCaret(): void {
    if (this.#caret !== undefined) return;
    const { from, to } = this.stretch;
    const { moment } = this.#position;
    this.#caret = moment >= from && moment <= to ? moment : Math.round((from + to) / 2);
  }

  /**
   * What a key does. Gives what must be found before the caret can go there, `go` where the machine is to go to the caret,
   * or whether the key means anything.
   */
  press(key: string, ctrl: boolean): boolean | 'go' | FindEventArguments {
    this.showCaret();
    const caret = this.#caret ?? 0;
    const step = Math.max(1, (this.stretch.to - this.stretch.from) / 100);
    switch (key) {
      case 'ArrowLeft':
      case 'ArrowRight': {
        const forwards = key === 'ArrowRight';
        const wanted = ctrl ? this.#beside(caret, forwards) : undefined;
        if (wanted !== undefined) return wanted;
        this.setCaret(caret + (forwards ? step : -step));
        return true;
      }
      case 'ArrowUp':
      case 'ArrowDown':
        this.#lane = Math.max(
          0,
          Math.min(this.scene.layout.lanes.length - 1, this.#lane + (key === 'ArrowDown' ? 1 : -1)),
        );
        return true;
      case '+':
      case '=':
      case '-':
        this.zoom(key === '-' ? keyZoom : 1 / keyZoom);
        return true;
      case 'PageUp':
      case 'PageDown':
        this.setCaret(caret + (key === 'PageDown' ? 100 : -100) * step);
        return true;
      case 'Home':
      case 'End':
        this.setCaret(key === 'Home' ? 0 : this.#position.end);
        return true;
      case 'Enter':
        return 'go';
      default:
        return false;
    }
  }

  /** What comes next in the lane of the keyboard; marks are known, so the caret goes there at once. */
  #beside(caret: number, forwards: boolean): FindEventArguments | true | undefined {
    const { layout, marks } = this.scene;
    const content = layout.lanes[this.#lane]?.content;
    if (content === undefined) return undefined;
    if (content.kind === 'marks') {
      const own = marks.filter(({ kind }) => kind === content.of).map(({ moment }) => moment);
      const beside = own.filter((moment) => (forwards ? moment > caret : moment < caret)).sort((a, b) => a - b);
      const found = forwards ? beside[0] : beside.at(-1);
      if (found !== undefined) this.setCaret(found);
      return true;
    }
    const stretch = forwards ? { from: caret + 1, to: this.#position.end + 1 } : { from: 0, to: caret };
    const wanted = wantedOf(content, stretch);
    return wanted && { ...wanted, last: !forwards };
  }

  get caret(): number | undefined {
    return this.#caret;
  }

  tellCaret(): string {
    return tellCaret(this.scene)?.text ?? '';
  }

  tell(x: number, y: number) {
    return tell(this.scene, x, y);
  }

  /** The keyboard goes where the pointer has clicked. */
  focusAt(x: number, y: number): void {
    const { lanes, left } = this.scene.layout;
    const found = lanes.findLastIndex(({ top }) => y >= top);
    if (found >= 0) this.#lane = found;
    if (x >= left) this.setCaret(momentAt(x, this.stretch, left, this.#width - left));
  }
}

/** What the person marked, where the session stopped, and checkpoints, as the answers know them. */
const marksOf = (answers: readonly TimelineAnswer[], given: readonly Mark[]): readonly Mark[] => {
  const stops = new Map(answers.flatMap(({ stops }) => stops.map((stop) => [stop.moment, stop.words])));
  const checkpoints = new Set(answers.flatMap((answer) => answer.checkpoints));
  return [
    ...given,
    ...[...stops].map(([moment, words]): Mark => ({ kind: 'stop', moment, words })),
    ...[...checkpoints].map((moment): Mark => ({ kind: 'checkpoint', moment, words: 'checkpoint' })),
  ];
};
