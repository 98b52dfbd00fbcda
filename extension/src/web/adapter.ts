/**
 * The adapter in a web extension host, where there are no processes: debug sessions and commands run in the extension's own
 * thread. Commands are those that the trace editor has, with the answers of the command line.
 */

import * as vscode from 'vscode';
import { needsNode } from '../../../adapter/host/errors.ts';
import { brotli, FileSource } from '../../../adapter/host/files.ts';
import { volume } from '../../../adapter/host/web/volume.ts';
import { openForVerifying, verifyAll } from '../../../adapter/session/forward.ts';
import { jsonValue, summaryOf } from '../../../adapter/session/summary.ts';
import { openTrace } from '../../../traces/reader.ts';
import type { Run, Runner } from '../adapter.ts';
import { debugType, showError } from '../debug-type.ts';
import { InlineAdapter } from './inline-adapter.ts';
import { uriOf } from './places.ts';
import { WorkspaceFiles } from './workspace-files.ts';

type Hear = (line: string) => void;

export class WebAdapter implements vscode.DebugAdapterDescriptorFactory, Runner {
  readonly #log: vscode.LogOutputChannel;

  constructor(log: vscode.LogOutputChannel) {
    this.#log = log;
    volume.keeper = (name, bytes) => {
      vscode.workspace.fs.writeFile(uriOf(name), bytes).then(undefined, showError);
    };
  }

  register(): vscode.Disposable {
    return vscode.debug.registerDebugAdapterDescriptorFactory(debugType, this);
  }

  createDebugAdapterDescriptor(): vscode.DebugAdapterDescriptor {
    return new vscode.DebugAdapterInlineImplementation(new InlineAdapter(this.#log));
  }

  run(words: readonly string[], hear: Hear): Run {
    const [command = '', file = ''] = [words[0], words.at(-1)];
    let isLeft = false;
    const act = async (): Promise<void> => {
      if (command === 'info') return this.#info(file, words.includes('--salvage'), hear);
      if (command !== 'verify') throw needsNode(`The command ${command}`);
      await this.#verify(file, hear, () => isLeft);
      if (isLeft) throw new Error('Nobody wants to know any more');
    };
    const files = new WorkspaceFiles(this.#log);
    const done = files
      .readTrace(file)
      .then(act)
      .finally(() => files.release());
    return {
      done,
      cancel: () => {
        isLeft = true;
      },
    };
  }

  async #info(file: string, salvage: boolean, hear: Hear): Promise<void> {
    const trace = await openTrace(new FileSource('the trace', file), brotli, { salvage });
    hear(JSON.stringify(summaryOf(trace), jsonValue));
  }

  async #verify(file: string, hear: Hear, isLeft: () => boolean): Promise<void> {
    const session = await openForVerifying(file);
    try {
      const verified = await verifyAll(session, { isLeft, beat: (done) => hear(JSON.stringify({ done })) });
      hear(JSON.stringify({ verified: true, ...verified }));
    } finally {
      session.close();
    }
  }
}
