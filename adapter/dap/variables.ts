/** Requests about variables: the groups of registers and of values, and what is in them, in pages. */

import type { DebugProtocol } from '@vscode/debugprotocol';
import * as v from 'valibot';
import { fNames, xNames } from '../../vmm/isa/register-names.ts';
import { csrRows } from '../../vmm/machine/csr.ts';
import { assignExpression, assignVariable } from './assign.ts';
import type { Debugger } from './debugger.ts';
import type { Group } from './handles.ts';
import {
  fieldVariables,
  floatCsrs,
  positionVariables,
  registerVariable,
  restoredVariable,
  trapVariables,
} from './register-variables.ts';
import { natural, optional, type RequestRow, request, text, whole } from './request.ts';
import type { Target } from './target.ts';
import { frameVariables, isIndexed, partVariables } from './value-variables.ts';
import { seenByGroup, viewpointOf } from './viewpoint.ts';

type Variable = DebugProtocol.Variable;

/** Elements that are given at once where nobody says how many. */
const partsMax = 1000;

const variablesOf = (session: Debugger, target: Target, group: Exclude<Group, { kind: 'parts' }>): Variable[] => {
  const { hart } = group;
  const variable = (name: string): Variable => registerVariable(session, target, hart, name);
  switch (group.kind) {
    case 'registers':
      return [variable('pc'), ...xNames.map((name) => variable(name))];
    case 'csrs':
      return csrRows.filter(({ name }) => !floatCsrs.includes(name)).map(({ name }) => variable(name));
    case 'float':
      return [...floatCsrs.map((name) => variable(name)), ...fNames.map((name) => variable(name))];
    case 'trap':
      return trapVariables(target, hart);
    case 'position':
      return positionVariables(target, hart);
    case 'fields':
      return fieldVariables(target, hart, group.register);
    case 'restored':
      return ['pc', ...xNames].map((name) => restoredVariable(target, group.frame, name));
    case 'arguments':
    case 'locals':
      return frameVariables(session, target, group.frame, group.kind === 'arguments');
  }
};

export const variableRequests: readonly RequestRow[] = [
  request(
    'variables',
    {
      variablesReference: whole,
      start: optional(natural),
      count: optional(natural),
      filter: optional(v.picklist(['indexed', 'named'])),
    },
    (session, { variablesReference, start, count, filter }) => {
      const { target: whole } = session.halted('variables');
      const group = session.handles.groupOf(variablesReference);
      const target = seenByGroup(whole, group);
      const from = start ?? 0;
      if (group.kind === 'parts') {
        if (filter === (isIndexed(target, group) ? 'named' : 'indexed')) return { variables: [] };
        const most = (count ?? 0) > 0 ? Math.min(count!, partsMax) : partsMax;
        return { variables: partVariables(session, target, group, from, most) };
      }
      const all = filter === 'indexed' ? [] : variablesOf(session, target, group);
      return { variables: (count ?? 0) > 0 ? all.slice(from, from + count!) : all.slice(from) };
    },
  ),
  request('setVariable', { variablesReference: whole, name: text, value: text }, (session, args) => {
    const { target } = session.halted('setVariable');
    const group = session.handles.groupOf(args.variablesReference);
    return assignVariable(session, seenByGroup(target, group), group, args.name, args.value);
  }),
  request('setExpression', { expression: text, value: text, frameId: optional(whole) }, (session, args) => {
    const { target } = session.halted('setExpression');
    return assignExpression(session, viewpointOf(session, target, args.frameId), args.expression, args.value);
  }),
];
