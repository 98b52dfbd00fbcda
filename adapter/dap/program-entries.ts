/**
 * The launch attribute `programs`: what runs besides the kernel, checked and read.
 *
 *     { "file": "user/sh" }                                             a user program, known by its text in memory
 *     { "file": "user/sh", "name": "shell", "symbols": "sh.debug" }     its debug information is another file
 *                                                                       if it is position-independent, wherever that is
 *     { "file": "busybox", "load": "0x2aaaaaa000" }                     the same where it is known: where its lowest byte is
 *     { "file": "init", "addressSpace": "0x8000000000081234" }          of the process with this satp
 *     { "file": "init", "addressSpace": "user" }                        of every process
 *     { "file": "virtio_net.ko", "sections": { ".text": "0xffffffff02000000" } }     a module, as /sys/module/NAME/sections
 *     { "file": "fw_jump.elf", "addressSpace": "kernel" }               linked to where it is, like the kernel
 *
 * A first one of the last kind is the kernel itself where nothing else says which file that is.
 */

import * as v from 'valibot';
import { readWhole } from '../host/files.ts';
import { resolve } from '../host/paths.ts';
import { readElf } from '../program/elf.ts';
import { badLaunch } from './errors.ts';
import type { ProgramFile } from './program.ts';
import type { ProgramSpace } from './programs.ts';
import type { OtherProgram } from './target.ts';

const programsMax = 1000;
const name = v.pipe(v.string('expected a text'), v.nonEmpty('expected a text, found nothing'));
const words = 'expected an address such as "0x80200000"';
const address = v.union(
  [
    v.pipe(v.string(), v.regex(/^(0x[0-9a-f]{1,16}|\d{1,20})$/i, words)),
    v.pipe(v.number(), v.safeInteger(), v.minValue(0)),
  ],
  words,
);

export const programEntries = v.pipe(
  v.array(
    v.object({
      file: name,
      name: v.nullish(name),
      symbols: v.nullish(name),
      load: v.nullish(address),
      addressSpace: v.nullish(
        v.union([v.picklist(['content', 'user', 'kernel']), address], 'expected "content", "user", "kernel" or a satp'),
      ),
      sections: v.nullish(v.record(v.string(), address, 'expected names of sections and addresses')),
    }),
    'expected a list of programs',
  ),
  v.maxLength(programsMax),
);

type Entry = v.InferOutput<typeof programEntries>[number];

/** @throws {InputError} when a file cannot be read, or is no program */
export const readPrograms = (entries: readonly Entry[], inFolder: (file: string) => string): readonly OtherProgram[] =>
  entries.map((entry, index) => {
    const isModule = entry.sections != null;
    const space = spaceOf(entry);
    if (isModule && space.kind !== 'kernel') throw badLaunch(`programs.${index}`, '"sections" of a user program');
    const file = readFile('the program', inFolder(entry.file));
    const debug = entry.symbols == null ? undefined : readFile('the symbols', inFolder(entry.symbols));
    const { kind } = readElf(file.bytes, entry.file, 'symbols');
    if (kind === 'object' && !isModule) throw badLaunch(`programs.${index}`, 'a module without "sections"');
    return {
      file,
      space,
      options: {
        ...(entry.name != null && { label: entry.name }),
        debug,
        ...(isModule && { sections: addresses(entry.sections ?? {}) }),
        ...(space.kind === 'kernel'
          ? entry.load != null && { loadAddress: BigInt(entry.load) }
          : { processAddress: entry.load == null ? ('linked' as const) : BigInt.asUintN(64, BigInt(entry.load)) }),
      },
    };
  });

const spaceOf = ({ addressSpace, sections }: Entry): ProgramSpace => {
  if (addressSpace == null) return { kind: sections == null ? 'content' : 'kernel' };
  if (addressSpace === 'content' || addressSpace === 'user' || addressSpace === 'kernel') return { kind: addressSpace };
  return { kind: 'root', satp: BigInt(addressSpace) };
};

const addresses = (sections: Readonly<Record<string, string | number>>): Record<string, bigint> =>
  Object.fromEntries(Object.entries(sections).map(([section, at]) => [section, BigInt.asUintN(64, BigInt(at))]));

const readFile = (what: string, file: string): ProgramFile => ({ name: resolve(file), bytes: readWhole(what, file) });
