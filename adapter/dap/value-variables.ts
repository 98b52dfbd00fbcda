/** Values of the source as DAP's variables: text, type, what opens, where in memory, and the expression that means the same. */

import type { DebugProtocol } from '@vscode/debugprotocol';
import type { Hart } from '../../vmm/machine/hart.ts';
import { declare } from '../program/types/declaration.ts';
import { isComposite, stripped } from '../program/types/type.ts';
import type { Letter } from '../values/numbers.ts';
import { asOperand, hasParts, indexedCount, type Part, partsOf } from '../values/parts.ts';
import { type Surroundings, valueText } from '../values/text.ts';
import { numberOf, type Value } from '../values/value.ts';
import type { Debugger } from './debugger.ts';
import { readLinked, type ViewFrame } from './frames.ts';
import type { Group } from './handles.ts';
import { frameBlocks, frameValue } from './scope.ts';
import type { Target } from './target.ts';

type Variable = DebugProtocol.Variable;
type Parts = Extract<Group, { kind: 'parts' }>;

export const surroundings = (target: Target, hart: Hart): Surroundings => ({
  read: (address, sizeBytes) => readLinked(target, hart, address, sizeBytes),
  symbolic: (address) => target.program.symbolic(address),
});

/** A value on its way to the client: what it is called there, and which expression means it. */
export interface Shown {
  readonly hart: Hart;
  readonly value: Value;
  /** Nothing when no expression means it, as for a variable that another one hides. */
  readonly path: string | undefined;
  readonly letter?: Letter | undefined;
  readonly frame?: ViewFrame | undefined;
}

/** What can be opened of a value, as DAP says it. */
export const openable = (session: Debugger, target: Target, shown: Shown) => {
  const { hart, value } = shown;
  const { read } = surroundings(target, hart);
  const opens = target.program.try(() => hasParts(value, read)) ?? false;
  const indexed = opens ? target.program.try(() => indexedCount(value, read)) : undefined;
  const at = value.address === undefined ? pointedAt(target, hart, value) : memoryAt(target, value.address);
  return {
    variablesReference: opens ? session.handles.group({ kind: 'parts', ...shown }) : 0,
    ...(indexed !== undefined && { indexedVariables: indexed, namedVariables: 0 }),
    ...(at !== undefined && { memoryReference: `0x${at.toString(16)}` }),
  };
};

export const isIndexed = (target: Target, { hart, value }: Shown): boolean =>
  target.program.try(() => indexedCount(value, surroundings(target, hart).read)) !== undefined;

/** Where a variable of a user program is in its process, which may be elsewhere than it was linked. */
const memoryAt = ({ programs, program }: Target, address: bigint): bigint =>
  programs.isUser(program) ? (program.links.loaded(address) ?? address) : address;

/** Where a pointer leads: what a person wants to see of its memory. */
const pointedAt = (target: Target, hart: Hart, value: Value): bigint | undefined => {
  if (stripped(value.type)?.kind !== 'pointer') return undefined;
  const found = target.program.try(() => numberOf(value, surroundings(target, hart).read));
  return typeof found === 'bigint' ? found : undefined;
};

export const shownText = (target: Target, { hart, value, letter }: Shown): string =>
  target.program.try(() => valueText(value, surroundings(target, hart), letter)) ??
  '<the debug information is damaged>';

export const typeText = (value: Value): string | undefined => {
  const { type, list } = value;
  if (list !== undefined) return `${declare(list.element)} [${list.addresses.length}]`;
  return type === undefined ? undefined : declare(type);
};

const valueVariable = (session: Debugger, target: Target, name: string, shown: Shown, kind: HintKind): Variable => {
  const { value, path, letter } = shown;
  const type = typeText(value);
  return {
    name,
    value: shownText(target, shown),
    ...(type !== undefined && { type }),
    ...(path !== undefined && { evaluateName: letter === undefined ? path : `${path},${letter}` }),
    ...openable(session, target, shown),
    presentationHint: { kind, ...(!isAssignable(value) && { attributes: ['readOnly'] }) },
  };
};

type HintKind = (typeof hints)[Part['kind']];

/** Whether there is a place that a number can be written to. */
export const isAssignable = ({ type, missing, address, register, list }: Value): boolean => {
  const kind = stripped(type);
  if (missing !== undefined || list !== undefined || isComposite(kind) || kind?.kind === 'array') return false;
  return kind?.kind !== 'function' && (address !== undefined || register !== undefined);
};

export const partVariables = (
  session: Debugger,
  target: Target,
  group: Parts,
  first: number,
  count: number,
): Variable[] => {
  const { read } = surroundings(target, group.hart);
  const found = target.program.try(() => partsOf(group.value, read, first, count)) ?? [];
  return found.map((part) => valueVariable(session, target, part.name, partShown(group, part), hints[part.kind]));
};

const partShown = (group: Parts, { value, path }: Part): Shown => ({
  ...group,
  value,
  path: group.path === undefined ? undefined : path(asOperand(group.path)),
});

const hints = { member: 'property', element: 'data', base: 'baseClass', target: 'data', view: 'virtual' } as const;

/** The part of a group that has a name. */
export const partNamed = (target: Target, group: Parts, name: string): Shown | undefined => {
  const { read } = surroundings(target, group.hart);
  const index = /^\[(\d+)\]$/.exec(name);
  const [first, count] = index === null ? [0, 10_000] : [Number(index[1]), 1];
  const found = partsOf(group.value, read, first, count).find((part) => part.name === name);
  return found && partShown(group, found);
};

/** The variables of a frame, innermost block first. A name of an inner block hides that of an outer one. */
export const frameShown = (
  target: Target,
  frame: ViewFrame,
  parameters: boolean,
): readonly (Shown & { name: string })[] => {
  const seen = new Set<string>();
  return frameBlocks(target, frame).flatMap(({ variables }) =>
    variables
      .filter(({ parameter }) => parameter === parameters)
      .map((variable) => {
        const { name } = variable;
        const hidden = seen.has(name);
        seen.add(name);
        return {
          name: hidden ? `${name} (hidden, line ${variable.line ?? '?'})` : name,
          hart: frame.hart,
          value: frameValue(target, frame, variable),
          path: hidden ? undefined : name,
          frame,
        };
      }),
  );
};

export const frameVariables = (session: Debugger, target: Target, frame: ViewFrame, parameters: boolean): Variable[] =>
  frameShown(target, frame, parameters).map(({ name, ...shown }) =>
    valueVariable(session, target, name, shown, 'data'),
  );
