// What the bundles need besides esbuild itself: what is computed at the build, and what a browser has in place of Node.
import { existsSync, readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { basename, dirname, join } from 'node:path';
import { build } from 'esbuild';
import ts from 'typescript';

/** What a module of the project exports. */
const evaluated = async (path) => {
  const { outputFiles } = await build({ entryPoints: [path], bundle: true, write: false, format: 'esm' });
  return import(`data:text/javascript;base64,${Buffer.from(outputFiles[0].contents).toString('base64')}`);
};

/** What a call of vmm/engine/emitted.ts answers is found out here, once, instead of at each start. */
export const emittedAhead = {
  name: 'emitted ahead',
  setup: ({ onLoad, onResolve }) => {
    onLoad({ filter: /[\\/]vmm[\\/]engine[\\/]emitted\.ts$/ }, async ({ path }) => {
      const { emittedModule } = await evaluated(path);
      const names = ['interpreter', 'armed', 'float', 'refill', 'nh', 'xxh64'];
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

/**
 * Layouts and opcodes are objects of numbers, which esbuild cannot put where they are named: as enumerations it can. What V8
 * runs before it optimises looks each up otherwise, and what it optimises checks that they are what they were. An enumeration has its
 * numbers as members, too: nobody may list them (test/architecture.test.ts).
 */
export const constantsInPlace = {
  name: 'constants in place',
  setup: ({ onLoad }) => {
    onLoad({ filter: /[\\/]vmm[\\/](engine[\\/]layout|wasm[\\/]opcodes)\.ts$/ }, async ({ path }) => {
      let contents = readFileSync(path, 'utf8');
      for (const [name, value] of Object.entries(await evaluated(path))) {
        if (!isTableOfNumbers(value)) continue;
        const members = Object.entries(value).map(([member, number]) => `${JSON.stringify(member)} = ${number}`);
        contents = contents.replace(`export const ${name} = `, `const ${name}Given = `);
        contents += `export enum ${name} { ${members.join(', ')} }\n`;
      }
      return { contents, loader: 'ts' };
    });
  },
};

export const isTableOfNumbers = (value) =>
  typeof value === 'object' && !Array.isArray(value) && Object.values(value).every((each) => typeof each === 'number');

/**
 * Private members (#name) become plain ones with a name of their own. V8 looks private names up as computed keys, which takes
 * several times as long until it optimises; most of our code runs for a few hundred milliseconds.
 */
export const plainMembers = {
  name: 'plain members',
  setup: ({ onLoad }) => {
    onLoad({ filter: /[\\/](vmm|traces|adapter)[\\/].*\.ts$/ }, ({ path }) => {
      const text = readFileSync(path, 'utf8');
      return /#\w/.test(text) ? { contents: withPlainMembers(path, text), loader: 'ts' } : undefined;
    });
  },
};

/** Each name tells its class, as a derived class may have a private member of the same name. */
export const withPlainMembers = (path, text) => {
  let contents = '';
  let copied = 0;
  const visit = (node, className) => {
    if (ts.isPrivateIdentifier(node)) {
      const name = `_${className}_${node.text.slice(1)}`;
      const isAsked = ts.isBinaryExpression(node.parent); // `#name in object`
      contents += text.slice(copied, node.getStart()) + (isAsked ? `'${name}'` : name);
      copied = node.end;
      return;
    }
    const inside = ts.isClassLike(node) ? (node.name?.text ?? 'Unnamed') : className;
    ts.forEachChild(node, (child) => visit(child, inside));
  };
  visit(ts.createSourceFile(path, text, ts.ScriptTarget.Latest, true), '');
  return contents + text.slice(copied);
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
  plugins: [constantsInPlace, plainMembers, emittedAhead, browserVariants, wasmBytes, unusedModules],
};
