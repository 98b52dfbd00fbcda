/**
 * Values in one line, as people read them: enumerators by name, characters as text, pointers with the symbol that they point
 * to, structures with their first members, Rust's in Rust's words. What has no value says why. Everything is bounded.
 */

import { declare } from '../program/types/declaration.ts';
import { isComposite, sizeOf, stripped, type Type } from '../program/types/type.ts';
import { bytesText, isCharacter, quoted, textAt, textBytesMax } from './characters.ts';
import { headShape, walkList } from './lists.ts';
import { variantOf } from './members.ts';
import { enumeratorText, floatText, hex, type Letter, numberIn } from './numbers.ts';
import { membersOf } from './parts.ts';
import { rustPointee, sharedOf, wholeObject } from './pointees.ts';
import { isBox, isRustText, sequenceOf } from './sequences.ts';
import { bytesOf, elementOf, elementType, lengthOf, numberOf, type ReadMemory, targetOf, type Value } from './value.ts';

/** What a number is called, and where memory is. */
export interface Surroundings {
  readonly read: ReadMemory;
  /** `usertrap+0x1c`, or nothing. */
  readonly symbolic: (address: bigint) => string | undefined;
}

const itemsMax = 8;
/** No more elements of a list are counted for one line. */
const linksMax = 100;
const depthMax = 2;

/** A value in one line. */
export const valueText = (value: Value, around: Surroundings, letter?: Letter): string =>
  new Writer(around, letter).text(value, 0);

class Writer {
  readonly #around: Surroundings;
  readonly #letter: Letter | undefined;

  constructor(around: Surroundings, letter: Letter | undefined) {
    this.#around = around;
    this.#letter = letter;
  }

  text(value: Value, depth: number): string {
    if (value.missing !== undefined) return `<${value.missing}>`;
    if (value.list !== undefined) return this.#array(value, depth);
    const type = stripped(value.type);
    switch (type?.kind) {
      case 'structure':
      case 'union':
      case 'class':
        return this.#composite(value, depth);
      case 'array':
        return this.#array(value, depth);
      case 'function':
        return value.address === undefined ? '<no address>' : this.#address(value.address);
      case 'pointer':
        if (type.flavour !== 'pointer') return this.#reference(value, depth);
        if (isBox(type) && depth < depthMax && this.#letter === undefined) return this.#boxed(value, depth);
        break;
    }
    const bits = numberOf(value, this.#around.read);
    return typeof bits === 'string' ? `<${bits}>` : this.#scalar(value, type, bits);
  }

  #scalar(value: Value, type: Type | undefined, bits: bigint): string {
    const letter = this.#letter;
    const { read } = this.#around;
    if (letter !== undefined && letter !== 's' && letter !== 'a') {
      return numberIn(bits, value.bits?.size ?? 8 * (sizeOf(value.type) ?? 8), letter);
    }
    const unsigned = BigInt.asUintN(64, bits);
    if (letter === 'a') return this.#address(unsigned);
    switch (type?.kind) {
      case 'pointer': {
        const shown = this.#address(unsigned);
        const isText = isCharacter(type.target) || letter === 's';
        if (isText && bits !== 0n) return `${shown} ${textAt(unsigned, textBytesMax, read)}`;
        const whole = bits === 0n ? undefined : wholeObject({ type: type.target, address: unsigned }, read);
        return whole === undefined ? shown : `${shown} in ${nameOf(whole.type)}`;
      }
      case 'enumeration':
        return enumeratorText(type, bits);
      case 'base': {
        if (type.encoding === 'boolean') return bits === 0n ? 'false' : bits === 1n ? 'true' : `${bits}`;
        if (type.encoding === 'character')
          return `${bits} ${quoted(Number(BigInt.asUintN(8 * type.sizeBytes, bits)), type.sizeBytes)}`;
        if (isCharacter(type)) return `${bits} ${quoted(Number(BigInt.asUintN(8, bits)))}`;
        if (type.encoding !== 'float') return type.sizeBytes === 0 ? type.name : `${bits}`;
        const bytes = bytesOf(value, read);
        return typeof bytes === 'string' ? `<${bytes}>` : floatText(bytes);
      }
      default:
        return this.#address(unsigned);
    }
  }

  #address(address: bigint): string {
    const name = this.#around.symbolic(address);
    return name === undefined ? hex(address) : `${hex(address)} <${name}>`;
  }

  #reference(value: Value, depth: number): string {
    const address = numberOf(value, this.#around.read);
    if (typeof address === 'string') return `<${address}>`;
    const shown = `@${this.#address(address)}`;
    return depth >= depthMax ? shown : `${shown}: ${this.text(targetOf(value, this.#around.read), depth + 1)}`;
  }

  #boxed(value: Value, depth: number): string {
    const { read } = this.#around;
    const address = numberOf(value, read);
    return typeof address === 'string' ? `<${address}>` : this.text(targetOf(value, read), depth + 1);
  }

  #composite(value: Value, depth: number): string {
    const { read } = this.#around;
    const sequence = sequenceOf(value, read);
    if (sequence !== undefined) return isRustText(value) ? this.#rustText(sequence) : this.#array(sequence, depth);
    const variant = variantOf(value, read);
    if (variant !== undefined) {
      const inside = this.#fields(variant.value, depth);
      return inside === '{}' ? variant.name : `${variant.name}${inside.startsWith('{') ? ' ' : ''}${inside}`;
    }
    const pointee = this.#letter === undefined && depth < depthMax ? rustPointee(value, read) : undefined;
    if (pointee !== undefined) return this.#pointee(value, pointee, depth);
    return `${this.#fields(value, depth)}${this.#links(value)}`;
  }

  /** What is behind a `dyn` has the name of its type, which nothing else says. */
  #pointee(value: Value, pointee: Value, depth: number): string {
    const text = this.text(pointee, depth + 1);
    return sharedOf(value, this.#around.read) === undefined ? `${nameOf(pointee.type)} ${text}` : text;
  }

  /** How many elements a head of a list has. */
  #links(value: Value): string {
    if (this.#letter !== undefined || headShape(value) === undefined) return '';
    const walk = walkList(value, this.#around.read, linksMax);
    if (walk === undefined) return '';
    if (walk.links.length === 0 && walk.damage === undefined) return ' empty';
    if (walk.links.length === linksMax) return ` ${linksMax} linked, or more`;
    return ` ${walk.links.length} linked${walk.damage === undefined ? '' : `, ${walk.damage}`}`;
  }

  /** `{x = 1, y = 2}`; of a tuple `(1, 2)`. */
  #fields(value: Value, depth: number): string {
    const type = stripped(value.type);
    if (!isComposite(type)) return '';
    if (depth > depthMax) return '{...}';
    if (type.declared && type.sizeBytes === undefined) return '<only declared in this program>';
    const parts = membersOf(value, itemsMax + 1, this.#around.read);
    const isTuple = parts.length > 0 && parts.every(({ name }, index) => name === `${index}`);
    const shown = parts.slice(0, itemsMax).map(({ name, value: part }) => {
      const text = this.text(part, depth + 1);
      return isTuple ? text : `${name} = ${text}`;
    });
    if (parts.length > itemsMax) shown.push('...');
    return isTuple ? `(${shown.join(', ')})` : `{${shown.join(', ')}}`;
  }

  #rustText(sequence: Value): string {
    const { read } = this.#around;
    const length = lengthOf(sequence) ?? 0;
    if (sequence.missing !== undefined) return `<${sequence.missing}>`;
    if (length === 0) return '""';
    const bytes =
      sequence.address === undefined ? undefined : read(sequence.address, Math.min(length, textBytesMax + 1));
    return bytes === undefined ? '<no memory>' : bytesText(bytes, { toZero: false });
  }

  #array(value: Value, depth: number): string {
    if (value.missing !== undefined) return `<${value.missing}>`;
    const { read } = this.#around;
    const length = lengthOf(value);
    if (isCharacter(elementType(value.type)) && (this.#letter === undefined || this.#letter === 's')) {
      if (value.address !== undefined) return textAtMost(value.address, length, read);
      const bytes = bytesOf(value, read);
      return typeof bytes === 'string' ? `<${bytes}>` : bytesText(bytes);
    }
    if (length === undefined) return '[?]';
    const damage = value.list?.damage;
    const end = damage === undefined ? '' : ` <${damage}>`;
    if (depth > depthMax) return `[${length}] {...}${end}`;
    const count = Math.min(length, itemsMax);
    const shown = Array.from({ length: count }, (_, index) => this.text(elementOf(value, index), depth + 1));
    if (length > count) shown.push('...');
    return `[${length}] {${shown.join(', ')}}${end}`;
  }
}

/** The name of a type without what kind it is. */
const nameOf = (type: Type | undefined): string => declare(type).replace(/^(class|struct|enum|union) /, '');

/** The text of an array, which ends with the array if no zero comes before. */
const textAtMost = (address: bigint, length: number | undefined, read: ReadMemory): string => {
  if (length === undefined || length > textBytesMax) return textAt(address, textBytesMax, read);
  const bytes = read(address, length);
  return bytes === undefined ? `<no memory at ${hex(address)}>` : bytesText(bytes);
};
