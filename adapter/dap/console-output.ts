/**
 * What the guest prints, on its way to the person: once, although the guest prints it again each time that its past is
 * run again. Bytes become text when somebody asks for them, so that a character that is cut in two stays whole. When it
 * was printed is kept in a log beside it.
 */

import type { Machine } from '../../vmm/machine/machine.ts';
import { ConsoleLog } from './console-log.ts';
import { ConsoleTape } from './console-tape.ts';

export class ConsoleOutput {
  /** Whether what is printed now was shown before. */
  muted = false;
  /** Told of everything, shown or not, within the step that prints it. */
  onBytes: (bytes: Uint8Array) => void = () => {};
  #text = '';
  /** What patterns are looked for in. */
  readonly tape = new ConsoleTape();
  readonly #decoder = new TextDecoder();
  #machine: Machine | undefined;
  #log: ConsoleLog | undefined;

  readonly take = (bytes: Uint8Array): void => {
    this.onBytes(bytes);
    if (!this.muted) this.#text += this.#decoder.decode(bytes, { stream: true });
    if (this.#machine === undefined || this.#log === undefined) return;
    const { stepMoment, now, stepsMade } = this.#machine;
    this.tape.add(stepMoment, bytes);
    this.#log.add(stepMoment, stepsMade + stepMoment - now, bytes);
  };

  /** From now on it is noted when something was printed. */
  follow(machine: Machine): void {
    this.#machine = machine;
    this.#log = new ConsoleLog(machine.now, machine.stepsMade);
  }

  /** What was printed and when; absent before there is a machine. */
  get log(): ConsoleLog | undefined {
    this.#reach();
    return this.#log;
  }

  /** The log is told often where the machine is, for it to tell running from jumping. */
  #reach(): void {
    if (this.#machine !== undefined) this.#log?.reach(this.#machine.now, this.#machine.stepsMade);
  }

  /** What was printed since the last call. */
  drain(): string {
    this.#reach();
    const text = this.#text;
    this.#text = '';
    return text;
  }
}
