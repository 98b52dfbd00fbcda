/**
 * Types as people read them in C and C++: `int (*handler)(int, char *)`, and the whole of a structure with offsets and sizes.
 * It prints what a type is, not what a value is.
 */

import { type CompositeType, isComposite, type Member, sizeOf, type Type } from './type.ts';

const depthMax = 32;
/** A damaged type may lead back to itself in many ways, whose number doubles with the depth. */
const declaratorsMax = 1024;
const linesMax = 20_000;

/** How much more may be printed. */
interface Allowance {
  left: number;
}

/** The type as a declaration of a name, or without a name as a cast has it. */
export const declare = (type: Type | undefined, name = ''): string =>
  declarator(type, name, 0, { left: declaratorsMax });

const declarator = (type: Type | undefined, inner: string, depth: number, allowance: Allowance): string => {
  if (depth > depthMax || allowance.left-- <= 0) return join('...', inner);
  switch (type?.kind) {
    case undefined:
      return join('void', inner);
    case 'base':
    case 'unspecified':
    case 'typedef':
      return join(type.name, inner);
    case 'structure':
    case 'union':
    case 'class':
    case 'enumeration':
      return join(tagged(type.kind, type.name), inner);
    case 'qualified': {
      // `const` stands right of the pointer that is constant, and left of all else.
      const word = { const: 'const', volatile: 'volatile', restrict: 'restrict', atomic: '_Atomic' }[
        type.qualifier as 'const'
      ];
      const text = word ?? type.qualifier;
      if (type.target?.kind === 'pointer') return declarator(type.target, join(text, inner), depth + 1, allowance);
      return `${text} ${declarator(type.target, inner, depth + 1, allowance)}`;
    }
    case 'pointer': {
      if (type.name !== undefined) return join(type.name, inner);
      const mark = { pointer: '*', reference: '&', 'rvalue-reference': '&&' }[type.flavour];
      return pointing(type.target, `${mark}${inner}`, depth, allowance);
    }
    case 'member-pointer': {
      const containing = declarator(type.containing, '', depth + 1, allowance).replace(/^(struct|class) /, '');
      return pointing(type.target, `${containing}::*${inner}`, depth, allowance);
    }
    case 'array': {
      const bounds = type.dimensions.map(({ count }) => `[${count ?? ''}]`).join('');
      return declarator(type.element, `${inner}${bounds}`, depth + 1, allowance);
    }
    case 'function': {
      const parameters: string[] = [];
      for (const parameter of type.parameters) {
        parameters.push(declarator(parameter, '', depth + 1, allowance));
        if (allowance.left <= 0) break;
      }
      if (type.variadic) parameters.push('...');
      if (parameters.length === 0 && type.prototyped) parameters.push('void');
      return declarator(type.result, `${inner}(${parameters.join(', ')})`, depth + 1, allowance);
    }
  }
};

/** A pointer to an array or a function needs parentheses. */
const pointing = (target: Type | undefined, inner: string, depth: number, allowance: Allowance): string => {
  const held = target?.kind === 'array' || target?.kind === 'function' ? `(${inner})` : inner;
  return declarator(target, held, depth + 1, allowance);
};

const join = (text: string, inner: string): string => (inner === '' ? text : `${text} ${inner}`);

const words = { structure: 'struct', union: 'union', class: 'class', enumeration: 'enum' } as const;

const tagged = (kind: keyof typeof words, name: string | undefined): string => `${words[kind]} ${name ?? '{...}'}`;

/** The whole of a structure, a line a member, with its offset and size; anonymous members in full. */
export const define = (type: Type | undefined): string => {
  if (isComposite(type)) return `${lines(type, 0, 0, { left: linesMax }).join('\n')}`;
  if (type?.kind === 'enumeration') {
    const inside = type.enumerators.map(({ name, value }) => `${name} = ${value}`).join(', ');
    return `${tagged('enumeration', type.name)} {${inside}}`;
  }
  if (type?.kind === 'typedef') return `typedef ${declare(type.target, type.name)}`;
  return declare(type);
};

const lines = (type: CompositeType, startBits: number, depth: number, allowance: Allowance): string[] => {
  const pad = '  '.repeat(depth);
  const result = [`${pad}${words[type.kind]} ${type.name === undefined ? '' : `${type.name} `}{`];
  const all = [
    ...type.bases,
    ...type.members,
    ...type.variantParts.flatMap((part) => part.variants.map((v) => v.member)),
  ];
  for (const member of all) {
    if (allowance.left-- <= 0) {
      result.push(`${pad}  ...`);
      break;
    }
    const start = startBits + member.offsetBits;
    if (isComposite(member.type) && member.type.name === undefined && depth < depthMax) {
      const inside = lines(member.type, start, depth + 1, allowance);
      inside[inside.length - 1] = `${pad}  }${member.name === undefined ? '' : ` ${member.name}`};`;
      for (const line of inside) result.push(line);
    } else result.push(`${pad}  ${place(member, start)} ${declare(member.type, bitField(member))};`);
  }
  result.push(`${pad}}`);
  return result;
};

const bitField = ({ name = '', sizeBits }: Member): string => (sizeBits === undefined ? name : `${name} : ${sizeBits}`);

const place = (member: Member, startBits: number): string => {
  const bits = member.sizeBits === undefined ? '' : `:${startBits % 8}`;
  const size = member.sizeBits === undefined ? (sizeOf(member.type) ?? '?') : `${member.sizeBits} bits`;
  return `/* ${Math.floor(startBits / 8)}${bits} | ${size} */`;
};
