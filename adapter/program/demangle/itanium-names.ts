/** Encodings and names of the Itanium C++ ABI (5.1.2 to 5.1.4, 5.1.7, 5.1.10): functions, variables, special names, scopes. */

import { join, list, type Node, node, textNode } from './node.ts';
import { operatorNames } from './operators.ts';
import { type Reader, Unreadable } from './reader.ts';

/** What a name turned out to be, as far as the signature behind it depends on that. */
interface NameShape {
  readonly found: Node;
  /** Whether it ends in template arguments: then a return type follows. */
  readonly isTemplate: boolean;
  readonly hasNoResult: boolean;
  readonly qualifiers: string;
}

// biome-ignore format: a table
const specials: Readonly<Record<string, string>> = {
  TV: 'vtable for ', TT: 'VTT for ', TI: 'typeinfo for ', TS: 'typeinfo name for ', TW: 'TLS wrapper function for ',
  TH: 'TLS init function for ', TA: 'template parameter object for ',
};

/** In full, as the linker's users know them; and the name of the class. */
// biome-ignore format: a table
const abbreviations: Readonly<Record<string, readonly [text: string, last: string]>> = {
  Sa: ['std::allocator', 'allocator'],
  Sb: ['std::basic_string', 'basic_string'],
  Ss: ['std::basic_string<char, std::char_traits<char>, std::allocator<char> >', 'basic_string'],
  Si: ['std::basic_istream<char, std::char_traits<char> >', 'basic_istream'],
  So: ['std::basic_ostream<char, std::char_traits<char> >', 'basic_ostream'],
  Sd: ['std::basic_iostream<char, std::char_traits<char> >', 'basic_iostream'],
};

export type Names = ReturnType<typeof namesOf>;

export const namesOf = (reader: Reader) => {
  /** @param shown what of a function is said: its result is left out around a local name, its parameters behind `&` */
  const encoding = (shown: 'all' | 'no result' | 'name' = 'all'): Node =>
    reader.nested(() => {
      if (reader.is('T') || reader.is('G')) {
        const special = specialName();
        if (special !== undefined) return special;
      }
      const before = reader.scope;
      reader.scope = { arguments: undefined };
      const found = signature(name(true), shown);
      reader.scope = before;
      return found;
    });

  const signature = ({ found, isTemplate, hasNoResult, qualifiers }: NameShape, shown: string): Node => {
    const isEnd = () => reader.next === '' || reader.is('E') || reader.is('.');
    if (isEnd()) return found;
    const result = isTemplate && !hasNoResult ? reader.types.type() : undefined;
    const parameters: Node[] = [];
    while (!isEnd()) parameters.push(reader.types.type());
    if (parameters.length === 0) throw new Unreadable();
    if (shown === 'name' && !isTemplate) return found;
    if (result !== undefined && shown !== 'no result') {
      const whole = node('signature', qualifiers, result, found, ...parameters);
      return shown === 'name' ? join('(', whole, ')') : whole;
    }
    return join(found, node('function', qualifiers, textNode(''), ...parameters));
  };

  const specialName = (): Node | undefined => {
    const code = reader.text.slice(reader.at, reader.at + 2);
    const words = specials[code];
    if (words !== undefined) {
      reader.at += 2;
      const isObject = code === 'TW' || code === 'TH' || code === 'TA';
      return join(
        words,
        code === 'TA' ? reader.types.templateArgument() : isObject ? name(false).found : reader.types.type(),
      );
    }
    switch (code) {
      case 'TC': {
        reader.at += 2;
        const derived = reader.types.type();
        reader.needMatch(/\d+/y);
        reader.need('_');
        return join('construction vtable for ', reader.types.type(), '-in-', derived);
      }
      case 'Th':
      case 'Tv':
        reader.at += 1;
        callOffset();
        return join(code === 'Th' ? 'non-virtual thunk to ' : 'virtual thunk to ', encoding());
      case 'Tc':
        reader.at += 2;
        callOffset();
        callOffset();
        return join('covariant return thunk to ', encoding());
      case 'GV':
        reader.at += 2;
        return join('guard variable for ', name(false).found);
      case 'GR': {
        reader.at += 2;
        const object = name(false).found;
        const number = reader.sequence(36);
        return join(`reference temporary #${number} for `, object);
      }
      case 'GA':
        reader.at += 2;
        return join('hidden alias for ', encoding());
      case 'GT':
        reader.at += 3;
        return join(
          reader.text[reader.at - 1] === 'n' ? 'non-transaction clone for ' : 'transaction clone for ',
          encoding(),
        );
      default:
        return undefined;
    }
  };

  const callOffset = (): void => {
    if (reader.take('h')) reader.needMatch(/n?\d+_/y);
    else {
      reader.need('v');
      reader.needMatch(/n?\d+_n?\d+_/y);
    }
  };

  /** @param sets whether its template arguments are what `T_` means from here on */
  const name = (sets: boolean): NameShape =>
    reader.nested(() => {
      if (reader.is('N')) return nestedName(sets);
      if (reader.is('Z')) return localName();
      if (reader.is('S') && !reader.is('St')) {
        const found = substitution();
        if (!reader.is('I')) throw new Unreadable();
        return templated(found, sets);
      }
      const found = reader.take('St') ? join('std::', unqualified()) : unqualified();
      const shape = { ...plain(found), hasNoResult: lastIsConversion };
      if (!reader.is('I')) return shape;
      reader.keep(found);
      return { ...templated(found, sets), hasNoResult: shape.hasNoResult };
    });

  const plain = (found: Node): NameShape => ({ found, isTemplate: false, hasNoResult: false, qualifiers: '' });

  const templated = (found: Node, sets: boolean): NameShape => ({
    ...plain(template(found, sets)),
    isTemplate: true,
  });

  const template = (found: Node, sets: boolean): Node => {
    const own = lastName;
    const all = reader.types.templateArguments();
    lastName = own;
    if (sets) reader.scope.arguments = all;
    return node('template', '', found, ...all);
  };

  /** Of constructors and destructors: the name of the class, without its arguments. */
  let lastName = textNode('');
  /** Whether the last name that was read is a constructor, destructor or conversion: none has a result. */
  let lastIsConversion = false;

  const nestedName = (sets: boolean): NameShape => {
    reader.need('N');
    const cv = reader.needMatch(/r?V?K?/y);
    const qualifiers =
      (cv.includes('K') ? ' const' : '') +
      (cv.includes('V') ? ' volatile' : '') +
      (cv.includes('r') ? ' __restrict' : '');
    const reference = reader.take('O') ? ' &&' : reader.take('R') ? ' &' : '';
    let found: Node | undefined;
    let isTemplate = false;
    let hasNoResult = false;
    while (!reader.take('E')) {
      isTemplate = false;
      if (reader.is('I')) {
        if (found === undefined) throw new Unreadable();
        found = template(found, sets);
        isTemplate = true;
      } else if (reader.is('S') && !reader.is('St')) {
        if (found !== undefined) throw new Unreadable();
        found = substitution();
        hasNoResult = false;
        continue;
      } else if (reader.is('T') && found === undefined) found = reader.types.templateParameter();
      else if (reader.is('Dt') || reader.is('DT')) found = reader.types.type();
      else if (reader.take('St')) {
        found = join('std::', unqualified());
        hasNoResult = lastIsConversion;
      } else {
        const part = unqualified();
        hasNoResult = lastIsConversion;
        found = found === undefined ? part : join(found, '::', part);
      }
      if (reader.take('M')) continue;
      if (!reader.is('E')) reader.keep(found);
    }
    if (found === undefined) throw new Unreadable();
    return { found, isTemplate, hasNoResult, qualifiers: `${qualifiers}${reference}` };
  };

  const localName = (): NameShape => {
    reader.need('Z');
    const around = encoding('no result');
    reader.need('E');
    if (reader.take('s')) {
      discriminator();
      return plain(join(around, '::string literal'));
    }
    if (reader.take('d')) {
      const number = reader.sequence(10);
      return plain(join(around, `::{default arg#${number + 1}}::`, name(false).found));
    }
    const inside = name(true);
    discriminator();
    return { ...inside, found: join(around, '::', inside.found) };
  };

  const discriminator = (): void => {
    reader.match(/__\d+_|_\d(?!\d)/y);
  };

  const unqualified = (): Node => {
    lastIsConversion = false;
    let found: Node;
    reader.take('L');
    if (/\d/.test(reader.next)) {
      found = sourceName();
      lastName = found;
    } else if (/[CD]/.test(reader.next) && !reader.is('DC')) found = structor();
    else if (reader.is('U')) found = unnamed();
    else if (reader.take('DC')) {
      found = join('[', list(reader.until(sourceName)), ']');
    } else {
      found = operatorName();
      lastName = found;
    }
    while (reader.take('B')) found = join(found, '[abi:', sourceName(), ']');
    return found;
  };

  const sourceName = (): Node => {
    const length = Number(reader.needMatch(/\d{1,5}/y));
    const text = reader.text.slice(reader.at, reader.at + length);
    if (length === 0 || text.length < length) throw new Unreadable();
    reader.at += length;
    return textNode(/^_GLOBAL_[._$]N/.test(text) ? '(anonymous namespace)' : text);
  };

  const structor = (): Node => {
    const isDestructor = reader.is('D');
    const own = lastName;
    reader.needMatch(/CI?[1-5]|D[0-5]/y);
    if (reader.text[reader.at - 2] === 'I') reader.types.type();
    lastIsConversion = true;
    return isDestructor ? join('~', own) : own;
  };

  const unnamed = (): Node => {
    if (reader.take('Ut')) return textNode(`{unnamed type#${reader.sequence(10) + 1}}`);
    reader.need('Ul');
    const before = reader.inLambda;
    reader.inLambda = true;
    const parameters = reader.until(() => reader.types.type());
    reader.inLambda = before;
    return join('{lambda', node('function', '', textNode(''), ...parameters), `#${reader.sequence(10) + 1}}`);
  };

  const operatorName = (): Node => {
    const code = reader.text.slice(reader.at, reader.at + 2);
    if (code === 'cv') {
      reader.at += 2;
      const target = reader.types.type();
      lastIsConversion = true;
      return join('operator ', target);
    }
    if (code === 'li') {
      reader.at += 2;
      return join('operator"" ', sourceName());
    }
    if (/^v\d$/.test(code)) {
      reader.at += 2;
      return join('operator ', sourceName());
    }
    const operator = operatorNames[code];
    if (operator === undefined) throw new Unreadable();
    reader.at += 2;
    return textNode(`operator${/^[a-z]/.test(operator) ? ' ' : ''}${operator}`);
  };

  const substitution = (): Node => {
    const known = abbreviations[reader.text.slice(reader.at, reader.at + 2)];
    if (known !== undefined) {
      reader.at += 2;
      lastName = textNode(known[1]);
      const found = textNode(known[0]);
      if (!reader.is('B')) return found;
      let tagged: Node = found;
      while (reader.take('B')) tagged = join(tagged, '[abi:', sourceName(), ']');
      return reader.keep(tagged);
    }
    reader.need('S');
    const found = reader.substitutions[reader.sequence(36)];
    if (found === undefined) throw new Unreadable();
    lastName = lastPart(found);
    return found;
  };

  return { encoding, name, substitution, unqualified, sourceName, template };
};

/** The name of a class without what it is in and its arguments. */
const lastPart = (found: Node): Node => {
  let part = found;
  while (part.nodes.length > 0) {
    const inner: Node | undefined =
      part.kind === 'template' ? part.nodes[0] : part.kind === 'join' ? lastNamed(part) : undefined;
    if (inner === undefined) break;
    part = inner;
  }
  return part;
};

const lastNamed = ({ nodes }: Node): Node | undefined => {
  const tag = nodes.findIndex(({ text }) => text === '[abi:');
  return tag > 0 ? nodes[tag - 1] : nodes.at(-1);
};
