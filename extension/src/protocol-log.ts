/** What goes between VS Code and the adapter, in the output channel: all of it at the level Trace, what fails at Warning. */

import * as vscode from 'vscode';
import { debugType } from './debug-type.ts';

const messageMax = 2_000;

export const registerProtocolLog = (log: vscode.LogOutputChannel): readonly vscode.Disposable[] => [
  vscode.debug.registerDebugAdapterTrackerFactory(debugType, {
    createDebugAdapterTracker: (session) => ({
      onWillStartSession: () => log.info(`${session.name} begins`),
      onWillReceiveMessage: (message) => log.trace(`to the adapter: ${briefly(message)}`),
      onDidSendMessage: (message) => {
        log.trace(`from the adapter: ${briefly(message)}`);
        if (message.type === 'response' && message.success === false)
          log.warn(`${message.command}: ${message.message}`);
      },
      onError: (error) => log.error(error),
      onExit: (code, signal) => log.info(`${session.name} ended${ending(code, signal)}`),
    }),
  }),
];

const briefly = (message: unknown): string => {
  const text = JSON.stringify(message) ?? '';
  return text.length > messageMax ? `${text.slice(0, messageMax)}...` : text;
};

const ending = (code: number | undefined, signal: string | undefined): string => {
  if (signal !== undefined && signal !== null) return ` by ${signal}`;
  return code === undefined || code === 0 ? '' : ` with code ${code}`;
};
