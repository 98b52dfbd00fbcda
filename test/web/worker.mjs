/**
 * A web extension host, as far as a bundle can tell: a thread from which all that is Node's is taken away before the bundle is
 * loaded, with just so much of VS Code that the extension starts. Its workspace is a folder of this computer under a URI of a
 * scheme that no file system of the bundle's could know.
 */
import { readdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { parentPort, workerData } from 'node:worker_threads';

const { code, names, folder, root } = workerData;
for (const name of ['process', 'Buffer', 'require', 'module', 'global', 'setImmediate', 'clearImmediate'])
  delete globalThis[name];
delete globalThis.SharedArrayBuffer; // a page that is not isolated has none

// --- VS Code: what is not named here is a function, a class and an object at once, and does nothing.

const nothing = () => {
  const target = function anything() {};
  return new Proxy(target, {
    get: (_, name) => (name === Symbol.toPrimitive ? () => '' : name === 'then' ? undefined : nothing()),
    set: () => true,
    apply: () => nothing(),
    construct: () => nothing(),
  });
};
const withRest = (known) => new Proxy(known, { get: (object, name) => (name in object ? object[name] : nothing()) });

class Uri {
  constructor(scheme, authority, path) {
    Object.assign(this, { scheme, authority, path, fsPath: path, query: '', fragment: '' });
  }
  static parse(text) {
    const [, scheme, authority, path] = /^([\w-]+):(?:\/\/([^/]*))?(.*)$/.exec(text);
    return new Uri(scheme, authority ?? '', path);
  }
  static file = (path) => new Uri('file', '', path);
  static joinPath = (uri, ...parts) => uri.with({ path: [uri.path, ...parts].join('/') });
  with({ path }) {
    return new Uri(this.scheme, this.authority, path);
  }
  toString() {
    return `${this.scheme}://${this.authority}${this.path}`;
  }
}

class EventEmitter {
  #listeners = new Set();
  event = (listener) => {
    this.#listeners.add(listener);
    return { dispose: () => this.#listeners.delete(listener) };
  };
  fire(value) {
    for (const listener of this.#listeners) listener(value);
  }
  dispose() {
    this.#listeners.clear();
  }
}

const fileOf = ({ scheme, authority, path }) => {
  if (`${scheme}://${authority}` !== root || !path.startsWith('/folder')) throw new Error(`no such file: ${path}`);
  return join(folder, path.slice('/folder'.length));
};
const said = (kind) => (message) => parentPort.postMessage({ kind, message: String(message?.stack ?? message) });
const made = {};
const known = {
  Uri,
  EventEmitter,
  FileType: { File: 1, Directory: 2 },
  DebugAdapterInlineImplementation: class {
    constructor(implementation) {
      this.implementation = implementation;
    }
  },
  workspace: withRest({
    isTrusted: true,
    workspaceFolders: [{ uri: Uri.parse(`${root}/folder`), name: 'folder', index: 0 }],
    fs: {
      readFile: async (uri) => new Uint8Array(await readFile(fileOf(uri))),
      writeFile: async (uri, bytes) => {
        await writeFile(fileOf(uri), bytes);
        parentPort.postMessage({ kind: 'written', message: uri.path });
      },
      readDirectory: async (uri) =>
        (await readdir(fileOf(uri), { withFileTypes: true })).map((entry) => [entry.name, entry.isDirectory() ? 2 : 1]),
    },
  }),
  window: withRest({
    tabGroups: { activeTabGroup: {}, all: [], onDidChangeTabs: nothing() },
    createOutputChannel: () => withRest({ error: said('log'), warn: said('log') }),
    showErrorMessage: said('error'),
    registerCustomEditorProvider: (_, provider) => {
      made.editor = provider;
      return nothing();
    },
  }),
  debug: withRest({
    registerDebugAdapterDescriptorFactory: (_, factory) => {
      made.factory = factory;
      return nothing();
    },
  }),
  commands: withRest({
    registerCommand: (name, act) => {
      made[name] = act;
      return nothing();
    },
  }),
};
/** A bundle takes each name by itself. */
const vscode = Object.fromEntries(names.map((name) => [name, known[name] ?? nothing()]));

const bundle = { exports: {} };
new Function('module', 'exports', 'require', code)(bundle, bundle.exports, (name) => {
  if (name !== 'vscode') throw new Error(`the bundle asks for ${name}`);
  return vscode;
});
bundle.exports.activate({ subscriptions: [], extensionUri: Uri.parse(`${root}/extension`) });

// --- Whoever drives it.

let adapter;
const acts = {
  begin: () => {
    adapter = made.factory.createDebugAdapterDescriptor().implementation;
    adapter.onDidSendMessage((message) => parentPort.postMessage({ kind: 'dap', message }));
  },
  dap: (message) => adapter.handleMessage(message),
  end: () => adapter.dispose(),
  command: (name) => made[name](),
  /** Opens a recording in its editor, and presses a button of the page whenever it has it. */
  open: ({ name, press }) => {
    const heard = new EventEmitter();
    const show = (text) => {
      parentPort.postMessage({ kind: 'page', message: text });
      if (pressed || !text.includes(`data-command="${press}"`)) return;
      pressed = true;
      queueMicrotask(() => heard.fire({ command: press }));
    };
    let pressed = press === undefined;
    const webview = {
      onDidReceiveMessage: heard.event,
      postMessage: () => {},
      set html(text) {
        show(text);
      },
    };
    const panel = { webview, onDidDispose: () => {} };
    made.editor.resolveCustomEditor({ uri: Uri.parse(`${root}/folder/${name}`) }, panel);
  },
};
parentPort.on('message', ({ kind, message }) => acts[kind](message));
parentPort.postMessage({ kind: 'ready' });
