/**
 * A WebAssembly module under construction: types, imports, functions, exports. One imported memory, at most one table.
 * A module that is given a name says it, and its exports' names, in a name section, for profiles and stack traces.
 * Hints for branches go into a section that hosts may pass over ("Branch Hinting", a proposal to WebAssembly).
 */

import { Code, concat } from './code.ts';
import { type ValueType, valueType } from './opcodes.ts';

export interface Signature {
  readonly parameters: readonly ValueType[];
  readonly results: readonly ValueType[];
}

/** All imports live in this namespace; the memory is `env.memory`. */
export const importNamespace = 'env';

/** Instead of a size: the module takes a memory of any. */
export const anyMemory = 0;

export class ModuleBuilder {
  readonly #types: string[] = [];
  readonly #typeBytes: Uint8Array[] = [];
  readonly #imports: { name: string; type: number }[] = [];
  readonly #functions: { type: number; code: Code; exportName: string | undefined }[] = [];
  readonly #memoryPages: number;
  readonly #name: string | undefined;
  #table: { readonly exportName: string; readonly entries: number } | undefined;

  /** `memoryPages`: size of the imported memory, in 64 KiB pages (its minimum and maximum), or `anyMemory`. */
  constructor(memoryPages: number, name?: string) {
    this.#memoryPages = memoryPages;
    this.#name = name;
  }

  #type(signature: Signature): number {
    const key = JSON.stringify(signature);
    const known = this.#types.indexOf(key);
    if (known >= 0) return known;
    const code = new Code(0).byte(0x60);
    for (const list of [signature.parameters, signature.results]) {
      code.unsigned(list.length);
      for (const type of list) code.byte(valueType[type]);
    }
    this.#types.push(key);
    this.#typeBytes.push(code.raw());
    return this.#types.length - 1;
  }

  /** Gives the module a table of functions, exported by name; it may grow. */
  table(exportName: string, entries: number): void {
    this.#table = { exportName, entries };
  }

  /** The index of a signature, for `call_indirect`. */
  type(signature: Signature): number {
    return this.#type(signature);
  }

  /** Declares an imported function and gives its index. All imports come before the first `define`. */
  import(name: string, signature: Signature): number {
    if (this.#functions.length > 0) throw new Error('imports come before functions');
    this.#imports.push({ name, type: this.#type(signature) });
    return this.#imports.length - 1;
  }

  /** Defines a function; `body` fills its code. Gives its index. */
  define(signature: Signature, body: (code: Code) => void, exportName?: string): number {
    const code = new Code(signature.parameters.length);
    body(code);
    this.#functions.push({ type: this.#type(signature), code, exportName });
    return this.#imports.length + this.#functions.length - 1;
  }

  finish(): Uint8Array<ArrayBuffer> {
    const text = (value: string): Uint8Array => {
      const code = new Code(0).unsigned(value.length);
      for (let at = 0; at < value.length; at += 1) code.byte(value.charCodeAt(at)); // our names are ASCII
      return code.raw();
    };
    const vector = (items: readonly ArrayLike<number>[]): Uint8Array =>
      concat(new Code(0).unsigned(items.length).raw(), ...items);
    const section = (id: number, content: Uint8Array): Uint8Array =>
      concat([id], new Code(0).unsigned(content.length).raw(), content);
    const pages = this.#memoryPages;
    const limits =
      pages === anyMemory ? new Code(0).byte(0).byte(0) : new Code(0).byte(1).unsigned(pages).unsigned(pages);
    const memoryImport = concat(text(importNamespace), text('memory'), [2], limits.raw());
    const imports = this.#imports.map(({ name, type }) =>
      concat(text(importNamespace), text(name), [0], new Code(0).unsigned(type).raw()),
    );
    const exports = this.#functions.flatMap(({ exportName }, index) =>
      exportName === undefined
        ? []
        : [concat(text(exportName), [0], new Code(0).unsigned(this.#imports.length + index).raw())],
    );
    const table = this.#table;
    if (table !== undefined) exports.push(concat(text(table.exportName), [1, 0]));
    const tables = table === undefined ? [] : [concat([0x70, 0], new Code(0).unsigned(table.entries).raw())];
    const bodies = this.#functions.map(({ code }) => {
      const body = code.finish();
      return concat(new Code(0).unsigned(body.length).raw(), body);
    });
    const hinted = this.#functions.flatMap(({ code }, index) => {
      const hints = code.hints();
      return hints === undefined ? [] : [concat(new Code(0).unsigned(this.#imports.length + index).raw(), hints)];
    });
    return concat(
      [0, 0x61, 0x73, 0x6d, 1, 0, 0, 0],
      section(1, vector(this.#typeBytes)),
      section(2, vector([memoryImport, ...imports])),
      section(3, vector(this.#functions.map(({ type }) => new Code(0).unsigned(type).raw()))),
      ...(tables.length > 0 ? [section(4, vector(tables))] : []),
      section(7, vector(exports)),
      ...(hinted.length > 0 ? [section(0, concat(text('metadata.code.branch_hint'), vector(hinted)))] : []),
      section(10, vector(bodies)),
      ...(this.#name === undefined ? [] : [section(0, concat(text('name'), this.#names(this.#name, text, section)))]),
    ) as Uint8Array<ArrayBuffer>;
  }

  /** The name section's content (WebAssembly core specification, 7.4.1): of the module, and of functions. */
  #names(
    name: string,
    text: (value: string) => Uint8Array,
    section: (id: number, content: Uint8Array) => Uint8Array,
  ): Uint8Array {
    const named = this.#functions.flatMap(({ exportName }, index) =>
      exportName === undefined
        ? []
        : [concat(new Code(0).unsigned(this.#imports.length + index).raw(), text(exportName))],
    );
    return concat(section(0, text(name)), section(1, concat(new Code(0).unsigned(named.length).raw(), ...named)));
  }
}
