/**
 * The command with which a `build.zig` starts QEMU, as far as it is written out: a list of words that begins with the program,
 * and what is added to it in calls that follow. What Zig would compute is unknown.
 */

import { qemuWords } from './qemu-words.ts';
import { unknown } from './unknown.ts';

export interface ZigLine {
  /** From 1. */
  readonly line: number;
  readonly words: readonly string[];
}

/** A list of words that holds the program's name, and the variable that a command with it is kept in. */
const commands =
  /(?:(\w+)\s*=\s*\w+\.addSystemCommand\(\s*&?)?(?:\.|\[_\]\[\]const u8)\{([^{}]*"(?:[^"\n]*\/)?qemu-system-riscv64"[^{}]*)\}/g;

export const zigLines = (text: string): ZigLine[] => {
  const source = text.replace(/^\s*\/\/[^\n]*/gm, (comment) => ' '.repeat(comment.length));
  return [...source.matchAll(commands)].flatMap((found) => {
    const [, name, list] = found as unknown as [string, string | undefined, string];
    const rest = source.slice(found.index + found[0].length);
    const words = qemuWords([...itemsOf(list), ...(name === undefined ? [] : addedTo(name, rest))]);
    return words === undefined ? [] : [{ line: source.slice(0, found.index).split('\n').length, words }];
  });
};

/** Texts, and expressions as unknowns, separated by commas. */
const itemsOf = (list: string): string[] =>
  [...list.matchAll(/"((?:[^"\\]|\\.)*)"|([^\s,"][^,"]*)/g)].map(([, text, expression]) =>
    text === undefined ? unknown(expression!.trim()) : text.replace(/\\(.)/g, '$1'),
  );

/** `run.addArgs(&.{ "-m", "128M" })`, `run.addArg("-kernel")`, `run.addArtifactArg(kernel)`. */
const addedTo = (name: string, rest: string): string[] => {
  const end = rest.search(new RegExp(`\\b${name}\\s*=[^=]`));
  const calls = new RegExp(`\\b${name}\\.(addArgs|addArg|addFileArg|addArtifactArg)\\(([^;]*)\\)\\s*;`, 'g');
  return [...rest.slice(0, end < 0 ? undefined : end).matchAll(calls)].flatMap(([, call, argument]) => {
    if (call === 'addArgs') return itemsOf(/\{([^{}]*)\}/.exec(argument!)?.[1] ?? argument!);
    return call === 'addArg' ? itemsOf(argument!) : [unknown(argument!.trim())];
  });
};
