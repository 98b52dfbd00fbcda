/** Registers the views over time. What each one is and does is in its own file. */

import * as vscode from 'vscode';
import { PageHost } from './page-host.ts';
import { Sessions } from './sessions.ts';

export const registerViews = (context: vscode.ExtensionContext): void => {
  const sessions = new Sessions();
  const timeline = new PageHost(context.extensionUri, sessions, {
    script: 'timeline',
    title: 'Timeline',
    marks: () => [],
  });
  const terminal = new PageHost(context.extensionUri, sessions, {
    script: 'terminal',
    title: 'Guest Terminal',
    marks: () => [],
  });
  const tellAll = (): void => {
    timeline.tell();
    terminal.tell();
  };
  context.subscriptions.push(
    sessions,
    sessions.onChange(tellAll),
    sessions.onStop(tellAll),
    sessions.onPrint(() => terminal.tell()),
    vscode.window.registerWebviewViewProvider('chronovisor.timeline', timeline),
    vscode.window.registerWebviewViewProvider('chronovisor.terminal', terminal),
  );
};
