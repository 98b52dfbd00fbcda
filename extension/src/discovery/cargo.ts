/**
 * The command with which Cargo runs a RISC-V kernel: `runner` in its configuration (The Cargo Book, "Configuration"). The
 * program that was built is its last word, which Cargo adds and this file leaves to whoever looks for it.
 */

import { qemuWords } from './qemu-words.ts';
import { tomlStrings } from './toml-strings.ts';

export interface CargoRunner {
  /** The target's name, which is that of a folder of `target/`; nothing where the configuration does not say it. */
  readonly triple: string | undefined;
  /** Words behind the program's name; the kernel's belongs behind the last one. */
  readonly words: readonly string[];
}

export const cargoRunners = (text: string): CargoRunner[] => {
  const settings = tomlStrings(text);
  const built = settings.get('build.target');
  const byDefault = tripleOf(Array.isArray(built) ? built[0] : built);
  return [...settings].flatMap(([name, value]): CargoRunner[] => {
    const section = /^target\.(.*)\.runner$/.exec(name)?.[1];
    if (section === undefined) return [];
    // Cargo parts a text at spaces and knows no quotation.
    const command = typeof value === 'string' ? value.split(/\s+/).filter((word) => !/^\\?$/.test(word)) : value;
    const words = qemuWords(command);
    if (words === undefined) return [];
    return [{ triple: section.startsWith('cfg(') ? byDefault : tripleOf(section), words }];
  });
};

/** A target may be described by a file. */
const tripleOf = (name: string | undefined): string | undefined => name?.replace(/^.*\//, '').replace(/\.json$/, '');
