/**
 * Types at a guest by what it prints, so that a whole dialogue is reproducible with no one there. A script is text:
 *
 *     # comments and empty lines are left out
 *     wait "login: "       goes on once the guest has printed this
 *     send "root\n"        types this
 *     quit                 ends the run here
 *
 * A pure state machine: bytes that the guest printed go in, bytes to type come out. What counts is the order of the
 * guest's bytes, never how they are cut into pieces, nor any time.
 */

import { badScriptLine } from './errors.ts';

export type ScriptStep =
  | { readonly line: number; readonly kind: 'wait' | 'send'; readonly bytes: Uint8Array }
  | { readonly line: number; readonly kind: 'quit' };

/** @throws {HostError} that names the line */
export const parseScript = (text: string): readonly ScriptStep[] =>
  text.split(/\r?\n/).flatMap((content, index): ScriptStep[] => {
    const line = index + 1;
    const trimmed = content.trim();
    if (trimmed === '' || trimmed.startsWith('#')) return [];
    if (/^quit\s*(#.*)?$/.test(trimmed)) return [{ line, kind: 'quit' }];
    const match = /^(wait|send)\s+"((?:[^"\\]|\\.)*)"\s*(#.*)?$/.exec(trimmed);
    if (match === null) throw badScriptLine(line, 'wait "text", send "text" or quit', trimmed);
    const bytes = withoutEscapes(match[2]!, line);
    if (bytes.length === 0) throw badScriptLine(line, 'a text that is not empty', trimmed);
    return [{ line, kind: match[1] === 'wait' ? 'wait' : 'send', bytes }];
  });

export class ScriptPlayer {
  readonly #steps: readonly ScriptStep[];
  #next = 0;
  /** What the guest printed since the last `wait` was met, as much of it as could begin the next one. */
  #printed = new Uint8Array(0);
  #quit = false;

  constructor(steps: readonly ScriptStep[]) {
    this.#steps = steps;
  }

  /** Whether a `quit` was reached: the run is to end. */
  get quit(): boolean {
    return this.#quit;
  }

  /** The `wait` that is not met yet; undefined when the script is through. */
  get waiting(): ScriptStep | undefined {
    return this.#quit ? undefined : this.#steps[this.#next];
  }

  /** What to type before the guest has printed anything. */
  start(): Uint8Array {
    return this.printed(new Uint8Array(0));
  }

  /** Takes what the guest printed and gives what to type now, which is mostly nothing. */
  printed(bytes: Uint8Array): Uint8Array {
    if (this.waiting === undefined) return nothing;
    this.#printed = joined([this.#printed, bytes]);
    const typed: Uint8Array[] = [];
    for (let step = this.waiting; step !== undefined; step = this.waiting) {
      if (step.kind === 'quit') this.#quit = true;
      else if (step.kind === 'send') typed.push(step.bytes);
      else if (!this.#meets(step.bytes)) break;
      this.#next++;
    }
    return typed.length === 0 ? nothing : joined(typed);
  }

  #meets(text: Uint8Array): boolean {
    const at = Buffer.from(this.#printed.buffer, this.#printed.byteOffset, this.#printed.length).indexOf(text);
    if (at >= 0) {
      this.#printed = this.#printed.slice(at + text.length);
      return true;
    }
    this.#printed = this.#printed.slice(Math.max(0, this.#printed.length - text.length + 1));
    return false;
  }
}

const nothing = new Uint8Array(0);

const joined = (parts: readonly Uint8Array[]): Uint8Array<ArrayBuffer> => {
  const bytes = new Uint8Array(parts.reduce((sum, { length }) => sum + length, 0));
  let at = 0;
  for (const part of parts) {
    bytes.set(part, at);
    at += part.length;
  }
  return bytes;
};

const escapes: Readonly<Record<string, number>> = {
  n: 0x0a,
  r: 0x0d,
  t: 0x09,
  b: 0x08,
  a: 0x07,
  e: 0x1b,
  '0': 0x00,
  '\\': 0x5c,
  '"': 0x22,
};

/** Escapes as in C, and `\e` for the escape character; other characters are UTF-8. */
const withoutEscapes = (text: string, line: number): Uint8Array => {
  const bytes: number[] = [];
  for (const [part] of text.matchAll(/\\x[0-9a-fA-F]{2}|\\.|[^\\]+/gs)) {
    if (!part.startsWith('\\')) bytes.push(...Buffer.from(part));
    else if (/^\\x./.test(part)) bytes.push(Number.parseInt(part.slice(2), 16));
    else {
      const value = escapes[part[1]!];
      if (value === undefined) throw badScriptLine(line, 'one of \\n \\r \\t \\b \\a \\e \\0 \\\\ \\" \\xHH', part);
      bytes.push(value);
    }
  }
  return Uint8Array.from(bytes);
};
