/** Recordings of a real boot that other tests replay: made once a file of tests by the command line. Not a test. */

import { join } from 'node:path';
import type { StateDigest } from '../../traces/digest.ts';
import type { CommandLine } from './command-line.ts';
import { linux, shellCommands, shellScript } from './guests.ts';

/** Numbers that are the same in each run: a linear congruential generator modulo 2^32, of which the high bits count. */
export const createRandom = (seed: number): (() => number) => {
  let state = seed >>> 0;
  return () => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return state / 2 ** 32;
  };
};

/** Lets the test runner, which lives in the same process, send what it has to say. */
export const breathe = (): Promise<void> => new Promise((done) => setImmediate(done));

/** Boots Linux, types commands at it and switches it off. @returns the trace's path */
export const recordLinux = async (cli: CommandLine, time: 'virtual' | 'host', machine = linux()): Promise<string> => {
  const name = `linux-${time}`;
  cli.file('linux.script', shellScript(shellCommands));
  const { exitCode, stderr } = await cli.run(
    `record -o ${name}.chrono --script linux.script --time ${time} -- ${machine}`,
  );
  if (exitCode !== 0) throw new Error(`the recording failed with code ${exitCode}: ${stderr}`);
  return join(cli.folder, `${name}.chrono`);
};

/** A state as text: all that a digest covers, and not which pages changed since some other one. */
export const stateText = ({ at, machine, harts, ram, devices }: StateDigest): string => {
  const hex = (bytes: Uint8Array): string => Buffer.from(bytes).toString('hex');
  return [
    `moment ${at}`,
    `machine ${hex(machine)}`,
    ...harts.map((hart, index) => `hart ${index} ${hex(hart)}`),
    `ram ${ram.toString(16)}`,
    ...devices.map(({ name, hash }) => `${name} ${hash.toString(16)}`),
  ].join('\n');
};
