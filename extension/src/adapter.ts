/**
 * How the program that is bundled beside the extension is run: as the debug adapter, or with one of the commands of its
 * command line. It knows nothing of machines.
 */

import { type ChildProcess, spawn } from 'node:child_process';
import * as vscode from 'vscode';
import { debugType } from './debug-type.ts';

export class Adapter implements vscode.DebugAdapterDescriptorFactory, Runner {
  readonly #program: string;
  /** Where it keeps what it can make again. */
  readonly #cache: string;

  constructor(context: vscode.ExtensionContext) {
    this.#program = context.asAbsolutePath('dist/chronovisor.mjs');
    this.#cache = context.globalStorageUri.fsPath;
  }

  register(): vscode.Disposable {
    return vscode.debug.registerDebugAdapterDescriptorFactory(debugType, this);
  }

  createDebugAdapterDescriptor(): vscode.DebugAdapterDescriptor {
    const { program, words, environment } = this.command(['dap']);
    return new vscode.DebugAdapterExecutable(program, words, { env: environment });
  }

  /** VS Code's own Node runs it, so that none needs to be installed; under Electron the variable makes it one. */
  command(words: readonly string[]) {
    return {
      program: process.execPath,
      words: [this.#program, ...words],
      environment: { ELECTRON_RUN_AS_NODE: '1', CHRONOVISOR_CACHE: process.env.CHRONOVISOR_CACHE ?? this.#cache },
    };
  }

  run(words: readonly string[], hear: (line: string) => void): Run {
    const { program, words: all, environment } = this.command(words);
    const child = spawn(program, all, { env: { ...process.env, ...environment }, stdio: ['ignore', 'pipe', 'pipe'] });
    return { done: ended(child, hear), cancel: () => void child.kill() };
  }
}

/** Who can run commands of the command line. */
export interface Runner {
  /** `hear` is given what it prints, line by line. */
  run(words: readonly string[], hear: (line: string) => void): Run;
}

export interface Run {
  /** Fails with what it said when its exit code is not 0. */
  readonly done: Promise<void>;
  readonly cancel: () => void;
}

const complaintMax = 4_000;

const ended = (child: ChildProcess, hear: (line: string) => void): Promise<void> =>
  new Promise((done, failed) => {
    let [rest, complaint] = ['', ''];
    child.stdout?.setEncoding('utf8').on('data', (text: string) => {
      const lines = (rest + text).split('\n');
      rest = lines.pop()!;
      for (const line of lines) hear(line);
    });
    child.stderr?.setEncoding('utf8').on('data', (text: string) => {
      complaint = (complaint + text).slice(0, complaintMax);
    });
    child.on('error', failed);
    child.on('close', (code) => {
      if (rest !== '') hear(rest);
      if (code === 0) done();
      else failed(new Error(complaint.trim().replace(/^chronovisor: /, '') || `it ended with code ${code}`));
    });
  });
