/** The commands of a debug session that VS Code has no own ones for: each is a request to the adapter. */

import * as vscode from 'vscode';
import { activeSession, showError } from './debug-type.ts';
import { positionIn } from './position-status.ts';
import { count, momentOf } from './position-text.ts';

interface Granularity {
  readonly granularity?: 'statement' | 'line' | 'instruction';
}

type Act = (session: vscode.DebugSession, given: Granularity) => Thenable<unknown>;

/** The hart that a person looks at. */
const thread = (): { readonly threadId: number } => ({ threadId: vscode.debug.activeStackItem?.threadId ?? 1 });

const goTo = async (session: vscode.DebugSession, moment: number | undefined): Promise<void> => {
  if (moment !== undefined) await session.customRequest('chronovisor/goTo', { moment });
};

const end = async (session: vscode.DebugSession): Promise<number | undefined> => (await positionIn(session))?.end;

const acts: Readonly<Record<string, Act>> = {
  stepBackInto: (session, given) => session.customRequest('chronovisor/stepBackInto', { ...thread(), ...given }),
  stepBackOut: (session, given) => session.customRequest('chronovisor/stepBackOut', { ...thread(), ...given }),
  backToLive: async (session) => goTo(session, await end(session)),
  goToEnd: async (session) => goTo(session, await end(session)),
  goToStart: (session) => goTo(session, 0),
  goToPanic: (session) => session.customRequest('chronovisor/goToPanic'),
  goToLastExecution: async (session) => {
    const editor = vscode.window.activeTextEditor;
    if (editor === undefined) return;
    const source = { path: editor.document.uri.fsPath };
    const line = editor.selection.active.line + 1;
    await session.customRequest('chronovisor/goToLast', { ...thread(), source, line });
  },
  goToMoment: async (session) => {
    const position = await positionIn(session);
    if (position === undefined) return;
    const typed = await vscode.window.showInputBox({
      title: 'Go to Moment',
      prompt: `A moment from 0 to ${count(position.end)}`,
      value: String(position.moment),
      validateInput: (text) => {
        const found = momentOf(text, position.end);
        return typeof found === 'string' ? found : undefined;
      },
    });
    if (typed !== undefined) await goTo(session, Number(momentOf(typed, position.end)));
  },
};

export const registerDebugCommands = (): readonly vscode.Disposable[] =>
  Object.entries(acts).map(([name, act]) =>
    vscode.commands.registerCommand(`chronovisor.${name}`, async (given?: Granularity) => {
      const session = activeSession();
      if (session === undefined) return;
      try {
        await act(session, given?.granularity === undefined ? {} : { granularity: given.granularity });
      } catch (error) {
        showError(error);
      }
    }),
  );
