/** Watches what a guest prints for one text after another, and says what to type when one came. */

export interface Mark {
  readonly name: string;
  /** Up to here counts: when the guest has printed this, the mark is reached. */
  readonly text: string;
  /** What is typed then. */
  readonly answer?: string;
}

/** Of what came instead. */
const shownCharacters = 200;

export class Dialogue {
  readonly #marks: readonly Mark[];
  readonly #onMark: (mark: Mark) => void;
  #reached = 0;
  #printed = '';

  constructor(marks: readonly Mark[], onMark: (mark: Mark) => void) {
    this.#marks = marks;
    this.#onMark = onMark;
  }

  printed(bytes: Uint8Array): void {
    this.#printed += Buffer.from(bytes).toString('latin1');
    for (let mark = this.#marks[this.#reached]; mark !== undefined; mark = this.#marks[this.#reached]) {
      const at = this.#printed.indexOf(mark.text);
      if (at < 0) {
        // A guest prints character by character: what was looked at is not looked at again, or the measured process would be busy with it.
        this.#printed = this.#printed.slice(-Math.max(shownCharacters, mark.text.length));
        return;
      }
      this.#printed = this.#printed.slice(at + mark.text.length);
      this.#reached += 1;
      this.#onMark(mark);
    }
  }

  get isOver(): boolean {
    return this.#reached === this.#marks.length;
  }

  /** What was expected and what came instead, when not all marks were reached. */
  get complaint(): string | undefined {
    const mark = this.#marks[this.#reached];
    if (mark === undefined) return undefined;
    return `expected ${JSON.stringify(mark.text)}, found ${JSON.stringify(this.#printed.slice(-shownCharacters))}`;
  }
}
