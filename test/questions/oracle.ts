/**
 * What happened between two moments, found by making one step at a time and looking at each instruction before it is made: an
 * answer that has nothing in common with watches, breakpoints and checkpoints but the machine itself.
 */

import { openRecording } from '../../adapter/session/replay.ts';
import { moment } from '../../traces/time.ts';
import { decode, expandCompressed, fields, lengthOf } from '../../vmm/isa/decode.ts';
import { peekTranslate } from '../../vmm/machine/debug-access.ts';
import { type Hart, privilege } from '../../vmm/machine/hart.ts';
import type { Machine } from '../../vmm/machine/machine.ts';

export interface Written {
  readonly moment: number;
  readonly hart: number;
  readonly pc: bigint;
  readonly virtual: bigint;
  readonly physical: number;
  readonly sizeBytes: number;
  readonly satp: bigint;
  readonly mode: number;
}

export interface Executed {
  readonly moment: number;
  readonly hart: number;
  readonly pc: bigint;
}

export interface Trapped extends Executed {
  readonly cause: bigint;
}

export interface Stepped {
  readonly from: number;
  readonly to: number;
  readonly writes: readonly Written[];
  readonly runs: readonly Executed[];
  readonly traps: readonly Trapped[];
  /** Of console bytes: the moment of the step that printed each. */
  readonly prints: readonly number[];
}

/** @param look called with each state in turn, the first one included */
export const stepThrough = async (
  file: string,
  from: number,
  steps: number,
  look: (machine: Machine) => void = () => {},
): Promise<Stepped> => {
  const prints: number[] = [];
  let isStepping = false;
  const session = await openRecording({
    file,
    verify: false,
    checkpoints: { stride: Number.MAX_SAFE_INTEGER, budgetBytes: 2 ** 26 },
    console: (bytes) => {
      if (isStepping) for (const _ of bytes) prints.push(session.machine.stepMoment);
    },
  });
  const { machine, timeline } = session;
  timeline.seek(moment(from));
  isStepping = true;
  timeline.applyInputs();
  look(machine);
  const [writes, runs, traps]: [Written[], Executed[], Trapped[]] = [[], [], []];
  while (timeline.now < Math.min(from + steps, timeline.end)) {
    const at = timeline.now;
    const before = machine.harts.map((hart) => ({
      steps: hart.count('steps'),
      traps: hart.count('traps'),
      pc: hart.get('pc'),
      store: storeOf(machine, hart),
    }));
    timeline.forward(moment(at + 1));
    if (timeline.now === at) break;
    look(machine);
    const hart = machine.harts.find(({ id }) => machine.harts[id]!.count('steps') !== before[id]!.steps)!;
    const { pc, store, traps: trapsBefore } = before[hart.id]!;
    const trapped = hart.count('traps') !== trapsBefore;
    const cause = hart.get(hart.privilege === privilege.machine ? 'mcause' : 'scause');
    if (trapped) traps.push({ moment: at, hart: hart.id, pc, cause });
    if (!trapped || cause >> 63n === 0n) runs.push({ moment: at, hart: hart.id, pc });
    if (!trapped && store !== undefined && (store.succeeds?.() ?? true)) {
      const { succeeds: _, ...write } = store;
      writes.push({ moment: at, hart: hart.id, pc, ...write });
    }
  }
  session.close();
  return { from, to: timeline.now, writes, runs, traps, prints };
};

type Store = Omit<Written, 'moment' | 'hart' | 'pc'> & { readonly succeeds?: () => boolean };

const sizes: Readonly<Record<string, number>> = { b: 1, h: 2, w: 4, d: 8 };

/** What the instruction that a hart is about to make would write. */
const storeOf = (machine: Machine, hart: Hart): Store | undefined => {
  const pc = hart.get('pc');
  const at = peekTranslate(hart, pc);
  const low = at === undefined ? undefined : machine.readRam(at, 2);
  if (at === undefined || low === undefined) return undefined;
  const half = low[0]! | (low[1]! << 8);
  let word = lengthOf(half) === 2 ? expandCompressed(half) : undefined;
  if (lengthOf(half) === 4) {
    const next = peekTranslate(hart, pc + 2n);
    const high = next === undefined ? undefined : machine.readRam(next, 2);
    if (high === undefined) return undefined;
    word = half | (high[0]! << 16) | (high[1]! << 24);
  }
  const row = word === undefined ? undefined : decode(word);
  if (word === undefined || row === undefined) return undefined;
  const { rd, rs1, imm } = fields(word, row);
  const plain = /^f?s([bhwd])$/.exec(row.name);
  const atomic = /^(amo\w+|sc)\.([wd])$/.exec(row.name);
  const letter = plain?.[1] ?? atomic?.[2];
  if (letter === undefined) return undefined;
  const virtual = BigInt.asUintN(64, hart.x(rs1) + (plain === null ? 0n : imm));
  const physical = peekTranslate(hart, virtual);
  if (physical === undefined) return undefined;
  return {
    virtual,
    physical,
    sizeBytes: sizes[letter]!,
    satp: hart.get('satp'),
    mode: hart.privilege,
    ...(atomic?.[1] === 'sc' && { succeeds: () => hart.x(rd) === 0n }),
  };
};
