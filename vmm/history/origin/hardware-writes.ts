/**
 * What the hardware, the firmware and people write, besides the registers and memory that an instruction's meaning says:
 * CSRs, traps, environment calls that the VMM answers, devices, walks of the page tables, inputs.
 */

import type { Origin } from './answer.ts';
import { csrCell, isClock, trapCsrs } from './csr-cells.ts';
import { type At, carried, type Findings, keysOf, type Leaves, unknownBytes } from './findings.ts';
import type { ByteFlow, Leaf } from './flow.ts';
import { bytesOf, wantedOf } from './graph.ts';
import { leafSource, placeSource, typedOrigin } from './leaves.ts';
import { memoryPlace, placeOfKey, registerName, registerNamed, registerPlace } from './place.ts';
import { type ForeignWrite, type StepInput, type StepLog, stepKind } from './steps.ts';
import type { TypedStream } from './typed.ts';

const a0 = 10;
const a1 = 11;
const a2 = 12;
const sectorBytes = 512;
/** Environment calls below this number return in a0 alone (SBI specification 2.0, chapter 5). */
const legacyCalls = 16n;
const legacyGetCharacter = 2n;

/** A Zicsr instruction: the register takes the CSR's value, the CSR that of the register or of the immediate. */
export const csrWrites = (findings: Findings, at: At, number: number, typed: TypedStream): void => {
  const { log, step } = at;
  const hart = log.harts[step]!;
  const { found, system, written, sources, writesCsr } = at.instruction!;
  const csrPlace = registerPlace(hart, 'csr', number);
  if (written !== undefined) {
    const value = log.results[step]!;
    const keys = keysOf(registerPlace(hart, 'x', written.index));
    if (csrCell(number) !== undefined)
      findings.write(at, keys, carried('memory'), bytesOf(value, 8), () => placeSource(csrPlace, value));
    else
      findings.origin(
        at,
        keys,
        isClock(number) ? { kind: 'clock', register: csrName(number) } : { kind: 'csr', name: csrName(number) },
      );
  }
  const isWrite = system === 'csrrw' || system === 'csrrwi';
  if (csrCell(number) === undefined || !writesCsr) return;
  const after = log.extras.get(step)?.csrAfter;
  const operand = sources.length === 0 ? BigInt(found.zimm) : log.rs1[step]!;
  const leaves: Leaves = (leaf) =>
    leaf === 'memory' ? placeSource(csrPlace) : leafSource(log, step, at.instruction!, leaf, typed);
  const own: readonly Leaf[] = sources.length === 0 ? [] : ['rs1'];
  const computed: ByteFlow = { kind: 'computed', leaves: new Set<Leaf>(isWrite ? own : ['memory', ...own]) };
  const [now, given] = [bytesOf(after, 8), bytesOf(operand, 8)];
  const bytes = now.map((byte, index): ByteFlow => {
    if (!isWrite) return computed;
    if (sources.length === 0) return { kind: 'constant' };
    return byte === given[index] ? { kind: 'carried', leaf: 'rs1', byte: index } : computed;
  });
  findings.write(at, keysOf(csrPlace), bytes, now, leaves);
};

/** The firmware inside the VMM answered a call. One that traps is no instruction here. */
export const callWrites = (findings: Findings, at: At, typed: TypedStream): void => {
  const { log, step } = at;
  const hart = log.harts[step]!;
  const extra = log.extras.get(step);
  const call = extra?.call;
  if (call === undefined) return;
  const answer: Origin = { kind: 'firmware', ...call };
  const character = call.extension === legacyGetCharacter ? typedOrigin(log, step, 0, typed) : undefined;
  findings.origin(at, keysOf(registerPlace(hart, 'x', a0)), character ?? answer);
  if (call.extension >= legacyCalls) findings.origin(at, keysOf(registerPlace(hart, 'x', a1)), answer);
  for (const started of extra?.started ?? []) {
    const opaque = keysOf(registerPlace(started, 'x', a1));
    findings.write(at, opaque, carried('rs1'), unknownBytes, () => placeSource(registerPlace(hart, 'x', a2)));
    for (const key of findings.demands.keys())
      if (key < 0 && hartOfKey(key) === started) findings.origin(at, [key], answer);
  }
};

/** A trap was entered. */
export const trapWrites = (findings: Findings, at: At): void => {
  const { log, step } = at;
  const hart = log.harts[step]!;
  const { cause, to } = log.extras.get(step)!.trap!;
  const origin: Origin = { kind: 'trap', cause, interrupt: log.kinds[step] === stepKind.interrupt };
  const csrs = trapCsrs(to);
  for (const csr of [csrs.epc, csrs.cause, csrs.tval])
    findings.origin(at, keysOf(registerPlace(hart, 'csr', csr)), origin);
};

/** Somebody who is no hart wrote RAM. */
export const foreignWrites = (findings: Findings, log: StepLog, write: ForeignWrite, typed: TypedStream): void => {
  const { step, by, address, sizeBytes, device, source } = write;
  if (!findings.demands.inMemory) return;
  const at: At = { log, step, instruction: undefined };
  const keys = keysOf(memoryPlace(address, sizeBytes)).filter((key) => findings.demands.has(key));
  for (const key of keys) {
    if (!findings.demands.has(key)) continue; // went with a neighbour
    const offset = key - address;
    if (by === 'walk') findings.origin(at, [key], { kind: 'walk' }, [wantedOf(memoryPlace(key, 1), [undefined])]);
    else if (by === 'other') otherWrite(findings, at, run(keys, key), offset, typed);
    else if (source?.kind === 'disk') {
      const onDisk = source.offset + offset;
      const rest = sectorBytes - (onDisk % sectorBytes);
      const sector = Math.floor(onDisk / sectorBytes);
      findings.origin(at, run(keys, key, rest), {
        kind: 'disk',
        device: device!,
        sector,
        offset: onDisk % sectorBytes,
      });
    } else if (source !== undefined)
      findings.origin(at, run(keys, key), { kind: 'entropy', device: device!, offset: source.offset + offset });
    else findings.origin(at, run(keys, key), { kind: 'dma', device: device! });
  }
};

/** Bytes that an input or the firmware wrote; `offset` of the first one in what it wrote. */
const otherWrite = (findings: Findings, at: At, keys: readonly number[], offset: number, typed: TypedStream): void => {
  const { log, step } = at;
  const first = keys[0]!;
  const input = log.inputs.findLast(
    ({ step: of, event }) =>
      of === step && event.kind === 'setMemory' && event.address <= first && first < event.address + event.bytes.length,
  );
  if (input !== undefined) {
    findings.origin(at, keys, { kind: 'person', input: input.index, offset });
    return;
  }
  const call: Origin = { kind: 'firmware', ...(log.extras.get(step)?.call ?? { extension: 0n, functionId: 0n }) };
  for (const [index, key] of keys.entries())
    findings.origin(at, [key], typedOrigin(log, step, offset + index, typed) ?? call);
};

/** A person wrote a register. */
export const inputWrites = (findings: Findings, log: StepLog, { step, index, event }: StepInput): void => {
  if (event.kind !== 'setRegister') return;
  const place = registerNamed(event.hart, event.register);
  if (place !== undefined)
    findings.origin({ log, step, instruction: undefined }, keysOf(place), { kind: 'person', input: index, offset: 0 });
};

const csrName = (number: number): string => registerName('csr', number);

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
