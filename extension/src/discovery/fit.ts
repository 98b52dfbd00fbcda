/**
 * A line that was written for QEMU, as a line for this machine: what the machine has not is left out and told, what the line
 * leaves open (the kernel that a build makes) is filled in, and files that are not there are named.
 */

import { posix } from 'node:path';
import type { MachineOptions } from '../../../adapter/boot/machine-options.ts';
import { fitMachineOptions, parseMachineOptions } from '../../../adapter/cli/qemu-options.ts';
import { InputError } from '../../../adapter/program/input-error.ts';
import type { ProjectFolder } from './folder.ts';
import type { KernelFile } from './kernel-file.ts';
import { joinWords } from './shell-words.ts';
import { hasUnknown, speltOut } from './unknown.ts';

export interface Fitted {
  /** The machine's options in one line. */
  readonly line: string;
  /** What is not as the file says, in sentences. */
  readonly notes: readonly string[];
  /** Files that the line names and that are not there. */
  readonly missing: readonly string[];
  /** Whether it names a kernel that is there. */
  readonly hasKernel: boolean;
}

export interface Surroundings {
  readonly folder: ProjectFolder;
  /** The folder from which the line names files, below that one. */
  readonly from: string;
  /** The kernel that was built last. */
  readonly built: () => Promise<KernelFile | undefined>;
  /** The kernel belongs behind the last word. */
  readonly adds?: boolean;
}

export const fit = async (words: readonly string[], surroundings: Surroundings): Promise<Fitted> => {
  const notes: string[] = [];
  const known = withoutUnknown(await withKernel(words, surroundings, notes), notes);
  const { words: kept, leftOut } = fitMachineOptions(known);
  for (const { words: own, why } of leftOut) notes.push(`Left out ${joinWords(own)}: ${why}.`);
  const line = joinWords(kept);
  const options = parsed(kept);
  if (typeof options === 'string') return { line, notes: [...notes, options], missing: [], hasKernel: false };
  const files = filesOf(options);
  const found = await Promise.all(
    files.map(async (file) => [file, await surroundings.folder.status(posix.join(surroundings.from, file))] as const),
  );
  const missing = found
    .filter(([file, status]) => status === undefined && !posix.isAbsolute(file))
    .map(([file]) => file);
  const kernels = [options.kernel, ...options.loaders.map(({ file }) => file), biosOf(options)];
  const kernel = kernels.find((file) => file !== undefined);
  const hasKernel = kernel !== undefined && !missing.includes(kernel);
  return { line, notes, missing, hasKernel };
};

/** What is wrong with a line that a person has written, or nothing. */
export const problemOf = (words: readonly string[]): string | undefined => {
  const options = parsed(words);
  return typeof options === 'string' ? options : undefined;
};

const parsed = (words: readonly string[]): MachineOptions | string => {
  try {
    return parseMachineOptions(words);
  } catch (error) {
    if (error instanceof InputError) return error.message;
    throw error;
  }
};

const takesKernel = /^--?(kernel|bios)$/;

/** A kernel that the file leaves to its build is the one that was built last. */
const withKernel = async (
  words: readonly string[],
  { from, built, adds }: Surroundings,
  notes: string[],
): Promise<string[]> => {
  const all = adds === true && takesKernel.test(words.at(-1) ?? '') ? [...words, ''] : [...words];
  const open = all.findIndex((word, at) => (word === '' || hasUnknown(word)) && takesKernel.test(all[at - 1] ?? ''));
  if (open < 0) return all;
  const kernel = await built();
  if (kernel === undefined) {
    notes.push('No kernel was found where this build puts it. Build it first.');
    return all.toSpliced(open - 1, 2);
  }
  return all.with(open, posix.relative(from, kernel.path));
};

/** Options whose value only the build would know. */
const withoutUnknown = (words: readonly string[], notes: string[]): string[] => {
  const kept: string[] = [];
  for (let at = 0; at < words.length; at += 1) {
    const [word, value] = [words[at]!, words[at + 1]];
    // VS Code would take it for a variable of its own, and some of those run commands.
    if (word.includes('${')) notes.push(`Left out ${speltOut(word)}: it has a variable in it.`);
    else if (hasUnknown(word)) notes.push(`Left out ${speltOut(word)}: only the build knows what it is.`);
    else if (value !== undefined && word.startsWith('-') && (hasUnknown(value) || value.includes('${'))) {
      notes.push(`Left out ${word} ${speltOut(value)}: only the build knows what it is.`);
      at += 1;
    } else kept.push(word);
  }
  return kept;
};

const filesOf = ({ bios, kernel, initrd, dtb, devices, loaders }: MachineOptions): string[] =>
  [
    biosOf({ bios }),
    kernel,
    initrd,
    dtb,
    ...devices.map((device) => ('file' in device ? device.file : undefined)),
    ...loaders.map(({ file }) => file),
  ].filter((file) => file !== undefined);

const biosOf = ({ bios }: Pick<MachineOptions, 'bios'>): string | undefined =>
  typeof bios === 'object' ? bios.file : undefined;
