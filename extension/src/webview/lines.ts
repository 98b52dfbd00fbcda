/** A screen's lines as elements of a page: made again where they changed, dimmed where they are of the future. */

import { type Line, type Screen, sideOf, spansOf } from '../views/terminal/screen.ts';
import type { Colour, Style } from '../views/terminal/styles.ts';
import { element } from './host.ts';

const themeColours = 'Black Red Green Yellow Blue Magenta Cyan White'.split(' ');

const cssColour = (colour: Colour): string =>
  typeof colour === 'number'
    ? `var(--vscode-terminal-ansi${colour < 8 ? '' : 'Bright'}${themeColours[colour % 8]})`
    : `rgb(${colour.join(' ')})`;

const dress = (span: HTMLElement, style: Style): void => {
  const [text, ground] = style.inverse ? [style.ground, style.text] : [style.text, style.ground];
  if (text !== undefined) span.style.color = cssColour(text);
  else if (style.inverse) span.style.color = 'var(--vscode-terminal-background, var(--vscode-panel-background))';
  if (ground !== undefined) span.style.backgroundColor = cssColour(ground);
  else if (style.inverse) span.style.backgroundColor = 'var(--vscode-terminal-foreground, var(--vscode-foreground))';
  for (const name of ['bold', 'faint', 'italic', 'underline'] as const)
    span.classList.toggle(name, style[name] ?? false);
};

interface Shown {
  readonly line: Line;
  readonly element: HTMLElement;
  version: number;
  side: ReturnType<typeof sideOf>;
}

export class Lines {
  readonly #parent: HTMLElement;
  #screen: Screen | undefined;
  #shown: Shown[] = [];
  #dropped = 0;

  constructor(parent: HTMLElement) {
    this.#parent = parent;
  }

  /** Shows what a screen has now. `now`: the moment before which all was printed. */
  update(screen: Screen, now: number): void {
    if (screen !== this.#screen) {
      this.#parent.replaceChildren();
      this.#shown = [];
      this.#dropped = screen.dropped;
      this.#screen = screen;
    }
    const gone = this.#shown.splice(0, screen.dropped - this.#dropped);
    for (const { element } of gone) element.remove();
    this.#dropped = screen.dropped;
    for (const [index, line] of screen.lines.entries()) {
      const shown = this.#shown[index];
      if (shown === undefined) this.#append(line, now);
      else this.#renew(shown, now);
    }
  }

  #append(line: Line, now: number): void {
    const shown: Shown = { line, element: element('div', { class: 'line' }), version: -1, side: 'past' };
    this.#shown.push(shown);
    this.#renew(shown, now);
    this.#parent.append(shown.element);
  }

  #renew(shown: Shown, now: number): void {
    const side = sideOf(shown.line, now);
    if (shown.version !== shown.line.version || side === 'mixed' || shown.side === 'mixed') {
      const spans = spansOf(shown.line, now).map(({ text, style, future }) => {
        const span = element('span', future ? { class: 'future' } : {}, text);
        dress(span, style);
        return span;
      });
      shown.element.replaceChildren(...spans);
      shown.version = shown.line.version;
    }
    if (side !== shown.side) shown.element.classList.toggle('future', side === 'future');
    shown.side = side;
  }

  /** The moment of the character at a place of the page; of a line's last character behind its end. */
  momentAt(x: number, y: number): number | undefined {
    const hit = document.elementFromPoint(x, y)?.closest('.line');
    const shown = this.#shown.find(({ element }) => element === hit);
    if (shown === undefined || hit == null) return undefined;
    const { cells } = shown.line;
    const caret = document.caretRangeFromPoint(x, y);
    if (caret === null || !hit.contains(caret.startContainer)) return cells.at(-1)?.moment;
    const before = document.createRange();
    before.setStart(hit, 0);
    before.setEnd(caret.startContainer, caret.startOffset);
    let column = [...before.toString()].length;
    // The caret is at the nearer edge of a character; the one that is meant is under the pointer.
    if (caret.getBoundingClientRect().left > x) column -= 1;
    return cells[Math.max(0, Math.min(column, cells.length - 1))]?.moment;
  }

  /** The line that holds what was printed last before a moment. */
  elementBefore(now: number): HTMLElement | undefined {
    return this.#shown.findLast(({ line }) => line.cells.some(({ moment }) => moment < now))?.element;
  }

  /** The first moment of each line that has any, in order. */
  get moments(): readonly number[] {
    return this.#shown.flatMap(({ line }) => line.cells.slice(0, 1).map(({ moment }) => moment));
  }
}
