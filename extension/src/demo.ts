/** The demo kernel that comes with the extension: a kernel with a bug whose cause lies millions of steps before its panic. */

import { mkdir } from 'node:fs/promises';
import * as vscode from 'vscode';
import { showError, startShown } from './debug-type.ts';
import type { Launch } from './launches.ts';

let demoFolder = '';
let recordFolder = '';

export const registerDemo = (context: vscode.ExtensionContext): readonly vscode.Disposable[] => {
  demoFolder = context.asAbsolutePath('dist/demo');
  recordFolder = context.globalStorageUri.fsPath;
  return [
    vscode.commands.registerCommand('chronovisor.demo', async () => {
      try {
        await startShown(undefined, await demoLaunch());
      } catch (error) {
        showError(error);
      }
    }),
  ];
};

/** Its recording is kept with the extension, where it is in nobody's way. */
export const demoLaunch = async (): Promise<Launch> => {
  await mkdir(recordFolder, { recursive: true });
  return {
    type: 'chronovisor',
    request: 'launch',
    name: 'Record the demo kernel',
    machine: '-machine virt -m 128M -nographic -bios none -kernel demo.elf',
    record: `${recordFolder}/demo.chrono`,
    idle: 'skip',
    cwd: demoFolder,
  };
};
