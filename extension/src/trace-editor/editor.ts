/**
 * A trace as an editor: what it holds, and buttons to debug it from somewhere and to verify it. The trace is read by the
 * adapter's program in a process of its own, so that no file can do anything to VS Code.
 */

import * as vscode from 'vscode';
import type { Run, Runner } from '../adapter.ts';
import { newNonce, openTrace, showError, startShown, traceViewType } from '../debug-type.ts';
import { lastPart, replayLaunch, type StopAt } from '../launches.ts';
import { count, plural } from '../position-text.ts';
import { registerEarlyTabs } from './early-tabs.ts';
import { type PageMessage, type PageState, pageMessageOf, pageOf, type Verification } from './page.ts';
import { parseSummary } from './summary.ts';

export const registerTraceEditor = (adapter: Runner, log: vscode.LogOutputChannel): readonly vscode.Disposable[] => {
  const editors = new TraceEditors(adapter, log);
  return [
    vscode.window.registerCustomEditorProvider(traceViewType, editors, { supportsMultipleEditorsPerDocument: true }),
    registerEarlyTabs(() => editors.asked, log),
    vscode.commands.registerCommand('chronovisor.debugTrace', (uri?: vscode.Uri) => {
      const file = uri ?? openTrace();
      if (file !== undefined) void debug(file, 'end');
    }),
  ];
};

const debug = async (uri: vscode.Uri, where: StopAt | number): Promise<void> => {
  const folder = vscode.workspace.getWorkspaceFolder(uri);
  await startShown(folder, replayLaunch(uri.fsPath, where));
};

class TraceEditors implements vscode.CustomReadonlyEditorProvider {
  /** Whether VS Code has ever wanted one. */
  asked = false;
  readonly #adapter: Runner;
  readonly #log: vscode.LogOutputChannel;

  constructor(adapter: Runner, log: vscode.LogOutputChannel) {
    this.#adapter = adapter;
    this.#log = log;
  }

  openCustomDocument(uri: vscode.Uri): vscode.CustomDocument {
    this.asked = true;
    return { uri, dispose: () => {} };
  }

  resolveCustomEditor({ uri }: vscode.CustomDocument, panel: vscode.WebviewPanel): void {
    new TraceEditor(uri, panel, this.#adapter, this.#log);
  }
}

class TraceEditor {
  readonly #uri: vscode.Uri;
  readonly #panel: vscode.WebviewPanel;
  readonly #adapter: Runner;
  readonly #log: vscode.LogOutputChannel;
  #state: PageState = { kind: 'reading' };
  #verification: Verification = { kind: 'not yet' };
  #run: Run | undefined;
  #closed = false;

  constructor(uri: vscode.Uri, panel: vscode.WebviewPanel, adapter: Runner, log: vscode.LogOutputChannel) {
    [this.#uri, this.#panel, this.#adapter, this.#log] = [uri, panel, adapter, log];
    panel.webview.options = { enableScripts: true, localResourceRoots: [] };
    const listeners = [
      panel.webview.onDidReceiveMessage((message: unknown) => {
        const known = pageMessageOf(message);
        if (known !== undefined) this.#act(known);
      }),
      vscode.workspace.onDidGrantWorkspaceTrust(() => this.#show()),
    ];
    panel.onDidDispose(() => {
      this.#closed = true;
      this.#run?.cancel();
      for (const listener of listeners) listener.dispose();
    });
    void this.#read(false);
  }

  #act(message: PageMessage): void {
    if (typeof message === 'object') {
      debug(this.#uri, message.moment).catch(showError);
      return;
    }
    switch (message) {
      case 'start':
      case 'end':
      case 'panic':
        debug(this.#uri, message).catch(showError);
        return;
      case 'verify':
        void this.#verify();
        return;
      case 'cancel':
        this.#run?.cancel();
        return;
      case 'salvage':
        void this.#read(true);
        return;
      case 'trust':
        void vscode.commands.executeCommand('workbench.trust.manage');
    }
  }

  #show(): void {
    if (this.#closed) return;
    this.#panel.webview.html = pageOf({
      name: lastPart(this.#uri.path),
      nonce: newNonce(),
      state: this.#state,
      verification: this.#verification,
      mayRun: vscode.workspace.isTrusted,
    });
  }

  async #read(salvage: boolean): Promise<void> {
    // What is shown stays until it is read anew: a page that is replaced loses the click that is under way.
    if (this.#state.kind !== 'trace') {
      this.#state = { kind: 'reading' };
      this.#show();
    }
    let text = '';
    const options = ['--json', ...(salvage ? ['--salvage'] : [])];
    const run = this.#adapter.run(['info', ...options, '--', this.#uri.fsPath], (line) => {
      text += `${line}\n`;
    });
    try {
      await run.done;
      this.#state = { kind: 'trace', summary: parseSummary(text) };
    } catch (error) {
      this.#log.warn(`${this.#uri.fsPath}: ${messageOf(error)}`);
      this.#state = { kind: 'damaged', message: messageOf(error), salvaged: salvage };
    }
    this.#show();
  }

  async #verify(): Promise<void> {
    if (this.#run !== undefined || !vscode.workspace.isTrusted) return;
    let [last, cancelled] = ['', false];
    const run = this.#adapter.run(['verify', '--json', '--index', '--', this.#uri.fsPath], (line) => {
      last = line;
      void this.#panel.webview.postMessage(JSON.parse(line));
    });
    this.#run = {
      ...run,
      cancel: () => {
        cancelled = true;
        run.cancel();
      },
    };
    this.#verification = { kind: 'running' };
    this.#show();
    try {
      await run.done;
      const { steps, digests, note } = JSON.parse(last);
      const text = `Verified: ${count(steps)} steps, ${plural(digests, 'digest')}, all equal. ${note}`.trim();
      this.#verification = { kind: 'equal', text };
    } catch (error) {
      this.#verification = cancelled ? { kind: 'not yet' } : { kind: 'failed', text: messageOf(error) };
    }
    this.#run = undefined;
    if (this.#verification.kind === 'equal')
      await this.#read(false); // it has made the index of the history
    else this.#show();
  }
}

const messageOf = (error: unknown): string => (error instanceof Error ? error.message : String(error));
