/** Registers the views over time and joins them. What each one is and does is in its own file. */

import * as vscode from 'vscode';
import { expressionOf } from './history/asking.ts';
import { historyCommands } from './history/commands.ts';
import { HistoryView } from './history/history-view.ts';
import { LineCounts } from './history/line-counts.ts';
import { Marks } from './history/marks.ts';
import { Questions } from './history/questions.ts';
import { PageHost } from './page-host.ts';
import { Sessions } from './sessions.ts';

export const registerViews = (context: vscode.ExtensionContext): void => {
  const sessions = new Sessions();
  const questions = new Questions((question) => history.refresh(question));
  const marks = new Marks(
    () => sessions.active,
    () => {
      history.refresh();
      tellAll();
    },
  );
  const history = new HistoryView(questions, marks);
  const counts = new LineCounts();
  const page = (script: string, title: string) =>
    new PageHost(context.extensionUri, sessions, { script, title, marks });
  const timeline = page('timeline', 'Timeline');
  const terminal = page('terminal', 'Guest Terminal');
  const memory = page('memory', 'Memory');
  const tellAll = (): void => {
    for (const each of [timeline, terminal, memory]) each.tell();
  };
  context.subscriptions.push(
    sessions,
    counts,
    sessions.onChange(() => {
      tellAll();
      void marks.refresh();
    }),
    sessions.onStop(tellAll),
    sessions.onFork(() => void marks.refresh()),
    sessions.onPrint(() => terminal.tell()),
    sessions.onAnswer(({ session, body }) => questions.take(session, body)),
    sessions.onEnd((session) => {
      questions.end(session);
      counts.clear();
    }),
    vscode.window.createTreeView('chronovisor.history', { treeDataProvider: history, showCollapseAll: true }),
    vscode.window.registerWebviewViewProvider('chronovisor.timeline', timeline),
    vscode.window.registerWebviewViewProvider('chronovisor.terminal', terminal),
    vscode.window.registerWebviewViewProvider('chronovisor.memory', memory),
    vscode.commands.registerCommand('chronovisor.showMemory', async (subject: unknown) => {
      await vscode.commands.executeCommand('chronovisor.memory.focus');
      const expression = expressionOf(subject);
      if (expression !== undefined) memory.look(expression);
    }),
    ...historyCommands({ sessions, questions, marks, counts }),
  );
};
