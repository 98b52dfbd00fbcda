/**
 * What a machine has done since it was made, as counts: for whoever asks where time goes. They are no state: what is
 * done again after going back is counted again, and no checkpoint, digest or trace holds them.
 */

import { tlbKinds } from '../engine/layout.ts';
import type { DeviceAccesses } from './bus.ts';
import { interruptCounts } from './hart.ts';
import type { Machine } from './machine.ts';

export interface TrapCount {
  /** Exception code of mcause and scause, or the interrupt's number. */
  readonly code: number;
  readonly interrupt: boolean;
  readonly count: number;
}

/** What only the engine can count. Absent: it does not. */
export interface EngineCounters {
  /** Steps that the interpreter made where translated code would have done, too. */
  readonly interpretedSteps: number;
  /** How often control came to the interpreter. */
  readonly interpreterRuns: number;
  /** How often control came to a region of translated code from elsewhere. */
  readonly regionRuns: number;
  /** Regions that were translated. */
  readonly regions: number;
  /** Modules that they were compiled in. */
  readonly modules: number;
  /** Bytes of these modules. */
  readonly codeBytes: number;
}

export interface Counters {
  readonly steps: number;
  /** Of these, those for which nothing but the interpreter was to be used: with breakpoints or watchpoints. */
  readonly stepsWithoutCode: number;
  readonly engine: Partial<EngineCounters>;
  /** How often translated code was dropped because the guest wrote to its page. */
  readonly codeDrops: number;
  readonly tlbFills: Readonly<Record<keyof typeof tlbKinds, number>>;
  /** Those that came at least once. */
  readonly traps: readonly TrapCount[];
  /** Those that were accessed at least once. */
  readonly devices: readonly DeviceAccesses[];
}

export const readCounters = (machine: Machine): Counters => {
  const { translations } = machine;
  const engine: { readonly regionCount: number; readonly counters?: Partial<EngineCounters> } = machine.engine;
  const fills = (kind: keyof typeof tlbKinds): number => translations.fills[tlbKinds[kind]]!;
  return {
    steps: machine.stepsMade,
    stepsWithoutCode: machine.stepsWithoutCode,
    engine: engineCounters(engine.counters ?? {}),
    codeDrops: translations.codeDrops,
    tlbFills: { read: fills('read'), write: fills('write'), execute: fills('execute') },
    traps: trapCounts(machine),
    devices: machine.bus.accesses.filter(({ reads, writes }) => reads + writes > 0),
  };
};

const engineCounterNames = [
  'interpretedSteps',
  'interpreterRuns',
  'regionRuns',
  'regions',
  'modules',
  'codeBytes',
] as const satisfies readonly (keyof EngineCounters)[];

const engineCounters = (live: Partial<EngineCounters>): Partial<EngineCounters> =>
  Object.fromEntries(engineCounterNames.flatMap((name) => (live[name] === undefined ? [] : [[name, live[name]]])));

const trapCounts = ({ harts }: Machine): TrapCount[] =>
  Array.from({ length: 2 * interruptCounts }, (_, index) => ({
    code: index % interruptCounts,
    interrupt: index >= interruptCounts,
    count: harts.reduce((sum, hart) => sum + hart.trapCounts[index]!, 0),
  })).filter(({ count }) => count > 0);

/** What was counted between two readings of one machine. */
export const countersSince = (now: Counters, before: Counters): Counters => ({
  steps: now.steps - before.steps,
  stepsWithoutCode: now.stepsWithoutCode - before.stepsWithoutCode,
  engine: numbersSince(now.engine, before.engine),
  codeDrops: now.codeDrops - before.codeDrops,
  tlbFills: numbersSince(now.tlbFills, before.tlbFills),
  traps: now.traps
    .map(({ code, interrupt, count }) => {
      const old = before.traps.find((trap) => trap.code === code && trap.interrupt === interrupt);
      return { code, interrupt, count: count - (old?.count ?? 0) };
    })
    .filter(({ count }) => count > 0),
  devices: now.devices
    .map(({ name, reads, writes }) => {
      const old = before.devices.find((device) => device.name === name);
      return { name, reads: reads - (old?.reads ?? 0), writes: writes - (old?.writes ?? 0) };
    })
    .filter(({ reads, writes }) => reads + writes > 0),
});

const numbersSince = <Key extends string>(
  now: Readonly<Partial<Record<Key, number>>>,
  before: Readonly<Partial<Record<Key, number>>>,
): Record<Key, number> =>
  Object.fromEntries(
    Object.entries<number | undefined>(now).map(([name, value]) => [name, (value ?? 0) - (before[name as Key] ?? 0)]),
  ) as Record<Key, number>;
