/** The table of categories names files and functions that there are, and a bundle of them can be told apart as well. */

import { existsSync, readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { build } from 'esbuild';
import { beforeAll, describe, expect, test } from 'vitest';
import { fileCategory, isNamed } from '../../adapter/stats/attribution.ts';
import { categories, fileRows, wasmRows } from '../../adapter/stats/categories.ts';
import { bundleSections } from '../../adapter/stats/sources.ts';
// @ts-expect-error: a module of the build, which has no types
import { constantsInPlace, emittedAhead, plainMembers } from '../../esbuild.plugins.mjs';
import { emitInterpreter } from '../../vmm/engine/interpreter.ts';
import { emitRefill, refillName } from '../../vmm/machine/refill.ts';

/** As in esbuild.config.mjs. */
const bundled = { plugins: [constantsInPlace, plainMembers, emittedAhead], minifySyntax: true };
const root = resolve(import.meta.dirname, '../..');
const named = fileRows.flatMap(({ file, functions = [] }) => functions.map((name) => [file, name] as const));

/** Whether code defines a function of this name: as a constant, a method, a property, or in a bundle by assignment. */
const defines = (code: string, name: string): boolean => {
  const definition =
    /(?:const|var|let|function|,)\s+(\w+)\s*(?:=|\()|^\s+(?:async\s+|static\s+|\*)*(#?\w+)\s*(?:\(.*\{|:.*=>|= \(.*=>)/gm;
  return [...code.matchAll(definition)].some(([, constant, method]) => isNamed(constant ?? method ?? '', name));
};

test.each(fileRows.map(({ file }) => file))('there is %s', (file) => expect(existsSync(join(root, file))).toBe(true));

test.each(named)('%s has a function %s', (file, name) =>
  expect(defines(readFileSync(join(root, file), 'utf8'), name)).toBe(true),
);

test('each row can be reached: none before it takes all that is its', () => {
  const unreachable = fileRows.filter(({ file, functions: [name = 'anything'] = [], category }) => {
    const example = file.endsWith('/') ? `${file}example.ts` : file;
    return fileCategory(example, name) !== category;
  });
  expect(unreachable).toEqual([]);
});

test('each category has words of its own', () =>
  expect(new Set(categories.map(({ words }) => words)).size).toBe(categories.length));

test('docs/statistics.md has a row for each category, in this order', () => {
  const text = readFileSync(join(root, 'docs/statistics.md'), 'utf8');
  const rows = [...text.matchAll(/^\| ([^|`]+) \| `(\w+)` \|/gm)].map(([, words, id]) => ({ id, words }));
  expect(rows).toEqual(categories);
});

test.each([
  ['interpreter', emitInterpreter(false), ['interpreter', 'interpret', ...Object.keys(wasmRows)]],
  ['refill', emitRefill(), [refillName, 'findRead']],
] as const)('the module %s names itself and what it exports', (_, bytes, names) => {
  const [section] = WebAssembly.Module.customSections(new WebAssembly.Module(bytes), 'name');
  const text = Buffer.from(section!).toString('latin1');
  for (const name of names) expect(text).toContain(name);
});

describe('in the bundle of esbuild.config.mjs', () => {
  let code = '';
  beforeAll(async () => {
    const { outputFiles } = await build({
      entryPoints: [join(root, 'adapter/cli/main.ts')],
      absWorkingDir: root,
      bundle: true,
      platform: 'node',
      target: 'node20',
      format: 'esm',
      ...bundled,
      write: false,
      logLevel: 'silent',
    });
    code = outputFiles[0]!.text;
  });

  const codeOf = (file: string): string => {
    const lines = code.split('\n');
    const sections = bundleSections(code);
    return sections
      .flatMap((section, index) =>
        section.file === file ? lines.slice(section.line, sections[index + 1]?.line ?? lines.length) : [],
      )
      .join('\n');
  };

  test('every file of the table that runs is told apart', () => {
    const files = new Set(bundleSections(code).map(({ file }) => file));
    const missing = fileRows.filter(({ file }) => ![...files].some((other) => other?.startsWith(file)));
    expect(missing).toEqual([]);
  });

  test('what a package brought has no file', () => {
    expect(bundleSections(code).some(({ file }) => file === undefined)).toBe(true);
    expect(bundleSections('// ../node_modules/vmm/engine.ts\nx\n// vmm/engine/engine.ts\ny')).toEqual([
      { line: 0, file: undefined },
      { line: 2, file: 'vmm/engine/engine.ts' },
    ]);
  });

  test.each(named)('%s has its function %s', (file, name) => expect(defines(codeOf(file), name)).toBe(true));
});

test('what the build does to names is done here, too', () => {
  const configuration = readFileSync(join(root, 'esbuild.config.mjs'), 'utf8');
  expect(configuration).toContain('plugins: [constantsInPlace, plainMembers, emittedAhead]');
  expect(configuration.match(/minify\w*: true/g)).toEqual(['minifySyntax: true']);
});
