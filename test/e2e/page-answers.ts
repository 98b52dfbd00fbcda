/** Answers to the pages of the views as the adapter gives them: of a recording, or of ten million made-up events. */

import { consoleOf } from '../../adapter/dap/console-chunks.ts';
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

const answersOfHistory = (history: History, end: number, now: number, harts: number): PageAnswers => {
  const position = { moment: now, end, live: false, running: false };
  const interval = ({ from, to }: { readonly from: number; readonly to: number }) => ({
    from: moment(from),
    to: moment(Math.min(to, end)),
  });
  const checkpoints = Array.from({ length: Math.ceil(end / checkpointSteps) }, (_, index) => index * checkpointSteps);
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
    { kind: 'bookmark', moment: Math.floor(end / 3), words: 'where the list is still whole' },
    { kind: 'fork', moment: Math.floor(end / 2), words: 'with a0 = 5' },
  ] as const;
  return { state: { session: 'one', position, marks: [...marks] }, answer };
};

export const answersOf = async (_recording: string | undefined): Promise<PageAnswers> => {
  const [count, stride] = [10_000_000, 400];
  return answersOfHistory(kernelHistory(count, stride), count * stride, 1_234_567_890, 2);
};
