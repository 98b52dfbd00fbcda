/** What the parts of the extension must agree on: names that the manifest has, too, and the session that they are about. */

import * as vscode from 'vscode';

export const debugType = 'chronovisor';

export const traceViewType = 'chronovisor.trace';

/** The session that a person looks at, when it is one of ours. */
export const activeSession = (): vscode.DebugSession | undefined => {
  const session = vscode.debug.activeDebugSession;
  return session?.type === debugType ? session : undefined;
};

/** The recording in the editor that a person looks at. */
export const openTrace = (): vscode.Uri | undefined => {
  const input = vscode.window.tabGroups.activeTabGroup.activeTab?.input;
  return input instanceof vscode.TabInputCustom && input.viewType === traceViewType ? input.uri : undefined;
};

/** What a page's own scripts and styles are known by: another one each time. */
export const newNonce = (): string =>
  Array.from(crypto.getRandomValues(new Uint8Array(16)), (byte) => byte.toString(16).padStart(2, '0')).join('');

export const showError = (error: unknown): void => {
  void vscode.window.showErrorMessage(error instanceof Error ? error.message : String(error));
};

/**
 * Starts what a command of ours was asked to start. VS Code shows the stack and the variables by itself at a breakpoint, but not
 * at a panic, which is where a first look mostly begins; and what is shown before the stop comes is unfolded there.
 */
export const startShown = async (
  folder: vscode.WorkspaceFolder | undefined,
  launch: vscode.DebugConfiguration,
): Promise<void> => {
  await vscode.commands.executeCommand('workbench.view.debug');
  await vscode.debug.startDebugging(folder, launch);
};
