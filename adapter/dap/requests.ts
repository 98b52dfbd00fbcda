/** THE table of requests: every command that the debugger answers, by theme. */

import { bookmarkRequests } from './bookmark-requests.ts';
import { breakpointRequests } from './breakpoint-requests.ts';
import { completionRequests } from './completions.ts';
import { customRequests } from './custom-requests.ts';
import { dataBreakpointRequests } from './data-breakpoints.ts';
import { evaluateRequests } from './evaluate.ts';
import { executionRequests } from './execution.ts';
import { forkRequests } from './fork-requests.ts';
import { lifecycleRequests } from './lifecycle.ts';
import { memoryRequests } from './memory-requests.ts';
import { panicRequests } from './panic.ts';
import { questionRequests } from './question-requests.ts';
import { afterNames, type RequestRow } from './request.ts';
import { restartRequests } from './restart.ts';
import { sourceRequests } from './source-requests.ts';
import { stopRequests } from './stop-requests.ts';
import { targetRequests } from './target-requests.ts';
import { threadRequests } from './threads.ts';
import { timelineRequests } from './timeline-requests.ts';
import { variableRequests } from './variables.ts';

export const requests: ReadonlyMap<string, RequestRow> = new Map(
  [
    ...lifecycleRequests,
    ...breakpointRequests,
    ...executionRequests,
    ...targetRequests,
    ...restartRequests,
    ...threadRequests,
    ...sourceRequests,
    ...variableRequests.map((row) => afterNames(row)),
    ...memoryRequests,
    ...[...evaluateRequests, ...completionRequests, ...dataBreakpointRequests, ...stopRequests].map((row) =>
      afterNames(row),
    ),
    ...customRequests,
    ...questionRequests,
    ...forkRequests,
    ...bookmarkRequests,
    ...timelineRequests,
    ...panicRequests,
  ].map((row) => [row.command, row]),
);
