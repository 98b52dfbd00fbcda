/** What is known of a trace's whole history, found out in this thread. */

import { openRecording } from '../../adapter/session/replay.ts';
import { noCheckpoints } from '../../adapter/session/session.ts';
import type { Moment } from '../../traces/time.ts';
import { emitInterpreter } from '../../vmm/engine/interpreter.ts';
import { HistoryIndex } from '../../vmm/history/history-index.ts';
import { indexSegment } from '../../vmm/history/segment.ts';

/** `to`: what is behind it stays unknown; the end of the recording if absent. */
export const historyOf = async (file: string, to?: Moment): Promise<HistoryIndex> => {
  let printed: ((bytes: Uint8Array) => void) | undefined;
  const session = await openRecording({
    file,
    verify: false,
    checkpoints: noCheckpoints,
    emitCovering: emitInterpreter,
    console: (bytes) => printed?.(bytes),
  });
  const { machine, timeline } = session;
  const index = new HistoryIndex(machine.memory.ramBytes);
  const range = { to: to ?? timeline.end, intervalSteps: 2 ** 10 };
  const work = indexSegment(timeline, range, (print) => {
    printed = print;
  });
  for (let step = work.next(); ; step = work.next()) {
    if (step.done !== true) continue;
    index.add(step.value);
    break;
  }
  session.close();
  return index;
};
