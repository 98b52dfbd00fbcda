/**
 * The thread that replays a trace once from its start to its end: it tells segments of the history index and states as
 * it comes by. It is a bundle of its own; background-history.ts starts it.
 */

import { parentPort, workerData } from 'node:worker_threads';
import { moment } from '../../traces/time.ts';
import { emitInterpreter } from '../../vmm/engine/interpreter.ts';
import { indexSegment, packSegment, type Segment } from '../../vmm/history/segment.ts';
import { SlabWriter } from '../../vmm/timeline/carried-state.ts';
import { takeDelta } from '../../vmm/timeline/checkpoint-delta.ts';
import { openRecording } from '../session/replay.ts';
import { noCheckpoints } from '../session/session.ts';
import type { HistoryMessage, HistoryTask } from './task.ts';

const task = workerData as HistoryTask;

const tell = (message: HistoryMessage, moved: ArrayBuffer[] = []): void => parentPort?.postMessage(message, moved);

/** Going to a state needs a budget. */
const toAdopt = { ...noCheckpoints, budgetBytes: 2 ** 20 };

const replay = async (): Promise<void> => {
  const { file, imageFolders, waits, checkpointSteps, index, copy } = task;
  let printed: ((bytes: Uint8Array) => void) | undefined;
  const session = await openRecording({
    file,
    copy: copy?.bytes,
    imageFolders,
    verify: false,
    checkpoints: copy === undefined ? noCheckpoints : toAdopt,
    keepImages: false,
    ...(index && { emitCovering: emitInterpreter }),
    console: (bytes) => printed?.(bytes),
  });
  const { timeline, machine } = session;
  machine.patience.waitUntil(() => Atomics.load(waits, 0) !== 0);
  if (copy === undefined)
    takeDelta(machine, 0); // everybody begins there
  else {
    timeline.adopt(copy.state, new SlabWriter('history'));
    while (timeline.now < copy.from) timeline.forward(copy.from);
  }
  let next = checkpointSteps;
  const makeWay = (): void => {
    for (let waiting = Atomics.load(waits, 0); waiting !== 0; waiting = Atomics.load(waits, 0))
      Atomics.wait(waits, 0, waiting);
  };
  const mayTellState = (): void => {
    makeWay();
    if (timeline.now < next) return;
    next = (Math.floor(timeline.now / checkpointSteps) + 1) * checkpointSteps;
    const delta = takeDelta(machine, timeline.cursor);
    tell({ kind: 'checkpoint', delta }, [delta.pages.buffer, delta.contents.buffer]);
  };
  const indexTo = (to: number): Segment => {
    const work = indexSegment(timeline, { to: moment(to), intervalSteps: index!.intervalSteps }, (print) => {
      printed = print;
    });
    for (;;) {
      const { done, value } = work.next();
      if (done === true) return value;
      mayTellState();
    }
  };
  for (let before = -1; timeline.now < timeline.end && timeline.now !== before; ) {
    before = timeline.now;
    if (index === undefined) {
      timeline.forward(moment(next));
      mayTellState();
    } else {
      const segment = indexTo(Math.min(timeline.end, before + index.segmentSteps));
      if (segment.to === segment.from) break;
      const bytes = Uint8Array.from(packSegment(segment));
      tell({ kind: 'segment', bytes }, [bytes.buffer]);
    }
  }
  session.close();
  tell({ kind: 'done' });
};

replay().catch((error: unknown) => tell({ kind: 'failed', message: String(error) }));
