/** What VS Code starts: it registers the parts of the extension. What each does is in its own file. */

import * as vscode from 'vscode';
import { Adapter } from './adapter.ts';
import { registerConfigurations } from './configurations.ts';
import { registerDebugCommands } from './debug-commands.ts';
import { registerDemo } from './demo.ts';
import { registerPosition } from './position-status.ts';
import { registerProtocolLog } from './protocol-log.ts';
import { registerTasks } from './tasks.ts';
import { registerTraceEditor } from './trace-editor/editor.ts';
import { registerViews } from './views/views.ts';

export const activate = (context: vscode.ExtensionContext): void => {
  const log = vscode.window.createOutputChannel('Chronovisor', { log: true });
  const adapter = new Adapter(context);
  context.subscriptions.push(
    log,
    adapter.register(),
    ...registerProtocolLog(log),
    ...registerConfigurations(log),
    ...registerDebugCommands(),
    ...registerPosition(),
    ...registerTraceEditor(adapter, log),
    ...registerTasks(adapter),
    ...registerDemo(context),
  );
  registerViews(context);
};
