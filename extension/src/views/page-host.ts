/**
 * A view whose content is a page: gives it its HTML, which may run nothing but its own script, passes its requests on to the
 * adapter and tells it the state. What the page shows is the page's.
 */

import * as v from 'valibot';
import * as vscode from 'vscode';
import { newNonce } from '../debug-type.ts';
import { type HostMessage, type PageMessage, pageMessage, type ViewState } from './messages.ts';
import { ask, refusalOf } from './requests.ts';
import type { Sessions } from './sessions.ts';
import type { Mark } from './timeline/lanes.ts';

export interface PageOptions {
  /** The page's script in `dist/webview`, without its extension. */
  readonly script: string;
  readonly title: string;
  /** What the person marked in the session, and in which of its timelines it is. */
  readonly marks: { readonly all: readonly Mark[]; readonly currentFork: number | undefined };
}

export class PageHost implements vscode.WebviewViewProvider {
  readonly #folder: vscode.Uri;
  readonly #sessions: Sessions;
  readonly #options: PageOptions;
  #view: vscode.WebviewView | undefined;
  /** What the page is to show as soon as it is there. */
  #look: string | undefined;
  #ready = false;
  #telling = false;
  #tellAgain = false;

  constructor(extension: vscode.Uri, sessions: Sessions, options: PageOptions) {
    this.#folder = vscode.Uri.joinPath(extension, 'dist', 'webview');
    this.#sessions = sessions;
    this.#options = options;
  }

  resolveWebviewView(view: vscode.WebviewView): void {
    this.#view = view;
    view.webview.options = { enableScripts: true, localResourceRoots: [this.#folder] };
    view.webview.html = this.#html(view.webview);
    view.webview.onDidReceiveMessage((message: unknown) => {
      const checked = v.safeParse(pageMessage, message);
      if (checked.success) void this.#answer(checked.output);
    });
    view.onDidChangeVisibility(() => this.tell());
    view.onDidDispose(() => {
      [this.#view, this.#ready] = [undefined, false];
    });
  }

  #html(webview: vscode.Webview): string {
    const nonce = newNonce();
    const file = (name: string): string => String(webview.asWebviewUri(vscode.Uri.joinPath(this.#folder, name)));
    const policy = `default-src 'none'; style-src ${webview.cspSource}; script-src 'nonce-${nonce}'`;
    return `<!DOCTYPE html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="${policy}">
<link rel="stylesheet" href="${file('page.css')}">
<title>${this.#options.title}</title>
</head>
<body class="empty">
<script nonce="${nonce}" src="${file(`${this.#options.script}.js`)}"></script>
</body>
</html>`;
  }

  async #answer({ id, command, args }: PageMessage): Promise<void> {
    if (command === 'ready') {
      this.#ready = true;
      this.tell();
      if (this.#look !== undefined) this.look(this.#look);
      return;
    }
    const session = this.#sessions.active;
    try {
      if (session === undefined) throw new Error('There is no debug session');
      // What a page asks about is meant as where the person looks: names are those of the frame.
      const whole = command === 'evaluate' ? { ...args, ...activeFrame() } : args;
      // What is undefined would be lost on the way.
      this.#post({ kind: 'answer', id, answer: (await ask(session, command, whole)) ?? null });
    } catch (error) {
      this.#post({ kind: 'refusal', id, sentence: refusalOf(error) });
    }
  }

  /** Has the page show what an expression is about, now or once it is there. */
  look(expression: string): void {
    this.#look = this.#ready ? undefined : expression;
    if (this.#ready) this.#post({ kind: 'look', expression });
  }

  /** Tells the page the state, as soon as one such is told; of those that come up meanwhile only the last. */
  tell(): void {
    this.#tellAgain = true;
    if (!this.#telling) void this.#tell();
  }

  async #tell(): Promise<void> {
    this.#telling = true;
    while (this.#tellAgain && this.#view?.visible) {
      this.#tellAgain = false;
      const position = await this.#sessions.position();
      const { all, currentFork } = this.#options.marks;
      const session = position && `${this.#sessions.active?.id} ${currentFork ?? 0}`;
      const state: ViewState = {
        ...(session !== undefined && { session }),
        ...(position !== undefined && { position }),
        marks: [...all],
      };
      this.#post({ kind: 'state', state });
    }
    this.#telling = false;
  }

  #post(message: HostMessage): void {
    void this.#view?.webview.postMessage(message);
  }
}

const activeFrame = (): { readonly frameId?: number } => {
  const item = vscode.debug.activeStackItem;
  return item !== undefined && 'frameId' in item ? { frameId: item.frameId } : {};
};
