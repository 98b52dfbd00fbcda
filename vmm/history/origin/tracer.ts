/**
 * Goes backwards through recorded steps and finds for each byte that is looked for the step that wrote it: what the
 * step made it of is looked for from there on. One pass over the steps serves all bytes. It replays nothing.
 */

import { disassemble } from '../../isa/disassemble.ts';
import type { InputLog } from '../../timeline/timeline.ts';
import type { Origin, OriginNode } from './answer.ts';
import { csrCell, isClock, trapCsrs } from './csr-cells.ts';
import { type Demand, Demands, type Wanted } from './demands.ts';
import { atomicFlow, type ByteFlow, type Flow, flowOf, type InstructionAt, type Leaf } from './flow.ts';
import { bytesOf, Graph, wantedOf } from './graph.ts';
import type { Instruction } from './instruction.ts';
import { type LeafSource, leafSource, memoryValue, placeSource, sourceValue, typedOrigin } from './leaves.ts';
import {
  follows,
  keyOf,
  memoryPlace,
  type Place,
  partOf,
  placeOfKey,
  registerName,
  registerNamed,
  registerNumber,
  registerPlace,
} from './place.ts';
import { type ForeignWrite, type StepInput, type StepLog, stepKind } from './steps.ts';
import { TypedStream } from './typed.ts';

const a0 = 10;
const a1 = 11;
const a2 = 12;
const sectorBytes = 512;
/** Environment calls below this number return in a0 alone (SBI specification 2.0, chapter 5). */
const legacyCalls = 16n;

/** A step whose writes are looked at. */
interface At {
  readonly log: StepLog;
  readonly step: number;
  readonly instruction: Instruction | undefined;
}

type Leaves = (leaf: Leaf) => LeafSource;

export class Tracer {
  readonly demands = new Demands();
  readonly graph = new Graph();
  /** Moment of the step that was found last. */
  foundAt: number;
  readonly #typed: TypedStream;
  readonly #computationsMax: number;
  /** What a step was made of is looked for before it, and not in what else it wrote. */
  #before: (() => void)[] = [];
  /** Of each hart, where it goes after the step that is being looked at. */
  #nextPcs: bigint[] = [];

  constructor(log: InputLog, from: number, computationsMax: number) {
    this.#typed = new TypedStream(log);
    this.#computationsMax = computationsMax;
    this.foundAt = from;
  }

  /** All that is looked for is looked for as of the end of the log, and afterwards as of its beginning. */
  sweep(log: StepLog, nodesMax: number): void {
    this.#nextPcs = [...log.endPcs];
    let foreign = log.foreign.length - 1;
    let input = log.inputs.length - 1;
    for (let step = log.length; step >= 0; step -= 1) {
      if (step < log.length) {
        this.#step({ log, step, instruction: log.instruction(step) });
        for (const add of this.#before) add();
        this.#before = [];
      }
      for (; foreign >= 0 && log.foreign[foreign]!.step >= step; foreign -= 1)
        this.#foreign(log, log.foreign[foreign]!);
      for (; input >= 0 && log.inputs[input]!.step >= step; input -= 1) this.#input(log, log.inputs[input]!);
      if (this.demands.size === 0 || this.graph.size >= nodesMax) return;
    }
  }

  #step(at: At): void {
    const { log, step, instruction } = at;
    const hart = log.harts[step]!;
    if (this.demands.hasRegister(registerNumber(hart, 'pc', 0))) this.#pc(at, hart);
    this.#nextPcs[hart] = log.pcs[step]!;
    if (log.kinds[step] !== stepKind.instruction) {
      this.#trap(at, hart);
      return;
    }
    if (instruction === undefined) return;
    const { written, access, system, csr } = instruction;
    if (csr !== undefined) this.#csr(at, hart, csr);
    else if (system === 'ecall') this.#call(at, hart);
    else if (written !== undefined && this.demands.hasRegister(registerNumber(hart, written.file, written.index))) {
      const place = registerPlace(hart, written.file, written.index);
      const { bytes } = this.#resultFlow(at, instruction);
      this.#write(at, keysOf(place), bytes, bytesOf(log.results[step], 8), this.#leaves(at, instruction));
    }
    if (access?.writes === true && this.demands.inMemory && this.#isStored(at, access.size))
      this.#memory(at, instruction);
  }

  #isStored({ log, step }: At, sizeBytes: number): boolean {
    if (log.extras.get(step)?.addresses !== undefined) return true;
    const address = log.addresses[step]!;
    for (let byte = 0; byte < sizeBytes; byte += 1) if (this.demands.has(address + byte)) return true;
    return false;
  }

  /** The operands of an instruction. */
  #leaves({ log, step }: At, instruction: Instruction): Leaves {
    return (leaf) => leafSource(log, step, instruction, leaf, this.#typed);
  }

  #asRead({ log, step }: At, instruction: Instruction): InstructionAt {
    const operands: Record<string, bigint> = {};
    for (const { field } of instruction.sources) operands[field] = sourceValue(log, step, field);
    const memory = memoryValue(log, step, instruction);
    if (memory !== undefined) operands.memory = memory;
    return { found: instruction.found, pc: log.pcs[step]!, lengthBytes: instruction.lengthBytes, operands };
  }

  #resultFlow(at: At, instruction: Instruction): Flow {
    const effect = instruction.effects.find(({ k }) => k === 'setX' || k === 'setF');
    if (effect?.k !== 'setX' && effect?.k !== 'setF') throw new Error(`${instruction.row.name} writes no register`);
    return flowOf(effect.value, this.#asRead(at, instruction));
  }

  #memory(at: At, instruction: Instruction): void {
    const { log, step } = at;
    const { access, effects } = instruction;
    const keys = log.bytesAt(step, access!.size);
    const asRead = this.#asRead(at, instruction);
    for (const effect of effects) {
      let flow: Flow | undefined;
      if (effect.k === 'store') flow = flowOf(effect.value, asRead);
      else if (effect.k === 'setX' && effect.value.k === 'atomic') flow = atomicFlow(effect.value, asRead);
      else if (effect.k === 'setX' && effect.value.k === 'storeConditional') {
        if (log.results[step] !== 0n) return; // it failed; one to x0 is taken for one that did not
        flow = flowOf(effect.value.value, asRead);
      }
      if (flow === undefined) continue;
      const bytes = flow.bytes.slice(0, keys.length);
      this.#write(at, keys, bytes, bytesOf(flow.value, keys.length), this.#leaves(at, instruction));
    }
  }

  /** A Zicsr instruction: the register takes the CSR's value, the CSR that of the register or of the immediate. */
  #csr(at: At, hart: number, number: number): void {
    const { log, step } = at;
    const { found, system, written, sources } = at.instruction!;
    const csrPlace = registerPlace(hart, 'csr', number);
    if (written !== undefined) {
      const value = log.results[step]!;
      const keys = keysOf(registerPlace(hart, 'x', written.index));
      if (csrCell(number) !== undefined)
        this.#write(at, keys, carried('memory'), bytesOf(value, 8), () => placeSource(csrPlace, value));
      else
        this.#origin(
          at,
          keys,
          isClock(number) ? { kind: 'clock', register: csrName(number) } : { kind: 'csr', name: csrName(number) },
        );
    }
    const isWrite = system === 'csrrw' || system === 'csrrwi';
    if (csrCell(number) === undefined || !(isWrite || found.rs1 !== 0 || found.zimm !== 0)) return;
    const after = log.extras.get(step)?.csrAfter;
    const operand = sources.length === 0 ? BigInt(found.zimm) : log.rs1[step]!;
    const leaves: Leaves = (leaf) =>
      leaf === 'memory' ? placeSource(csrPlace) : leafSource(log, step, at.instruction!, leaf, this.#typed);
    const own: readonly Leaf[] = sources.length === 0 ? [] : ['rs1'];
    const computed: ByteFlow = { kind: 'computed', leaves: new Set<Leaf>(isWrite ? own : ['memory', ...own]) };
    const [now, given] = [bytesOf(after, 8), bytesOf(operand, 8)];
    const bytes = now.map((byte, index): ByteFlow => {
      if (!isWrite) return computed;
      if (sources.length === 0) return { kind: 'constant' };
      return byte === given[index] ? { kind: 'carried', leaf: 'rs1', byte: index } : computed;
    });
    this.#write(at, keysOf(csrPlace), bytes, now, leaves);
  }

  /** The firmware inside the VMM answered a call. One that traps is no instruction here. */
  #call(at: At, hart: number): void {
    const { log, step } = at;
    const extra = log.extras.get(step);
    const call = extra?.call;
    if (call === undefined) return;
    const answer: Origin = { kind: 'firmware', ...call };
    const typed = call.extension === legacyGetCharacter ? typedOrigin(log, step, 0, this.#typed) : undefined;
    this.#origin(at, keysOf(registerPlace(hart, 'x', a0)), typed ?? answer);
    if (call.extension >= legacyCalls) this.#origin(at, keysOf(registerPlace(hart, 'x', a1)), answer);
    for (const started of extra?.started ?? []) {
      const opaque = keysOf(registerPlace(started, 'x', a1));
      this.#write(at, opaque, carried('rs1'), unknownBytes, () => placeSource(registerPlace(hart, 'x', a2)));
      for (const key of this.demands.keys()) if (key < 0 && hartOfKey(key) === started) this.#origin(at, [key], answer);
    }
  }

  #trap(at: At, hart: number): void {
    const { log, step } = at;
    const { cause, to } = log.extras.get(step)!.trap!;
    const origin: Origin = { kind: 'trap', cause, interrupt: log.kinds[step] === stepKind.interrupt };
    const csrs = trapCsrs(to);
    for (const csr of [csrs.epc, csrs.cause, csrs.tval])
      this.#origin(at, keysOf(registerPlace(hart, 'csr', csr)), origin);
  }

  /** Where the hart went if it was not simply on. */
  #pc(at: At, hart: number): void {
    const { log, step, instruction } = at;
    const keys = keysOf(registerPlace(hart, 'pc', 0));
    const next = this.#nextPcs[hart]!;
    const now = bytesOf(next, 8);
    if (log.kinds[step] !== stepKind.instruction) {
      const { cause, to } = log.extras.get(step)!.trap!;
      const tvec = wantedOf(registerPlace(hart, 'csr', trapCsrs(to).tvec), unknownBytes);
      this.#origin(at, keys, { kind: 'trap', cause, interrupt: log.kinds[step] === stepKind.interrupt }, [tvec]);
      return;
    }
    if (instruction === undefined || next === log.pcs[step]! + BigInt(instruction.lengthBytes)) return;
    if (instruction.system === 'sret' || instruction.system === 'mret') {
      const epc = trapCsrs(instruction.system === 'sret' ? 1 : 3).epc;
      this.#write(at, keys, carried('rs1'), now, () => placeSource(registerPlace(hart, 'csr', epc), next));
      return;
    }
    const jump = instruction.effects.find(({ k }) => k === 'jump' || k === 'branch');
    if (jump?.k !== 'jump' && jump?.k !== 'branch') return;
    const { bytes } = flowOf(jump.target, this.#asRead(at, instruction));
    this.#write(at, keys, bytes, now, this.#leaves(at, instruction));
  }

  #foreign(log: StepLog, { step, by, address, sizeBytes, device, source }: ForeignWrite): void {
    if (!this.demands.inMemory) return;
    const at: At = { log, step, instruction: undefined };
    const keys = keysOf(memoryPlace(address, sizeBytes)).filter((key) => this.demands.has(key));
    for (const key of keys) {
      if (!this.demands.has(key)) continue; // went with a neighbour
      const offset = key - address;
      if (by === 'walk') this.#origin(at, [key], { kind: 'walk' }, [wantedOf(memoryPlace(key, 1), [undefined])]);
      else if (by === 'other') this.#other(at, run(keys, key), offset);
      else if (source?.kind === 'disk') {
        const onDisk = source.offset + offset;
        const rest = sectorBytes - (onDisk % sectorBytes);
        const sector = Math.floor(onDisk / sectorBytes);
        this.#origin(at, run(keys, key, rest), { kind: 'disk', device: device!, sector, offset: onDisk % sectorBytes });
      } else if (source !== undefined)
        this.#origin(at, run(keys, key), { kind: 'entropy', device: device!, offset: source.offset + offset });
      else this.#origin(at, run(keys, key), { kind: 'dma', device: device! });
    }
  }

  /** Bytes that an input or the firmware wrote; `offset` of the first one in what it wrote. */
  #other(at: At, keys: readonly number[], offset: number): void {
    const { log, step } = at;
    const first = keys[0]!;
    const input = log.inputs.findLast(
      ({ step: of, event }) =>
        of === step &&
        event.kind === 'setMemory' &&
        event.address <= first &&
        first < event.address + event.bytes.length,
    );
    if (input !== undefined) {
      this.#origin(at, keys, { kind: 'person', input: input.index, offset });
      return;
    }
    const call: Origin = { kind: 'firmware', ...(log.extras.get(step)?.call ?? { extension: 0n, functionId: 0n }) };
    for (const [index, key] of keys.entries())
      this.#origin(at, [key], typedOrigin(log, step, offset + index, this.#typed) ?? call);
  }

  #input(log: StepLog, { step, index, event }: StepInput): void {
    if (event.kind !== 'setRegister') return;
    const place = registerNamed(event.hart, event.register);
    if (place !== undefined)
      this.#origin({ log, step, instruction: undefined }, keysOf(place), { kind: 'person', input: index, offset: 0 });
  }

  /** Bytes that begin here. */
  #origin(at: At, keys: readonly number[], origin: Origin, inputs: readonly Wanted[] = []): void {
    for (const piece of pieces(keys, (key) => this.demands.has(key)))
      this.#node(at, this.#take(piece), { kind: 'origin', origin, inputs });
  }

  /** Takes what is looked for out of what a step wrote: `bytes` says of each where it came from, `values` what it is. */
  #write(at: At, keys: readonly number[], bytes: readonly ByteFlow[], values: Wanted['values'], leaves: Leaves): void {
    for (let first = 0; first < keys.length; ) {
      if (!this.demands.has(keys[first]!)) {
        first += 1;
        continue;
      }
      let end = first + 1;
      while (
        end < keys.length &&
        this.demands.has(keys[end]!) &&
        follows(keys[end]!, keys[end - 1]!) &&
        goesOn(bytes[end - 1]!, bytes[end]!, leaves)
      )
        end += 1;
      const demands = this.#take(keys.slice(first, end));
      for (const [index, { key, value }] of demands.entries()) {
        const written = values[first + index];
        if (value !== undefined && written !== undefined && value !== written)
          throw new Error(`byte ${key} was to be ${value}, and the step at ${at.log.from + at.step} left ${written}`);
      }
      this.#found(at, demands, bytes[first]!, leaves);
      first = end;
    }
  }

  #take(keys: readonly number[]): readonly Demand[] {
    return keys.map((key) => this.demands.take(key)!);
  }

  #found(at: At, demands: readonly Demand[], byte: ByteFlow, leaves: Leaves): void {
    const values = demands.map(({ value }) => value);
    const computations = Math.max(...demands.map((demand) => demand.computations));
    switch (byte.kind) {
      case 'constant':
        this.#node(at, demands, { kind: 'origin', origin: { kind: 'constant', how: constantHow(at) }, inputs: [] });
        return;
      case 'filled':
        this.#node(at, demands, { kind: 'origin', origin: { kind: 'filled' }, inputs: [] });
        return;
      case 'carried': {
        const source = leaves(byte.leaf);
        if ('origin' in source) {
          this.#node(at, demands, { kind: 'origin', origin: source.origin, inputs: [] });
          return;
        }
        const keys = source.keys.slice(byte.byte, byte.byte + demands.length);
        const wanted = wantedOf(placeAt(source, byte.byte, demands.length), values);
        this.#node(at, demands, { kind: 'copy', inputs: [wanted] });
        this.#lookFor(wanted, keys, computations);
        return;
      }
      case 'computed': {
        const sources = [...byte.leaves].map(leaves);
        const known = sources.filter((source) => 'place' in source);
        const inputs = known.map(({ place, value }) => wantedOf(place, bytesOf(value, place.sizeBytes)));
        this.#node(at, demands, { kind: 'compute', inputs });
        // What has one source and a constant is followed, as `lui` and `addi` make one; but no loop's counter for ever.
        if (sources.length !== 1 || known.length !== 1 || computations >= this.#computationsMax) return;
        this.#lookFor(inputs[0]!, known[0]!.keys, computations + 1);
      }
    }
  }

  #lookFor(wanted: Wanted, keys: readonly number[], computations: number): void {
    this.#before.push(() => {
      for (const [byte, key] of keys.entries()) this.demands.add(wanted, byte, key, computations);
    });
  }

  #node(
    at: At,
    demands: readonly Demand[],
    rest: Pick<OriginNode, 'kind' | 'origin'> & { inputs: readonly Wanted[] },
  ): void {
    const { log, step, instruction } = at;
    const moment = log.from + step;
    this.foundAt = moment;
    const pc = log.pcs[step]!;
    const isInterrupt = log.kinds[step] === stepKind.interrupt;
    const access = instruction?.access;
    this.graph.add(demands, {
      moment,
      // What stands behind the last step, or is written between two, is no step's.
      ...(instruction !== undefined && { hart: log.harts[step]!, pc }),
      ...(instruction !== undefined && !isInterrupt && { instruction: disassemble(instruction.raw, pc).text }),
      ...(access && { address: BigInt.asUintN(64, log.rs1[step]! + BigInt(access.offset)) }),
      ...rest,
    });
  }
}

const legacyGetCharacter = 2n;
const csrName = (number: number): string => registerName('csr', number);

const keysOf = (place: Place): readonly number[] =>
  Array.from({ length: place.sizeBytes }, (_, byte) => keyOf(place, byte));

/** All eight bytes as they are in one operand. */
const carried = (leaf: Leaf): readonly ByteFlow[] =>
  Array.from({ length: 8 }, (_, byte) => ({ kind: 'carried', leaf, byte }));

const unknownBytes: Wanted['values'] = new Array<undefined>(8).fill(undefined);

const hartOfKey = (key: number): number => {
  const place = placeOfKey(key);
  return place.kind === 'register' ? place.hart : -1;
};

/** From one of an ascending list of addresses, those that follow it without a gap, at most so many. */
const run = (keys: readonly number[], from: number, most = Number.POSITIVE_INFINITY): readonly number[] => {
  const start = keys.indexOf(from);
  let end = start + 1;
  while (end < keys.length && keys[end] === keys[end - 1]! + 1 && end - start < most) end += 1;
  return keys.slice(start, end);
};

/** Runs of neighbours among those that are asked for. */
const pieces = (keys: readonly number[], isAsked: (key: number) => boolean): readonly (readonly number[])[] => {
  const found: number[][] = [];
  for (const key of keys) {
    if (!isAsked(key)) continue;
    const last = found.at(-1);
    if (last !== undefined && follows(key, last.at(-1)!)) last.push(key);
    else found.push([key]);
  }
  return found;
};

/** Whether two neighbouring bytes of a result are one piece of what they came from. */
const goesOn = (before: ByteFlow, byte: ByteFlow, leaves: Leaves): boolean => {
  if (before.kind === 'computed') return byte.kind === 'computed' && sameLeaves(before.leaves, byte.leaves);
  if (before.kind !== 'carried') return byte.kind === before.kind;
  if (byte.kind !== 'carried' || byte.leaf !== before.leaf || byte.byte !== before.byte + 1) return false;
  const source = leaves(byte.leaf);
  return 'origin' in source || follows(source.keys[byte.byte]!, source.keys[before.byte]!);
};

const sameLeaves = (one: ReadonlySet<Leaf>, other: ReadonlySet<Leaf>): boolean =>
  one === other || (one.size === other.size && [...one].every((leaf) => other.has(leaf)));

/** Bytes of an operand; memory that crosses a page may lie in two places. */
const placeAt = ({ place, keys }: Extract<LeafSource, { place: Place }>, byte: number, sizeBytes: number): Place =>
  place.kind === 'memory' ? memoryPlace(keys[byte]!, sizeBytes) : partOf(place, byte, sizeBytes);

const constantHow = ({ instruction }: At): Extract<Origin, { kind: 'constant' }>['how'] => {
  const row = instruction!.row.name;
  if (instruction!.jumps) return 'link';
  if (row === 'auipc') return 'address';
  return row.startsWith('sc.') ? 'result' : 'immediate';
};
