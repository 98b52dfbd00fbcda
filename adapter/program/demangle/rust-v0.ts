/**
 * Names of Rust's present scheme (The rustc book, "v0 Symbol Format"). Crates' hashes are left out, and so are the types of
 * constants; what LLVM says otherwise is said here. One reader passes through the text and writes as it reads.
 */

import { Unreadable, V0Reader } from './rust-reader.ts';

/** @param mangled no longer than names may be */
export const demangleV0 = (mangled: string): string | undefined => {
  // What LLVM adds behind a dot is no part of the name.
  const [body = '', suffix = ''] = mangled.replace(/^_?_?R/, '').split(/(?=\.)(.*)/s);
  if (!/^\w+$/.test(body)) return undefined;
  try {
    const reader = new V0(body);
    reader.path(true);
    const text = reader.take();
    // The crate that an instance was made in.
    if (reader.at < body.length) reader.path(true);
    return reader.at === body.length ? `${text}${suffix === '' ? '' : ` (${suffix})`}` : undefined;
  } catch (error) {
    if (error instanceof Unreadable) return undefined;
    throw error;
  }
};

// biome-ignore format: a table
const basicTypes: Readonly<Record<string, string>> = {
  a: 'i8', b: 'bool', c: 'char', d: 'f64', e: 'str', f: 'f32', h: 'u8', i: 'isize', j: 'usize', l: 'i32', m: 'u32', n: 'i128',
  o: 'u128', s: 'i16', t: 'u16', u: '()', v: '...', x: 'i64', y: 'u64', z: '!', p: '_',
};

class V0 extends V0Reader {
  /** How many lifetimes are bound where one stands. */
  #lifetimes = 0n;

  /** @param inValue whether type arguments are written `::<T>` */
  path(inValue: boolean): void {
    this.nested(() => this.#path(inValue));
  }

  #path(inValue: boolean): void {
    const tag = this.letter();
    switch (tag) {
      case 'C':
        this.say(this.identifier().name);
        return;
      case 'N': {
        const space = this.letter();
        this.path(inValue);
        const { name, disambiguator } = this.identifier();
        if (/[A-Z]/.test(space)) {
          const kind = { C: 'closure', S: 'shim' }[space] ?? space;
          this.say(`::{${kind}${name === '' ? '' : `:${name}`}#${disambiguator}}`);
        } else if (name !== '') this.say(`::${name}`);
        return;
      }
      case 'M':
      case 'X':
        this.#implementation();
        this.say('<');
        this.#type();
        if (tag === 'X') {
          this.say(' as ');
          this.path(false);
        }
        this.say('>');
        return;
      case 'Y':
        this.say('<');
        this.#type();
        this.say(' as ');
        this.path(false);
        this.say('>');
        return;
      case 'I':
        this.path(inValue);
        this.say(inValue ? '::<' : '<');
        this.list(() => this.#argument());
        this.say('>');
        return;
      case 'B':
        this.again(() => this.#path(inValue));
        return;
      default:
        throw new Unreadable();
    }
  }

  /** The path of an `impl` says nothing that its type does not. */
  #implementation(): void {
    this.optional62('s');
    this.silently(() => this.path(false));
  }

  #argument(): void {
    if (this.is('L')) this.#lifetime(this.base62());
    else if (this.is('K')) this.#constant(true);
    else this.#type();
  }

  #lifetime(index: bigint): void {
    if (index === 0n) this.say("'_");
    else if (index > this.#lifetimes) throw new Unreadable();
    else {
      const number = this.#lifetimes - index;
      this.say(number < 26n ? `'${String.fromCharCode(97 + Number(number))}` : `'_${number}`);
    }
  }

  #type(): void {
    this.nested(() => this.#readType());
  }

  #readType(): void {
    const tag = this.letter();
    const basic = basicTypes[tag];
    if (basic !== undefined) {
      this.say(basic);
      return;
    }
    switch (tag) {
      case 'R':
      case 'Q': {
        this.say('&');
        if (this.is('L')) {
          const index = this.base62();
          if (index !== 0n) {
            this.#lifetime(index);
            this.say(' ');
          }
        }
        if (tag === 'Q') this.say('mut ');
        this.#type();
        return;
      }
      case 'P':
      case 'O':
        this.say(tag === 'P' ? '*const ' : '*mut ');
        this.#type();
        return;
      case 'A':
      case 'S':
        this.say('[');
        this.#type();
        if (tag === 'A') {
          this.say('; ');
          this.#constant(true);
        }
        this.say(']');
        return;
      case 'T': {
        this.say('(');
        const count = this.list(() => this.#type());
        this.say(count === 1 ? ',)' : ')');
        return;
      }
      case 'F':
        this.#bound(() => this.#functionType());
        return;
      case 'D':
        this.say('dyn ');
        this.#bound(() => this.list(() => this.#dynTrait(), ' + '));
        if (!this.is('L')) throw new Unreadable();
        this.#dynLifetime(this.base62());
        return;
      case 'B':
        this.again(() => this.#readType());
        return;
      default:
        this.at -= 1;
        this.path(false);
    }
  }

  #dynLifetime(index: bigint): void {
    if (index === 0n) return;
    this.say(' + ');
    this.#lifetime(index);
  }

  /** `for<'a, 'b> ` where lifetimes are bound. */
  #bound(read: () => void): void {
    const count = this.optional62('G');
    if (count > 256n) throw new Unreadable();
    const before = this.#lifetimes;
    if (count > 0n) {
      this.say('for<');
      for (let index = 0n; index < count; index++) {
        if (index > 0n) this.say(', ');
        this.#lifetimes += 1n;
        this.#lifetime(1n);
      }
      this.say('> ');
    }
    read();
    this.#lifetimes = before;
  }

  #functionType(): void {
    if (this.is('U')) this.say('unsafe ');
    if (this.is('K')) {
      const abi = this.is('C') ? 'C' : this.identifier().name.replaceAll('_', '-');
      this.say(`extern "${abi}" `);
    }
    this.say('fn(');
    this.list(() => this.#type());
    this.say(')');
    if (this.is('u')) return;
    this.say(' -> ');
    this.#type();
  }

  #dynTrait(): void {
    const isOpen = this.#openPath();
    let opened = isOpen;
    while (this.is('p')) {
      this.say(opened ? ', ' : '<');
      opened = true;
      this.say(`${this.identifier().name} = `);
      this.#type();
    }
    if (opened) this.say('>');
  }

  /** A path whose type arguments are left open for more. */
  #openPath(): boolean {
    if (this.is('B')) {
      let isOpen = false;
      this.again(() => {
        isOpen = this.#openPath();
      });
      return isOpen;
    }
    if (!this.is('I')) {
      this.path(false);
      return false;
    }
    this.path(false);
    this.say('<');
    this.list(() => this.#argument());
    return true;
  }

  /** @param outermost whether it stands as an argument, where what is no plain number needs braces */
  #constant(outermost: boolean): void {
    this.nested(() => this.#readConstant(outermost));
  }

  #readConstant(outermost: boolean): void {
    const tag = this.letter();
    if (tag === 'p') this.say('_');
    else if (tag === 'B') this.again(() => this.#readConstant(outermost));
    else if ('hmytoj'.includes(tag)) this.say(`${this.hex()}`);
    else if ('alsxni'.includes(tag)) this.say(`${this.is('n') ? '-' : ''}${this.hex()}`);
    else if (tag === 'b') this.say(this.hex() === 1n ? 'true' : 'false');
    else if (tag === 'c') this.say(characterText(Number(this.hex())));
    else if (tag === 'R' || tag === 'Q') this.#referenceConstant(tag, outermost);
    else if ('ATV'.includes(tag)) this.#braced(outermost, () => this.#composite(tag));
    else throw new Unreadable();
  }

  #braced(outermost: boolean, read: () => void): void {
    if (outermost) this.say('{');
    read();
    if (outermost) this.say('}');
  }

  #referenceConstant(tag: string, outermost: boolean): void {
    if (tag === 'R' && this.is('e')) {
      this.#textConstant();
      return;
    }
    this.#braced(outermost, () => {
      this.say(tag === 'R' ? '&' : '&mut ');
      this.#constant(false);
    });
  }

  #textConstant(): void {
    const digits = this.hexDigits();
    const bytes = Buffer.from(digits, 'hex');
    this.say(`"${[...bytes.toString('utf8')].map((part) => (part === '"' ? '\\"' : escaped(part))).join('')}"`);
  }

  #composite(tag: string): void {
    if (tag === 'A') {
      this.say('[');
      this.list(() => this.#constant(false));
      this.say(']');
      return;
    }
    if (tag === 'T') {
      this.say('(');
      const count = this.list(() => this.#constant(false));
      this.say(count === 1 ? ',)' : ')');
      return;
    }
    this.path(true);
    const kind = this.letter();
    if (kind === 'U') return;
    this.say(kind === 'T' ? '(' : ' { ');
    this.list(() => {
      if (kind === 'S') this.say(`${this.identifier().name}: `);
      this.#constant(false);
    });
    this.say(kind === 'T' ? ')' : ' }');
  }
}

const escapes: Readonly<Record<string, string>> = { '\n': '\\n', '\r': '\\r', '\t': '\\t', '\\': '\\\\', '\0': '\\0' };
const escaped = (part: string): string => {
  if (escapes[part] !== undefined) return escapes[part];
  return /\p{C}/u.test(part) ? `\\u{${part.codePointAt(0)!.toString(16)}}` : part;
};
const characterText = (code: number): string => {
  if (code > 0x10_ffff) throw new Unreadable();
  const part = String.fromCodePoint(code);
  return `'${part === "'" ? "\\'" : escaped(part)}'`;
};
