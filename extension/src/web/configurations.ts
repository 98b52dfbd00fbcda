/** Launch configurations in a web extension host: those of launch.json, completed, and those that replay a recording. */

import * as vscode from 'vscode';
import { needsNode } from '../../../adapter/host/errors.ts';
import { debugType, openTrace } from '../debug-type.ts';
import { type Launch, lastPart, replayLaunch } from '../launches.ts';

const recordingsMax = 100;

export const registerWebConfigurations = (): readonly vscode.Disposable[] => [
  vscode.debug.registerDebugConfigurationProvider(debugType, { resolveDebugConfiguration: resolve }),
  ...[vscode.DebugConfigurationProviderTriggerKind.Dynamic, vscode.DebugConfigurationProviderTriggerKind.Initial].map(
    (kind) => vscode.debug.registerDebugConfigurationProvider(debugType, { provideDebugConfigurations: offered }, kind),
  ),
];

const resolve = async (
  folder: vscode.WorkspaceFolder | undefined,
  configuration: vscode.DebugConfiguration,
): Promise<vscode.DebugConfiguration | undefined> => {
  const home = folder ?? vscode.workspace.workspaceFolders?.[0];
  const launch = configuration.type === undefined ? await withoutFile() : configuration;
  // File names in a configuration are meant from the folder whose configuration it is.
  return launch && { ...(home && { cwd: home.uri.fsPath }), ...launch };
};

const recordings = async (): Promise<readonly vscode.Uri[]> =>
  vscode.workspace.findFiles('**/*.chrono', '**/node_modules/**', recordingsMax);

const offered = async (): Promise<Launch[]> => (await recordings()).map(({ fsPath }) => replayLaunch(fsPath, 'end'));

/** Started without a launch.json: an open recording says what is meant, or else a person does. */
const withoutFile = async (): Promise<Launch | undefined> => {
  const trace = openTrace();
  if (trace !== undefined) return replayLaunch(trace.fsPath, 'end');
  const choices = (await recordings()).map((uri) => ({
    label: `$(history) ${lastPart(uri.path)}`,
    description: vscode.workspace.asRelativePath(uri),
    uri,
  }));
  if (choices.length === 0) throw needsNode('Recording');
  const chosen = await vscode.window.showQuickPick(choices, { title: 'Replay a recording, from its end' });
  return chosen && replayLaunch(chosen.uri.fsPath, 'end');
};
