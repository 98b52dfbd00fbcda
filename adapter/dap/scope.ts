/**
 * What names mean in a frame: its variables block by block, through the functions that it is inlined in no further, then the
 * program's variables, constants and functions, registers and symbols. Without debug information, registers and symbols.
 */

import { fNames, xNames } from '../../vmm/isa/register-names.ts';
import type { Hart } from '../../vmm/machine/hart.ts';
import { evaluateToNumber, type Scope } from '../expressions/evaluate.ts';
import { type Names, parseExpression } from '../expressions/parse.ts';
import type { DebugInfo } from '../program/debug-info.ts';
import { attribute, tag } from '../program/dwarf/constants.ts';
import type { Entry } from '../program/dwarf/entry.ts';
import type { Block, Variable } from '../program/dwarf/functions.ts';
import { hasType, pathOf, typeByName } from '../program/names/paths.ts';
import { globalValue, hasGlobal } from '../values/globals.ts';
import { memberNamed } from '../values/members.ts';
import { type ReadMemory, targetOf, type Value } from '../values/value.ts';
import { variableValue } from '../values/variable.ts';
import { csrFields, fieldValue } from './csr-fields.ts';
import { readLinked, stackOf, type ViewFrame } from './frames.ts';
import type { Program } from './program.ts';
import type { Target } from './target.ts';

/** An expression of numbers that is ready to be evaluated, any number of times. */
export type Condition = (scope: Scope) => bigint;

/** @throws {DapError} that says where the text is wrong or which name is unknown */
export const parseCondition = (text: string, names: Names): Condition => {
  const node = parseExpression(text, names);
  return (scope) => evaluateToNumber(node, scope);
};

const nestingMax = 64;

/** The numbers that DWARF has for registers (RISC-V DWARF specification). */
const registerNumber = (name: string): number | undefined => {
  if (name === 'fp') return 8;
  const x = xNames.indexOf(name);
  const f = fNames.indexOf(name);
  const numbered = /^([xf])(\d{1,2})$/.exec(name);
  if (numbered !== null && Number(numbered[2]) < 32) return Number(numbered[2]) + (numbered[1] === 'f' ? 32 : 0);
  return x >= 0 ? x : f >= 0 ? f + 32 : undefined;
};

/** A register as it is in a frame: of a caller, what it will be again when the call is over. */
export const registerIn = (target: Target, frame: ViewFrame, name: string): bigint | undefined => {
  if (frame.origin === 'pc') return target.register(frame.hart, name);
  if (name === 'pc') return frame.pc;
  const number = registerNumber(name);
  // Control and status registers belong to the hart, not to a frame.
  return number === undefined ? target.register(frame.hart, name) : frame.state.readRegister(number);
};

export const frameBlocks = (_target: Target, { stack, placed, program }: ViewFrame): readonly Block[] =>
  (stack && placed && program.try(() => stack.blocks(placed))) ?? [];

export const frameValue = (target: Target, { stack, program }: ViewFrame, variable: Variable): Value => {
  const { info } = program;
  if (stack === undefined || info === undefined) return { type: undefined, missing: 'the function is not known' };
  const type = target.program.try(() => info.types.typeOf(variable.entry));
  return variableValue(stack, variable, type);
};

/** The innermost frame of a hart is taken when none is given. */
export const scopeOf = (whole: Target, hart: Hart, given?: ViewFrame): Scope => {
  const program = given?.program ?? whole.programs.at(hart);
  const target = whole.seenFrom(program, given?.satp);
  let frame = given;
  const here = (): ViewFrame => {
    frame ??= stackOf(target, hart).next().value as ViewFrame;
    return frame;
  };
  const local = (name: string): Value | undefined => {
    if (program.info === undefined) return undefined;
    for (const { variables } of frameBlocks(target, here())) {
      const found = variables.find((variable) => variable.name === name);
      if (found !== undefined) return frameValue(target, here(), found);
    }
    return undefined;
  };
  const read = (address: bigint, sizeBytes: number) => readLinked(target, hart, address, sizeBytes);
  const outside = (path: readonly string[], file?: string): Value | undefined =>
    program.try(() => program.info && globalValue(program.info, read, path, file));
  const register = (name: string) =>
    given === undefined ? target.register(hart, name) : registerIn(target, given, name);
  return {
    register,
    read,
    field: (name, field) => {
      const [value, row] = [register(name), csrFields(name)?.find((found) => found.name === field)];
      return value === undefined || row === undefined ? undefined : fieldValue(value, row);
    },
    symbol: (name) => program.find(name)?.address,
    type: (name) => program.try(() => program.info && typeByName(program.info, name)),
    variable: (path, file) => {
      const [name] = path;
      if (file !== undefined || path.length > 1) return outside(path, file);
      // What is in the frame is nearest, then the members of the object that a method is called for; a register is nearer
      // than a variable elsewhere in the program.
      const found = local(name!) ?? memberOfThis(local('this'), name!, read);
      return found ?? (isRegisterName(target, hart, name!) ? undefined : outside(path));
    },
  };
};

const memberOfThis = (self: Value | undefined, name: string, read: ReadMemory): Value | undefined =>
  self === undefined ? undefined : memberNamed(targetOf(self, read), name, read);

const isRegisterName = (target: Target, hart: Hart, name: string): boolean => target.register(hart, name) !== undefined;

/** Which names there are where a condition is evaluated: `address` is where, when that is one place. */
export const namesAt = (program: Program, address?: bigint, frame?: ViewFrame): Names => {
  const { info } = program;
  let locals: ReadonlySet<string> | undefined;
  const isLocal = (name: string): boolean => {
    const linked = frame?.stack?.lookupPc ?? (address === undefined ? undefined : program.links.linked(address));
    locals ??= (info && linked !== undefined && program.try(() => localNames(info, linked))) || new Set();
    return locals.has(name);
  };
  const isKnown = (name: string): boolean => {
    // Before the names are collected, any might be one; so might any in a method be a member.
    if (info === undefined) return false;
    if (info.names === undefined || isLocal(name) || isLocal('this')) return true;
    return program.try(() => hasGlobal(info, pathOf(name))) ?? false;
  };
  return {
    symbol: (name) => program.find(name)?.address,
    isVariable: isKnown,
    isType: (name) => (info && program.try(() => hasType(info, name))) ?? false,
  };
};

/** All variables of the function at an address, whichever block they are in. */
const localNames = (info: DebugInfo, address: bigint): ReadonlySet<string> => {
  const names = new Set<string>();
  const collect = (entry: Entry, depth: number): void => {
    for (const child of entry.children()) {
      if (child.tag === tag.variable || child.tag === tag.formalParameter) names.add(child.fullName ?? '');
      else if (depth < nestingMax && (child.tag === tag.lexicalBlock || child.tag === tag.inlinedSubroutine)) {
        collect(child, depth + 1);
      }
    }
    const origin = entry.reference(attribute.abstractOrigin);
    if (origin !== undefined && depth < nestingMax) collect(origin, depth + 1);
  };
  const own = info.functionAt(address);
  if (own !== undefined) collect(own.entry, 0);
  return names;
};
