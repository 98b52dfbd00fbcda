/**
 * The one check that every guest here goes through: recorded by the command line, its console as expected, verified, and
 * its figures printed, from which docs/figures.md is written. Not a test.
 */

import { expect } from 'vitest';
import type { CommandLine } from './command-line.ts';

export interface Case {
  /** Names the trace and the row of figures. */
  readonly name: string;
  /** The machine, as for QEMU. */
  readonly machine: string;
  readonly script: string;
  /** Options of `record`. */
  readonly options?: string;
  /** What the guest prints, in this order. */
  readonly prints: readonly string[];
  /** 0 by default. */
  readonly exitCode?: number;
}

/** What `info --json` says, as far as it is looked at here. */
export interface TraceFacts {
  readonly steps: number;
  readonly complete: boolean;
  readonly digests: number;
  readonly events: Readonly<Record<string, number>>;
  readonly sizes: { readonly fileBytes: number; readonly imageBytes: number };
}

/** Leaves NAME.chrono in the folder of the command line. */
export const checkRecording = async (cli: CommandLine, { name, ...given }: Case): Promise<TraceFacts> => {
  const { machine, script, options, prints, exitCode = 0 } = given;
  cli.file(`${name}.script`, script);
  const trace = `${name}.chrono`;
  const words = `record -o ${trace} --script ${name}.script${options === undefined ? '' : ` ${options}`}`;
  const recorded = await cli.run(`${words} -- ${machine}`);
  expectInOrder(recorded.stdout, prints);
  expect([recorded.exitCode, recorded.stderr]).toEqual([exitCode, expect.stringContaining(trace)]);
  const facts = await factsOf(cli, trace);
  expect(facts).toMatchObject({ complete: true });
  const verified = await cli.run(`verify ${trace}`);
  expect(verified).toMatchObject({ exitCode: 0, stdout: verifiedText(facts) });
  printFigures(name, facts, recorded.userSeconds, verified.userSeconds);
  return facts;
};

export const factsOf = async (cli: CommandLine, trace: string): Promise<TraceFacts> => {
  const { stdout, stderr } = await cli.run(`info --json ${trace}`);
  expect(stderr).toBe('');
  return JSON.parse(stdout) as TraceFacts;
};

/** What `verify` says of a trace that is complete. */
export const verifiedText = ({ steps, digests }: TraceFacts): string =>
  `verified: ${grouped(steps)} steps, ${digests} digests, all equal.\n`;

export const grouped = (value: number): string => String(value).replace(/\B(?=(\d{3})+$)/g, ',');

/** Each text behind the one before. */
const expectInOrder = (printed: string, texts: readonly string[]): void => {
  let at = 0;
  for (const text of texts) {
    const next = printed.indexOf(text, at);
    if (next < 0) throw new Error(`expected ${JSON.stringify(text)} behind what was found, but ${tail(printed, at)}`);
    at = next + text.length;
  }
};

const tail = (printed: string, at: number): string =>
  `the guest printed only ${JSON.stringify(printed.slice(at).slice(-2000))}`;

const printFigures = (name: string, facts: TraceFacts, recordSeconds: number, verifySeconds: number): void => {
  const ownBytes = facts.sizes.fileBytes - facts.sizes.imageBytes;
  const cells = [
    name,
    `${grouped(facts.steps)} steps`,
    `recorded in ${recordSeconds.toFixed(1)} s`,
    `verified in ${verifySeconds.toFixed(1)} s`,
    `${grouped(ownBytes)} bytes without images`,
    `${facts.digests} digests equal`,
  ];
  process.stdout.write(`figures: ${cells.join(' | ')}\n`);
};
