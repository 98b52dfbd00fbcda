/**
 * Requests for data breakpoints: stopping when a variable, a part of one, what an expression means, or memory at an address is
 * changed, by whoever, or read by an instruction. A data breakpoint is of physical memory, as the address was mapped when it was
 * set; it stops after the access, forwards as well as backwards, and says what it did to the value.
 *
 *     write      a write that changes it; or each write, where the launch says `"dataBreakpoints": "write"`
 *     read       a load, an atomic operation, or LR; not a fetch, a walk of the page tables, or a device's reading
 *     readWrite  both, writes of what is there already included
 */

import type { DebugProtocol } from '@vscode/debugprotocol';
import * as v from 'valibot';
import type { Hart } from '../../vmm/machine/hart.ts';
import type { WatchRange } from '../../vmm/machine/translations.ts';
import { evaluateExpression } from '../expressions/evaluate.ts';
import { parseExpression } from '../expressions/parse.ts';
import { InputError } from '../program/input-error.ts';
import { sizeOf } from '../program/types/type.ts';
import type { Value } from '../values/value.ts';
import type { BreakpointSpec, DataAccess } from './breakpoints.ts';
import type { Debugger } from './debugger.ts';
import { badAddress, noRam } from './errors.ts';
import type { Group } from './handles.ts';
import { parseHitCondition } from './hit-condition.ts';
import { addressOf } from './memory-requests.ts';
import type { Program } from './program.ts';
import { natural, optional, type RequestRow, request, text, whole } from './request.ts';
import { namesAt, parseCondition, scopeOf } from './scope.ts';
import type { Target } from './target.ts';
import { frameShown, partNamed } from './value-variables.ts';
import { namesIn, seenByGroup, type Viewpoint, viewpointOf } from './viewpoint.ts';

const watchedBytesMax = 65_536;
const breakpointsMax = 1000;

interface Place {
  readonly address: bigint;
  readonly sizeBytes: number;
  readonly program: Program;
  /** The page tables of its process; nothing when it is an address of the kernel. */
  readonly satp: bigint | undefined;
}

interface InfoArguments {
  readonly variablesReference?: number | null | undefined;
  readonly name: string;
  readonly frameId?: number | null | undefined;
  readonly bytes?: number | null | undefined;
  readonly asAddress?: boolean | null | undefined;
}

/** Where what is named lies in memory, and who has it there; a sentence when it lies nowhere. */
const placeOf = (session: Debugger, whole: Target, args: InfoArguments): Place | string => {
  const { name, bytes } = args;
  const group = args.variablesReference ? session.handles.groupOf(args.variablesReference) : undefined;
  const from = viewpointOf(session, whole, args.frameId);
  const target = group === undefined ? from.target : seenByGroup(whole, group);
  const { program } = target;
  const satp = target.programs.isUser(program) ? target.memory.satp(group?.hart ?? from.hart) : undefined;
  if (args.asAddress === true) return { program, satp, address: addressOf(name, 0), sizeBytes: bytes ?? 8 };
  const value = group === undefined ? valueNamed(from, name) : valueIn(target, group, name);
  if (value === undefined) return `${name} is not in memory`;
  const { address, bits, missing } = value;
  if (missing !== undefined) return `${name} has no value here: ${missing}`;
  if (address === undefined) return `${name} is not in memory`;
  const sizeBytes =
    bytes ?? (bits === undefined ? (sizeOf(value.type) ?? 8) : Math.ceil((bits.offset + bits.size) / 8));
  return { program, satp, address, sizeBytes };
};

const valueIn = (target: Target, group: Group, name: string): Value | undefined => {
  if (group.kind === 'parts') return partNamed(target, group, name)?.value;
  if (group.kind !== 'arguments' && group.kind !== 'locals') return undefined;
  return frameShown(target, group.frame, group.kind === 'arguments').find((shown) => shown.name === name)?.value;
};

const valueNamed = ({ target, hart, frame }: Viewpoint, name: string): Value =>
  evaluateExpression(parseExpression(name, namesIn(frame)), scopeOf(target, hart, frame));

const info = (session: Debugger, args: InfoArguments): DebugProtocol.DataBreakpointInfoResponse['body'] => {
  const { target } = session.halted('dataBreakpointInfo');
  const place = placeOf(session, target, args);
  if (typeof place === 'string') return { dataId: null, description: place };
  const { address, sizeBytes, program } = place;
  if (sizeBytes <= 0 || sizeBytes > watchedBytesMax) {
    return {
      dataId: null,
      description: `${args.name} has ${sizeBytes} bytes; at most ${watchedBytesMax} can be watched`,
    };
  }
  const dataId = dataIdOf(place);
  session.breakpoints.labels.set(dataId, args.name);
  return {
    dataId,
    description: `${args.name} (${sizeBytes} bytes at ${program.describe(address)})`,
    accessTypes: ['read', 'write', 'readWrite'],
    // In the next session, another thing lies in a frame of the stack, and no process is there yet.
    canPersist: program.symbolic(address) !== undefined && place.satp === undefined,
  };
};

/** The client's word for a place. An address of a process means something with its program and its page tables. */
const dataIdOf = ({ address, sizeBytes, program, satp }: Place): string => {
  const range = `0x${address.toString(16)}/${sizeBytes}`;
  return satp === undefined ? range : `${range} of ${program.label}, satp 0x${satp.toString(16)}`;
};

const dataIdPattern = /^(0x[\da-f]{1,16})\/(\d{1,5})(?: of (.{1,1000}), satp (0x[\da-f]{1,16}))?$/;

/** @throws {DapError} when nothing has such a word */
const placeNamed = (target: Target, dataId: string): Place => {
  const [, address, size, label, satp] = dataIdPattern.exec(dataId) ?? [];
  const { kernel, all } = target.programs;
  const program = label === undefined ? kernel : all.find((one) => one.label === label);
  if (address === undefined || program === undefined) throw badAddress(dataId);
  return { address: BigInt(address), sizeBytes: Number(size), program, satp: satp === undefined ? satp : BigInt(satp) };
};

/** Where in RAM a range lies now. @throws {DapError} when not all of it is there */
const rangesOf = (whole: Target, hart: Hart, place: Place): readonly Omit<WatchRange, 'access'>[] => {
  const { program, satp, address, sizeBytes } = place;
  const target = whole.seenFrom(program, satp);
  const ranges: WatchRange[] = [];
  let found = 0;
  for (const start of program.links.memoryPlaces(address)) {
    for (const { physical, sizeBytes: size } of found === 0 ? target.memory.pieces(hart, start, sizeBytes) : []) {
      if (target.machine.readRam(physical, size) === undefined) break;
      ranges.push({ address: physical, sizeBytes: size });
      found += size;
    }
  }
  if (found < sizeBytes) throw noRam(address + BigInt(found));
  return ranges;
};

const asked = {
  dataId: text,
  accessType: optional(v.picklist(['read', 'write', 'readWrite'])),
  condition: optional(text),
  hitCondition: optional(text),
};
type Asked = v.InferOutput<v.ObjectSchema<typeof asked, undefined>>;

const given = (found: string | null | undefined): found is string => found != null && found.trim() !== '';

const specOf = (
  session: Debugger,
  target: Target,
  { dataId, accessType, condition, hitCondition }: Asked,
): BreakpointSpec => {
  const place = placeNamed(target, dataId);
  const at: DataAccess = accessType === 'write' || accessType == null ? session.dataWrites : accessType;
  // Who waits for reads alone sees the writes, too, to know what is read.
  const access = at === 'change' || at === 'write' ? 'write' : 'readWrite';
  // All are set anew with each that is added, maybe where the address means something else or nothing.
  const known = session.breakpoints.watching.find(({ name }) => name === dataId)?.watched;
  return {
    addresses: [],
    watched: (known ?? rangesOf(target, session.hartOf(undefined, target), place)).map((range) => ({
      ...range,
      access,
    })),
    at,
    name: dataId,
    label: session.breakpoints.labels.get(dataId) ?? dataId,
    key: JSON.stringify([dataId, at, condition, hitCondition]),
    ...(given(condition) && { condition: parseCondition(condition, namesAt(place.program)) }),
    ...(given(hitCondition) && { hitCondition: parseHitCondition(hitCondition) }),
  };
};

const setAll = (session: Debugger, items: readonly Asked[]): DebugProtocol.Breakpoint[] => {
  const { target } = session.launched('setDataBreakpoints');
  const outcomes = items.map((item): BreakpointSpec | InputError => {
    try {
      return specOf(session, target, item);
    } catch (error) {
      if (error instanceof InputError) return error;
      throw error;
    }
  });
  const set = session.breakpoints.set(
    'data',
    outcomes.filter((outcome): outcome is BreakpointSpec => !(outcome instanceof InputError)),
  );
  let next = 0;
  return outcomes.map((outcome) =>
    outcome instanceof InputError
      ? { id: session.breakpoints.nextId(), verified: false, message: outcome.message, reason: 'failed' }
      : { id: set[next++]!.id, verified: true },
  );
};

export const dataBreakpointRequests: readonly RequestRow[] = [
  request(
    'dataBreakpointInfo',
    {
      variablesReference: optional(whole),
      name: text,
      frameId: optional(whole),
      bytes: optional(natural),
      asAddress: optional(v.boolean()),
    },
    (session, args) => info(session, args),
  ),
  request(
    'setDataBreakpoints',
    { breakpoints: v.pipe(v.array(v.object(asked)), v.maxLength(breakpointsMax)) },
    (session, { breakpoints }) => ({ breakpoints: setAll(session, breakpoints) }),
  ),
];
