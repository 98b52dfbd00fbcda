/**
 * What names mean in a frame: its variables block by block, through the functions that it is inlined in no further, then the
 * program's variables, constants and functions, registers and symbols. Without debug information, registers and symbols.
 */

import { fNames, xNames } from '../../vmm/isa/register-names.ts';
import type { Hart } from '../../vmm/machine/hart.ts';
import type { DebugInfo } from '../program/debug-info.ts';
import { attribute, tag } from '../program/dwarf/constants.ts';
import type { Entry } from '../program/dwarf/entry.ts';
import { evaluateLocation } from '../program/dwarf/expression.ts';
import { type Block, expressionAt, type Variable, variableOf } from '../program/dwarf/functions.ts';
import type { NamedEntry } from '../program/names/name-index.ts';
import type { NameKind } from '../program/names/records.ts';
import type { Type } from '../program/types/type.ts';
import { evaluateToNumber, type Scope } from './evaluate-expression.ts';
import { type Names, parseExpression } from './expression.ts';
import { readLinked, stackOf, type ViewFrame } from './frames.ts';
import type { Program } from './program.ts';
import type { Target } from './target.ts';
import { numberValue, type Value, variableValue } from './value.ts';

/** An expression of numbers that is ready to be evaluated, any number of times. */
export type Condition = (scope: Scope) => bigint;

/** @throws {DapError} that says where the text is wrong or which name is unknown */
export const parseCondition = (text: string, names: Names): Condition => {
  const node = parseExpression(text, names);
  return (scope) => evaluateToNumber(node, scope);
};

const tagKinds: Readonly<Record<string, readonly NameKind[]>> = {
  struct: ['structure', 'class'],
  class: ['class', 'structure'],
  union: ['union'],
  enum: ['enumeration'],
};
const plainKinds: readonly NameKind[] = ['typedef', 'baseType', 'class', 'structure', 'union', 'enumeration'];
const valueKinds: readonly NameKind[] = ['variable', 'enumerator', 'function'];
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
  const target = whole.seenFrom(program);
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
  return {
    register: (name) => (given === undefined ? target.register(hart, name) : registerIn(target, given, name)),
    symbol: (name) => program.find(name)?.address,
    read: (address, sizeBytes) => readLinked(target, hart, address, sizeBytes),
    type: (name) => program.try(() => typeOf(program.info, name)),
    variable: (name, file) => {
      if (file !== undefined) return program.try(() => outside(target, hart, name, file));
      const found = local(name);
      // A register is nearer than a variable elsewhere in the program.
      return found ?? (isRegisterName(target, hart, name) ? undefined : program.try(() => outside(target, hart, name)));
    },
  };
};

const isRegisterName = (target: Target, hart: Hart, name: string): boolean => target.register(hart, name) !== undefined;

const typeOf = (info: DebugInfo | undefined, name: string): Type | undefined => {
  const [first, second] = name.split(' ');
  const kinds = second === undefined ? plainKinds : (tagKinds[first!] ?? plainKinds);
  return info?.type(second ?? name, kinds);
};

/** A variable, constant or function outside functions; with a file, one of that file. */
const outside = (target: Target, hart: Hart, name: string, file?: string): Value | undefined => {
  const { info } = target.program;
  const found = info?.names?.find(name, valueKinds) ?? [];
  for (const named of found) {
    const entry = info!.dwarf.entryAt(named.offset, named.inTypes);
    const path = entry.unit.root.name;
    if (file !== undefined && path !== file && path?.endsWith(`/${file}`) !== true) continue;
    const value = entryValue(target, hart, info!, named, entry);
    if (value !== undefined) return value;
  }
  return undefined;
};

const entryValue = (
  target: Target,
  hart: Hart,
  info: DebugInfo,
  { kind }: NamedEntry,
  entry: Entry,
): Value | undefined => {
  const variable = variableOf(entry);
  switch (kind) {
    case 'enumerator':
      return typeof variable.constant === 'bigint' ? numberValue(variable.constant, undefined, true) : undefined;
    case 'function': {
      const address = entry.address(attribute.lowPc);
      return address === undefined ? undefined : numberValue(address);
    }
    default: {
      const type = info.types.typeOf(entry);
      if (variable.locations === undefined && typeof variable.constant === 'bigint') {
        return numberValue(variable.constant, type);
      }
      const expression = expressionAt(variable, 0n);
      if (expression === undefined) return undefined;
      const location = evaluateLocation(expression, entry.unit, {
        readRegister: () => undefined,
        readMemory: (address, sizeBytes) => readLinked(target, hart, address, sizeBytes),
        cfa: () => undefined,
        frameBase: () => undefined,
      });
      const place = location.kind === 'pieces' ? location.pieces[0]?.place : undefined;
      return place?.kind === 'memory' ? { type, address: place.address } : undefined;
    }
  }
};

/** Which names there are where a condition is evaluated: `address` is where, when that is one place. */
export const namesAt = (program: Program, address?: bigint, frame?: ViewFrame): Names => {
  const { info } = program;
  let locals: ReadonlySet<string> | undefined;
  const isLocal = (name: string): boolean => {
    const linked = frame?.stack?.lookupPc ?? (address === undefined ? undefined : program.links.linked(address));
    locals ??= (info && linked !== undefined && program.try(() => localNames(info, linked))) || new Set();
    return locals.has(name);
  };
  return {
    symbol: (name) => program.find(name)?.address,
    // Before the names are collected, any might be one.
    isVariable: (name) =>
      info !== undefined && (isLocal(name) || info.names === undefined || info.names.find(name, valueKinds).length > 0),
    isType: (name) => (info?.names?.find(name, plainKinds).length ?? 0) > 0,
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
