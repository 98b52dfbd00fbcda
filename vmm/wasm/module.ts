/**
 * A WebAssembly module under construction: types, imports, functions, exports. One imported memory, at most one table.
 * A module that is given a name says it, and its exports' names, in a name section, for profiles and stack traces.
 * Hints for branches go into a section that hosts may pass over ("Branch Hinting", a proposal to WebAssembly).
 */

import { Code } from './code.ts';
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
  readonly #types: Signature[] = [];
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
    for (let at = 0; at < this.#types.length; at += 1) if (isSame(this.#types[at]!, signature)) return at;
    return this.#types.push(signature) - 1;
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
    const code = new Code(signature.parameters.length, functionBytes);
    body(code);
    this.#functions.push({ type: this.#type(signature), code, exportName });
    return this.#imports.length + this.#functions.length - 1;
  }

  finish(): Uint8Array<ArrayBuffer> {
    const whole = new Code(0).append(magic);
    const functions = this.#functions;
    const firstFunction = this.#imports.length;
    section(whole, 1, (to) => {
      to.unsigned(this.#types.length);
      for (const { parameters, results } of this.#types) {
        to.byte(0x60);
        valueTypes(to, parameters);
        valueTypes(to, results);
      }
    });
    section(whole, 2, (to) => {
      to.unsigned(1 + this.#imports.length);
      text(text(to, importNamespace), 'memory').byte(2);
      if (this.#memoryPages === anyMemory) to.byte(0).byte(0);
      else to.byte(1).unsigned(this.#memoryPages).unsigned(this.#memoryPages);
      for (const { name, type } of this.#imports) text(text(to, importNamespace), name).byte(0).unsigned(type);
    });
    section(whole, 3, (to) => {
      to.unsigned(functions.length);
      for (const { type } of functions) to.unsigned(type);
    });
    const table = this.#table;
    const exported = this.#exported();
    if (table !== undefined) section(whole, 4, (to) => to.byte(1).byte(0x70).byte(0).unsigned(table.entries));
    section(whole, 7, (to) => {
      to.unsigned(exported.length + (table === undefined ? 0 : 1));
      for (const { name, index } of exported) text(to, name).byte(0).unsigned(index);
      if (table !== undefined) text(to, table.exportName).byte(1).byte(0);
    });
    const hinted = functions.filter(({ code }) => code.hasHints);
    if (hinted.length > 0)
      section(whole, 0, (to) => {
        text(to, 'metadata.code.branch_hint').unsigned(hinted.length);
        for (const [index, { code }] of functions.entries())
          if (code.hasHints) code.writeHints(to.unsigned(firstFunction + index));
      });
    section(whole, 10, (to) => {
      to.unsigned(functions.length);
      for (const { code } of functions) code.writeBody(to);
    });
    const name = this.#name;
    // The name section (WebAssembly core specification, 7.4.1): of the module, and of functions.
    if (name !== undefined)
      section(whole, 0, (to) => {
        text(to, 'name');
        section(to, 0, (of) => text(of, name));
        section(to, 1, (of) => {
          of.unsigned(exported.length);
          for (const named of exported) text(of.unsigned(named.index), named.name);
        });
      });
    return whole.raw().slice();
  }

  /** Functions by name. */
  #exported(): { readonly name: string; readonly index: number }[] {
    return this.#functions.flatMap(({ exportName: name }, at) =>
      name === undefined ? [] : [{ name, index: this.#imports.length + at }],
    );
  }
}

/** What most functions have no more than. */
const functionBytes = 2048;

const magic = Uint8Array.of(0, 0x61, 0x73, 0x6d, 1, 0, 0, 0);

const isSame = (one: Signature, other: Signature): boolean =>
  one === other || (areSame(one.parameters, other.parameters) && areSame(one.results, other.results));

const areSame = (one: readonly ValueType[], other: readonly ValueType[]): boolean => {
  for (let at = 0; at < one.length; at += 1) if (one[at] !== other[at]) return false;
  return one.length === other.length;
};

const valueTypes = (to: Code, types: readonly ValueType[]): void => {
  to.unsigned(types.length);
  for (let at = 0; at < types.length; at += 1) to.byte(valueType[types[at]!]);
};

/** Our names are ASCII. */
const text = (to: Code, value: string): Code => {
  to.unsigned(value.length);
  for (let at = 0; at < value.length; at += 1) to.byte(value.charCodeAt(at));
  return to;
};

const section = (to: Code, id: number, write: (content: Code) => void): void => {
  const content = new Code(0);
  write(content);
  const bytes = content.raw();
  to.byte(id).unsigned(bytes.length).append(bytes);
};
