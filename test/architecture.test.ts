/** Enforces the direction of imports: traces -> vmm -> adapter -> extension, and the purity of the first two. */
import { readdirSync, readFileSync } from 'node:fs';
import { dirname, join, relative, resolve } from 'node:path';
import { describe, expect, test } from 'vitest';

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
