/** The end of a file of volume.ts, written anew from some place on. */

import type { ByteSink } from '../../../traces/bytes.ts';
import { MemorySink } from '../../../traces/memory.ts';
import type * as node from '../tail-file.ts';
import { volume } from './volume.ts';

export class TailFile implements ByteSink {
  readonly #file: string;
  readonly #sink = new MemorySink();

  constructor(file: string, offset: number) {
    this.#file = file;
    this.#sink.append(volume.read(file).subarray(0, offset));
  }

  append(bytes: Uint8Array): void {
    this.#sink.append(bytes);
  }

  flush(): void {
    volume.write(this.#file, this.#sink.bytes());
  }

  close(): void {}
}

({ TailFile }) satisfies { readonly [Name in keyof typeof node]: new (file: string, offset: number) => ByteSink };
