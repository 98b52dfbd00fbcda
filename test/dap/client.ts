/**
 * A debug client in the test's own process, joined to the adapter by streams, with what tests do most: launch, move and
 * wait for the stop, look.
 */

import { PassThrough, type Readable, type Writable } from 'node:stream';
import { DebugClient } from '@vscode/debugadapter-testsupport';
import type { DebugProtocol } from '@vscode/debugprotocol';
import { runDap } from '../../adapter/dap/server.ts';

export type Stopped = DebugProtocol.StoppedEvent['body'];
export type Motion =
  | 'continue'
  | 'next'
  | 'stepIn'
  | 'stepOut'
  | 'stepBack'
  | 'reverseContinue'
  | 'pause'
  | 'chronovisor/stepBackInto'
  | 'chronovisor/stepBackOut'
  | 'chronovisor/goToPanic'
  | 'configurationDone';

export class TestClient extends DebugClient {
  readonly toAdapter: Writable;
  /** Resolved when the adapter has ended. */
  readonly ended: Promise<void>;
  output = '';

  /** Joins an adapter in this process, or the one behind these streams. */
  constructor(adapter?: { readonly input: Writable; readonly output: Readable }) {
    super('node', '', 'chronovisor');
    const [toAdapter, fromAdapter] = [new PassThrough(), new PassThrough()];
    this.toAdapter = adapter?.input ?? toAdapter;
    this.ended = adapter === undefined ? runDap(toAdapter, fromAdapter) : Promise.resolve();
    this.connect(adapter?.output ?? fromAdapter, this.toAdapter);
    this.on('output', (event: DebugProtocol.OutputEvent) => {
      if (event.body.category === 'stdout') this.output += event.body.output;
    });
  }

  /** Launches up to where breakpoints are set. */
  async begin(args: object, initialize: object = {}): Promise<void> {
    await this.initializeRequest({ adapterID: 'chronovisor', ...initialize });
    const initialized = this.waitForEvent('initialized', 30_000);
    await this.launchRequest(args as DebugProtocol.LaunchRequestArguments);
    await initialized;
  }

  /** Sets the machine in motion and waits for the stop. Steps are instructions unless the arguments say otherwise. */
  async move(command: Motion, args: object = {}): Promise<Stopped> {
    const stopped = this.nextStop();
    await this.customRequest(command, { threadId: 1, granularity: 'instruction', ...args });
    return stopped;
  }

  async nextStop(): Promise<Stopped> {
    return ((await this.waitForEvent('stopped', 60_000)) as DebugProtocol.StoppedEvent).body;
  }

  async goTo(moment: number): Promise<Stopped> {
    const stopped = this.nextStop();
    await this.customRequest('chronovisor/goTo', { moment });
    return stopped;
  }

  /** Sends a request that is answered before the machine moves, and waits for the stop. */
  async moved(command: string, args: object): Promise<Stopped> {
    const stopped = this.nextStop();
    await this.customRequest(command, args);
    return stopped;
  }

  async moment(): Promise<number> {
    const { body } = await this.customRequest('chronovisor/position');
    return (body as { moment: number }).moment;
  }

  async frame(threadId = 1): Promise<DebugProtocol.StackFrame> {
    return (await this.stackTraceRequest({ threadId })).body.stackFrames[0]!;
  }

  /** The variables of a scope of the present stop, by name. */
  async scope(name: string, threadId = 1): Promise<Map<string, DebugProtocol.Variable>> {
    const { id } = await this.frame(threadId);
    const { scopes } = (await this.scopesRequest({ frameId: id })).body;
    const found = scopes.find((scope) => scope.name === name);
    if (found === undefined) throw new Error(`there is no scope ${name}`);
    return this.children(found.variablesReference);
  }

  async children(variablesReference: number): Promise<Map<string, DebugProtocol.Variable>> {
    const { variables } = (await this.variablesRequest({ variablesReference })).body;
    return new Map(variables.map((variable) => [variable.name, variable]));
  }

  async evaluate(expression: string): Promise<string> {
    return (await this.evaluateRequest({ expression, context: 'repl' })).body.result;
  }

  /** Messages are more than the protocol has for breakpoints on functions. */
  async functionBreakpoints(
    ...breakpoints: (DebugProtocol.FunctionBreakpoint & { logMessage?: string })[]
  ): Promise<DebugProtocol.Breakpoint[]> {
    return (await this.setFunctionBreakpointsRequest({ breakpoints })).body.breakpoints;
  }

  async filters(...filterOptions: DebugProtocol.ExceptionFilterOptions[]): Promise<void> {
    await this.setExceptionBreakpointsRequest({ filters: [], filterOptions });
  }

  async close(): Promise<void> {
    // Nobody answers when the adapter has ended already.
    await Promise.race([this.disconnectRequest(), this.ended]);
    await this.ended;
  }
}

/** The sentence of a request that is refused. */
export const refusal = async (request: Promise<unknown>): Promise<string> => {
  try {
    await request;
  } catch (error) {
    return (error as Error).message;
  }
  throw new Error('the request was not refused');
};
