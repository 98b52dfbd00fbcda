/** What is known of a trace's whole history in a browser: nothing, for it takes a thread that replays the trace beside. */

import { HistoryIndex } from '../../../vmm/history/history-index.ts';
import type { ReplaySession } from '../../session/session.ts';
import type * as node from '../background-history.ts';

export class BackgroundHistory {
  readonly index: HistoryIndex;
  readonly finished = Promise.resolve();

  constructor(session: ReplaySession, { log }: node.BackgroundHistoryOptions) {
    this.index = new HistoryIndex(session.machine.memory.ramBytes);
    log?.('the history is not known as a whole, since there are no threads here; searches go through all of it');
  }

  /** Nobody is in the way. */
  makeWay(): () => void {
    return () => {};
  }

  close(): void {}
}

({ BackgroundHistory }) satisfies {
  readonly BackgroundHistory: new (
    session: ReplaySession,
    options: node.BackgroundHistoryOptions,
  ) => Pick<node.BackgroundHistory, keyof node.BackgroundHistory>;
};
