/**
 * What VS Code starts: it says how to run the debug adapter, and hands it the person's commands. It knows nothing of
 * machines; the adapter is a process of its own, bundled beside this file.
 */

import * as vscode from 'vscode';
import { registerViews } from './views/views.ts';

const debugType = 'chronovisor';

export const activate = (context: vscode.ExtensionContext): void => {
  context.subscriptions.push(
    vscode.debug.registerDebugAdapterDescriptorFactory(debugType, new AdapterFactory(context)),
    vscode.debug.registerDebugConfigurationProvider(debugType, { resolveDebugConfiguration }),
    vscode.commands.registerCommand('chronovisor.goToMoment', goToMoment),
  );
  registerViews(context);
};

class AdapterFactory implements vscode.DebugAdapterDescriptorFactory {
  readonly #adapter: string;
  /** Where the adapter keeps what it can make again. */
  readonly #cache: string;

  constructor(context: vscode.ExtensionContext) {
    this.#adapter = context.asAbsolutePath('dist/chronovisor.mjs');
    this.#cache = context.globalStorageUri.fsPath;
  }

  createDebugAdapterDescriptor(): vscode.DebugAdapterDescriptor {
    // VS Code's own Node runs it, so that none needs to be installed; under Electron the variable makes it one.
    return new vscode.DebugAdapterExecutable(process.execPath, [this.#adapter, 'dap'], {
      env: { ELECTRON_RUN_AS_NODE: '1', CHRONOVISOR_CACHE: process.env.CHRONOVISOR_CACHE ?? this.#cache },
    });
  }
}

const resolveDebugConfiguration = (
  folder: vscode.WorkspaceFolder | undefined,
  configuration: vscode.DebugConfiguration,
): vscode.DebugConfiguration | undefined => {
  // File names in a configuration are meant from the folder whose configuration it is.
  if (configuration.type !== undefined) return { cwd: folder?.uri.fsPath, ...configuration };
  // Started without a launch.json: an open recording says what is meant.
  const file = vscode.window.activeTextEditor?.document.fileName;
  if (file?.endsWith('.chrono')) {
    return { type: debugType, request: 'launch', name: 'Replay', trace: file, stopAt: 'end' };
  }
  void vscode.window.showInformationMessage(
    'Chronovisor needs a launch configuration: add one to launch.json with "Chronovisor: Record a kernel" or "Chronovisor: Replay a recording".',
  );
  return undefined;
};

const goToMoment = async (): Promise<void> => {
  const session = vscode.debug.activeDebugSession;
  if (session?.type !== debugType) return;
  const { moment, end } = await session.customRequest('chronovisor/position');
  const typed = await vscode.window.showInputBox({
    title: 'Go to Moment',
    prompt: `A moment from 0 to ${end}`,
    value: String(moment),
    validateInput: (text) => (/^\d{1,16}$/.test(text.trim()) ? undefined : 'A moment is a whole number'),
  });
  if (typed === undefined) return;
  try {
    await session.customRequest('chronovisor/goTo', { moment: Number(typed) });
  } catch (error) {
    void vscode.window.showErrorMessage(error instanceof Error ? error.message : String(error));
  }
};
