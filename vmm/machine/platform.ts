/**
 * The board: QEMU's riscv `virt` as a kernel sees it, as a picture and then as a table. The bus, the wiring of
 * interrupts and the device tree are all made from the table. Not here: what a device does (devices/), PCI, flash and
 * the platform bus, which the board does not have.
 *
 *     0x0000_1000  boot ROM          reset vector, fw_dynamic information
 *     0x0010_0000  test finisher     power off, exit code, reset
 *     0x0010_1000  goldfish RTC      source 11
 *     0x0200_0000  CLINT             MSIP, mtimecmp, mtime
 *     0x0c00_0000  PLIC              96 sources, contexts M and S of each hart
 *     0x1000_0000  ns16550a          source 10
 *     0x1000_1000  virtio-mmio       eight slots 0x1000 apart, sources 1 to 8
 *     0x1010_0000  fw_cfg
 *     0x8000_0000  RAM
 */

import { ramBase } from './memory.ts';

/** Every clock of the board ticks at this rate: `time`, mtime and `timebase-frequency`. */
export const timebaseHz = 10_000_000;
export const nanosecondsPerTick = 1_000_000_000 / timebaseHz;
/** Nothing puts the clock further forward than this: as it goes on from there, its ticks shall stay exact in numbers of 53 bits. */
export const ticksMax = 2 ** 52;

/** What the device tree says of a device besides `reg` and `interrupts`, which follow from its row. */
export interface TreeFacts {
  /** The node's name without its unit address. */
  readonly node: string;
  readonly compatible: readonly string[];
  /** Whether the node sits in /soc or, as firmware configuration does, in the root. */
  readonly parent: 'soc' | 'root';
  /** Properties of its own: a number is one cell, `true` an empty property. */
  readonly properties?: Readonly<Record<string, number | true>>;
  /** For interrupt controllers of harts: the hart's local interrupts that it drives, in the order of its contexts. */
  readonly localInterrupts?: readonly number[];
}

export interface PlatformRow {
  readonly name: string;
  readonly base: number;
  /** Size of its window on the bus. */
  readonly sizeBytes: number;
  /** PLIC source that its line drives. */
  readonly source?: number;
  /** Widths of access that the board answers; others are access faults. Absent: 1 to 8. */
  readonly accessBytes?: readonly [min: number, max: number];
  /** The widest access that reaches the device: the board makes several of a wider one, the lowest address first. Absent: all of it. */
  readonly deviceBytes?: number;
  readonly tree?: TreeFacts;
}

/** Interrupt numbers of a hart, as in mip and mie (privileged specification, section 3.1.9). */
export const localInterrupt = {
  machineSoftware: 3,
  machineTimer: 7,
  supervisorExternal: 9,
  machineExternal: 11,
} as const;

export const virtioSlots = 8;

const soc = (node: string, compatible: readonly string[], more: Partial<TreeFacts> = {}): TreeFacts => ({
  node,
  compatible,
  parent: 'soc',
  ...more,
});

const clintInterrupts = [localInterrupt.machineSoftware, localInterrupt.machineTimer];
const plicInterrupts = [localInterrupt.machineExternal, localInterrupt.supervisorExternal];
const virtioNode = soc('virtio_mmio', ['virtio,mmio']);

const row = (
  name: string,
  base: number,
  sizeBytes: number,
  source: number | undefined,
  accessBytes: readonly [number, number] | undefined,
  tree?: TreeFacts,
  deviceBytes?: number,
): PlatformRow => ({
  name,
  base,
  sizeBytes,
  ...(source === undefined ? {} : { source }),
  ...(accessBytes === undefined ? {} : { accessBytes }),
  ...(tree === undefined ? {} : { tree }),
  ...(deviceBytes === undefined ? {} : { deviceBytes }),
});

/** In order of address. Names are those of the devices. */
// biome-ignore format: a table
export const platform: readonly PlatformRow[] = [
  //   name       base          size       source     access     device tree
  row('rom',      0x0000_1000,  0xf000,    undefined, undefined),
  row('finisher', 0x0010_0000,  0x1000,    undefined, [2, 4],    soc('test', ['sifive,test1', 'sifive,test0', 'syscon'])),
  row('rtc',      0x0010_1000,  0x1000,    11,        [4, 8],    soc('rtc', ['google,goldfish-rtc']), 4),
  row('clint',    0x0200_0000,  0x1_0000,  undefined, [4, 8],    soc('clint', ['sifive,clint0', 'riscv,clint0'], { localInterrupts: clintInterrupts })),
  row('plic',     0x0c00_0000,  0x60_0000, undefined, [4, 4],    soc('plic', ['sifive,plic-1.0.0', 'riscv,plic0'], { localInterrupts: plicInterrupts })),
  row('uart0',    0x1000_0000,  0x100,     10,        undefined, soc('serial', ['ns16550a'], { properties: { 'clock-frequency': 3_686_400 } })),
  row('virtio0',  0x1000_1000,  0x1000,    1,         undefined, virtioNode, 4),
  row('virtio1',  0x1000_2000,  0x1000,    2,         undefined, virtioNode, 4),
  row('virtio2',  0x1000_3000,  0x1000,    3,         undefined, virtioNode, 4),
  row('virtio3',  0x1000_4000,  0x1000,    4,         undefined, virtioNode, 4),
  row('virtio4',  0x1000_5000,  0x1000,    5,         undefined, virtioNode, 4),
  row('virtio5',  0x1000_6000,  0x1000,    6,         undefined, virtioNode, 4),
  row('virtio6',  0x1000_7000,  0x1000,    7,         undefined, virtioNode, 4),
  row('virtio7',  0x1000_8000,  0x1000,    8,         undefined, virtioNode, 4),
  row('fw_cfg',   0x1010_0000,  0x18,      undefined, undefined, { node: 'fw-cfg', compatible: ['qemu,fw-cfg-mmio'], parent: 'root', properties: { 'dma-coherent': true } }),
];

export const ramRange = (ramBytes: number): { readonly base: number; readonly sizeBytes: number } => ({
  base: ramBase,
  sizeBytes: ramBytes,
});

const rowsByName: ReadonlyMap<string, PlatformRow> = new Map(platform.map((entry) => [entry.name, entry]));

/** The row of a device that the table is known to have. */
export const platformRow = (name: string): PlatformRow => {
  const found = rowsByName.get(name);
  if (found === undefined) throw new Error(`Bug: the platform table has no row ${name}.`);
  return found;
};

/**
 * The slots of virtio-mmio devices in the order of the command line. A device that names its bus
 * (`bus=virtio-mmio-bus.0`) gets that slot; each other one gets the highest slot that is free at its turn, as QEMU
 * gives them. `undefined` for a device that finds no free slot.
 */
export const assignVirtioSlots = (wanted: readonly (number | undefined)[]): readonly (number | undefined)[] => {
  const taken = new Set<number>();
  return wanted.map((slot) => {
    const candidates = slot === undefined ? [7, 6, 5, 4, 3, 2, 1, 0] : [slot];
    const free = candidates.find((candidate) => candidate >= 0 && candidate < virtioSlots && !taken.has(candidate));
    if (free !== undefined) taken.add(free);
    return free;
  });
};
