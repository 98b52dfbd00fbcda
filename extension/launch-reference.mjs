// Writes the table of launch attributes into README.md, from the schema in package.json, which VS Code shows, too. With --check
// it writes nothing and fails where the table is not what it would write.
//
//     node extension/launch-reference.mjs [--check]

import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

const folder = import.meta.dirname;
const readme = join(folder, 'README.md');
const { contributes } = JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8'));
const { properties } = contributes.debuggers[0].configurationAttributes.launch;

const valuesOf = ({ type, enum: values }) => {
  if (values !== undefined) return values.map((value) => `\`"${value}"\``).join(', ');
  return [type].flat().join(' or ');
};
const inCell = (text) => text.replaceAll('|', '\\|');
const meaningOf = ({ description, enum: values, enumDescriptions: meanings, default: standard }) => {
  const choices = (meanings ?? []).map((meaning, index) => ` \`${values[index]}\`: ${meaning}`).join('');
  return `${description}${choices}${standard === undefined ? '' : ` Default: \`${standard}\`.`}`;
};
const row = (name, schema) => `| \`${name}\` | ${inCell(valuesOf(schema))} | ${inCell(meaningOf(schema))} |`;
const rowsOf = (name, schema) => {
  const members = schema.items?.properties ?? {};
  return [row(name, schema), ...Object.entries(members).map(([each, inner]) => row(`${name}[].${each}`, inner))];
};
const table = [
  '| Attribute | Value | Means |',
  '|---|---|---|',
  ...Object.entries(properties).flatMap(([name, schema]) => rowsOf(name, schema)),
].join('\n');

const [begin, end] = [
  '<!-- launch attributes: written by launch-reference.mjs -->',
  '<!-- end of launch attributes -->',
];
const before = readFileSync(readme, 'utf8');
const [from, to] = [before.indexOf(begin), before.indexOf(end)];
if (from < 0 || to < from) throw new Error(`README.md does not have the lines "${begin}" and "${end}"`);
const after = `${before.slice(0, from)}${begin}\n${table}\n${before.slice(to)}`;
if (!process.argv.includes('--check')) writeFileSync(readme, after);
else if (after !== before) {
  console.error('extension/README.md is not what package.json says: run "node extension/launch-reference.mjs"');
  process.exitCode = 1;
}
