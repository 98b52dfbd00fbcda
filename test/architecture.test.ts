/** Enforces the direction of imports: traces -> vmm -> adapter -> extension, and the purity of the first two. */
import { readdirSync, readFileSync } from 'node:fs';
import { dirname, join, relative, resolve } from 'node:path';
import { describe, expect, test } from 'vitest';
import { isTableOfNumbers } from '../esbuild.plugins.mjs';
import * as layout from '../vmm/engine/layout.ts';
import * as opcodes from '../vmm/wasm/opcodes.ts';

const layers = ['traces', 'vmm', 'adapter', 'extension'];
const root = resolve(import.meta.dirname, '..');

const sources = (folder: string): string[] =>
  readdirSync(join(root, folder), { recursive: true, encoding: 'utf8' })
    .filter((name) => name.endsWith('.ts') && !name.includes('node_modules'))
    .map((name) => join(folder, name));

const importsOf = (file: string): string[] =>
  [...readFileSync(join(root, file), 'utf8').matchAll(/(?:from|import)\s*\(?\s*'([^']+)'/g)].map((match) => match[1]!);

describe('layers', () => {
  for (const [rank, layer] of layers.entries()) {
    test(`${layer}/ imports only its own layer and those to its left`, () => {
      const wrong = sources(layer).flatMap((file) =>
        importsOf(file)
          .filter((name) => name.startsWith('.'))
          .map((name) => relative(root, resolve(root, dirname(file), name)))
          .filter((target) => layers.indexOf(target.split('/')[0]!) > rank || target.startsWith('test'))
          .map((target) => `${file} imports ${target}`),
      );
      expect(wrong).toEqual([]);
    });
  }

  test('traces/ and vmm/ use no host clock, file, randomness, environment or timer', () => {
    const forbidden =
      /from 'node:|\bDate\.now|\bnew Date\b|performance\.now|Math\.random|process\.|setTimeout|setInterval|setImmediate|crypto\./;
    const code = (file: string) =>
      readFileSync(join(root, file), 'utf8')
        .replace(/\/\*[\s\S]*?\*\//g, '')
        .replace(/\/\/.*$/gm, '');
    expect([...sources('traces'), ...sources('vmm')].filter((file) => forbidden.test(code(file)))).toEqual([]);
  });
});

test('nobody lists tables of numbers that bundles have as enumerations, which have their numbers as members, too', () => {
  const tables = Object.entries({ ...layout, ...opcodes }).flatMap(([name, value]) =>
    isTableOfNumbers(value) ? [name] : [],
  );
  expect(tables).toEqual(expect.arrayContaining(['op', 'pageFlag', 'tlbKinds']));
  const listed = new RegExp(`(Object\\.\\w+\\(|\\.\\.\\.|\\bin )(${tables.join('|')})\\b`);
  const wrong = layers.flatMap(sources).flatMap(
    (file) =>
      readFileSync(join(root, file), 'utf8')
        .match(listed)
        ?.map((found) => `${file}: ${found}`) ?? [],
  );
  expect(wrong).toEqual([]);
});
