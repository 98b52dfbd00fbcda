/** The extension's bundle for browsers, built once a file, in threads that are like a web extension host: see worker.mjs. */

import { readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { PassThrough, Writable } from 'node:stream';
import { Worker } from 'node:worker_threads';
import { type BuildResult, build } from 'esbuild';
import { afterEach } from 'vitest';
import { browser } from '../../esbuild.plugins.mjs';
import { TestClient } from '../dap/client.ts';

const project = resolve(import.meta.dirname, '../..');

type Bundle = BuildResult<{ metafile: true; write: false }>;
let built: Promise<Bundle> | undefined;

/** Made as esbuild.config.mjs makes it, and written nowhere. */
export const bundle = (): Promise<Bundle> => {
  built ??= build({
    ...browser,
    absWorkingDir: project,
    entryPoints: ['extension/src/web/extension.ts'],
    outfile: 'extension/dist/web/extension.js',
    metafile: true,
    write: false,
  });
  return built;
};

export const scriptOf = ({ outputFiles }: Bundle) => outputFiles.find(({ path }) => path.endsWith('.js'))!;

/** What VS Code gives to extensions, by the declarations of its interface. */
const vscodeNames = (): string[] => {
  const text = readFileSync(join(project, 'node_modules/@types/vscode/index.d.ts'), 'utf8');
  return [...text.matchAll(/^\texport (?:class|enum|namespace|const|function) (\w+)/gm)].map(([, name]) => name!);
};

/** Where the workspace is that the folder stands behind. */
export const root = 'memory://project';

interface Said {
  readonly kind: string;
  readonly message: unknown;
}

const hosts: WebHost[] = [];
afterEach(async () => {
  for (const host of hosts.splice(0)) await host.worker.terminate();
});

export class WebHost {
  readonly worker: Worker;
  readonly #said: Said[] = [];
  #waiting: (() => void)[] = [];

  private constructor(worker: Worker) {
    this.worker = worker;
    worker.on('message', (said: Said) => this.#hear(said));
    worker.on('error', (error) => this.#hear({ kind: 'failed', message: error }));
  }

  /** A host whose workspace is a folder; it ends with the test. */
  static async start(folder: string): Promise<WebHost> {
    const code = scriptOf(await bundle()).text;
    const workerData = { code, names: vscodeNames(), folder, root };
    const host = new WebHost(new Worker(join(import.meta.dirname, 'worker.mjs'), { workerData }));
    hosts.push(host);
    await host.next('ready');
    return host;
  }

  #hear(said: Said): void {
    this.#said.push(said);
    for (const wake of this.#waiting.splice(0)) wake();
  }

  /** The next thing of a kind that it says, and that fits; what it said before counts. */
  async next(kind: string, fits: (message: string) => boolean = () => true): Promise<string> {
    for (;;) {
      const failed = this.#said.find((said) => said.kind === 'failed');
      if (failed !== undefined) throw failed.message;
      const at = this.#said.findIndex((said) => said.kind === kind && fits(String(said.message)));
      if (at >= 0) return String(this.#said.splice(at, 1)[0]!.message);
      await new Promise<void>((resolve) => this.#waiting.push(resolve));
    }
  }

  send(kind: string, message?: unknown): void {
    this.worker.postMessage({ kind, message });
  }

  /** A debug session in it, as a client of the protocol has it. */
  client(): TestClient {
    const output = new PassThrough();
    this.worker.on('message', ({ kind, message }: Said) => {
      if (kind !== 'dap') return;
      const text = JSON.stringify(message);
      output.write(`Content-Length: ${Buffer.byteLength(text)}\r\n\r\n${text}`);
    });
    const input = new Writable({
      write: (chunk: Buffer, _, done) => {
        // The client writes each message at once.
        this.send('dap', JSON.parse(chunk.toString('utf8').split('\r\n\r\n').slice(1).join('\r\n\r\n')));
        done();
      },
    });
    this.send('begin');
    return new TestClient({ input, output });
  }
}
