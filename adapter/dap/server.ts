/**
 * The debug adapter as a client meets it: messages of the Debug Adapter Protocol on two streams. Whatever comes in, it
 * answers and lives on; what a request means is in the table of requests.
 */

import { Readable, type Writable } from 'node:stream';
import { DebugSession, Event, Response } from '@vscode/debugadapter';
import type { DebugProtocol } from '@vscode/debugprotocol';
import { TraceError } from '../../traces/errors.ts';
import { DeviceTreeError } from '../../vmm/machine/devicetree/reader.ts';
import { MachineError } from '../../vmm/machine/errors.ts';
import { DivergenceError } from '../../vmm/replay/divergence.ts';
import { InputError } from '../program/input-error.ts';
import { Debugger } from './debugger.ts';
import { badMessage, DapError, errorIdOf, unknownRequest } from './errors.ts';
import { MessageReader } from './message-reader.ts';
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
    for (const over of ['end', 'close', 'error']) input.on(over, () => server.end());
    server.serve(input, output);
  });

export class Server extends DebugSession {
  readonly #session = new Debugger((event, body) =>
    this.sendEvent(body === undefined ? new Event(event) : new Event(event, body)),
  );
  readonly #closed: () => void;
  #saidBroken = false;

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

  /** The library would lose its way in a stream with one broken message, so that it is given messages only. */
  serve(input: Readable, output: Writable): void {
    const reader = new MessageReader({
      message: (message) => this.handleMessage(message as DebugProtocol.ProtocolMessage),
      broken: (what) => this.#sayBroken(what),
    });
    this.start(Readable.from([]), output);
    input.on('data', reader.take);
  }

  /** Nobody can be answered, so it is said where a developer looks; once, for what is wrong once is wrong again. */
  #sayBroken(what: string): void {
    if (this.#saidBroken) return;
    this.#saidBroken = true;
    this.#report(badMessage(what).message);
  }

  protected override dispatchRequest(message: DebugProtocol.Request): void {
    const { command, seq }: { command: unknown; seq: unknown } = message;
    if (typeof seq !== 'number') {
      this.#sayBroken('a request without a number');
      return;
    }
    const later: (() => void)[] = [];
    const response: DebugProtocol.Response = new Response(message);
    if (typeof command !== 'string') {
      response.command = ''; // what it was is nothing that a response may have
      this.#refuse(response, unknownRequest(''));
      return;
    }
    const call: Call = { command, after: (act) => later.push(act) };
    const succeed = (body: object | undefined): void => {
      if (body !== undefined) response.body = body;
      this.sendResponse(response);
      for (const act of later) act();
      if (command === 'disconnect') this.end();
    };
    const fail = (error: unknown): void => this.#refuse(response, error);
    try {
      const row = requests.get(command);
      if (row === undefined) throw unknownRequest(command);
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
      this.#report(error, `After ${response.command}: `); // it was answered
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
    if (!known) this.#report(error, `${response.command}: `);
  }

  /** A bug of ours: said where a developer looks, and the session goes on. */
  #report(error: unknown, where = ''): void {
    const words = error instanceof Error ? (error.stack ?? error.message) : String(error);
    this.#session.send('output', { category: 'stderr', output: `${where}${words}\n` });
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
