/**
 * The debug adapter as a client meets it: messages of the Debug Adapter Protocol on two streams. Whatever comes in, it
 * answers and lives on; what a request means is in the table of requests.
 */

import type { Readable, Writable } from 'node:stream';
import { DebugSession, Event, Response } from '@vscode/debugadapter';
import type { DebugProtocol } from '@vscode/debugprotocol';
import { TraceError } from '../../traces/errors.ts';
import { DeviceTreeError } from '../../vmm/machine/devicetree/reader.ts';
import { MachineError } from '../../vmm/machine/errors.ts';
import { DivergenceError } from '../../vmm/replay/divergence.ts';
import { InputError } from '../program/input-error.ts';
import { Debugger } from './debugger.ts';
import { DapError, errorIdOf, unknownRequest } from './errors.ts';
import type { Call } from './request.ts';
import { requests } from './requests.ts';

/** Serves one debug session on two streams of its own. Ends when the client disconnects or its stream does. */
export const runDap = (input: Readable, output: Writable): Promise<void> =>
  new Promise((resolve) => {
    // A stream that may still bring something would keep the process alive.
    const server = new Server(() => {
      input.destroy();
      resolve();
    });
    input.on('end', () => server.end());
    input.on('close', () => server.end());
    server.start(input, output);
  });

/** What a message may be, before anything is known of it. */
const isRequest = (message: unknown): message is DebugProtocol.Request =>
  typeof message === 'object' &&
  message !== null &&
  'command' in message &&
  typeof message.command === 'string' &&
  'seq' in message &&
  typeof message.seq === 'number';

export class Server extends DebugSession {
  readonly #session = new Debugger((event, body) =>
    this.sendEvent(body === undefined ? new Event(event) : new Event(event, body)),
  );
  readonly #closed: () => void;

  constructor(closed: () => void) {
    super();
    this.#closed = closed;
  }

  /** The library calls it for every message that it cannot read, too: only the client and its stream end a session. */
  override shutdown(): void {}

  end(): void {
    this.#session.close();
    this.#closed();
  }

  protected override dispatchRequest(message: DebugProtocol.Request): void {
    if (!isRequest(message)) return; // there is nobody to answer
    const later: (() => void)[] = [];
    const call: Call = { command: message.command, after: (act) => later.push(act) };
    const response: DebugProtocol.Response = new Response(message);
    const succeed = (body: object | undefined): void => {
      if (body !== undefined) response.body = body;
      this.sendResponse(response);
      for (const act of later) act();
      if (message.command === 'disconnect') this.end();
    };
    const fail = (error: unknown): void => this.#refuse(response, error);
    try {
      const row = requests.get(message.command);
      if (row === undefined) throw unknownRequest(message.command);
      const answer = row.answer(this.#session, message.arguments, call);
      // Answered at once where it can be: what follows an answer must not wait behind the next request.
      if (answer instanceof Promise) answer.then(succeed, fail).catch(fail);
      else succeed(answer);
    } catch (error) {
      fail(error);
    }
  }

  #refuse(response: DebugProtocol.Response, error: unknown): void {
    if (response.seq > 0) {
      this.#report(error); // it was answered: what failed came after
      return;
    }
    const known = knownErrors.some((kind) => error instanceof kind);
    const format = error instanceof Error ? error.message : String(error);
    response.success = false;
    response.message = format;
    response.body = {
      error: {
        id: errorIdOf(error),
        // Clients put variables into braces; a sentence about `{a0}` must stay as it is.
        format: format.replace(/[{}]/g, (brace) => (brace === '{' ? '(' : ')')),
        showUser: !isQuiet(response.command) && !isStale(response.command, error),
      },
    };
    this.sendResponse(response);
    if (!known) this.#report(error);
  }

  /** A bug of ours: said where a developer looks, and the session goes on. */
  #report(error: unknown): void {
    const output = error instanceof Error ? (error.stack ?? error.message) : String(error);
    this.#session.send('output', { category: 'stderr', output: `${output}\n` });
  }
}

/** What a person can do something about. */
const knownErrors = [InputError, TraceError, DivergenceError, DeviceTreeError, MachineError];

/** What clients ask for by themselves at each stop. */
const looks: ReadonlySet<string> = new Set(['stackTrace', 'scopes', 'variables', 'exceptionInfo']);

/** The client asked about a stop that is over: the person has moved on, and need not be told. */
const isStale = (command: string, error: unknown): boolean =>
  error instanceof DapError && (error.code === 'reference' || (error.code === 'running' && looks.has(command)));

/** Clients show these errors in place, and whoever sends requests of our own those of them. */
const quiet: ReadonlySet<string> = new Set(['evaluate', 'readMemory', 'disassemble', 'setVariable', 'setExpression']);
const isQuiet = (command: string): boolean => quiet.has(command) || command.startsWith('chronovisor/');
