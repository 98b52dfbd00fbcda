/** Where something happened, in words of the program: said where it happens, since the state says whose code it is. */

import { type Hart, type Privilege, privilege } from '../../vmm/machine/hart.ts';
import { placesOf } from '../dap/breakpoint-requests.ts';
import { noCode } from '../dap/errors.ts';
import type { Program } from '../dap/program.ts';
import { type CodePlaces, linePlaces } from '../dap/source-places.ts';
import type { Target } from '../dap/target.ts';
import type { Place } from './answer.ts';

const modes = ['U', 'S', undefined, 'M'] as const;

/** A step of a hart that is, or was, at a pc, in the mode that it has or had. */
export const placeAt = (
  target: Target,
  hart: Hart,
  moment: number,
  pc: bigint,
  from: Privilege = hart.privilege,
): Place => {
  const mode = modes[from];
  const inUser = from === privilege.user;
  const program = (inUser ? target.programs.userAt(hart, pc) : undefined) ?? target.programs.inKernel(pc);
  return {
    moment,
    hart: hart.id,
    pc: `0x${pc.toString(16)}`,
    ...(mode !== undefined && { mode }),
    ...codeAt(program, pc),
    ...(program !== target.programs.kernel && { program: program.label }),
  };
};

type Code = Pick<Place, 'symbol' | 'source'>;

/** The same places are met again and again. */
const known = new WeakMap<Program, Map<bigint, Code>>();
const knownMax = 100_000;

const codeAt = (program: Program, pc: bigint): Code => {
  let codes = known.get(program);
  if (codes === undefined || codes.size >= knownMax) {
    codes = new Map();
    known.set(program, codes);
  }
  let code = codes.get(pc);
  if (code === undefined) {
    code = readCode(program, pc);
    codes.set(pc, code);
  }
  return code;
};

const readCode = (program: Program, pc: bigint): Code => {
  const symbol = program.symbolic(pc);
  const line = program.try(() => program.info?.lineAt(program.links.linked(pc)));
  return {
    ...(symbol !== undefined && { symbol }),
    ...(line !== undefined && { source: { path: line.file.path, line: line.line } }),
  };
};

/**
 * Where code is that a person names: `FILE:LINE`, a function, a symbol, an address.
 * @throws {InputError} when nothing has such a name
 */
export const codeNamed = (target: Target, text: string): readonly CodePlaces[] => {
  const [, path, line] = /^(.+\.\w+):(\d{1,9})$/.exec(text.trim()) ?? [];
  if (path === undefined) return placesOf(target, text);
  const found = linePlaces(target.sources, path, Number(line));
  if (found === undefined)
    throw noCode(
      text,
      target.programs.all.some(({ info }) => info !== undefined),
    );
  return found.places;
};
