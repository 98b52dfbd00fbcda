/** What the transcripts of requests are, and where the machine stands when one is made. The tests that play them are not here. */

import { resolve } from 'node:path';
import { TestClient } from '../client.ts';
import { machineLine } from '../fixture.ts';

export const sources = resolve(import.meta.dirname, '../../guests/source');
export const program = resolve(sources, 'steps-O0.elf');
export const file = resolve(sources, 'steps.c');

/** A stop in the function `sum`, and the numbers that the adapter gave there. */
export interface Stop {
  readonly client: TestClient;
  readonly frameId: number;
  /** The frame of the caller, `work`. */
  readonly callerId: number;
  /** Of the function's arguments. */
  readonly variablesReference: number;
  /** Of the registers. */
  readonly registers: number;
  /** Of a line, for `goto`. */
  readonly targetId: number;
  readonly moment: number;
  /** The folder for files. */
  readonly folder: string;
}

export interface Transcript {
  /** What the machine is; a recording unless it says otherwise. */
  readonly of?: 'live';
  /** Requests before it, as a client sends them. */
  readonly before?: readonly (readonly [command: string, args: object])[];
  /** Arguments that are right. */
  readonly args: (at: Stop) => object;
  /** What the answer's body has. */
  readonly answer?: object;
  /** The event that follows, and what its body has. */
  readonly follows?: readonly [event: string, body: object];
  /** A mistake of its own and what is said of it; those of its arguments' shapes are not told here. */
  readonly mistake?: readonly [args: (at: Stop) => object, sentence: string];
  /** Whether it is answered while the machine moves. */
  readonly moving: boolean;
  /** Whether it needs no machine, so that it is answered before a launch and after the end. */
  readonly always?: true;
}

export type Transcripts = Readonly<Record<string, Transcript>>;

export const places = (path: string, line: number) => ({ source: { path }, line });

/** Launches and comes to the stop. */
export const stopIn = async (client: TestClient, launch: object, folder: string): Promise<Stop> => {
  await client.begin({ cwd: sources, cache: false, stopOnEntry: true, ...launch });
  await client.functionBreakpoints({ name: 'sum' });
  await client.move('configurationDone');
  await client.move('continue');
  await client.functionBreakpoints();
  return { ...(await numbersAt(client)), folder };
};

/** The numbers of the present stop. */
export const numbersAt = async (client: TestClient): Promise<Omit<Stop, 'folder'>> => {
  const [frame, caller] = (await client.stackTraceRequest({ threadId: 1 })).body.stackFrames;
  const { scopes } = (await client.scopesRequest({ frameId: frame!.id })).body;
  const reference = (name: string): number => scopes.find((scope) => scope.name === name)!.variablesReference;
  const { targets } = (await client.gotoTargetsRequest(places(file, lineOf.found))).body;
  return {
    client,
    frameId: frame!.id,
    callerId: caller!.id,
    variablesReference: reference('Arguments'),
    registers: reference('Registers'),
    targetId: targets[0]!.id,
    moment: await client.moment(),
  };
};

/** Lines of the program that requests name. */
export const lineOf = { found: 36, callOfSum: 52 } as const;

/** Numbers where there was no stop. */
export const nowhere = (client: TestClient, folder: string): Stop => ({
  client,
  frameId: 1,
  callerId: 1,
  variablesReference: 1,
  registers: 1,
  targetId: 1,
  moment: 1,
  folder,
});

export const liveLaunch = { machine: machineLine(program), idle: 'skip' };

/** A client of its own, that no other test has moved. */
export const freshClient = (): TestClient => new TestClient();
