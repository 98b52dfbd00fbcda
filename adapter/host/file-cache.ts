/**
 * A folder of files that can be made again, each under a key. It never grows beyond bounds, and what was not used for longest
 * goes first. Several processes may use it at once: a file appears whole, under its name, or not at all. What is in a file is
 * its owner's to check.
 */

import { mkdirSync, readdirSync, readFileSync, renameSync, rmSync, statSync, utimesSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

export interface FileCacheOptions {
  /** Of the files' names, with its dot. */
  readonly extension: string;
  readonly filesMax: number;
  readonly bytesMax: number;
  /** Where a developer reads why something was made again. */
  readonly log?: (line: string) => void;
}

const temporary = '.tmp';
/** A file that was being written so long ago belongs to a process that died. */
const abandonedMs = 3_600_000;

export class FileCache {
  readonly folder: string;
  readonly #options: FileCacheOptions;

  constructor(folder: string, options: FileCacheOptions) {
    this.folder = folder;
    this.#options = options;
  }

  /** What `interpret` makes of the file under a key: nothing when it is damaged, of another version or not there. */
  read<T>(key: string, interpret: (bytes: Buffer) => T | undefined): T | undefined {
    const file = this.#fileOf(key);
    try {
      if (statSync(file, { throwIfNoEntry: false }) === undefined) return undefined;
      const found = interpret(readFileSync(file));
      if (found === undefined) this.#log(`${file} is damaged or of another version; it is made again`);
      else utimesSync(file, new Date(), new Date()); // what is used is kept longest
      return found;
    } catch (error) {
      this.#log(`${file} cannot be read: ${String(error)}; it is made again`);
      return undefined;
    }
  }

  /** A folder that cannot be written to keeps nothing. */
  write(key: string, bytes: Uint8Array): void {
    const file = this.#fileOf(key);
    const unfinished = `${file}.${process.pid}${temporary}`;
    try {
      mkdirSync(this.folder, { recursive: true });
      try {
        writeFileSync(unfinished, bytes);
        renameSync(unfinished, file);
      } finally {
        rmSync(unfinished, { force: true });
      }
      this.#shrink();
    } catch (error) {
      this.#log(`${file} cannot be written: ${String(error)}`);
    }
  }

  #log(line: string): void {
    this.#options.log?.(line);
  }

  #fileOf(key: string): string {
    return join(this.folder, `${key}${this.#options.extension}`);
  }

  /** Drops what was not used for longest, until the rest is within bounds. */
  #shrink(): void {
    const { extension, filesMax, bytesMax } = this.#options;
    const now = Date.now();
    const kept: { file: string; usedMs: number; sizeBytes: number }[] = [];
    for (const name of readdirSync(this.folder)) {
      const file = join(this.folder, name);
      const found = statSync(file, { throwIfNoEntry: false });
      if (found === undefined) continue; // another session was quicker
      if (name.endsWith(extension)) kept.push({ file, usedMs: found.mtimeMs, sizeBytes: found.size });
      else if (name.endsWith(temporary) && now - found.mtimeMs > abandonedMs) rmSync(file, { force: true });
    }
    kept.sort((a, b) => b.usedMs - a.usedMs);
    let bytes = 0;
    for (const [index, { file, sizeBytes }] of kept.entries()) {
      bytes += sizeBytes;
      if (index > 0 && (index >= filesMax || bytes > bytesMax)) rmSync(file, { force: true });
    }
  }
}
