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
/** A power of two, more than is shown and than any text has. */
const keptBytes = 1024;

export class Dialogue {
  readonly #marks: readonly Mark[];
  readonly #onMark: (mark: Mark) => void;
  #reached = 0;
  /** The last bytes that were printed since the last mark, the one after `n` others at `n % keptBytes`; and how many were. */
  readonly #kept = new Uint8Array(keptBytes);
  #printed = 0;
  /** Which byte ends the next mark's text; -1 behind the last mark. */
  #ending: number;

  constructor(marks: readonly Mark[], onMark: (mark: Mark) => void) {
    this.#marks = marks;
    this.#onMark = onMark;
    this.#ending = this.#nextEnding();
  }

  /** Guests print character by character, and what this costs is measured with them: it looks closer at the last byte of a text only. */
  printed(bytes: Uint8Array): void {
    for (let index = 0; index < bytes.length; index += 1) {
      const byte = bytes[index]!;
      this.#kept[this.#printed % keptBytes] = byte;
      this.#printed += 1;
      if (byte === this.#ending) this.#mayBeReached();
    }
  }

  #mayBeReached(): void {
    const mark = this.#marks[this.#reached]!;
    if (!this.#endsWith(mark.text)) return;
    this.#printed = 0;
    this.#reached += 1;
    this.#ending = this.#nextEnding();
    this.#onMark(mark);
  }

  #nextEnding(): number {
    const text = this.#marks[this.#reached]?.text;
    return text === undefined ? -1 : text.charCodeAt(text.length - 1);
  }

  #endsWith(text: string): boolean {
    const begin = this.#printed - text.length;
    for (let at = text.length - 1; at >= 0; at -= 1)
      if (begin < 0 || this.#kept[(begin + at) % keptBytes] !== text.charCodeAt(at)) return false;
    return true;
  }

  get isOver(): boolean {
    return this.#reached === this.#marks.length;
  }

  /** What was expected and what came instead, when not all marks were reached. */
  get complaint(): string | undefined {
    const mark = this.#marks[this.#reached];
    if (mark === undefined) return undefined;
    const begin = Math.max(0, this.#printed - shownCharacters);
    const last = Buffer.from(
      Array.from({ length: this.#printed - begin }, (_, at) => this.#kept[(begin + at) % keptBytes]!),
    );
    return `expected ${JSON.stringify(mark.text)}, found ${JSON.stringify(last.toString('latin1'))}`;
  }
}
