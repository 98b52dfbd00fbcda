/**
 * Launch configurations: those of launch.json, completed, and those that are made up where there is no launch.json, from what
 * the folder says about its kernel or from the recording that is open.
 */

import * as vscode from 'vscode';
import { debugType, openTrace, showError, startShown } from './debug-type.ts';
import { type Discovery, discover } from './discovery/candidates.ts';
import { openFolder } from './discovery/folder.ts';
import { chooseLaunch } from './launch-choice.ts';
import { inWorkspace, type Launch, recordLaunch, replayLaunch } from './launches.ts';

export const registerConfigurations = (log: vscode.LogOutputChannel): readonly vscode.Disposable[] => [
  vscode.debug.registerDebugConfigurationProvider(debugType, { resolveDebugConfiguration: resolve }),
  vscode.debug.registerDebugConfigurationProvider(
    debugType,
    { provideDebugConfigurations: (folder) => offered(folder, log) },
    vscode.DebugConfigurationProviderTriggerKind.Dynamic,
  ),
  vscode.debug.registerDebugConfigurationProvider(
    debugType,
    { provideDebugConfigurations: (folder) => offered(folder, log) },
    vscode.DebugConfigurationProviderTriggerKind.Initial,
  ),
  vscode.commands.registerCommand('chronovisor.record', record),
];

const resolve = async (
  folder: vscode.WorkspaceFolder | undefined,
  configuration: vscode.DebugConfiguration,
): Promise<vscode.DebugConfiguration | undefined> => {
  const home = folder ?? vscode.workspace.workspaceFolders?.[0];
  const launch = configuration.type === undefined ? await withoutFile(home) : configuration;
  // File names in a configuration are meant from the folder whose configuration it is.
  return launch && { cwd: home?.uri.fsPath, ...launch };
};

/** Started without a launch.json: an open recording says what is meant, or else what the folder has. */
const withoutFile = async (folder: vscode.WorkspaceFolder | undefined): Promise<Launch | undefined> => {
  const trace = openTrace();
  return trace === undefined ? choose(folder) : replayLaunch(trace.fsPath, 'end');
};

const lookThrough = async (folder: vscode.WorkspaceFolder | undefined): Promise<Discovery> => {
  if (folder === undefined || !vscode.workspace.isTrusted) return { candidates: [], recordings: [] };
  const title = 'Looking for kernels';
  return vscode.window.withProgress({ location: vscode.ProgressLocation.Window, title }, () =>
    discover(openFolder(folder.uri.fsPath)),
  );
};

const choose = async (folder: vscode.WorkspaceFolder | undefined): Promise<Launch | undefined> =>
  chooseLaunch(folder, await lookThrough(folder));

/** What the list of configurations shows, and what a new launch.json holds. */
const offered = async (
  folder: vscode.WorkspaceFolder | undefined,
  log: vscode.LogOutputChannel,
): Promise<vscode.DebugConfiguration[]> => {
  const { candidates, recordings } = await lookThrough(folder);
  for (const { place, notes } of candidates) for (const note of notes) log.info(`${place}: ${note}`);
  return [
    ...candidates.map((candidate) => recordLaunch(candidate)),
    ...recordings.map((recording) => replayLaunch(`${inWorkspace}/${recording}`, 'end')),
  ];
};

const record = async (): Promise<void> => {
  try {
    const [folder] = vscode.workspace.workspaceFolders ?? [];
    const launch = await choose(folder);
    if (launch !== undefined) await startShown(folder, launch);
  } catch (error) {
    showError(error);
  }
};
