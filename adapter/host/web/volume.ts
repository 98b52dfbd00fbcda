/**
 * The files that the adapter has in a browser: in memory, under names of one tree, as POSIX has them. Files of a workspace come
 * later there than they are asked for here; so whoever starts the adapter puts those in that will be needed, and lists those
 * that are there but whose bytes are not. What is written stays in memory unless a keeper takes it.
 */

export type Keeper = (name: string, bytes: Uint8Array) => void;

const problem = (code: string, message: string): Error => Object.assign(new Error(message), { code });

class Volume {
  readonly #bytes = new Map<string, Uint8Array>();
  readonly #listed = new Set<string>();
  readonly #folders = new Set<string>();
  /** Takes what was written to where it is kept. */
  keeper: Keeper | undefined;

  put(name: string, bytes: Uint8Array): void {
    this.list(name);
    this.#bytes.set(name, bytes);
  }

  /** It is there, and its bytes are not. */
  list(name: string): void {
    this.#listed.add(name);
    for (let end = name.lastIndexOf('/'); end > 0; end = name.lastIndexOf('/', end - 1)) {
      if (this.#folders.has(name.slice(0, end))) break;
      this.#folders.add(name.slice(0, end));
    }
  }

  has(name: string): boolean {
    return this.#listed.has(name);
  }

  /** Whether any file is, or was, below. */
  hasFolder(name: string): boolean {
    return name === '/' || this.#folders.has(name.replace(/\/+$/, ''));
  }

  /** @throws {Error} with a `code` as Node has it */
  read(name: string): Uint8Array {
    const bytes = this.#bytes.get(name);
    if (bytes !== undefined) return bytes;
    if (this.has(name))
      throw problem('EAGAIN', 'one that was not read at the launch, and a browser cannot wait for it');
    throw this.hasFolder(name) ? problem('EISDIR', 'a folder') : problem('ENOENT', 'nothing of that name');
  }

  write(name: string, bytes: Uint8Array): void {
    if (this.hasFolder(name)) throw problem('EISDIR', 'a folder');
    this.put(name, bytes);
    this.keeper?.(name, bytes);
  }

  /** Lets the bytes go; the file may be there all the same. */
  release(name: string): void {
    this.#bytes.delete(name);
  }

  drop(name: string): void {
    this.release(name);
    this.#listed.delete(name);
  }
}

/** Of this program, as the file system is of a computer. */
export const volume = new Volume();
