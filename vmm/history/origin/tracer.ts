/**
 * Goes backwards through recorded steps and finds for each byte that is looked for the step that wrote it: what the
 * step made it of is looked for from there on. One pass over the steps serves all bytes. It replays nothing.
 */

import type { InputLog } from '../../timeline/timeline.ts';
import { trapCsrs } from './csr-cells.ts';
import { type At, carried, type Findings, keysOf, type Leaves, unknownBytes } from './findings.ts';
import { atomicFlow, type Flow, flowOf, type InstructionAt } from './flow.ts';
import { bytesOf, wantedOf } from './graph.ts';
import { callWrites, csrWrites, foreignWrites, inputWrites, trapWrites } from './hardware-writes.ts';
import type { Instruction } from './instruction.ts';
import { leafSource, memoryValue, placeSource, sourceValue } from './leaves.ts';
import { registerNumber, registerPlace } from './place.ts';
import { type StepLog, stepKind } from './steps.ts';
import { TypedStream } from './typed.ts';

export class Tracer {
  readonly #findings: Findings;
  readonly #typed: TypedStream;
  /** Of each hart, where it goes after the step that is being looked at. */
  #nextPcs: bigint[] = [];

  constructor(findings: Findings, inputs: InputLog) {
    this.#findings = findings;
    this.#typed = new TypedStream(inputs);
  }

  /** All that is looked for is looked for as of the end of the log, and afterwards as of its beginning. */
  sweep(log: StepLog, nodesMax: number): void {
    this.#nextPcs = [...log.endPcs];
    let foreign = log.foreign.length - 1;
    let input = log.inputs.length - 1;
    for (let step = log.length; step >= 0; step -= 1) {
      if (step < log.length) {
        this.#step({ log, step, instruction: log.instruction(step) });
        this.#findings.stepDone();
      }
      for (; foreign >= 0 && log.foreign[foreign]!.step >= step; foreign -= 1)
        foreignWrites(this.#findings, log, log.foreign[foreign]!, this.#typed);
      for (; input >= 0 && log.inputs[input]!.step >= step; input -= 1)
        inputWrites(this.#findings, log, log.inputs[input]!);
      if (this.#findings.demands.size === 0 || this.#findings.graph.size >= nodesMax) return;
    }
  }

  #step(at: At): void {
    const { log, step, instruction } = at;
    const hart = log.harts[step]!;
    if (this.#findings.demands.hasRegister(registerNumber(hart, 'pc', 0))) this.#pc(at, hart);
    this.#nextPcs[hart] = log.pcs[step]!;
    if (log.kinds[step] !== stepKind.instruction) {
      trapWrites(this.#findings, at);
      return;
    }
    if (instruction === undefined) return;
    const { written, access, system, csr } = instruction;
    if (csr !== undefined) csrWrites(this.#findings, at, csr, this.#typed);
    else if (system === 'ecall') callWrites(this.#findings, at, this.#typed);
    else if (
      written !== undefined &&
      this.#findings.demands.hasRegister(registerNumber(hart, written.file, written.index))
    ) {
      const place = registerPlace(hart, written.file, written.index);
      const { bytes } = this.#resultFlow(at, instruction);
      this.#findings.write(at, keysOf(place), bytes, bytesOf(log.results[step], 8), this.#leaves(at, instruction));
    }
    if (access?.writes === true && this.#findings.demands.inMemory && this.#isStored(at, access.size))
      this.#memory(at, instruction);
  }

  #isStored({ log, step }: At, sizeBytes: number): boolean {
    if (log.extras.get(step)?.addresses !== undefined) return true;
    const address = log.addresses[step]!;
    for (let byte = 0; byte < sizeBytes; byte += 1) if (this.#findings.demands.has(address + byte)) return true;
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
      this.#findings.write(at, keys, bytes, bytesOf(flow.value, keys.length), this.#leaves(at, instruction));
    }
  }

  /** Where the hart went if it was not simply on. */
  #pc(at: At, hart: number): void {
    const { log, step, instruction } = at;
    const keys = keysOf(registerPlace(hart, 'pc', 0));
    const next = this.#nextPcs[hart]!;
    const now = bytesOf(next, 8);
    const isJump = instruction?.jumps || instruction?.system === 'sret' || instruction?.system === 'mret';
    const isOn = instruction !== undefined && next === log.pcs[step]! + BigInt(instruction.lengthBytes);
    if (log.kinds[step] === stepKind.instruction && (!isJump || isOn)) return;
    this.#findings.setBack(keys, now);
    if (log.kinds[step] !== stepKind.instruction) {
      const { cause, to } = log.extras.get(step)!.trap!;
      const tvec = wantedOf(registerPlace(hart, 'csr', trapCsrs(to).tvec), unknownBytes);
      this.#findings.origin(at, keys, { kind: 'trap', cause, interrupt: log.kinds[step] === stepKind.interrupt }, [
        tvec,
      ]);
      return;
    }
    if (instruction?.system === 'sret' || instruction?.system === 'mret') {
      const epc = trapCsrs(instruction.system === 'sret' ? 1 : 3).epc;
      this.#findings.write(at, keys, carried('rs1'), now, () => placeSource(registerPlace(hart, 'csr', epc), next));
      return;
    }
    const jump = instruction?.effects.find(({ k }) => k === 'jump' || k === 'branch');
    if (jump?.k !== 'jump' && jump?.k !== 'branch') return;
    const { bytes } = flowOf(jump.target, this.#asRead(at, instruction!));
    this.#findings.write(at, keys, bytes, now, this.#leaves(at, instruction!));
  }
}
