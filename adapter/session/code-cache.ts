/**
 * Translated code kept on this computer from run to run (vmm/engine/jit/warm.ts), so that a machine that was run before
 * is fast from its first step: another replay of a trace, the next boot of a kernel. A file belongs to one build of the
 * engine, one machine and its images. Whatever is damaged is made again.
 *
 *     file    | checksum of the rest: u64 | bytes of the list: u32 | list: JSON | modules and pieces of code, in order |
 *     list    for each module [its bytes, for each region [host, pages, instructions, for each piece [host, its bytes]]]
 */

import type { TraceHeader } from '../../traces/header.ts';
import type { WarmModule } from '../../vmm/engine/jit/warm.ts';
import type { Hash64 } from '../../vmm/machine/digest.ts';
import type { Machine } from '../../vmm/machine/machine.ts';
import { FileCache } from '../host/file-cache.ts';
import { sha256 } from '../host/hashes.ts';
import { join } from '../host/paths.ts';

/** Of the engine's sources, which the build puts in; code that runs as sources keeps nothing. */
declare const ENGINE_BUILD: string | undefined;
const thisBuild = typeof ENGINE_BUILD === 'undefined' ? undefined : ENGINE_BUILD;

export interface CodeCacheOptions {
  /** The folder of caches; nothing is kept when there is none. */
  readonly folder: string | undefined;
  readonly hash64: Hash64;
  readonly build?: string | undefined;
}

/** Gives the machine what was kept for it, before its first step. Call the answer at the end: it keeps what is new. */
export const warmCode = (
  machine: Machine,
  header: TraceHeader,
  { folder, hash64, build = thisBuild }: CodeCacheOptions,
): (() => void) => {
  if (folder === undefined || build === undefined) return () => {};
  const files = new FileCache(join(folder, 'code'), { extension: '.code', filesMax: 32, bytesMax: 128 * 2 ** 20 });
  const key = keyOf(header, build);
  const modules = files.read(key, (bytes) => unpackModules(bytes, hash64)) ?? [];
  machine.engine.warm(modules);
  return () => {
    const { warmth } = machine.engine;
    if (warmth.length > modules.length) files.write(key, packModules(warmth, hash64));
  };
};

/** The seed of entropy, the time of day and the like change what a guest does, but hardly its code. */
const keyOf = ({ machine, images }: TraceHeader, build: string): string => {
  const { board, harts, ramBytes, bios } = machine;
  const parts = [
    build,
    board,
    harts,
    ramBytes,
    bios,
    ...images.map(({ role, digest, address }) => [role, digest, address]),
  ];
  return sha256().update(JSON.stringify(parts)).digest('hex').slice(0, 32);
};

type PackedRegion = [
  host: number,
  pages: readonly number[],
  instructions: number,
  code: [host: number, bytes: number][],
];
type PackedList = [bytes: number, regions: PackedRegion[]][];

const sumBytes = 8;
const listAt = 12;

export const packModules = (modules: readonly WarmModule[], hash64: Hash64): Uint8Array => {
  const list: PackedList = modules.map(({ bytes, regions }) => [
    bytes.length,
    regions.map(({ host, pages, instructions, code }) => [
      host,
      pages,
      instructions,
      code.map((piece) => [piece.host, piece.bytes.length]),
    ]),
  ]);
  const text = Buffer.from(JSON.stringify(list));
  const contents = modules.flatMap(({ bytes, regions }) => [
    bytes,
    ...regions.flatMap(({ code }) => code.map((piece) => piece.bytes)),
  ]);
  const file = Buffer.concat([Buffer.alloc(listAt), text, ...contents]);
  file.writeUInt32LE(text.length, sumBytes);
  file.writeBigUInt64LE(hash64(file.subarray(sumBytes), 0n), 0);
  return file;
};

/** Nothing when the file is not whole. */
export const unpackModules = (file: Buffer, hash64: Hash64): WarmModule[] | undefined => {
  if (file.length < listAt || file.readBigUInt64LE(0) !== hash64(file.subarray(sumBytes), 0n)) return undefined;
  let at = listAt + file.readUInt32LE(sumBytes);
  const take = (sizeBytes: number): Uint8Array<ArrayBuffer> => {
    at += sizeBytes;
    return Uint8Array.from(file.subarray(at - sizeBytes, at));
  };
  const list = JSON.parse(file.toString('utf8', listAt, at)) as PackedList;
  return list.map(([sizeBytes, regions]) => ({
    bytes: take(sizeBytes),
    regions: regions.map(([host, pages, instructions, code]) => ({
      host,
      pages,
      instructions,
      code: code.map(([from, bytes]) => ({ host: from, bytes: take(bytes) })),
    })),
  }));
};
