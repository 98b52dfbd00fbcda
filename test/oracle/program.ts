/**
 * From a seed to a bare-metal program: blocks of slots, each block in one home mode and run some number of times with
 * other operands. Machine-independent: qemu.ts and ours.ts run what this makes and give back the log.
 */

import { encode } from '../../vmm/isa/encode.ts';
import { type Effect, effectValues } from '../../vmm/isa/meaning.ts';
import { readsWrites } from '../../vmm/isa/reads-writes.ts';
import type { CompressedRow, Row } from '../../vmm/isa/row.ts';
import { compressedRows, rows } from '../../vmm/isa/table.ts';
import { Assembler, Label } from './assembler.ts';
import { reservations } from './context.ts';
import { floatValue, integerValue } from './corners.ts';
import { type Descriptor, emitDump, Harness } from './harness.ts';
import * as layout from './layout.ts';
import { Random } from './random.ts';
import { emitCodeChange, emitControl } from './slots/control.ts';
import { csrOperations, emitCounter, emitCsr } from './slots/csrs.ts';
import { emitMemory, emitReservation } from './slots/memory.ts';
import { emitTableEdit, emitWindowAccess, emitWindowFetch } from './slots/paging.ts';
import { emitFloatEdge, emitFloatState, emitPlain } from './slots/plain.ts';
import { emitProtectedFetch, emitProtection } from './slots/protection.ts';
import type { Home, Paging, Slot } from './slots/slot.ts';
import { emitFence, emitInterrupt, emitNamedTrap, emitReturn, emitTrap, emitWait } from './slots/traps.ts';

export interface Size {
  readonly blocks: number;
  readonly slots: number;
  readonly iterations: number;
}

export interface ProgramSlot {
  /** Guest physical address of the slot's first instruction. */
  readonly address: number;
  readonly endAddress: number;
  /** Name of the family, or of the row. */
  readonly about: string;
}

export interface ProgramBlock {
  readonly home: Home;
  readonly slots: readonly ProgramSlot[];
  readonly iterations: number;
  /** Offset in the log. */
  readonly logOffset: number;
}

export interface Program {
  readonly seed: number;
  /** To be loaded at 0x8000_0000 and entered there in machine mode. */
  readonly image: Uint8Array;
  readonly blocks: readonly ProgramBlock[];
  readonly logBytes: number;
  /** Test slots that the run executes. */
  readonly executions: number;
}

export const generate = (seed: number, size: Size): Program => {
  const random = new Random(seed);
  const asm = new Assembler(layout.codeBase);
  const harness = new Harness(asm);
  harness.emitDispatcher();
  const deck = new Deck(random);
  const blocks: ProgramBlock[] = [];
  const descriptors: Descriptor[] = [];
  let logOffset = 0;
  for (let index = 0; index < size.blocks; index += 1) {
    const reserved = random.pick(reservations);
    const handlers = harness.emitHandlers(reserved);
    const { home, ...settings } = randomHome(random);
    const { entry, slotTable, slots } = emitBlock(
      { asm, random, reserved, home, handlers, stub: new Label() },
      deck,
      size.slots,
    );
    descriptors.push({
      ...settings,
      entry,
      slotTable,
      slots: size.slots,
      reserved,
      iterations: size.iterations,
      mstatus: home.mstatus,
      alias: home.alias,
    });
    blocks.push({ home, slots, iterations: size.iterations, logOffset });
    logOffset += layout.iterationBytes(size.slots) * size.iterations + layout.blockTailBytes;
  }
  harness.emitDescriptors(descriptors);
  if (layout.logBase + logOffset > layout.logEnd)
    throw new Error(`The log of seed ${seed} must fit ${layout.logEnd - layout.logBase} bytes; it needs ${logOffset}.`);
  return {
    seed,
    image: imageOf(asm, random),
    blocks,
    logBytes: logOffset,
    executions: size.blocks * size.slots * size.iterations,
  };
};

/** Every row in turn, in an order of its own each time round, so that a few blocks cover them all. */
class Deck {
  private readonly random: Random;
  private cards: (Row | CompressedRow)[] = [];

  constructor(random: Random) {
    this.random = random;
  }

  draw(): Row | CompressedRow {
    if (this.cards.length === 0) this.cards = this.random.shuffle([...rows, ...compressedRows]);
    return this.cards.pop()!;
  }
}

const emitBlock = (
  slot: Slot,
  deck: Deck,
  count: number,
): { readonly entry: Label; readonly slotTable: Label; readonly slots: ProgramSlot[] } => {
  const { asm, reserved, stub } = slot;
  const slotTable = new Label();
  const labels: Label[] = [];
  const slots: ProgramSlot[] = [];
  for (let index = 0; index < count; index += 1) {
    if (index === Math.floor(count / 2)) {
      const over = new Label();
      asm.jal(0, over);
      asm.bind(stub);
      asm.addi(reserved.t, reserved.t, 64);
      asm.op('jalr', { rs1: reserved.u });
      asm.bind(over);
    }
    labels.push(asm.bind(new Label()));
    const address = asm.here;
    const about = emitSlot(slot, deck);
    asm.addi(reserved.log, reserved.log, layout.recordBytes);
    slots.push({ address, endAddress: asm.here, about });
  }
  labels.push(asm.bind(new Label()));
  emitDump(asm, reserved);
  asm.flushLiterals();
  asm.bind(slotTable);
  for (const label of labels) asm.address(label);
  return { entry: labels[0]!, slotTable, slots };
};

/** Emits one slot and says what it is about. */
const emitSlot = (slot: Slot, deck: Deck): string => {
  const { random, home } = slot;
  const virtual = home.paging !== 'bare' && random.oneIn(3);
  if (virtual) {
    const [about, emit] = random.pick(virtualFamilies);
    emit(slot);
    return about;
  }
  if (random.oneIn(4)) {
    const [about, emit] = random.pick(families);
    emit(slot);
    return about;
  }
  const row = deck.draw();
  emitRow(slot, row);
  return row.name;
};

type Family = readonly [about: string, emit: (slot: Slot) => void];

/** Those that write a register, or no flag: after the others QEMU leaves FS as it was (exceptions.ts). */
const floatRows = rows.filter((row) => {
  const use = readsWrites(row.match)!;
  const onlyFlags = use.fWritten.length === 0 && !/^(fmv|fclass)/.test(row.name);
  return row.usesFloat && use.memory.length === 0 && !onlyFlags;
});

const families: readonly Family[] = [
  ['CSR access', (slot) => emitCsr(slot)],
  ['CSR access', (slot) => emitCsr(slot)],
  ['CSR access', (slot) => emitCsr(slot)],
  ['counter', emitCounter],
  ['trap', emitTrap],
  ['trap', emitTrap],
  ['reservation', emitReservation],
  ['code change', emitCodeChange],
  ['mret', (slot) => emitReturn(slot, 'mret')],
  ['sret', (slot) => emitReturn(slot, 'sret')],
  ['interrupt', emitInterrupt],
  ['interrupt', emitInterrupt],
  ['protection', emitProtection],
  ['protection', emitProtection],
  ['protected fetch', emitProtectedFetch],
  ['float edge', emitFloatEdge],
  ['float edge', emitFloatEdge],
  ['wait', emitWait],
  [
    'float state',
    (slot) => (slot.home.privilege === 0 ? emitTrap(slot) : emitFloatState(slot, slot.random.pick(floatRows))),
  ],
];

const virtualFamilies: readonly Family[] = [
  ['table edit', emitTableEdit],
  ['table edit', emitTableEdit],
  ['window access', emitWindowAccess],
  ['window access', emitWindowAccess],
  ['window access', emitWindowAccess],
  ['window fetch', emitWindowFetch],
];

/** A slot whose instruction under test is of this row. */
const emitRow = (slot: Slot, row: Row | CompressedRow): void => {
  switch (natureOf(row)) {
    case 'plain':
      emitPlain(slot, row);
      return;
    case 'control':
      emitControl(slot, row);
      return;
    case 'memory':
      emitMemory(slot, row);
      return;
    case 'reservation':
      emitReservation(slot);
      return;
    case 'system':
      emitSystem(slot, row);
      return;
  }
};

const emitSystem = (slot: Slot, row: Row | CompressedRow): void => {
  const operation = csrOperations.find((name) => name === row.name);
  if (operation !== undefined) {
    emitCsr(slot, operation);
    return;
  }
  switch (row.name) {
    case 'mret':
    case 'sret':
      emitReturn(slot, row.name);
      return;
    case 'wfi':
      emitWait(slot);
      return;
    case 'sfence.vma':
      emitFence(slot);
      return;
    case 'fence.i':
      emitPlain(slot, row);
      return;
    default:
      emitNamedTrap(slot, 'meaning' in row ? encode(row.name) : row.match);
      return;
  }
};

type Nature = 'plain' | 'control' | 'memory' | 'reservation' | 'system';

const natureOf = (row: Row | CompressedRow): Nature => {
  const full = 'meaning' in row ? row : expansionOf(row);
  if (full === undefined) return 'plain';
  const effects = flatten(full.meaning);
  if (effects.some(({ k }) => k === 'system')) return 'system';
  if (effects.some(({ k }) => k === 'jump' || k === 'branch')) return 'control';
  if (effects.flatMap(effectValues).some(({ k }) => k === 'storeConditional')) return 'reservation';
  return readsWrites(full.match)!.memory.length > 0 ? 'memory' : 'plain';
};

const flatten = (effect: Effect): readonly Effect[] =>
  effect.k === 'sequence' ? effect.effects.flatMap(flatten) : [effect];

/** The full row that a compressed row's legal encodings expand to. */
const expansionOf = (row: CompressedRow): Row | undefined => {
  const free = ~row.mask & 0xffff;
  for (const bits of [0, free, free & 0x0ffc, free & 0x0f80]) {
    const use = row.expand(row.match | bits) === undefined ? undefined : readsWrites(row.match | bits);
    if (use !== undefined) return use.row;
  }
  return undefined;
};

const satpMode: { readonly [P in Paging]: { readonly mode: bigint; readonly root: number } } = {
  bare: { mode: 0n, root: 0 },
  sv39: { mode: 8n, root: layout.tables.sv39 },
  sv48: { mode: 9n, root: layout.tables.sv48 },
  sv57: { mode: 10n, root: layout.tables.sv57 },
};

const modes: readonly (readonly [privilege: 0 | 1 | 3, paging: Paging])[] = [
  [3, 'bare'],
  [3, 'bare'],
  [3, 'bare'],
  [3, 'sv39'],
  [3, 'sv48'],
  [3, 'sv57'],
  [1, 'bare'],
  [1, 'sv39'],
  [1, 'sv39'],
  [1, 'sv48'],
  [1, 'sv57'],
  [0, 'bare'],
  [0, 'sv39'],
  [0, 'sv39'],
  [0, 'sv48'],
  [0, 'sv57'],
];

const randomHome = (random: Random) => {
  const [privilege, paging] = random.pick(modes);
  const { mode, root } = satpMode[paging];
  const virtualisation = privilege !== 3 && random.oneIn(5) ? random.bits64() & 0x70_0000n : 0n; // TVM TW TSR
  const trapsVirtualMemory = (virtualisation & 0x10_0000n) !== 0n;
  const shared = 0x6000n | (random.bits64() & 0xc_0000n); // FS Dirty, any of SUM and MXR
  const mstatus = shared | virtualisation | (BigInt(privilege) << 11n);
  const home: Home = {
    privilege,
    paging,
    mstatus,
    alias: privilege === 0 && paging !== 'bare' ? layout.userAlias : 0,
    trapsVirtualMemory,
  };
  return {
    home,
    sstatus: privilege === 3 ? 0n : shared | (BigInt(privilege) << 8n),
    satp: (mode << 60n) | (BigInt(paging === 'bare' ? 0 : random.below(4)) << 44n) | BigInt(root / 4096),
    // Never ecalls from supervisor mode: the supervisor's handler needs them. Nothing where sfence.vma may trap.
    medeleg: trapsVirtualMemory || random.oneIn(4) ? 0n : random.bits64() & 0xb1ffn,
    mideleg: random.bits64() & 0x222n,
    mcounteren: BigInt(random.below(8)),
    scounteren: BigInt(random.below(8)),
  };
};

/** Code, page tables and the pool. */
const imageOf = (asm: Assembler, random: Random): Uint8Array => {
  const code = asm.finish();
  if (layout.codeBase + code.length > layout.tablesBase)
    throw new Error(`The code must end below the page tables; it is ${code.length} bytes long.`);
  const image = new Uint8Array(layout.poolBase + layout.poolDwords * 8 - layout.codeBase);
  image.set(code);
  const view = new DataView(image.buffer);
  const entry = (table: number, index: number, value: bigint) =>
    view.setBigUint64(table + index * 8 - layout.codeBase, value, true);
  const pointer = (address: number) => ((BigInt(address) >> 12n) << 10n) | 1n;
  const leafBits = 0xcen; // D A X W R
  entry(layout.tables.sv57, 0, pointer(layout.tables.sv48));
  entry(layout.tables.sv48, 0, pointer(layout.tables.sv39));
  entry(layout.tables.sv39, 2, pointer(layout.codeBase) | leafBits);
  entry(layout.tables.sv39, 3, pointer(layout.codeBase) | leafBits | 0x10n);
  entry(layout.tables.sv39, 4, pointer(layout.tables.middle));
  entry(layout.tables.middle, 3, pointer(layout.tables.data));
  entry(layout.tables.middle, 4, pointer(layout.tables.fetch));
  for (let index = 0; index < layout.poolDwords; index += 1) {
    const isFloat = (index * 8) % layout.poolStrideBytes < 256;
    view.setBigUint64(
      layout.poolBase + index * 8 - layout.codeBase,
      isFloat ? floatValue(random) : integerValue(random),
      true,
    );
  }
  return image;
};
