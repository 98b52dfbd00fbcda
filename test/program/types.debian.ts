/** The outside answer to sizes, members and enumerators: gdb. */
import { afterAll, describe, expect, test } from 'vitest';
import type { DebugInfo } from '../../adapter/program/debug-info.ts';
import { answerOf, askGdb } from './gdb-types.ts';
import { build, open, titleOf, variants } from './toolchain.ts';

const kinds = ['structure', 'class', 'union', 'enumeration', 'typedef', 'baseType'] as const;
const tags: Readonly<Record<string, string>> = { structure: 'struct ', union: 'union ', enumeration: 'enum ' };

/** The names of all types and the words by which gdb finds them. */
const typesOf = (info: DebugInfo, isC: boolean) =>
  [...info.names!]
    // Of a type without members gdb says 0 or 1 byte, depending on how it is asked.
    .filter(({ name }) => name !== 'decltype(nullptr)')
    .filter(({ kind }) => (kinds as readonly string[]).includes(kind))
    .map((found) => {
      const name = [...found.scope, found.name].join('::');
      return {
        name: isC ? `${tags[found.kind] ?? ''}${name}` : name,
        entry: info.dwarf.entryAt(found.offset, found.inTypes),
      };
    });

const counts = { variants: 0, types: 0, parts: 0 };
afterAll(() => {
  const { variants: number, types, parts } = counts;
  process.stdout.write(
    `figures: types against gdb | ${number} programs | ${types} types | ${parts} members and enumerators\n`,
  );
});

describe.each(variants.map((variant) => [titleOf(variant), variant] as const))('%s', (_, variant) => {
  // Without the .dwo file a skeleton names nothing, and types are in units of signatures: see `units.debian.ts`.
  const skip = /split-dwarf/.test(titleOf(variant));

  test.skipIf(skip)('has the types, offsets and enumerators that gdb says', () => {
    const path = build(variant);
    const info = open(path);
    const types = typesOf(info, variant.source === 'shapes.c');
    const theirs = askGdb(
      path,
      types.map(({ name }) => name),
    );
    // Members of C++ that gdb knows by their class are other types to it: `Nested`, lambdas.
    const known = theirs.map(({ error }) => error === undefined);
    expect(known.filter(Boolean).length).toBeGreaterThan(5);
    const ours = types.map(({ name, entry }) => answerOf(name, info.types.read(entry)));
    expect(ours.filter((__, index) => known[index])).toEqual(theirs.filter((__, index) => known[index]));
    counts.variants++;
    counts.types += known.filter(Boolean).length;
    counts.parts += theirs.reduce((sum, { fields, enumerators }) => sum + (fields ?? enumerators ?? []).length, 0);
  });
});
