/** A folder of files that can be made again, in a browser: there is none, so that everything is made again. */

import type * as node from '../file-cache.ts';

export class FileCache {
  readonly folder: string;

  constructor(folder: string, _options: node.FileCacheOptions) {
    this.folder = folder;
  }

  read(): undefined {
    return undefined;
  }

  write(): void {}
}

({ FileCache }) satisfies {
  readonly FileCache: new (
    folder: string,
    options: node.FileCacheOptions,
  ) => Pick<node.FileCache, keyof node.FileCache>;
};
