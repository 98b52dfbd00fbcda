/**
 * What a mangled name of C++ says, as a tree, and the text of it. A tree may share parts (substitutions), so that a short
 * name can mean a text without end: the text and the work for it are bounded, and what goes beyond is no name.
 */

export type NodeKind =
  /** `text` as it is. */
  | 'text'
  /** `nodes` one after another; `text` may mark what they are, and is not shown. */
  | 'join'
  /** `nodes` with commas between them; empty packs leave none. */
  | 'list'
  | 'pointer'
  | 'array'
  | 'function'
  /** A function with its result: the result, the name, the parameters. */
  | 'signature'
  | 'member-pointer'
  | 'qualified'
  | 'template'
  | 'parameter'
  | 'pack'
  | 'expansion';

export interface Node {
  readonly kind: NodeKind;
  /** Of a pointer `*`, `&` or `&&`; of what is qualified ` const`; of a function what follows its parameters. */
  readonly text: string;
  readonly nodes: readonly Node[];
  /** Of a template's parameter: what it stands for, known at the latest when the whole name is read. */
  readonly resolve?: () => Node | undefined;
}

export const node = (kind: NodeKind, text: string, ...nodes: readonly Node[]): Node => ({ kind, text, nodes });
export const textNode = (text: string): Node => node('text', text);
export const join = (...parts: readonly (string | Node)[]): Node =>
  node('join', '', ...parts.map((part) => (typeof part === 'string' ? textNode(part) : part)));
export const list = (nodes: readonly Node[]): Node => node('list', '', ...nodes);

export const textMax = 16_384;
const callsMax = 100_000;
const depthMax = 400;

/** The text is longer, or nests deeper, than anybody reads. */
export class Unbounded extends Error {}

/** @throws {Unbounded} */
export const printNode = (root: Node): string => new Printer().print(root, '');

class Printer {
  #calls = 0;
  #depth = 0;
  /** Which element of a pack is meant, inside an expansion. */
  #element: number | undefined;

  /** `inner` is what a declarator has inside: of `int (*)[4]`, the `(*)`. */
  print(found: Node, inner: string): string {
    this.#calls += 1;
    this.#depth += 1;
    if (this.#calls > callsMax || this.#depth > depthMax || inner.length > textMax) throw new Unbounded();
    const text = this.#text(found, inner);
    this.#depth -= 1;
    if (text.length > textMax) throw new Unbounded();
    return text;
  }

  #text(found: Node, inner: string): string {
    const [first, second] = found.nodes;
    switch (found.kind) {
      case 'text':
        return declared(found.text, inner);
      case 'join':
        return declared(found.nodes.map((part) => this.print(part, '')).join(''), inner);
      case 'list':
        return declared(this.#list(found.nodes), inner);
      case 'pointer':
        return this.#pointer(first!, found.text, inner);
      case 'array': {
        const dimension = second === undefined ? '' : this.print(second, '');
        return this.print(first!, `${inner}${inner.endsWith(']') ? '' : ' '}[${dimension}]`);
      }
      case 'function': {
        const behind = `${inner}(${this.#parameters(found.nodes.slice(1))})${found.text}`;
        return first!.kind === 'text' && first!.text === ''
          ? behind
          : this.print(first!, behind.startsWith('(') ? ` ${behind}` : behind);
      }
      case 'signature':
        return this.print(
          first!,
          ` ${this.print(second!, '')}(${this.#parameters(found.nodes.slice(2))})${found.text}`,
        );
      case 'member-pointer': {
        const mark = `${this.print(first!, '')}::*${inner}`;
        const isWrapped = this.#resolved(second!).kind === 'function' || this.#resolved(second!).kind === 'array';
        if (isWrapped) return this.print(second!, `(${mark})`);
        return this.print(second!, ` ${mark}`);
      }
      case 'qualified':
        // What is constant already is not made so again.
        if (this.#resolved(first!).kind === 'qualified' && this.#resolved(first!).text === found.text) {
          return this.print(first!, inner);
        }
        return this.print(first!, `${found.text}${inner.startsWith('(') ? ' ' : ''}${inner}`);
      case 'template': {
        const name = this.print(first!, '');
        const inside = this.#list(found.nodes.slice(1));
        const text = `${name}${name.endsWith('<') ? ' ' : ''}<${inside}${inside.endsWith('>') ? ' ' : ''}>`;
        return declared(text, inner);
      }
      case 'parameter': {
        const meant = found.resolve?.();
        if (meant === undefined) return declared(found.text, inner);
        return this.print(this.#elementOf(meant), inner);
      }
      case 'pack':
        return declared(this.#list(found.nodes), inner);
      case 'expansion':
        return declared(this.#expanded(first!), inner);
    }
  }

  #parameters(nodes: readonly Node[]): string {
    const text = this.#list(nodes);
    return text === 'void' ? '' : text;
  }

  #list(nodes: readonly Node[]): string {
    const texts = nodes.map((part) => ({ part, text: this.print(part, '') }));
    return texts
      .filter(({ part, text }) => text !== '' || (part.kind !== 'expansion' && this.#resolved(part).kind !== 'pack'))
      .map(({ text }) => text)
      .join(', ');
  }

  #pointer(target: Node, mark: string, inner: string): string {
    let [to, own] = [this.#resolved(target), mark];
    // References to references collapse (C++, [dcl.ref]).
    if (mark !== '*' && to.kind === 'pointer' && to.text !== '*') {
      own = mark === '&&' ? to.text : '&';
      to = this.#resolved(to.nodes[0]!);
    }
    const base = to.kind === 'qualified' ? this.#resolved(to.nodes[0]!) : to;
    const isWrapped = base.kind === 'array' || base.kind === 'function';
    // `void (*f(int))(char)`: the name of a function stands right of the star.
    const around = isWrapped && /^ (?!const|volatile|__restrict)/.test(inner) ? inner.slice(1) : inner;
    return this.print(to, isWrapped ? `(${own}${around})` : `${own}${around}`);
  }

  /** What a parameter of a template stands for, however many stand for one another. */
  #resolved(found: Node): Node {
    let current = found;
    for (let depth = 0; current.kind === 'parameter' && depth < depthMax; depth++) {
      const meant = current.resolve?.();
      if (meant === undefined) return current;
      current = this.#elementOf(meant);
    }
    return current;
  }

  #elementOf(meant: Node): Node {
    if (meant.kind !== 'pack' || this.#element === undefined) return meant;
    return meant.nodes[this.#element] ?? textNode('');
  }

  #expanded(pattern: Node): string {
    const pack = this.#packIn(pattern, 0);
    if (pack === undefined) return `${this.print(pattern, '')}...`;
    const before = this.#element;
    const texts = pack.nodes.map((_, index) => {
      this.#element = index;
      return this.print(pattern, '');
    });
    this.#element = before;
    return texts.join(', ');
  }

  #packIn(found: Node, depth: number): Node | undefined {
    this.#calls += 1;
    if (this.#calls > callsMax || depth > depthMax) throw new Unbounded();
    if (found.kind === 'parameter') {
      const meant = found.resolve?.();
      if (meant?.kind === 'pack') return meant;
      return meant === undefined ? undefined : this.#packIn(meant, depth + 1);
    }
    if (found.kind === 'expansion') return undefined;
    for (const part of found.nodes) {
      const pack = this.#packIn(part, depth + 1);
      if (pack !== undefined) return pack;
    }
    return undefined;
  }
}

const declared = (text: string, inner: string): string =>
  inner.startsWith('(') && text !== '' ? `${text} ${inner}` : `${text}${inner}`;
