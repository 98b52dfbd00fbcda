/** How often lines were executed, shown behind them for those that were asked about. */

import * as vscode from 'vscode';
import { grouped } from '../words.ts';

export class LineCounts implements vscode.Disposable {
  readonly #type = vscode.window.createTextEditorDecorationType({
    after: { color: new vscode.ThemeColor('editorCodeLens.foreground'), margin: '0 0 0 3em' },
    isWholeLine: true,
  });
  /** By the document's name, then by its line from 0 on. */
  readonly #counts = new Map<string, Map<number, string>>();
  readonly #disposables = [
    vscode.window.onDidChangeVisibleTextEditors(() => this.#show()),
    vscode.workspace.onDidChangeTextDocument(({ document, contentChanges }) => {
      // The lines are not those any more that were executed.
      if (contentChanges.length > 0 && this.#counts.delete(String(document.uri))) this.#show();
    }),
  ];

  /** `count`: absent while it is being found out. */
  set(document: vscode.Uri, line: number, count: number | undefined): void {
    const lines = this.#counts.get(String(document)) ?? new Map<number, string>();
    const times = count === 1 ? 'once' : `${grouped(count ?? 0)} times`;
    const words = count === undefined ? 'counting…' : count === 0 ? 'never executed' : `executed ${times}`;
    lines.set(line, words);
    this.#counts.set(String(document), lines);
    this.#show();
  }

  remove(document: vscode.Uri, line: number): void {
    this.#counts.get(String(document))?.delete(line);
    this.#show();
  }

  clear(): void {
    this.#counts.clear();
    this.#show();
  }

  #show(): void {
    for (const editor of vscode.window.visibleTextEditors) {
      const lines = this.#counts.get(String(editor.document.uri)) ?? new Map<number, string>();
      const options = [...lines].map(([line, words]) => ({
        range: editor.document.lineAt(Math.min(line, editor.document.lineCount - 1)).range,
        renderOptions: { after: { contentText: words } },
      }));
      editor.setDecorations(this.#type, options);
    }
  }

  dispose(): void {
    this.#type.dispose();
    for (const each of this.#disposables) each.dispose();
  }
}
