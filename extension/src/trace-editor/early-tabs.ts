/**
 * Recordings that are open as text because VS Code did not know yet, when they were opened, that there is an editor for them:
 * it learns of custom editors only some time after its window can be used. They are opened again as recordings. Once the
 * editor has been asked for, a recording that is open as text is somebody's choice.
 */

import * as vscode from 'vscode';
import { traceViewType } from '../debug-type.ts';

/** `asked`: whether the editor has been asked for. */
export const registerEarlyTabs = (asked: () => boolean, log: vscode.LogOutputChannel): vscode.Disposable => {
  const mend = (tabs: readonly vscode.Tab[]): void => {
    if (asked()) return;
    for (const tab of tabs) {
      const { input } = tab;
      if (input instanceof vscode.TabInputText && input.uri.path.endsWith('.chrono')) void reopen(tab, input.uri, log);
    }
  };
  mend(vscode.window.tabGroups.all.flatMap(({ tabs }) => tabs));
  return vscode.window.tabGroups.onDidChangeTabs(({ opened }) => mend(opened));
};

const reopen = async (tab: vscode.Tab, uri: vscode.Uri, log: vscode.LogOutputChannel): Promise<void> => {
  log.info(`${uri.fsPath}: opened as text, opened again as a recording`);
  const how = { viewColumn: tab.group.viewColumn, preserveFocus: !tab.isActive, preview: tab.isPreview };
  await vscode.commands.executeCommand('vscode.openWith', uri, traceViewType, how);
  const rest = vscode.window.tabGroups.all
    .flatMap(({ tabs }) => tabs)
    .filter(({ input }) => input instanceof vscode.TabInputText && input.uri.toString() === uri.toString());
  await vscode.window.tabGroups.close(rest, true);
};
