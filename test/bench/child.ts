/** The process that measures itself: it does a job and prints the measurement on its standard output. Others start it: ours.ts. */

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
import { goingBack } from './going-back.ts';
import type { Execution, MarkMeasurement, Measurement } from './measurement.ts';
import type { Job, OurMode } from './ours.ts';
import { type Workload, workloadNamed } from './workloads.ts';

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
  const { dialogue, session, beginSeconds } =
    mode === 'replay'
      ? await replayed(workload, traceFile, marks, cacheFolder)
      : await recorded(workload, mode, traceFile, marks, cacheFolder);
  // What comes after the last mark belongs to it: writing the trace's end, for one.
  const last = marks.pop();
  if (last !== undefined) marks.push(measuredNow(last.name, last.steps ?? 0));
  const endSeconds = last === undefined ? 0 : marks.at(-1)!.userSeconds - last.userSeconds;
  return {
    marks,
    peakBytes: process.resourceUsage().maxRSS * 1024,
    aroundSeconds: beginSeconds + endSeconds,
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
  const begunAt = userSeconds();
  const session: LiveSession = await createRecording({
    options: parseMachineOptions([...workload.options, '-nographic']),
    policy: virtualPolicy,
    ...(mode !== 'run' && { trace: { file, embedded: true } }),
    checkpoints: noCheckpoints,
    keepImages: false,
    cacheFolder,
    keepCode: mode === 'again',
    console: (bytes) => {
      driver.printed();
      dialogue.printed(bytes);
    },
  });
  const beginSeconds = userSeconds() - begunAt;
  const driver = new LiveDriver(session);
  await runLive(session, driver, { isLeft: () => dialogue.isOver, idleSecondsMax: 30 });
  session.keepCode();
  return { dialogue, session: session as Session, beginSeconds };
};

const replayed = async (
  workload: Workload,
  file: string,
  marks: MarkMeasurement[],
  cacheFolder: string | undefined,
) => {
  const dialogue = new Dialogue(workload.marks, (mark) => {
    marks.push(measuredNow(mark.name, session.machine.stepMoment));
  });
  const begunAt = userSeconds();
  const session: Session = await openRecording({
    file,
    verify: false,
    checkpoints: noCheckpoints,
    keepImages: false,
    cacheFolder,
    keepCode: false,
    console: (bytes) => dialogue.printed(bytes),
  });
  const beginSeconds = userSeconds() - begunAt;
  for (;;) {
    const { reason } = session.timeline.forward(moment(Number.MAX_SAFE_INTEGER));
    if (reason === 'end' || reason === 'power') break;
    await new Promise(setImmediate);
  }
  session.close();
  return { dialogue, session, beginSeconds };
};

/** Since the start of this process, as the operating system counts. */
const measuredNow = (name: string, steps: number): MarkMeasurement => {
  const { user, system } = process.cpuUsage();
  const wallSeconds = performance.now() / 1000;
  return { name, userSeconds: user / 1e6, systemSeconds: system / 1e6, wallSeconds, steps };
};

const userSeconds = (): number => process.cpuUsage().user / 1e6;
