/**
 * A folder that is looked through for kernels: which files it has, and the beginnings of some. What is read is bounded in
 * size, depth and count. It does not know what is looked for.
 */

import { type FileHandle, open, readdir, stat } from 'node:fs/promises';
import { posix, resolve } from 'node:path';

export interface FileStatus {
  readonly sizeBytes: number;
  readonly modifiedMs: number;
}

/** Paths are relative to the folder and have slashes; `..` and absolute ones are paths, too. */
export interface ProjectFolder {
  /** Those at the top first. */
  files(): Promise<readonly string[]>;
  /** Nothing where there is no such file. */
  status(path: string): Promise<FileStatus | undefined>;
  /** At most so many bytes from the start; nothing where there is no such file. */
  read(path: string, maxBytes: number): Promise<Uint8Array | undefined>;
}

const depthMax = 5;
const filesMax = 20_000;
const foldersMax = 2_000;

/** Of others' sources and what version control keeps: no kernel is built there. */
const passedOver = /^(\.(?!cargo$).*|node_modules|__pycache__)$/;

/** A folder of this computer. */
export const openFolder = (root: string): ProjectFolder => {
  const whole = (path: string): string => resolve(root, path);
  return {
    files: () => walk(root),
    status: async (path) => {
      try {
        const found = await stat(whole(path));
        return found.isFile() ? { sizeBytes: found.size, modifiedMs: found.mtimeMs } : undefined;
      } catch {
        return undefined;
      }
    },
    read: async (path, maxBytes) => {
      let file: FileHandle | undefined;
      try {
        file = await open(whole(path), 'r');
        const found = await file.stat();
        if (!found.isFile()) return undefined;
        const bytes = new Uint8Array(Math.min(maxBytes, found.size));
        const { bytesRead } = await file.read(bytes, 0, bytes.length, 0);
        return bytes.subarray(0, bytesRead);
      } catch {
        return undefined;
      } finally {
        await file?.close();
      }
    },
  };
};

/** Level by level, so that what is near the top is there when a bound is reached. Links to folders are not followed. */
const walk = async (root: string): Promise<string[]> => {
  const files: string[] = [];
  let level = [''];
  let folders = 0;
  for (let depth = 0; depth < depthMax && level.length > 0; depth += 1) {
    const next: string[] = [];
    for (const folder of level) {
      folders += 1;
      if (folders > foldersMax || files.length >= filesMax) return files;
      const entries = await readdir(resolve(root, folder), { withFileTypes: true }).catch(() => []);
      for (const entry of entries) {
        const path = posix.join(folder, entry.name);
        if (entry.isDirectory() && !passedOver.test(entry.name)) next.push(path);
        else if (entry.isFile() && files.length < filesMax) files.push(path);
      }
    }
    level = next;
  }
  return files;
};

/** A file as text, or nothing where it is missing or longer than a person writes. */
export const readText = async (folder: ProjectFolder, path: string): Promise<string | undefined> => {
  const bytes = await folder.read(path, textBytesMax + 1);
  if (bytes === undefined || bytes.length > textBytesMax) return undefined;
  return new TextDecoder().decode(bytes);
};

const textBytesMax = 256 * 1024;
