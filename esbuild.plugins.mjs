// What the bundles need besides esbuild itself: what is computed at the build, and what a browser has in place of Node.
import { existsSync } from 'node:fs';
import { createRequire } from 'node:module';
import { basename, dirname, join } from 'node:path';
import { build } from 'esbuild';

/** What a call of vmm/engine/emitted.ts answers is found out here, once, instead of at each start. */
export const emittedAhead = {
  name: 'emitted ahead',
  setup: ({ onLoad, onResolve }) => {
    onLoad({ filter: /[\\/]vmm[\\/]engine[\\/]emitted\.ts$/ }, async ({ path }) => {
      const { outputFiles } = await build({ entryPoints: [path], bundle: true, write: false, format: 'esm' });
      const source = `data:text/javascript;base64,${Buffer.from(outputFiles[0].contents).toString('base64')}`;
      const { emittedModule } = await import(source);
      const names = ['interpreter', 'armed', 'float', 'refill'];
      const imports = names.map((name) => `import ${name} from 'emitted:${name}';`).join('\n');
      const modules = Object.fromEntries(names.map((name) => [name, emittedModule(name)]));
      return {
        contents: `${imports}\nconst modules = { ${names} };\nexport const emittedModule = (name) => modules[name];`,
        pluginData: modules,
      };
    });
    onResolve({ filter: /^emitted:/ }, ({ path, pluginData }) => ({ path, namespace: 'emitted', pluginData }));
    onLoad({ filter: /.*/, namespace: 'emitted' }, ({ path, pluginData }) => ({
      contents: pluginData[path.slice('emitted:'.length)],
      loader: 'binary',
    }));
  },
};

/** A module NAME.ts that has another one in a folder `web` beside it is that one in a browser. */
const browserVariants = {
  name: 'browser variants',
  setup: ({ onResolve }) => {
    onResolve({ filter: /^\.{1,2}\/.*\.ts$/ }, ({ path, importer }) => {
      const file = join(dirname(importer), path);
      const variant = join(dirname(file), 'web', basename(file));
      return existsSync(variant) ? { path: variant } : undefined;
    });
  },
};

/** `wasm:NAME` is a package's module in WebAssembly, as its bytes. */
const wasmBytes = {
  name: 'wasm bytes',
  setup: ({ onLoad, onResolve }) => {
    const { resolve } = createRequire(import.meta.url);
    onResolve({ filter: /^wasm:/ }, ({ path }) => ({ path: resolve(path.slice('wasm:'.length)), namespace: 'wasm' }));
    onLoad({ filter: /.*/, namespace: 'wasm' }, async ({ path }) => {
      const { readFile } = await import('node:fs/promises');
      return { contents: await readFile(path), loader: 'binary' };
    });
  },
};

/** Modules of Node that the protocol's library names for streams and for paths of its own, neither of which are used there. */
const unused = /^(events|url|node:stream)$/;
const unusedModules = {
  name: 'unused modules',
  setup: ({ onLoad, onResolve }) => {
    onResolve({ filter: unused }, ({ path }) => ({ path, namespace: 'unused' }));
    onLoad({ filter: /.*/, namespace: 'unused' }, () => ({
      contents: 'export class EventEmitter { on() {} emit() {} }; export const Readable = {}; export class Url {}',
    }));
  },
};

/** A bundle for browsers: it has no module of Node, and brings a `Buffer` of its own. */
export const browser = {
  bundle: true,
  platform: 'browser',
  target: 'es2022',
  format: 'cjs',
  minify: true,
  sourcemap: true,
  logLevel: 'warning',
  external: ['vscode'],
  define: { 'import.meta.url': '""' },
  inject: [join(import.meta.dirname, 'adapter/host/web/buffer.ts')],
  plugins: [emittedAhead, browserVariants, wasmBytes, unusedModules],
};
