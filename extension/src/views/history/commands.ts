/** The commands of the history views: asking, going to answers, bookmarks and forks. */

import * as v from 'valibot';
import * as vscode from 'vscode';
import { askAnswer } from '../answers.ts';
import { type Asked, ask, refusalOf } from '../requests.ts';
import type { Sessions } from '../sessions.ts';
import { type Asking, callsOf, differsTitle, executions, expressionOf, logged, whereFrom, whoWrote } from './asking.ts';
import { type HistoryNode, momentOf } from './history-view.ts';
import type { LineCounts } from './line-counts.ts';
import type { Marks } from './marks.ts';
import type { Question, Questions } from './questions.ts';

export interface HistoryParts {
  readonly sessions: Sessions;
  readonly questions: Questions;
  readonly marks: Marks;
  readonly counts: LineCounts;
}

export const historyCommands = (parts: HistoryParts): vscode.Disposable[] => {
  const { sessions, questions } = parts;

  /** Begins with what is answered as a question is, and shows the tree, in which the answer comes in. */
  const beginWith = async (title: string, send: (session: Asked) => Promise<unknown>) => {
    const session = needSession(sessions);
    if (session === undefined) return undefined;
    const question = questions.begin(session.id, title);
    void vscode.commands.executeCommand('chronovisor.history.focus');
    try {
      const answer = await send(session);
      questions.accepted(question, v.parse(askAnswer, answer).id);
    } catch (error) {
      questions.refused(question, refusalOf(error));
    }
    return question;
  };
  const begin = (asking: Asking): Promise<Question | undefined> =>
    beginWith(asking.title, (session) => ask(session, 'chronovisor/ask', asking));

  const about = async (subject: unknown, asking: (expression: string) => Asking): Promise<void> => {
    const expression = expressionOf(subject) ?? (await input('About which expression?', selectedText()));
    if (expression !== undefined) await begin(asking(expression));
  };

  return [
    vscode.commands.registerCommand('chronovisor.whoWroteThis', (subject: unknown) => about(subject, whoWrote)),
    vscode.commands.registerCommand('chronovisor.whereFrom', (subject: unknown) => about(subject, whereFrom)),
    vscode.commands.registerCommand('chronovisor.logPast', async () => {
      const place = await input('Log at which line or function? (file.c:12, function)', cursorPlace());
      const text = place && (await input('What to say each time, with expressions in braces', '{$a0}'));
      if (place !== undefined && text !== undefined) await begin(logged(place, text));
    }),
    vscode.commands.registerCommand('chronovisor.allCalls', async () => {
      const name = await input('All calls of which function?', selectedText());
      if (name !== undefined) await begin(callsOf(name));
    }),
    vscode.commands.registerCommand('chronovisor.countLine', (at: unknown) => countLine(parts, begin, lineOf(at))),
    vscode.commands.registerCommand('chronovisor.cancelQuestion', async (node?: HistoryNode) => {
      if (node?.kind !== 'question') return;
      const id = questions.cancel(node.question.key);
      const session = sessions.active;
      if (id === undefined || session?.id !== node.question.session) return;
      await attempt(() => ask(session, 'chronovisor/cancelAsk', { id }));
    }),
    vscode.commands.registerCommand('chronovisor.removeQuestion', async (node?: HistoryNode) => {
      if (node?.kind !== 'question') return;
      if (node.question.state === 'asked') await vscode.commands.executeCommand('chronovisor.cancelQuestion', node);
      questions.remove(node.question.key);
    }),
    vscode.commands.registerCommand('chronovisor.goToItem', async (node?: HistoryNode) => {
      const moment = node && momentOf(node);
      const session = needSession(sessions);
      if (moment === undefined || session === undefined) return;
      await attempt(() => ask(session, 'chronovisor/goTo', { moment }));
    }),
    vscode.commands.registerCommand('chronovisor.compareFork', async (node?: HistoryNode) => {
      if (node?.kind !== 'fork') return;
      const { id, name, parent } = node.fork;
      if (parent === undefined) return;
      await beginWith(differsTitle(name, parts.marks.forks.find((fork) => fork.id === parent)?.name), (session) =>
        ask(session, 'chronovisor/compareForks', { one: parent, other: id }),
      );
    }),
    ...bookmarkCommands(parts),
    ...forkCommands(parts),
  ];
};

const bookmarkCommands = ({ sessions, marks }: HistoryParts): vscode.Disposable[] => [
  vscode.commands.registerCommand('chronovisor.addBookmark', async () => {
    const session = needSession(sessions);
    const position = await sessions.position();
    if (session === undefined || position === undefined) return;
    const note = await input(`Bookmark of moment ${position.moment}`, '', true);
    if (note === undefined) return;
    await attempt(() => ask(session, 'chronovisor/bookmarks', { action: 'add', moment: position.moment, note }));
    await marks.refresh();
  }),
  vscode.commands.registerCommand('chronovisor.editBookmark', async (node?: HistoryNode) => {
    const session = needSession(sessions);
    if (session === undefined || node?.kind !== 'bookmark') return;
    const { id, at } = node.bookmark;
    const note = await input(`Bookmark of moment ${at}`, node.bookmark.note, true);
    if (note === undefined) return;
    await attempt(() => ask(session, 'chronovisor/bookmarks', { action: 'edit', id, note }));
    await marks.refresh();
  }),
  vscode.commands.registerCommand('chronovisor.removeBookmark', async (node?: HistoryNode) => {
    const session = needSession(sessions);
    if (session === undefined || node?.kind !== 'bookmark') return;
    const { id } = node.bookmark;
    await attempt(() => ask(session, 'chronovisor/bookmarks', { action: 'remove', id }));
    await marks.refresh();
  }),
];

const forkCommands = ({ sessions }: HistoryParts): vscode.Disposable[] => [
  vscode.commands.registerCommand('chronovisor.forkHere', async (subject: unknown) => {
    const session = needSession(sessions);
    const position = await sessions.position();
    if (session === undefined || position === undefined) return;
    const expression = expressionOf(subject) ?? (await input('Change what?', selectedText()));
    const value = expression && (await input(`The value of ${expression} to run on with`, ''));
    if (expression === undefined || value === undefined) return;
    const { moment } = position;
    const threadId = vscode.debug.activeStackItem?.threadId ?? 1;
    await attempt(async () => {
      await ask(session, 'chronovisor/fork', { moment, name: `${expression} = ${value}` });
      // The fork is live where it begins, so it can be changed there.
      const { stackFrames } = await session.customRequest('stackTrace', { threadId, levels: 1 });
      await session.customRequest('setExpression', { expression, value, frameId: stackFrames[0]?.id });
      await vscode.commands.executeCommand('workbench.action.debug.continue');
    });
  }),
  vscode.commands.registerCommand('chronovisor.switchFork', async (node?: HistoryNode) => {
    const session = needSession(sessions);
    if (session === undefined || node?.kind !== 'fork') return;
    await attempt(() => ask(session, 'chronovisor/switchFork', { id: node.fork.id }));
  }),
  vscode.commands.registerCommand('chronovisor.deleteFork', async (node?: HistoryNode) => {
    const session = needSession(sessions);
    if (session === undefined || node?.kind !== 'fork') return;
    const { id, name } = node.fork;
    const sure = await vscode.window.showWarningMessage(`Delete the fork "${name}"?`, { modal: true }, 'Delete');
    if (sure === undefined) return;
    await attempt(() => ask(session, 'chronovisor/deleteFork', { id }));
  }),
];

const needSession = (sessions: Sessions): vscode.DebugSession | undefined => {
  if (sessions.active === undefined) {
    void vscode.window.showInformationMessage('Start a Chronovisor debug session first.');
  }
  return sessions.active;
};

const attempt = async (act: () => Promise<unknown>): Promise<void> => {
  try {
    await act();
  } catch (error) {
    void vscode.window.showErrorMessage(refusalOf(error));
  }
};

const input = async (prompt: string, value: string | undefined, mayBeEmpty = false): Promise<string | undefined> => {
  const typed = await vscode.window.showInputBox({ prompt, ...(value !== undefined && { value }) });
  return typed === undefined || (typed.trim() === '' && !mayBeEmpty) ? undefined : typed.trim();
};

/** What is selected in the editor, or the word under the cursor. */
const selectedText = (): string | undefined => {
  const editor = vscode.window.activeTextEditor;
  if (editor === undefined) return undefined;
  const { document, selection } = editor;
  const range = selection.isEmpty ? document.getWordRangeAtPosition(selection.active) : selection;
  return range === undefined ? undefined : document.getText(range);
};

interface LinePlace {
  readonly document: vscode.Uri;
  /** From 0 on. */
  readonly line: number;
}

/** The line that a menu of the line numbers is about, or the cursor's. */
const lineOf = (at: unknown): LinePlace | undefined => {
  const asked = at as { readonly lineNumber?: unknown; readonly uri?: unknown } | undefined;
  if (typeof asked?.lineNumber === 'number' && asked.uri instanceof vscode.Uri) {
    return { document: asked.uri, line: asked.lineNumber - 1 };
  }
  const editor = vscode.window.activeTextEditor;
  return editor && { document: editor.document.uri, line: editor.selection.active.line };
};

const placeOf = ({ document, line }: LinePlace): string => `${document.fsPath}:${line + 1}`;

const cursorPlace = (): string | undefined => {
  const line = lineOf(undefined);
  return line && placeOf(line);
};

/** Shows behind a line how often it was executed, as soon as that is known. */
const countLine = async (
  { sessions, questions, counts }: HistoryParts,
  begin: (asking: Asking) => Promise<Question | undefined>,
  place: LinePlace | undefined,
): Promise<void> => {
  if (place === undefined) return;
  counts.set(place.document, place.line, undefined);
  const question = await begin(executions(placeOf(place), 'count'));
  const look = (): boolean => {
    if (question?.state === 'asked') return false;
    const count = question?.items.find((item) => item.count !== undefined)?.count;
    if (count === undefined) counts.remove(place.document, place.line);
    else counts.set(place.document, place.line, count);
    // Shown behind the line, it need not be shown in the tree, too; why it is not known stays there.
    if (question !== undefined && count !== undefined) questions.remove(question.key);
    return true;
  };
  if (look()) return;
  const waiting = sessions.onAnswer(() => {
    if (look()) waiting.dispose();
  });
};
