/**
 * The debug adapter within the extension's own thread: the same server as in a process of its own, over messages in place of
 * streams. Files come first: what a launch names is read before the adapter hears of it.
 */

import type { DebugProtocol } from '@vscode/debugprotocol';
import * as vscode from 'vscode';
import { Server } from '../../../adapter/dap/server.ts';
import { nameOf, shownPath } from './places.ts';
import { withSources } from './sources.ts';
import { filesOf, foldersOf, type Launch, WorkspaceFiles } from './workspace-files.ts';

type Message = DebugProtocol.ProtocolMessage;

export class InlineAdapter implements vscode.DebugAdapter {
  readonly #server = new Server(() => this.#files.release());
  readonly #files: WorkspaceFiles;
  readonly #log: vscode.LogOutputChannel;
  readonly #sent = new vscode.EventEmitter<vscode.DebugProtocolMessage>();
  readonly onDidSendMessage = this.#sent.event;
  /** Settles when all that came so far was given to the adapter. */
  #taken: Promise<void> = Promise.resolve();

  constructor(log: vscode.LogOutputChannel) {
    this.#log = log;
    this.#files = new WorkspaceFiles(log);
    this.#server.onDidSendMessage((message) => this.#sent.fire(withSources(message, shownPath)));
  }

  handleMessage(message: vscode.DebugProtocolMessage): void {
    this.#taken = this.#taken.then(() => this.#take(message as Message)).catch((error) => this.#log.error(error));
  }

  async #take(message: Message): Promise<void> {
    if (isLaunch(message)) await this.#prepare(message.arguments as Launch);
    this.#server.handleMessage(withSources(message, nameOf));
  }

  async #prepare(launch: Launch): Promise<void> {
    const { trace, others } = filesOf(launch);
    await Promise.all([
      ...trace.map((file) => this.#files.readTrace(file)),
      ...others.map((file) => this.#files.read(file)),
      ...foldersOf(launch, [...trace, ...others]).map((folder) => this.#files.list(folder)),
    ]);
  }

  dispose(): void {
    this.#server.end();
    this.#sent.dispose();
  }
}

const isLaunch = (message: Message): message is DebugProtocol.LaunchRequest =>
  message.type === 'request' &&
  (message as DebugProtocol.Request).command === 'launch' &&
  typeof (message as DebugProtocol.Request).arguments === 'object';
