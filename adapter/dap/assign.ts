/**
 * Changing registers, their fields, and variables of the source at the live end. A change is an input of the recording, at the
 * moment where it was made; the past is not changed.
 */

import { fNames, xNames } from '../../vmm/isa/register-names.ts';
import { csrByName, csrIsReadOnly } from '../../vmm/machine/csr.ts';
import type { Hart } from '../../vmm/machine/hart.ts';
import { isRegister } from '../../vmm/machine/registers.ts';
import { castValue } from '../expressions/cast.ts';
import { unknownName } from '../expressions/errors.ts';
import { evaluateExpression } from '../expressions/evaluate.ts';
import type { Node } from '../expressions/node.ts';
import { parseExpression } from '../expressions/parse.ts';
import { parseWatch } from '../expressions/watch.ts';
import { sizeOf } from '../program/types/type.ts';
import { parseFloatText } from '../values/float-registers.ts';
import { bytesOf, littleBytes, numberOf, type Value } from '../values/value.ts';
import { csrFields } from './csr-fields.ts';
import type { Debugger } from './debugger.ts';
import { badValue, notAssignable, notWritable, notYours } from './errors.ts';
import type { ViewFrame } from './frames.ts';
import type { Group } from './handles.ts';
import { writeMemory } from './memory-writes.ts';
import { registerText } from './register-variables.ts';
import { parseCondition, scopeOf } from './scope.ts';
import type { Target } from './target.ts';
import { frameShown, isAssignable, openable, partNamed, type Shown, shownText, typeText } from './value-variables.ts';
import { innermostOf, namesIn, type Viewpoint } from './viewpoint.ts';

/** @throws {DapError} when it cannot be changed, or not here */
export const assignVariable = (session: Debugger, target: Target, group: Group, name: string, text: string): object => {
  switch (group.kind) {
    case 'fields':
      return assignField(session, target, group.hart, group.register, name, text);
    case 'parts': {
      const part = partNamed(target, group, name);
      if (part === undefined) throw notWritable(name);
      return assignValue(session, target, part, name, text);
    }
    case 'arguments':
    case 'locals': {
      const found = frameShown(target, group.frame, group.kind === 'arguments').find((shown) => shown.name === name);
      if (found === undefined) throw notWritable(name);
      return assignValue(session, target, found, name, text);
    }
    case 'restored':
      throw notYours(name);
    default:
      return assignRegister(session, target, group.hart, name, text);
  }
};

export const assignExpression = (
  session: Debugger,
  { target, hart, frame }: Viewpoint,
  expression: string,
  text: string,
): object => {
  const name = expression.trim();
  if (isRegister(name.replace(/^\$/, '')) && !isVariableOf(target, frame, name)) {
    return assignRegister(session, target, hart, name, text);
  }
  const { node, letter } = parseWatch(name, namesIn(frame));
  const field = registerField(node);
  if (field !== undefined) return assignField(session, target, hart, field.register, field.name, text);
  const value = evaluateExpression(node, scopeOf(target, hart, frame));
  return assignValue(session, target, { hart, value, path: node.spot.text, letter, frame }, name, text);
};

/** A variable of the frame is nearer than a register of its name. */
const isVariableOf = (target: Target, frame: ViewFrame, name: string): boolean =>
  [true, false].some((parameters) => frameShown(target, frame, parameters).some((found) => found.path === name));

const registerField = (node: Node): { readonly register: string; readonly name: string } | undefined => {
  if (node.kind !== 'member') return undefined;
  const { object, name } = node;
  const register = object.kind === 'register' ? object.name : object.kind === 'name' ? object.path.join('::') : '';
  return isRegister(register) && csrFields(register) !== undefined ? { register, name } : undefined;
};

/** Sets a register as an input of the recording. Gives what it holds then, which for a CSR may be less than was asked. */
const assignRegister = (session: Debugger, target: Target, hart: Hart, spelt: string, text: string): object => {
  const name = spelt.replace(/^\$/, '');
  if (!isRegister(name)) throw unknownName({ text: spelt, column: 1 });
  if (!isWritable(name)) throw notWritable(name);
  const value = valueTyped(target, hart, name, text);
  setRegister(session, target, hart, name, value);
  return { value: registerText(target, hart, name) };
};

const assignField = (session: Debugger, target: Target, hart: Hart, register: string, name: string, text: string) => {
  const field = csrFields(register)?.find((row) => row.name === name);
  if (field === undefined || !isWritable(register)) throw notWritable(`${register}.${name}`);
  const value = valueTyped(target, hart, name, text);
  const width = BigInt(field.high - field.low + 1);
  if (value >> width !== 0n) throw badValue(`${register}.${name}`, text, `a number of ${width} bits`);
  const mask = ((1n << width) - 1n) << BigInt(field.low);
  setRegister(
    session,
    target,
    hart,
    register,
    (target.registers(hart)(register) & ~mask) | (value << BigInt(field.low)),
  );
  return { value: registerText(target, hart, register) };
};

const setRegister = (session: Debugger, target: Target, hart: Hart, register: string, value: bigint): void => {
  target.needLiveEnd().recorder.input({ kind: 'setRegister', hart: hart.id, register, value });
  session.send('invalidated', { areas: ['stacks', 'variables'] });
};

const isWritable = (name: string): boolean => {
  if (name === 'zero' || name === 'x0' || name === 'privilege') return false;
  const row = csrByName(name);
  return row === undefined || (row.write !== undefined && !csrIsReadOnly(row.number));
};

const valueTyped = (target: Target, hart: Hart, name: string, text: string): bigint => {
  const isFloat = fNames.includes(name) || /^f\d+$/.test(name);
  // "1.5" is no expression, and "1" for a floating-point register is more often 1.0 than the smallest denormal.
  const float = isFloat ? parseFloatText(text) : undefined;
  if (float !== undefined) return float;
  if (text.trim() === '') throw badValue(name, text, 'a number or an expression');
  return parseCondition(text, namesIn(innermostOf(target, hart)))(scopeOf(target, hart));
};

/** Writes a value of the source to where it is: memory, or the register of the innermost frame that holds it. */
const assignValue = (session: Debugger, target: Target, shown: Shown, name: string, text: string): object => {
  const { hart, value, frame } = shown;
  if (!isAssignable(value)) throw notAssignable(name, value.missing);
  if (text.trim() === '') throw badValue(name, text, 'a number or an expression');
  const scope = scopeOf(target, hart, frame);
  const typed = parseExpression(text, namesIn(frame ?? innermostOf(target, hart)));
  const cast = castValue(evaluateExpression(typed, scope), value.type, typed.spot, scope.read);
  const bytes = bytesOf(cast, scope.read);
  if (typeof bytes === 'string') throw badValue(name, text, 'an expression that has a value');
  if (value.register !== undefined) {
    if (frame !== undefined && frame.origin !== 'pc') throw notYours(name);
    const register = value.register < 32 ? xNames[value.register]! : fNames[value.register - 32]!;
    setRegister(session, target, hart, register, registerBits(value, cast, bytes, scope.read));
    return { value: shownText(target, { ...shown, value: cast }) };
  }
  const put = value.bits === undefined ? bytes : withBits(value, cast, bytes, scope.read);
  writeMemory(target, hart, value.address!, put);
  session.send('invalidated', { areas: ['stacks', 'variables'] });
  const type = typeText(value);
  return { value: shownText(target, shown), ...(type !== undefined && { type }), ...openable(session, target, shown) };
};

/** A number in a register is extended as its type has it (psABI, "Integer Calling Convention"); a float is NaN-boxed. */
const registerBits = (
  value: Value,
  cast: Value,
  bytes: Uint8Array,
  read: (at: bigint, size: number) => Uint8Array | undefined,
): bigint => {
  if (value.register! >= 32) {
    const bits = Buffer.from(bytes.length < 8 ? [...bytes, ...Array(8 - bytes.length).fill(0xff)] : bytes);
    return bits.readBigUInt64LE();
  }
  const number = numberOf(cast, read);
  const bits = typeof number === 'bigint' ? number : 0n;
  // Numbers of 32 bits are extended with their sign, also those that have none.
  return BigInt.asUintN(64, sizeOf(value.type) === 4 ? BigInt.asIntN(32, bits) : bits);
};

/** The bytes around a bit field, with its bits replaced. */
const withBits = (
  { address, bits }: Value,
  cast: Value,
  bytes: Uint8Array,
  read: (at: bigint, size: number) => Uint8Array | undefined,
): Uint8Array => {
  const { offset, size } = bits!;
  const sizeBytes = Math.ceil((offset + size) / 8);
  const before = read(address!, sizeBytes) ?? new Uint8Array(sizeBytes);
  const mask = ((1n << BigInt(size)) - 1n) << BigInt(offset);
  const toNumber = (from: Uint8Array) => from.reduceRight((sum, byte) => (sum << 8n) | BigInt(byte), 0n);
  const number = numberOf({ type: cast.type, bytes }, read);
  const wanted = (typeof number === 'bigint' ? number : 0n) << BigInt(offset);
  return littleBytes((toNumber(before) & ~mask) | (wanted & mask), sizeBytes);
};
