/**
 * The board's device tree, made from the platform table and the machine's configuration. A function of those two
 * alone, so QEMU's fresh `rng-seed` is one that the configuration gives.
 */

import { plicSources } from '../devices/plic.ts';
import { pair, type TreeNode, type TreeValue } from './devicetree/node.ts';
import { type Chosen, chosenProperties } from './devicetree/reader.ts';
import { writeDeviceTree } from './devicetree/writer.ts';
import { type PlatformRow, platform, platformRow, ramRange, timebaseHz } from './platform.ts';

/** What the harts implement, as `riscv,isa-extensions` lists it: single letters first. */
export const isaExtensions: readonly string[] = [
  ...['i', 'm', 'a', 'f', 'd', 'c'],
  ...['zicntr', 'zicsr', 'zifencei', 'zba', 'zbb', 'zbs', 'sstc'],
];

export interface DeviceTreeConfig extends Chosen {
  readonly harts: number;
  readonly ramBytes: number;
  /** The largest address-translation mode. Absent: Sv57. */
  readonly mmu?: 'sv39' | 'sv48' | 'sv57';
  /** Seeds for /chosen; a run depends on them. */
  readonly rngSeed?: Uint8Array;
  readonly kaslrSeed?: Uint8Array;
}

export const deviceTree = (config: DeviceTreeConfig): Uint8Array => writeDeviceTree(boardTree(config));

/** Handles by which nodes refer to each other; any distinct numbers do. */
const phandle = {
  plic: 1,
  finisher: 2,
  hart: (hart: number) => 0x10 + hart,
  hartInterrupts: (hart: number) => 0x20 + hart,
} as const;

const boardTree = (config: DeviceTreeConfig): TreeNode => {
  const devices = (parent: 'soc' | 'root') =>
    platform.filter((row) => row.tree?.parent === parent).map((row) => deviceNode(row, config.harts));
  const root: readonly (readonly [string, TreeValue])[] = [
    ['#address-cells', [2]],
    ['#size-cells', [2]],
    ['compatible', 'riscv-virtio'],
    ['model', 'riscv-virtio,qemu'],
  ];
  const soc: readonly (readonly [string, TreeValue])[] = [
    ['#address-cells', [2]],
    ['#size-cells', [2]],
    ['compatible', 'simple-bus'],
    ['ranges', true],
  ];
  return node('', root, [
    chosenNode(config),
    memoryNode(config.ramBytes),
    cpusNode(config),
    powerNode('poweroff', 'syscon-poweroff', 0x5555),
    powerNode('reboot', 'syscon-reboot', 0x7777),
    ...devices('root'),
    node('soc', soc, devices('soc')),
  ]);
};

const node = (name: string, properties: TreeNode['properties'], children: readonly TreeNode[] = []): TreeNode => ({
  name,
  properties,
  children,
});

const unitName = (name: string, address: number): string => `${name}@${address.toString(16)}`;

const chosenNode = (config: DeviceTreeConfig): TreeNode => {
  const uart = platformRow('uart0');
  return node('chosen', [
    ['stdout-path', `/soc/${unitName(uart.tree!.node, uart.base)}`],
    ...chosenProperties(config),
    ...(config.rngSeed === undefined ? [] : [['rng-seed', config.rngSeed] as const]),
    ...(config.kaslrSeed === undefined ? [] : [['kaslr-seed', config.kaslrSeed] as const]),
  ]);
};

const memoryNode = (ramBytes: number): TreeNode => {
  const { base, sizeBytes } = ramRange(ramBytes);
  return node(unitName('memory', base), [
    ['device_type', 'memory'],
    ['reg', [...pair(base), ...pair(sizeBytes)]],
  ]);
};

const harts = (count: number): number[] => Array.from({ length: count }, (_, hart) => hart);

const cpusNode = (config: DeviceTreeConfig): TreeNode => {
  const properties: readonly (readonly [string, TreeValue])[] = [
    ['#address-cells', [1]],
    ['#size-cells', [0]],
    ['timebase-frequency', [timebaseHz]],
  ];
  const cores = harts(config.harts).map((hart) => node(`core${hart}`, [['cpu', [phandle.hart(hart)]]]));
  return node('cpus', properties, [
    ...harts(config.harts).map((hart) => cpuNode(hart, config.mmu ?? 'sv57')),
    node('cpu-map', [], [node('cluster0', [], cores)]),
  ]);
};

const cpuNode = (hart: number, mmu: string): TreeNode =>
  node(
    unitName('cpu', hart),
    [
      ['device_type', 'cpu'],
      ['reg', [hart]],
      ['status', 'okay'],
      ['compatible', 'riscv'],
      ['riscv,isa', isaString()],
      ['riscv,isa-base', 'rv64i'],
      ['riscv,isa-extensions', isaExtensions],
      ['mmu-type', `riscv,${mmu}`],
      ['phandle', [phandle.hart(hart)]],
    ],
    [
      node('interrupt-controller', [
        ['#interrupt-cells', [1]],
        ['#address-cells', [0]],
        ['interrupt-controller', true],
        ['compatible', 'riscv,cpu-intc'],
        ['phandle', [phandle.hartInterrupts(hart)]],
      ]),
    ],
  );

/** `riscv,isa`, for kernels that do not know the list of extensions: `rv64imafdc_zicntr_...`. */
export const isaString = (): string => {
  const letters = isaExtensions.filter((name) => name.length === 1).join('');
  return [`rv64${letters}`, ...isaExtensions.filter((name) => name.length > 1)].join('_');
};

/** How the kernel switches off or resets through the finisher's register. */
const powerNode = (name: string, compatible: string, value: number): TreeNode =>
  node(name, [
    ['compatible', compatible],
    ['regmap', [phandle.finisher]],
    ['offset', [0]],
    ['value', [value]],
  ]);

const deviceNode = (row: PlatformRow, hartCount: number): TreeNode => {
  const facts = row.tree!;
  const own = Object.entries(facts.properties ?? {}).map(
    ([name, value]) => [name, value === true ? true : [value]] as const,
  );
  return node(unitName(facts.node, row.base), [
    ['compatible', facts.compatible],
    ['reg', [...pair(row.base), ...pair(row.sizeBytes)]],
    ...(row.source === undefined
      ? []
      : [['interrupts', [row.source]] as const, ['interrupt-parent', [phandle.plic]] as const]),
    ...(facts.localInterrupts === undefined
      ? []
      : [['interrupts-extended', interruptsOfHarts(facts.localInterrupts, hartCount)] as const]),
    ...own,
    ...(referredTo.get(row.name) ?? []),
  ]);
};

/** What other nodes need of the two devices to which they refer. */
const referredTo: ReadonlyMap<string, TreeNode['properties']> = new Map([
  ['finisher', [['phandle', [phandle.finisher]]]],
  [
    'plic',
    [
      ['interrupt-controller', true],
      ['#interrupt-cells', [1]],
      ['#address-cells', [0]],
      ['riscv,ndev', [plicSources]],
      ['phandle', [phandle.plic]],
    ],
  ],
]);

const interruptsOfHarts = (numbers: readonly number[], hartCount: number): number[] =>
  harts(hartCount).flatMap((hart) => numbers.flatMap((number) => [phandle.hartInterrupts(hart), number]));
