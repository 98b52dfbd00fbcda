/**
 * From a place in running code to the file of the sources that it came from. Run from the sources, code has that file;
 * in a bundle, esbuild says before each module's code which it is, in a comment of its own.
 */

import { textOf } from '../host/file-names.ts';

/** A path that ends in one of ours, whatever folder the project is in. */
const ours = /(?:^|\/)((?:traces|vmm|adapter)\/[\w./-]+\.ts)$/;
const moduleComment = /^\/\/ (\S+\.(?:[cm]?[jt]s|json))$/;

interface Section {
  readonly line: number;
  readonly file: string | undefined;
}

export class Sources {
  readonly #sections = new Map<string, readonly Section[]>();

  /** Such as `vmm/machine/bus.ts`; nothing for what is not ours. `line` counts from 0. */
  fileAt(url: string, line: number): string | undefined {
    if (url.endsWith('.ts')) return ours.exec(url)?.[1];
    if (!url.startsWith('file:')) return undefined;
    let sections = this.#sections.get(url);
    if (sections === undefined) {
      // A bundle that was replaced while it runs: its time is nobody's in particular.
      sections = bundleSections(textOf(new URL(url)) ?? '');
      this.#sections.set(url, sections);
    }
    return sections.findLast((section) => section.line <= line)?.file;
  }
}

/** Where each module's code begins in a bundle. What a package brought has no file. */
export const bundleSections = (text: string): Section[] =>
  text.split('\n').flatMap((content, line) => {
    const path = moduleComment.exec(content)?.[1];
    if (path === undefined) return [];
    return [{ line, file: path.includes('node_modules/') ? undefined : ours.exec(path)?.[1] }];
  });
