/** Compares the device tree with QEMU's own, through dtc. Needs qemu-system-riscv64 and dtc. */
import { execFileSync, spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, test } from 'vitest';
import type { TreeNode } from '../../vmm/machine/devicetree/node.ts';
import { readDeviceTree } from '../../vmm/machine/devicetree/reader.ts';
import { deviceTree } from '../../vmm/machine/devicetree.ts';

const folder = mkdtempSync(join(tmpdir(), 'devicetree-'));
afterAll(() => rmSync(folder, { recursive: true }));

const harts = 2;
const ours = deviceTree({ harts, ramBytes: 512 * 2 ** 20 });

const qemus = (() => {
  const file = join(folder, 'qemu.dtb');
  const machine = ['-M', `virt,dumpdtb=${file}`, '-smp', `${harts}`, '-m', '512M', '-nographic'];
  execFileSync('qemu-system-riscv64', [...machine, '-bios', 'none'], { stdio: 'ignore' });
  return readFileSync(file);
})();

const flatten = (node: TreeNode, path: string): [string, TreeNode][] => [
  [path, node],
  ...node.children.flatMap((child) => flatten(child, `${path}/${child.name}`)),
];
const nodes = (dtb: Uint8Array) => new Map(flatten(readDeviceTree(dtb), ''));
const cells = (node: TreeNode | undefined, name: string) => {
  const bytes = node?.properties.find(([property]) => property === name)?.[1];
  if (!(bytes instanceof Uint8Array)) return undefined;
  return Array.from({ length: bytes.length / 4 }, (_, index) => Buffer.from(bytes).readUInt32BE(index * 4));
};
const raw = (node: TreeNode | undefined, name: string) =>
  Buffer.from((node?.properties.find(([property]) => property === name)?.[1] ?? []) as Uint8Array).toString('latin1');

const ourNodes = nodes(ours);
const qemuNodes = nodes(qemus);

test('dtc decompiles our tree without a warning', () => {
  const file = join(folder, 'ours.dtb');
  writeFileSync(file, ours);
  const { status, stderr } = spawnSync('dtc', ['-I', 'dtb', '-O', 'dts', file], { encoding: 'utf8' });
  expect([status, stderr]).toEqual([0, '']);
});

describe('the tree agrees with QEMU’s', () => {
  const notOurs = /^\/(pmu|platform-bus@.*|flash@.*|soc\/pci@.*)$/;
  test('in which nodes there are, without PMU, platform bus, flash and PCI', () =>
    expect([...ourNodes.keys()].sort()).toEqual([...qemuNodes.keys()].filter((path) => !notOurs.test(path)).sort()));

  for (const [path, node] of ourNodes) {
    test(`in compatible, reg, interrupts and numbers of cells of ${path || '/'}`, () => {
      // dtc asks for #address-cells in every interrupt controller; QEMU leaves it out in those of the harts.
      const cellsCounted = path.endsWith('/interrupt-controller') ? [] : ['#address-cells'];
      for (const name of [...cellsCounted, 'compatible', 'reg', 'interrupts', '#size-cells', '#interrupt-cells']) {
        expect([name, raw(node, name)]).toEqual([name, raw(qemuNodes.get(path), name)]);
      }
      for (const name of [
        'clock-frequency',
        'riscv,ndev',
        'timebase-frequency',
        'value',
        'offset',
        'stdout-path',
        'device_type',
      ]) {
        expect([name, raw(node, name)]).toEqual([name, raw(qemuNodes.get(path), name)]);
      }
    });
  }

  for (const path of ['/soc/plic@c000000', '/soc/clint@2000000']) {
    test(`in the interrupts of harts that ${path} drives`, () => {
      /** [hart, interrupt] pairs: handles are numbered differently. */
      const driven = (tree: Map<string, TreeNode>) => {
        const hartOf = new Map(
          [...Array(harts).keys()].map((hart) => [
            cells(tree.get(`/cpus/cpu@${hart}/interrupt-controller`), 'phandle')?.[0],
            hart,
          ]),
        );
        return cells(tree.get(path), 'interrupts-extended')?.map((cell, index) =>
          index % 2 === 0 ? hartOf.get(cell) : cell,
        );
      };
      expect(driven(ourNodes)).toEqual(driven(qemuNodes));
    });
  }
});
