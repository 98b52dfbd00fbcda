/**
 * What the guest prints, on its way to the person: once, although the guest prints it again each time that its past is
 * run again. Bytes become text when somebody asks for them, so that a character that is cut in two stays whole.
 */

import type { Moment } from '../../traces/time.ts';
import { ConsoleTape } from './console-tape.ts';

export class ConsoleOutput {
  /** Whether what is printed now was shown before. */
  muted = false;
  #text = '';
  readonly tape = new ConsoleTape();
  /** The step that is being made, once there is a machine. */
  clock: (() => Moment) | undefined;
  readonly #decoder = new TextDecoder();

  readonly take = (bytes: Uint8Array): void => {
    if (this.clock !== undefined) this.tape.add(this.clock(), bytes);
    if (!this.muted) this.#text += this.#decoder.decode(bytes, { stream: true });
  };

  /** What was printed since the last call. */
  drain(): string {
    const text = this.#text;
    this.#text = '';
    return text;
  }
}
