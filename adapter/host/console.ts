/**
 * Joins the host's terminal, or a pipe in its place, to the guest's console. On a terminal every key goes to the guest,
 * Ctrl-C included; Ctrl-A begins what is meant for us:
 *
 *     Ctrl-A x        leaves
 *     Ctrl-A Ctrl-A   sends one Ctrl-A (Ctrl-A a does too)
 *     Ctrl-A h        says so
 *
 * It knows no guest and no trace.
 */

import type { ReadStream, WriteStream } from 'node:tty';

export interface ConsoleEvents {
  /** Bytes for the guest. */
  readonly typed: (bytes: Uint8Array) => void;
  /** The person asks to leave. */
  readonly leave: () => void;
  /** A pipe has ended: nothing more will be typed. */
  readonly ended: () => void;
}

export interface HostConsole {
  /** Whether a person sits there, rather than a pipe. */
  readonly isTerminal: boolean;
  write(bytes: Uint8Array): void;
  /** Gives the terminal back as it was. Harmless when done twice. */
  close(): void;
}

type Input = NodeJS.ReadStream | (ReadStream & { fd: 0 });
type Output = NodeJS.WriteStream | (WriteStream & { fd: 1 });

export const escapeHelp = 'Ctrl-A x leaves, Ctrl-A Ctrl-A sends one Ctrl-A; all other keys go to the guest.';

/** Without an input only the signals are heard that ask this process to end. */
export const openConsole = (input: Input | undefined, output: Output, events: ConsoleEvents): HostConsole => {
  const isTerminal = input?.isTTY === true;
  const filter = new EscapeFilter();
  let closed = false;

  const data = (chunk: Buffer): void => {
    const bytes = new Uint8Array(chunk.buffer, chunk.byteOffset, chunk.length);
    if (!isTerminal) {
      events.typed(bytes);
      return;
    }
    const { forGuest, leave, help } = filter.take(bytes);
    if (forGuest.length > 0) events.typed(forGuest);
    if (help) output.write(`\n${escapeHelp}\n`);
    if (leave) events.leave();
  };
  const end = (): void => (isTerminal ? events.leave() : events.ended());
  const close = (): void => {
    if (closed) return;
    closed = true;
    process.off('exit', close);
    for (const signal of signals) process.off(signal, stop);
    if (input === undefined) return;
    input.off('data', data);
    input.off('end', end);
    input.off('error', end);
    if (isTerminal) input.setRawMode(false);
    input.pause();
    // Without this a pipe whose other end stays open would keep this process alive.
    if (!isTerminal) input.unref?.();
  };
  /** A signal ends the run as Ctrl-A x does, so that the recording has its end. */
  const stop = (): void => events.leave();

  process.on('exit', close);
  for (const signal of signals) process.on(signal, stop);
  if (isTerminal) input?.setRawMode(true);
  input?.on('data', data);
  input?.on('end', end);
  input?.on('error', end);
  input?.resume();
  return { isTerminal, write: (bytes) => void output.write(bytes), close };
};

const signals = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const;

const ctrlA = 0x01;

/** Takes what is meant for us out of what is typed. Its state is whether the last byte was Ctrl-A. */
export class EscapeFilter {
  #escaped = false;

  take(bytes: Uint8Array): { readonly forGuest: Uint8Array; readonly leave: boolean; readonly help: boolean } {
    const forGuest: number[] = [];
    let [leave, help] = [false, false];
    for (const byte of bytes) {
      if (!this.#escaped) {
        if (byte === ctrlA) this.#escaped = true;
        else forGuest.push(byte);
        continue;
      }
      this.#escaped = false;
      const key = byte === ctrlA ? 'a' : String.fromCharCode(byte).toLowerCase();
      if (key === 'a') forGuest.push(ctrlA);
      else if (key === 'x') {
        leave = true;
        break; // what follows was typed ahead for the shell
      } else if (key === 'h' || key === '?') help = true;
    }
    return { forGuest: Uint8Array.from(forGuest), leave, help };
  }
}
