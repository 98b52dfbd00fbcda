/** Requests that begin and end a session: initialize, launch, configurationDone, disconnect, terminate, cancel. */

import type { DebugProtocol } from '@vscode/debugprotocol';
import * as v from 'valibot';
import { moment } from '../../traces/time.ts';
import type { Debugger } from './debugger.ts';
import { launchedTwice, sessionEnded } from './errors.ts';
import { checkLaunch, type LaunchArguments, launchSchema, openTarget } from './launch.ts';
import { toLastPanic } from './panic.ts';
import { afterHeld, optional, type RequestRow, request, text } from './request.ts';
import type { Target } from './target.ts';
import { filterList } from './trap-filters.ts';

const capabilities: DebugProtocol.Capabilities = {
  supportsConfigurationDoneRequest: true,
  supportsStepBack: true,
  supportsSteppingGranularity: true,
  supportsFunctionBreakpoints: true,
  supportsInstructionBreakpoints: true,
  supportsBreakpointLocationsRequest: true,
  supportsLoadedSourcesRequest: true,
  supportsModulesRequest: true,
  supportsStepInTargetsRequest: true,
  supportsGotoTargetsRequest: true,
  supportsRestartFrame: true,
  supportsLogPoints: true,
  supportsConditionalBreakpoints: true,
  supportsHitConditionalBreakpoints: true,
  supportsExceptionFilterOptions: true,
  supportsExceptionInfoRequest: true,
  exceptionBreakpointFilters: [...filterList],
  supportsSetVariable: true,
  supportsSetExpression: true,
  supportsEvaluateForHovers: true,
  supportsCompletionsRequest: true,
  completionTriggerCharacters: ['.', '>', '$'],
  supportsDataBreakpoints: true,
  supportsDataBreakpointBytes: true,
  supportsReadMemoryRequest: true,
  supportsWriteMemoryRequest: true,
  supportsDisassembleRequest: true,
  supportsTerminateRequest: true,
  supportsCancelRequest: true,
  supportsDelayedStackTraceLoading: true,
};

const begin = (session: Debugger, target: Target, args: LaunchArguments): void => {
  const launched = session.launched('launch');
  const { traveller } = launched;
  const { timeline } = target;
  const isTrace = target.session.kind === 'replay';
  if (isTrace && args.moment != null) {
    const destination = moment(Math.min(args.moment, timeline.end));
    session.move(traveller.goTo(destination), { title: `Going to moment ${destination}`, destination, progress: true });
  } else if (isTrace && args.stopAt === 'panic') {
    session.move(toLastPanic(launched), { title: 'Searching for a panic', backwards: true, progress: true });
  } else if (isTrace && args.stopAt === 'end') {
    const destination = timeline.end;
    session.move(traveller.goTo(destination), {
      title: 'Going to the end of the recording',
      destination,
      progress: true,
    });
  } else if (args.stopOnEntry ?? isTrace) {
    session.stopHere('entry', isTrace ? 'At the start of the recording' : undefined);
  } else session.move(traveller.forward(), { title: 'Running' });
};

const launch: RequestRow = {
  command: 'launch',
  entries: launchSchema.entries,
  answer: async (session, value, call) => {
    if (session.isClosed) throw sessionEnded('launch');
    if (session.isLaunched || session.launching) throw launchedTwice();
    const args = checkLaunch(value);
    session.launching = true;
    session.dataWrites = args.dataBreakpoints ?? 'change';
    try {
      const target = await openTarget(args, (line) =>
        session.send('output', { category: 'console', output: `${line}\n` }),
      );
      if (session.isClosed) {
        target.close(); // the client left while it was opened
        throw sessionEnded('launch');
      }
      session.launch(target, () => begin(session, target, args));
    } finally {
      session.launching = false;
    }
    call.after(() => {
      session.send('initialized');
      // Its names are collected while the client sets breakpoints; its history is explored when that is done.
      const { target } = session.launched('launch');
      target.program.prepare();
      const explore = (): unknown => target.exploreHistory(() => session.send('chronovisor/history', {}));
      void (target.program.collecting ?? Promise.resolve()).then(explore, explore);
    });
    return undefined;
  },
};

export const lifecycleRequests: readonly RequestRow[] = [
  request(
    'initialize',
    { clientID: optional(text), supportsProgressReporting: optional(v.boolean()) },
    (session, { clientID, supportsProgressReporting }) => {
      session.showsProgress = supportsProgressReporting === true;
      session.wantsInstructionStops = clientID === 'vscode';
      return capabilities;
    },
  ),
  launch,
  afterHeld(
    request('configurationDone', {}, (session, _, call) => {
      const { begin: start } = session.launched('configurationDone');
      call.after(start);
    }),
  ),
  request('disconnect', {}, (session, _, call) => {
    call.after(() => session.close());
  }),
  request('terminate', {}, (session, _, call) => {
    call.after(() => {
      session.send('terminated');
      session.close();
    });
  }),
  request('cancel', { progressId: optional(text) }, (session, { progressId }) => {
    if (progressId != null) session.cancel(progressId);
  }),
];
