/** Tasks that record a kernel in a terminal, without the debugger: those of tasks.json, and one for each machine found. */

import { resolve } from 'node:path';
import * as vscode from 'vscode';
import { splitWords } from '../../adapter/dap/words.ts';
import type { Adapter } from './adapter.ts';
import { discover } from './discovery/candidates.ts';
import { openFolder } from './discovery/folder.ts';
import { recordingName } from './launches.ts';

const taskType = 'chronovisor';

interface RecordTask extends vscode.TaskDefinition {
  readonly machine: string;
  readonly record?: string;
  readonly cwd?: string;
}

export const registerTasks = (adapter: Adapter): readonly vscode.Disposable[] => [
  vscode.tasks.registerTaskProvider(taskType, {
    provideTasks: async () => {
      const folders = vscode.workspace.isTrusted ? (vscode.workspace.workspaceFolders ?? []) : [];
      const found = await Promise.all(
        folders.map(async (folder) => {
          const { candidates } = await discover(openFolder(folder.uri.fsPath));
          return candidates.map(({ name, line, folder: cwd }) =>
            taskOf(adapter, folder, `record ${name}`, { type: taskType, machine: line, ...(cwd !== '' && { cwd }) }),
          );
        }),
      );
      return found.flat();
    },
    resolveTask: (task) => {
      const { definition, scope, name } = task;
      if (typeof definition.machine !== 'string' || typeof scope !== 'object') return undefined;
      return taskOf(adapter, scope, name, definition as RecordTask);
    },
  }),
];

const taskOf = (
  adapter: Adapter,
  folder: vscode.WorkspaceFolder,
  name: string,
  definition: RecordTask,
): vscode.Task => {
  const { machine, record = recordingName(machine), cwd = '' } = definition;
  const root = folder.uri.fsPath;
  const { program, words, environment } = adapter.command([
    'record',
    '-o',
    resolve(root, record),
    '--',
    ...splitWords(machine),
  ]);
  const execution = new vscode.ProcessExecution(program, words, { cwd: resolve(root, cwd), env: environment });
  const task = new vscode.Task(definition, folder, name, 'chronovisor', execution, [
    '$guest-panic',
    '$guest-panic-rust',
  ]);
  task.detail = machine;
  return task;
};
