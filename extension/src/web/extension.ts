/**
 * What VS Code starts in a browser: the parts of the extension that work without Node, which is opening and replaying
 * recordings. What makes a recording, or looks for what to record, says that it needs more.
 */

import * as vscode from 'vscode';
import { needsNode } from '../../../adapter/host/errors.ts';
import { registerDebugCommands } from '../debug-commands.ts';
import { showError } from '../debug-type.ts';
import { registerPosition } from '../position-status.ts';
import { registerProtocolLog } from '../protocol-log.ts';
import { registerTraceEditor } from '../trace-editor/editor.ts';
import { registerViews } from '../views/views.ts';
import { WebAdapter } from './adapter.ts';
import { registerWebConfigurations } from './configurations.ts';

export const activate = (context: vscode.ExtensionContext): void => {
  const log = vscode.window.createOutputChannel('Chronovisor', { log: true });
  const adapter = new WebAdapter(log);
  context.subscriptions.push(
    log,
    adapter.register(),
    ...registerProtocolLog(log),
    ...registerWebConfigurations(),
    ...registerDebugCommands(),
    ...registerPosition(),
    ...registerTraceEditor(adapter, log),
    ...['chronovisor.record', 'chronovisor.demo'].map((command) =>
      vscode.commands.registerCommand(command, () => showError(needsNode('Recording'))),
    ),
  );
  registerViews(context);
};
