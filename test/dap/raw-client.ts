/** A client that sends bytes, and counts what it is answered: which responses came to which number, and which events. */

import { PassThrough } from 'node:stream';
import type { DebugProtocol } from '@vscode/debugprotocol';
import { MessageReader } from '../../adapter/dap/message-reader.ts';
import { runDap } from '../../adapter/dap/server.ts';

/** So long nobody has to wait for an answer, on a computer that has much else to do, too. */
const patienceMs = 30_000;

export class RawClient {
  readonly #toAdapter = new PassThrough();
  readonly ended: Promise<void>;
  readonly answers = new Map<number, DebugProtocol.Response[]>();
  /** What the adapter says to developers: failures that it has no sentence for. */
  readonly bugs: string[] = [];
  readonly #events: DebugProtocol.Event[] = [];
  #seq = 1_000_000;
  #onMessage: () => void = () => {};

  constructor() {
    const fromAdapter = new PassThrough();
    this.ended = runDap(this.#toAdapter, fromAdapter);
    const broken = (what: string): never => {
      throw new Error(`the adapter sent ${what}`);
    };
    const reader = new MessageReader({
      message: (message) => this.#take(message as DebugProtocol.ProtocolMessage),
      broken,
    });
    fromAdapter.on('data', reader.take);
  }

  #take(message: DebugProtocol.ProtocolMessage): void {
    if (message.type === 'response') {
      const response = message as DebugProtocol.Response;
      const known = this.answers.get(response.request_seq);
      if (known === undefined) this.answers.set(response.request_seq, [response]);
      else known.push(response);
    } else {
      const event = message as DebugProtocol.Event;
      if (event.event === 'output' && event.body.category === 'stderr') this.bugs.push(event.body.output);
      else if (event.event !== 'output') this.#events.push(event);
    }
    this.#onMessage();
  }

  write(bytes: Uint8Array): void {
    this.#toAdapter.write(bytes);
  }

  /** The client is gone. */
  hangUp(): void {
    this.#toAdapter.end();
  }

  /** Sends without waiting. */
  send(command: string, args?: object): number {
    this.#seq += 1;
    const body = JSON.stringify({ seq: this.#seq, type: 'request', command, arguments: args });
    this.write(Buffer.from(`Content-Length: ${Buffer.byteLength(body)}\r\n\r\n${body}`));
    return this.#seq;
  }

  async ask(command: string, args?: object): Promise<DebugProtocol.Response> {
    const seq = this.send(command, args);
    await this.until(() => this.answers.has(seq), `${command} was not answered`);
    return this.answers.get(seq)![0]!;
  }

  async event(name: string): Promise<DebugProtocol.Event> {
    const find = () => this.#events.findIndex(({ event }) => event === name);
    await this.until(() => find() >= 0, `the event ${name} did not come`);
    return this.#events.splice(find(), 1)[0]!;
  }

  forgetEvents(): void {
    this.#events.length = 0;
  }

  /** Waits for messages until something holds. */
  async until(holds: () => boolean, otherwise: string | (() => string)): Promise<void> {
    const deadline = performance.now() + patienceMs;
    while (!holds()) {
      const waitMs = deadline - performance.now();
      if (waitMs <= 0) throw new Error(typeof otherwise === 'string' ? otherwise : otherwise());
      await new Promise<void>((resolve) => {
        const timer = setTimeout(resolve, waitMs);
        this.#onMessage = () => {
          clearTimeout(timer);
          resolve();
        };
      });
    }
  }

  async begin(launch: object): Promise<void> {
    await this.ask('initialize', { adapterID: 'chronovisor', clientID: 'vscode', supportsProgressReporting: true });
    const launched = await this.ask('launch', launch);
    if (!launched.success) throw new Error(launched.message);
    await this.event('initialized');
    await this.ask('configurationDone');
    await this.event('stopped');
  }

  /** The machine stands still. */
  async halt(): Promise<void> {
    for (;;) {
      await this.ask('pause', { threadId: 1 });
      const { body } = await this.ask('chronovisor/position');
      if (body.running === false) return;
      await new Promise(setImmediate);
    }
  }
}
