/**
 * One measured run of Chronovisor, in a process of its own as a person's would be. The process that asks for it starts
 * this same program with `--child` and reads the measurement from its standard output.
 */

import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { virtualPolicy } from '../../adapter/boot/configuration.ts';
import { parseMachineOptions } from '../../adapter/cli/qemu-options.ts';
import { LiveDriver } from '../../adapter/session/live-driver.ts';
import { runLive } from '../../adapter/session/live-run.ts';
import { createRecording } from '../../adapter/session/record.ts';
import { openRecording } from '../../adapter/session/replay.ts';
import { type LiveSession, noCheckpoints, type Session } from '../../adapter/session/session.ts';
import { moment } from '../../traces/time.ts';
import { readCounters } from '../../vmm/machine/counters.ts';
import type { Machine } from '../../vmm/machine/machine.ts';
import { Dialogue, type Mark } from './dialogue.ts';
import { type GoingBack, goingBack } from './going-back.ts';
import type { Execution, MarkMeasurement, Measurement } from './measurement.ts';
import { type Workload, workloadNamed } from './workloads.ts';

/** `again` records with translated code that earlier runs of the machine have kept. A replay needs the recording before it. */
export const ourModes = ['run', 'record', 'again', 'replay'] as const;
export type OurMode = (typeof ourModes)[number];

interface Job {
  readonly kind: OurMode | 'travel';
  readonly workload: string;
  readonly traceFile: string;
  /** The folder of translated code. */
  readonly cacheFolder?: string;
}

/** In the process that asks. */
export const measureOurs = async (workload: Workload, mode: OurMode, folder: string): Promise<Measurement> => {
  const failed = (failure: string): Measurement => ({ marks: [], peakBytes: 0, failure });
  const { name } = workload;
  if (mode !== 'again') return child({ kind: mode, workload: name, traceFile: join(folder, 'ours.chrono') }, failed);
  const job: Job = {
    kind: mode,
    workload: name,
    traceFile: join(folder, 'again.chrono'),
    cacheFolder: join(folder, 'cache'),
  };
  const earlierRuns = keptBy.has(name) ? 0 : 2;
  keptBy.add(name);
  for (let run = 0; run < earlierRuns; run += 1) await child(job, failed);
  return child(job, failed);
};

/** Workloads that have kept code in this benchmark. */
const keptBy = new Set<string>();

/** In the process that asks; undefined when it failed. */
export const measureGoingBack = (workload: Workload): Promise<GoingBack | undefined> =>
  child<GoingBack | undefined>({ kind: 'travel', workload: workload.name, traceFile: '' }, () => undefined);

const timeoutMs = 300_000;
/** Without the certificates that some hosts make each Node read when it starts: that takes longer than all else that it does then. */
const { NODE_EXTRA_CA_CERTS: _certificates, ...environment } = process.env;

const child = <T>(job: Job, failed: (failure: string) => T): Promise<T> =>
  new Promise((done) => {
    const program = [process.argv[1]!, '--child', JSON.stringify(job)];
    execFile(
      process.execPath,
      program,
      { env: environment, timeout: timeoutMs, maxBuffer: 2 ** 24 },
      (error, stdout, stderr) => {
        done(error === null ? (JSON.parse(stdout) as T) : failed(`${error.message}\n${stderr}`.slice(0, 500)));
      },
    );
  });

/** In the process that measures itself: prints the measurement. */
export const runChild = async (text: string): Promise<void> => {
  const { kind, workload: name, traceFile, cacheFolder } = JSON.parse(text) as Job;
  const workload = workloadNamed(name);
  const result = kind === 'travel' ? await goingBack(workload) : await measured(workload, kind, traceFile, cacheFolder);
  process.stdout.write(JSON.stringify(result));
};

const measured = async (
  workload: Workload,
  mode: OurMode,
  traceFile: string,
  cacheFolder?: string,
): Promise<Measurement> => {
  const marks: MarkMeasurement[] = [];
  const { dialogue, session } =
    mode === 'replay'
      ? await replayed(workload, traceFile, marks)
      : await recorded(workload, mode, traceFile, marks, cacheFolder);
  // What comes after the last mark belongs to it: writing the trace's end, for one.
  const last = marks.pop();
  if (last !== undefined) marks.push(measuredNow(last.name, last.steps ?? 0));
  return {
    marks,
    peakBytes: process.resourceUsage().maxRSS * 1024,
    regions: session.machine.engine.regionCount,
    execution: executionOf(session.machine),
    ...(dialogue.complaint !== undefined && { failure: dialogue.complaint }),
  };
};

const executionOf = (machine: Machine): Execution => {
  const { steps, stepsWithoutCode, engine } = readCounters(machine);
  const { interpretedSteps, regions, modules, codeBytes } = engine;
  return {
    ...(interpretedSteps !== undefined && { interpretedShare: (interpretedSteps + stepsWithoutCode) / steps }),
    ...(regions !== undefined && { regions }),
    ...(modules !== undefined && { modules }),
    ...(codeBytes !== undefined && { codeBytes }),
  };
};

const recorded = async (
  workload: Workload,
  mode: Exclude<OurMode, 'replay'>,
  file: string,
  marks: MarkMeasurement[],
  cacheFolder: string | undefined,
) => {
  const dialogue = new Dialogue(workload.marks, (mark: Mark) => {
    marks.push(measuredNow(mark.name, session.machine.stepMoment));
    if (mark.answer !== undefined) driver.answer(Buffer.from(mark.answer));
    if (dialogue.isOver) driver.interrupt();
  });
  const session: LiveSession = await createRecording({
    options: parseMachineOptions([...workload.options, '-nographic']),
    policy: virtualPolicy,
    ...(mode !== 'run' && { trace: { file, embedded: true } }),
    checkpoints: noCheckpoints,
    keepImages: false,
    cacheFolder,
    console: (bytes) => {
      driver.printed();
      dialogue.printed(bytes);
    },
  });
  const driver = new LiveDriver(session);
  await runLive(session, driver, { isLeft: () => dialogue.isOver, idleSecondsMax: 30 });
  session.keepCode();
  return { dialogue, session: session as Session };
};

const replayed = async (workload: Workload, file: string, marks: MarkMeasurement[]) => {
  const dialogue = new Dialogue(workload.marks, (mark) => {
    marks.push(measuredNow(mark.name, session.machine.stepMoment));
  });
  const session: Session = await openRecording({
    file,
    verify: false,
    checkpoints: noCheckpoints,
    keepImages: false,
    console: (bytes) => dialogue.printed(bytes),
  });
  for (;;) {
    const { reason } = session.timeline.forward(moment(Number.MAX_SAFE_INTEGER));
    if (reason === 'end' || reason === 'power') break;
    await new Promise(setImmediate);
  }
  session.close();
  return { dialogue, session };
};

/** Since the start of this process, as the operating system counts. */
const measuredNow = (name: string, steps: number): MarkMeasurement => {
  const { user, system } = process.cpuUsage();
  const wallSeconds = performance.now() / 1000;
  return { name, userSeconds: user / 1e6, systemSeconds: system / 1e6, wallSeconds, steps };
};
