/** Answers to the pages of the views as the adapter gives them: of a recording, or of ten million made-up events. */

import { setTimeout } from 'node:timers/promises';
import { consoleOf } from '../../adapter/dap/console-chunks.ts';
import { openTarget } from '../../adapter/dap/launch.ts';
import { findEvent, pictureOf } from '../../adapter/dap/timeline.ts';
import type { ViewState } from '../../extension/src/views/messages.ts';
import type { FindEventArguments, TimelineArguments } from '../../extension/src/views/requests.ts';
import { moment } from '../../traces/time.ts';
import type { History } from '../../vmm/history/history.ts';
import { kernelHistory } from '../dap/fake-history.ts';

export interface PageAnswers {
  readonly state: ViewState;
  readonly answer: (command: string, args: object) => object;
}

const checkpointSteps = 5_000_000;
const pollMs = 100;

interface Known {
  readonly history: History;
  readonly end: number;
  readonly harts: number;
  readonly checkpoints: readonly number[];
}

const answersAbout = ({ history, end, harts, checkpoints }: Known): PageAnswers => {
  const now = Math.floor(end / 3);
  const position = { moment: now, end, live: false, running: false };
  const interval = ({ from, to }: { readonly from: number; readonly to: number }) => ({
    from: moment(from),
    to: moment(Math.min(to, end)),
  });
  const answer = (command: string, args: object): object => {
    switch (command) {
      case 'chronovisor/timeline': {
        const { columns, ...asked } = args as TimelineArguments;
        const within = interval(asked);
        const stops = [{ moment: now, words: 'Paused on breakpoint' }];
        const marks = { checkpoints: checkpoints.filter((at) => at >= within.from && at <= within.to), stops };
        return { ...within, position, harts, indexed: true, ...marks, ...pictureOf(history, within, columns) };
      }
      case 'chronovisor/findEvent': {
        const wanted = args as FindEventArguments;
        const event = findEvent(history, wanted, interval(wanted), wanted.last === true);
        return event === undefined ? {} : { event };
      }
      case 'chronovisor/console': {
        const { from = 0 } = args as { readonly from?: number };
        return consoleOf(undefined, history, interval({ from, to: end }), 2 ** 14);
      }
      default:
        return {};
    }
  };
  const marks = [
    { kind: 'bookmark', moment: Math.floor(end / 4), words: 'where the list is still whole' },
    { kind: 'fork', moment: Math.floor(end / 2), words: 'with a0 = 5' },
  ] as const;
  return { state: { session: 'one', position, marks: [...marks] }, answer };
};

/** @param folder where the index of a recording is kept, which is made if it is not there */
export const answersOf = async (recording: string | undefined, folder: string): Promise<PageAnswers> => {
  if (recording === undefined) {
    const [count, stride] = [10_000_000, 400];
    const end = count * stride;
    const checkpoints = Array.from({ length: end / checkpointSteps }, (_, index) => index * checkpointSteps);
    return answersAbout({ history: kernelHistory(count, stride), end, harts: 2, checkpoints });
  }
  const target = await openTarget({ trace: recording, cache: folder });
  const { timeline, machine } = target;
  const { end } = timeline;
  const beganMs = performance.now();
  target.exploreHistory(() => {});
  const isWhole = (): boolean => target.history?.covered.some(({ from, to }) => from === 0 && to >= end) ?? false;
  while (!isWhole()) await setTimeout(pollMs);
  console.log(`the index of ${end} steps is there: ${((performance.now() - beganMs) / 1000).toFixed(1)} s`);
  const checkpoints = timeline.checkpoints.moments;
  return answersAbout({ history: target.history!, end, harts: machine.harts.length, checkpoints });
};
