/** The debug session that the views show: the active one, if it is ours; and what can be heard of it. */

import * as v from 'valibot';
import * as vscode from 'vscode';
import { answerBody } from './answers.ts';
import { type AnswerBody, ask, type Position } from './requests.ts';

export const debugType = 'chronovisor';

/** What of the protocol's messages is looked at. */
interface Message {
  readonly type?: string;
  readonly event?: string;
  readonly command?: string;
  readonly body?: unknown;
}

const motions: ReadonlySet<string> = new Set([
  ...['configurationDone', 'continue', 'next', 'stepIn', 'stepOut', 'goto'],
  ...['stepBack', 'reverseContinue', 'chronovisor/goTo'],
]);

/** A motion that takes longer is shown as one. */
const motionMs = 200;

export class Sessions implements vscode.Disposable {
  readonly #changed = new vscode.EventEmitter<void>();
  readonly #stopped = new vscode.EventEmitter<void>();
  readonly #printed = new vscode.EventEmitter<void>();
  readonly #answered = new vscode.EventEmitter<{ readonly session: string; readonly body: AnswerBody }>();
  readonly #ended = new vscode.EventEmitter<string>();
  readonly #forked = new vscode.EventEmitter<void>();
  readonly #disposables: vscode.Disposable[];
  #running: vscode.DebugSession | undefined;
  #motion: ReturnType<typeof setTimeout> | undefined;

  /** Another session, or none. */
  readonly onChange = this.#changed.event;
  /** The machine stands, or has begun to move. */
  readonly onStop = this.#stopped.event;
  readonly onPrint = this.#printed.event;
  readonly onAnswer = this.#answered.event;
  /** There are other forks, or the session is in another. */
  readonly onFork = this.#forked.event;
  /** A session is over; its name is given. */
  readonly onEnd = this.#ended.event;

  constructor() {
    this.#disposables = [
      ...[this.#changed, this.#stopped, this.#printed, this.#answered, this.#ended, this.#forked],
      vscode.debug.onDidChangeActiveDebugSession(() => this.#changed.fire()),
      vscode.debug.onDidTerminateDebugSession((session) => {
        if (session === this.#running) this.#running = undefined;
        if (session.type === debugType) this.#ended.fire(session.id);
        this.#changed.fire();
      }),
      vscode.debug.onDidReceiveDebugSessionCustomEvent(({ session, event, body }) => {
        if (session.type !== debugType) return;
        // More of the history is known.
        if (event === 'chronovisor/history') this.#stopped.fire();
        if (event === 'chronovisor/forks') this.#forked.fire();
        if (event !== 'chronovisor/answer') return;
        const checked = v.safeParse(answerBody, body);
        if (checked.success) this.#answered.fire({ session: session.id, body: checked.output });
      }),
      vscode.debug.registerDebugAdapterTrackerFactory(debugType, {
        createDebugAdapterTracker: (session) => ({ onDidSendMessage: (message) => this.#hear(session, message) }),
      }),
    ];
  }

  #hear(session: vscode.DebugSession, message: Message): void {
    // A motion has begun: the adapter says so by an event only where it goes back.
    if (message.type === 'response' && motions.has(message.command ?? '')) this.#tellSoon();
    if (message.type !== 'event') return;
    if (message.event === 'stopped' || message.event === 'continued') {
      const isNew = this.#running !== session;
      this.#running = session;
      if (isNew) this.#changed.fire();
      if (message.event === 'continued') this.#tellSoon();
      else {
        clearTimeout(this.#motion);
        this.#stopped.fire();
      }
    } else if (message.event === 'output') {
      if ((message.body as { readonly category?: string } | undefined)?.category === 'stdout') this.#printed.fire();
    }
  }

  /** Most motions are over at once; the views then look once, and not while the stop is asked about. */
  #tellSoon(): void {
    clearTimeout(this.#motion);
    this.#motion = setTimeout(() => this.#stopped.fire(), motionMs);
  }

  get active(): vscode.DebugSession | undefined {
    const active = vscode.debug.activeDebugSession;
    if (active?.type === debugType) return active;
    return active === undefined ? undefined : this.#running;
  }

  /** Where the active session is; nothing while it has no machine. */
  async position(): Promise<Position | undefined> {
    const session = this.active;
    if (session === undefined) return undefined;
    try {
      return await ask(session, 'chronovisor/position', {});
    } catch {
      return undefined;
    }
  }

  dispose(): void {
    clearTimeout(this.#motion);
    for (const each of this.#disposables) each.dispose();
  }
}
