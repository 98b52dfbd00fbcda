/** A gdb that answers, core file after core file, with the stacks that it sees. Not a test. */

import { spawn } from 'node:child_process';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import type { Readable } from 'node:stream';

export interface GdbFrame {
  readonly name: string | null;
  readonly inlined: boolean;
  readonly pc: string;
  readonly line: number;
  readonly file: string | null;
  readonly sp: string | null;
  readonly variables: readonly (readonly [name: string, value: string])[];
  /** In place of all else: why gdb went no further. */
  readonly error?: string;
}

export interface GdbProcess {
  /** The stack of each thread of a core file, innermost frame first. */
  ask(core: string): Promise<readonly (readonly GdbFrame[])[]>;
  close(): void;
}

/** @param frames of so many of the innermost frames it says the variables */
export const startGdb = (program: string, frames: number): GdbProcess => {
  const script = join(import.meta.dirname, 'gdb-moments.py');
  const child = spawn('gdb-multiarch', ['-nx', '-batch', '-ex', 'set debuginfod enabled off', program, '-x', script], {
    env: { ...process.env, FRAMES: String(frames) },
    stdio: ['pipe', 'ignore', 'inherit', 'pipe'],
  });
  const lines = createInterface({ input: child.stdio[3] as Readable })[Symbol.asyncIterator]();
  return {
    ask: async (core) => {
      child.stdin!.write(`${core}\n`);
      const { value, done } = await lines.next();
      if (done === true) throw new Error(`gdb ended on ${core}`);
      return JSON.parse(value) as GdbFrame[][];
    },
    close: () => void child.stdin!.end(),
  };
};
