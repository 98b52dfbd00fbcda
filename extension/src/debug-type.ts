/** What the parts of the extension must agree on: names that the manifest has, too, and the session that they are about. */

import * as vscode from 'vscode';

export const debugType = 'chronovisor';

export const traceViewType = 'chronovisor.trace';

/** The session that a person looks at, when it is one of ours. */
export const activeSession = (): vscode.DebugSession | undefined => {
  const session = vscode.debug.activeDebugSession;
  return session?.type === debugType ? session : undefined;
};

export const showError = (error: unknown): void => {
  void vscode.window.showErrorMessage(error instanceof Error ? error.message : String(error));
};
