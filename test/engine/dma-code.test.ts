/**
 * A disk reads sectors into a function that is called all the time: each call runs the function as it is at that moment,
 * translated or not, whichever tier it is.
 */

import { test } from 'vitest';
import { encode } from '../../vmm/isa/encode.ts';
import { Machine } from '../../vmm/machine/machine.ts';
import { type Assembler, Label } from '../oracle/assembler.ts';
import { createBench, writeDouble } from './fixture.ts';
import { a0, a1, a2, a3, a4, a5, a6, checkSmallGuest, emitEnd, physical, ra, zero } from './small-guest.ts';

const virtio = 0x1000_1000;
const sectorBytes = 512;
const versions = 12;
/** The function begins a sector in its page. */
const body = physical.code + 0x1000;
const ring = physical.data;
const header = ring + 0x4000;
const status = header + 0x100;

/** A function that gives the number of its version, which fills a sector. */
const sectorOf = (version: number): Uint8Array => {
  const bytes = new Uint8Array(sectorBytes);
  const view = new DataView(bytes.buffer);
  view.setUint32(0, encode('addi', { rd: a0, imm: BigInt(version) }), true);
  view.setUint32(4, encode('jalr', { rs1: ra }), true);
  return bytes;
};

const register = {
  queueNum: 0x38,
  queueReady: 0x44,
  notify: 0x50,
  status: 0x70,
  desc: 0x80,
  driver: 0x90,
  device: 0xa0,
};
const driverFeatures = { value: 0x20, select: 0x24 };

const emitPut = (asm: Assembler, offset: number, value: number): void => {
  asm.li(a5, BigInt(value));
  asm.li(a6, BigInt(virtio));
  asm.store('sw', a5, offset, a6);
};

test('a disk reads new versions of a function into its page while it is called', async () => {
  const createMachine = (): Machine => {
    const disk = Uint8Array.from(Array.from({ length: versions }, (_, index) => [...sectorOf(index + 1)]).flat());
    const { configuration } = createBench();
    return new Machine(
      {
        configuration: { ...configuration, devices: [{ kind: 'virtio-blk', slot: 0 }] },
        placements: [],
        rom: new Uint8Array(0),
        disks: new Map([[0, disk]]),
      },
      { console: () => undefined, entropy: (_device, sizeBytes) => new Uint8Array(sizeBytes) },
    );
  };
  await checkSmallGuest({
    create: createMachine,
    emit: (asm) => {
      emitPut(asm, register.status, 3);
      emitPut(asm, driverFeatures.select, 1);
      emitPut(asm, driverFeatures.value, 1);
      emitPut(asm, register.status, 0x0b);
      emitPut(asm, register.queueNum, 8);
      emitPut(asm, register.desc, ring);
      emitPut(asm, register.driver, ring + 0x1000);
      emitPut(asm, register.device, ring + 0x2000);
      emitPut(asm, register.queueReady, 1);
      emitPut(asm, register.status, 0x0f);
      // Version by version: ask for its sector, and call the function until it is there.
      const [again, end] = [new Label(), new Label()];
      asm.addi(a1, zero, 1);
      asm.li(a3, BigInt(body));
      asm.li(a4, BigInt(header));
      asm.bind(again);
      asm.addi(a5, a1, -1);
      asm.store('sd', a5, 8, a4); // the sector
      asm.li(a6, BigInt(ring + 0x1000));
      asm.store('sh', a1, 2, a6); // available: descriptor 0 once more
      emitPut(asm, register.notify, 0);
      const call = asm.bind(new Label());
      asm.op('jalr', { rd: ra, rs1: a3 });
      asm.op('add', { rd: a2, rs1: a2, rs2: a0 });
      asm.branch('bne', a0, a1, call);
      asm.addi(a1, a1, 1);
      asm.addi(a5, zero, versions + 1);
      asm.branch('bne', a1, a5, again);
      asm.op('sltu', { rd: a2, rs1: zero, rs2: a2 }); // how often it was called is the same in each way; here it is 1
      asm.bind(end);
      emitEnd(asm);
      return undefined;
    },
    prepare: (machine) => {
      machine.writeRam(body, sectorOf(0));
      const descriptor = (index: number, at: number, sizeBytes: number, flags: number, next: number): void => {
        writeDouble(machine, ring + 16 * index, BigInt(at));
        writeDouble(machine, ring + 16 * index + 8, BigInt(sizeBytes) | (BigInt(flags) << 32n) | (BigInt(next) << 48n));
      };
      descriptor(0, header, 16, 1, 1);
      descriptor(1, body, sectorBytes, 3, 2);
      descriptor(2, status, 1, 2, 0);
    },
    result: 1n,
    steps: 400_000,
  });
});
