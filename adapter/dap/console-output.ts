/**
 * What the guest prints, on its way to the person: once, although the guest prints it again each time that its past is
 * run again. Bytes become text when somebody asks for them, so that a character that is cut in two stays whole.
 */

export class ConsoleOutput {
  /** Whether what is printed now was shown before. */
  muted = false;
  /** Told of everything, shown or not, within the step that prints it. */
  onBytes: (bytes: Uint8Array) => void = () => {};
  #text = '';
  readonly #decoder = new TextDecoder();

  readonly take = (bytes: Uint8Array): void => {
    this.onBytes(bytes);
    if (!this.muted) this.#text += this.#decoder.decode(bytes, { stream: true });
  };

  /** What was printed since the last call. */
  drain(): string {
    const text = this.#text;
    this.#text = '';
    return text;
  }
}
