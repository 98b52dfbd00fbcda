/** The status bar's word on where one is in the recording, and the menu behind it. */

import * as vscode from 'vscode';
import type { Position } from '../../adapter/dap/custom-requests.ts';
import { activeSession, debugType } from './debug-type.ts';
import { positionText } from './position-text.ts';

const askAgainMs = 500;

/**
 * Events, and answered requests, after which the machine runs. Mostly it stands again at once, as after a step: who asked
 * before would be in the way of what is asked about the stop.
 */
const moving: ReadonlySet<unknown> = new Set([
  ...['continued', 'configurationDone', 'continue', 'reverseContinue'],
  ...['next', 'stepIn', 'stepOut', 'stepBack'],
]);
const motionMs = 200;

export const registerPosition = (): readonly vscode.Disposable[] => {
  const status = new PositionStatus();
  return [
    status,
    vscode.debug.registerDebugAdapterTrackerFactory(debugType, {
      createDebugAdapterTracker: () => ({
        onDidSendMessage: ({ event, command }) => {
          if (event === 'stopped') void status.ask();
          else if (moving.has(event ?? command)) status.askIn(motionMs);
        },
      }),
    }),
    vscode.debug.onDidChangeActiveDebugSession(() => void status.ask()),
    vscode.debug.onDidTerminateDebugSession(() => void status.ask()),
    vscode.commands.registerCommand('chronovisor.showPosition', showMenu),
  ];
};

class PositionStatus implements vscode.Disposable {
  readonly #item = vscode.window.createStatusBarItem('chronovisor.position', vscode.StatusBarAlignment.Left, 100);
  #timer: NodeJS.Timeout | undefined;
  #asked = 0;

  constructor() {
    this.#item.name = 'Chronovisor: where in the recording';
    this.#item.command = 'chronovisor.showPosition';
  }

  /** Asks where the machine is, and again while it runs. */
  async ask(): Promise<void> {
    clearTimeout(this.#timer);
    this.#asked += 1;
    const question = this.#asked;
    const session = activeSession();
    const position = session && (await positionIn(session));
    // What was asked later, perhaps of another session, is shown, whichever answer comes first.
    if (question !== this.#asked) return;
    if (session === undefined || position === undefined) {
      this.#item.hide();
      await vscode.commands.executeCommand('setContext', 'chronovisor.hasLiveEnd', false);
      return;
    }
    const { text, tooltip } = positionText(position);
    [this.#item.text, this.#item.tooltip] = [text, `${tooltip}. Go elsewhere...`];
    this.#item.show();
    // There is a way back to it while one is in the past.
    await vscode.commands.executeCommand(
      'setContext',
      'chronovisor.hasLiveEnd',
      position.records === true && !position.live,
    );
    if (position.running && question === this.#asked) this.askIn(askAgainMs);
  }

  askIn(delayMs: number): void {
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => void this.ask(), delayMs);
  }

  dispose(): void {
    clearTimeout(this.#timer);
    this.#item.dispose();
  }
}

/** Nothing before the launch, and after the end. */
export const positionIn = async (session: vscode.DebugSession): Promise<Position | undefined> => {
  try {
    return await session.customRequest('chronovisor/position');
  } catch {
    return undefined;
  }
};

const showMenu = async (): Promise<void> => {
  const session = activeSession();
  const position = session && (await positionIn(session));
  if (session === undefined || position === undefined) return;
  const last = position.records
    ? { label: '$(record) Back to live', command: 'chronovisor.backToLive' }
    : { label: '$(debug-step-over) To the end', command: 'chronovisor.goToEnd' };
  const choices = [
    { label: '$(search) To a moment...', command: 'chronovisor.goToMoment' },
    { label: '$(debug-step-back) To the start', command: 'chronovisor.goToStart' },
    last,
    { label: '$(error) To the last panic', command: 'chronovisor.goToPanic' },
  ];
  const { tooltip } = positionText(position);
  const chosen = await vscode.window.showQuickPick(choices, { title: 'Go to', placeHolder: tooltip });
  if (chosen !== undefined) await vscode.commands.executeCommand(chosen.command);
};
