/**
 * What a guest printed, as lines of characters with their look and the moment at which each was printed. The console as a
 * teletype has it: one goes back within a line, not up.
 */

import { type Control, SequenceReader } from './sequences.ts';
import { plain, restyled, type Style } from './styles.ts';

export interface Cell {
  readonly character: string;
  readonly style: Style;
  readonly moment: number;
}

export interface Line {
  /** Counts up with each change. */
  version: number;
  readonly cells: Cell[];
}

/** Characters that look alike and are on the same side of a moment. */
export interface Span {
  readonly text: string;
  readonly style: Style;
  /** Whether they were not printed yet. */
  readonly future: boolean;
}

const linesMaxDefault = 10_000;
const columnsMax = 1024;
const tabColumns = 8;

export class Screen {
  readonly #linesMax: number;
  readonly #reader = new SequenceReader((control) => this.#obey(control));
  readonly lines: Line[] = [{ version: 0, cells: [] }];
  /** How many lines were there that are not any more. */
  dropped = 0;
  #column = 0;
  #style: Style = plain;
  #moment = 0;

  constructor(linesMax: number = linesMaxDefault) {
    this.#linesMax = linesMax;
  }

  write(bytes: Uint8Array, momentOf: (index: number) => number): void {
    for (const [index, byte] of bytes.entries()) {
      this.#moment = momentOf(index);
      this.#reader.read(byte, this.#moment);
    }
  }

  #obey(control: Control): void {
    switch (control.kind) {
      case 'character':
        if (this.#column >= columnsMax) this.#newline();
        this.#put({ character: control.character, style: this.#style, moment: control.moment });
        return;
      case 'return':
        this.#column = 0;
        return;
      case 'newline':
        this.#newline();
        return;
      case 'backspace':
        this.#column = Math.max(0, this.#column - 1);
        return;
      case 'tab':
        this.#column = Math.min(columnsMax, (Math.floor(this.#column / tabColumns) + 1) * tabColumns);
        return;
      case 'move':
        this.#column = Math.max(0, Math.min(columnsMax, this.#column + control.columns));
        return;
      case 'erase':
        this.#erase(control.part);
        return;
      case 'style':
        this.#style = restyled(this.#style, control.codes);
        return;
    }
  }

  get #line(): Line {
    return this.lines.at(-1)!;
  }

  #put(cell: Cell): void {
    const { cells } = this.#line;
    while (cells.length < this.#column) cells.push({ character: ' ', style: plain, moment: cell.moment });
    cells[this.#column] = cell;
    this.#column += 1;
    this.#line.version += 1;
  }

  /** A line feed alone goes to the beginning, too: many kernels print no carriage return. */
  #newline(): void {
    this.#column = 0;
    this.lines.push({ version: 0, cells: [] });
    if (this.lines.length <= this.#linesMax) return;
    this.lines.shift();
    this.dropped += 1;
  }

  #erase(part: 0 | 1 | 2): void {
    const { cells } = this.#line;
    if (part !== 1) cells.length = Math.min(cells.length, part === 0 ? this.#column : 0);
    else {
      const blank: Cell = { character: ' ', style: plain, moment: this.#moment };
      cells.fill(blank, 0, this.#column + 1);
    }
    this.#line.version += 1;
  }
}

/** A line's characters in runs; `now` is the moment before which all was printed. */
export const spansOf = ({ cells }: Line, now: number): Span[] => {
  const spans: { text: string; style: Style; future: boolean }[] = [];
  for (const { character, style, moment } of cells) {
    const future = moment >= now;
    const last = spans.at(-1);
    if (last !== undefined && last.style === style && last.future === future) last.text += character;
    else spans.push({ text: character, style, future });
  }
  return spans;
};

/** Which side of a moment a line is on; `mixed` where it was begun before and goes on after. */
export const sideOf = ({ cells }: Line, now: number): 'past' | 'future' | 'mixed' => {
  let [past, future] = [false, false];
  for (const { moment } of cells) {
    if (moment < now) past = true;
    else future = true;
  }
  if (past && future) return 'mixed';
  return future ? 'future' : 'past';
};
