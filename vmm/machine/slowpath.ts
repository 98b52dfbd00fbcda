/**
 * What emitted code does through JS: instruction fetches and memory accesses that the software TLB does not serve,
 * system instructions, floating-point helpers. A trap is entered here; the code then leaves and the run loop goes on.
 */

import { atomicAccess, type EngineHost } from '../engine/imports.ts';
import { scratch, tlbKinds } from '../engine/layout.ts';
import { type FloatHelperName, floatHelperNames, floatHelpers } from '../float/helpers.ts';
import type { Bus } from './bus.ts';
import type { Hart } from './hart.ts';
import { pendingInterrupt } from './interrupts.ts';
import { hostOffset, inRam, type MachineMemory, ramBase } from './memory.ts';
import { dataContext, fetchContext, translate } from './mmu.ts';
import type { Patience } from './patience.ts';
import { pmpUniform } from './pmp.ts';
import { executeSystem, type HartServices } from './system.ts';
import type { Translations } from './translations.ts';
import { enterTrap } from './trap.ts';

/** Exception codes (privileged specification, table "Supervisor cause register values after trap"). */
const loadMisaligned = 4;
const loadAccessFault = 5;
const storeMisaligned = 6;
const storeAccessFault = 7;
const fetchAccessFault = 1;

/** mstatus.FS, both bits. */
const fsDirty = 0x6000;

export interface SlowPathParts {
  readonly memory: MachineMemory;
  readonly bus: Bus;
  readonly translations: Translations;
  readonly services: HartServices;
  readonly patience: Patience;
  readonly currentHart: () => Hart;
}

export const createSlowPath = (parts: SlowPathParts): Omit<EngineHost, 'met'> => {
  const { memory, bus, translations, services, patience, currentHart } = parts;
  const { u8, u16, u32, u64 } = memory;
  const valueAt = scratch.value;

  const address64 = (low: number, high: number): bigint => (BigInt(high >>> 0) << 32n) | BigInt(low >>> 0);

  /** Emitted code leaves: whoever asks for memory now is chosen, and whether the machine must look before the next step. */
  const leave = (hart: Hart): 1 => {
    translations.select(hart, dataContext(hart), fetchContext(hart));
    const isQuiet = pendingInterrupt(hart) < 0 && hart.waiting === 0;
    u32[scratch.attention >>> 2] = isQuiet ? u32[scratch.leaveAlways >>> 2]! : 1;
    return 1;
  };

  const trap = (hart: Hart, cause: number, low: number, high: number): 1 => {
    enterTrap(hart, cause, address64(low, high), false);
    return leave(hart);
  };

  /** Physical address of a whole access, or a negative fault; caches the page when that is allowed. */
  const resolve = (hart: Hart, kind: 0 | 1 | 2, low: number, high: number, sizeBytes: number): number => {
    const context = kind === tlbKinds.execute ? fetchContext(hart) : dataContext(hart);
    const known = translations.findDevice(hart, context, kind, low, high);
    if (known >= 0) return known;
    const physical = translate(hart, context, kind, low >>> 0, high >>> 0, sizeBytes, translations);
    if (physical < 0) return physical;
    if (!inRam(memory, physical, sizeBytes)) {
      if (physical < ramBase && pmpUniform(hart, physical))
        translations.insertDevice(hart, context, kind, low, high, physical);
      return physical;
    }
    if (kind === tlbKinds.write) {
      translations.markDirty(physical);
      if (translations.isWriteTracked(physical)) return physical;
    }
    if (kind === tlbKinds.read && translations.isReadTracked(physical)) return physical;
    if (pmpUniform(hart, physical)) translations.insert(hart, context, kind, low, high, physical);
    return physical;
  };

  const crossesPage = (low: number, sizeBytes: number): boolean => (low & 0xfff) + sizeBytes > 0x1000;

  /** Serves byte by byte an access that crosses a page. Each byte's page is checked before any byte is written. */
  const splitAccess = (kind: 0 | 1, low: number, high: number, sizeBytes: number): 0 | 1 => {
    const hart = currentHart();
    const physical: number[] = [];
    for (let index = 0; index < sizeBytes; index += 1) {
      const whole = address64(low, high) + BigInt(index);
      const byteLow = Number(whole & 0xffff_ffffn) | 0;
      const byteHigh = Number((whole >> 32n) & 0xffff_ffffn) | 0;
      const found = resolve(hart, kind, byteLow, byteHigh, 1);
      // The faulting address is the first byte of the part that faults.
      if (found < 0) return trap(hart, -found - 1, byteLow, byteHigh);
      if (!inRam(memory, found, 1))
        return trap(hart, kind === tlbKinds.read ? loadAccessFault : storeAccessFault, byteLow, byteHigh);
      physical.push(found);
    }
    if (kind === tlbKinds.read) u64[valueAt >>> 3] = 0n;
    for (const [index, address] of physical.entries()) {
      if (kind === tlbKinds.read) {
        translations.tellRead(address, 1);
        u8[valueAt + index] = u8[hostOffset(address)]!;
      } else {
        translations.beforeWrite(address, 1);
        u8[hostOffset(address)] = u8[valueAt + index]!;
      }
    }
    return 0;
  };

  /** Zeros in the value beyond what an access is of. Variable numbers of bits of a bigint are V8's slowest way of saying so. */
  const cutValue = (sizeBytes: number): void => {
    if (sizeBytes === 8) return;
    u32[(valueAt >>> 2) + 1] = 0;
    if (sizeBytes < 4) u32[valueAt >>> 2]! &= (1 << (8 * sizeBytes)) - 1;
  };

  const copy = (from: number, to: number, sizeBytes: number): void => {
    u8.copyWithin(to, from, from + sizeBytes);
  };

  /** The two bytes at a virtual address of code, or -1 after a trap. */
  const fetchHalf = (hart: Hart, low: number, high: number): number => {
    const physical = resolve(hart, tlbKinds.execute, low, high, 2);
    if (physical < 0) {
      trap(hart, -physical - 1, low, high);
      return -1;
    }
    if (inRam(memory, physical, 2)) {
      translations.markExecuted(low, high, physical);
      return u16[hostOffset(physical) >>> 1]!;
    }
    translations.markExecuted(low, high, physical);
    const half = bus.isExecutable(physical) ? bus.read(physical, 2) : undefined;
    if (half !== undefined) return Number(half);
    trap(hart, fetchAccessFault, low, high);
    return -1;
  };

  const float = (name: FloatHelperName) => {
    const helper = floatHelpers[name];
    const context = { flags: 0 };
    // A property, which keeps its name in bundles: where time goes is told by it (adapter/stats/categories.ts).
    const { callFloat } = {
      callFloat: (a: bigint, b: bigint, c: bigint, rm: number): bigint => {
        patience.left -= 1; // translated code has the budget in a local: it cannot be stopped here
        const hart = currentHart();
        const before = hart.low('fflags');
        context.flags = before;
        const result = helper(context, a, b, c, rm);
        if (context.flags !== before) {
          hart.setLow('fflags', context.flags);
          hart.setLow('mstatus', hart.low('mstatus') | fsDirty);
        }
        return BigInt.asIntN(64, result);
      },
    };
    return callFloat;
  };

  return {
    fetchSlow: (low, high) => {
      if (--patience.left < 0) patience.look();
      const hart = currentHart();
      const first = fetchHalf(hart, low, high);
      if (first < 0) return 1;
      if ((first & 3) !== 3) {
        u32[scratch.instruction >>> 2] = first;
        return 0;
      }
      const nextLow = (low + 2) | 0;
      const second = fetchHalf(hart, nextLow, nextLow === 0 ? high + 1 : high);
      if (second < 0) return 1;
      u32[scratch.instruction >>> 2] = first | (second << 16);
      return 0;
    },

    loadSlow: (low, high, sizeBytes) => {
      if (--patience.left < 0) patience.look();
      if (crossesPage(low, sizeBytes)) return splitAccess(tlbKinds.read, low, high, sizeBytes);
      const hart = currentHart();
      const physical = resolve(hart, tlbKinds.read, low, high, sizeBytes);
      if (physical < 0) return trap(hart, -physical - 1, low, high);
      if (inRam(memory, physical, sizeBytes)) {
        translations.tellRead(physical, sizeBytes);
        u64[valueAt >>> 3] = 0n;
        copy(hostOffset(physical), valueAt, sizeBytes);
        return 0;
      }
      const value = bus.read(physical, sizeBytes);
      if (value === undefined) return trap(hart, loadAccessFault, low, high);
      u64[valueAt >>> 3] = value;
      cutValue(sizeBytes);
      return 0;
    },

    storeSlow: (low, high, sizeBytes) => {
      if (--patience.left < 0) patience.look();
      if (crossesPage(low, sizeBytes)) return splitAccess(tlbKinds.write, low, high, sizeBytes);
      const hart = currentHart();
      const physical = resolve(hart, tlbKinds.write, low, high, sizeBytes);
      if (physical < 0) return trap(hart, -physical - 1, low, high);
      if (inRam(memory, physical, sizeBytes)) {
        translations.beforeWrite(physical, sizeBytes);
        copy(valueAt, hostOffset(physical), sizeBytes);
        return 0;
      }
      cutValue(sizeBytes);
      if (!bus.write(physical, sizeBytes, u64[valueAt >>> 3]!)) return trap(hart, storeAccessFault, low, high);
      return 0;
    },

    atomicSlow: (low, high, sizeBytes, access) => {
      if (--patience.left < 0) patience.look();
      const write = access !== atomicAccess.loadReserved;
      const hart = currentHart();
      if ((low & (sizeBytes - 1)) !== 0) {
        trap(hart, write ? storeMisaligned : loadMisaligned, low, high);
        return 0;
      }
      const physical = resolve(hart, write ? tlbKinds.write : tlbKinds.read, low, high, sizeBytes);
      if (physical < 0) {
        trap(hart, -physical - 1, low, high);
        return 0;
      }
      if (!inRam(memory, physical, sizeBytes)) {
        trap(hart, write ? storeAccessFault : loadAccessFault, low, high);
        return 0;
      }
      if (access !== atomicAccess.storeConditional) translations.tellRead(physical, sizeBytes);
      if (access === atomicAccess.modify || (write && hart.get('reservation') === BigInt(physical)))
        translations.beforeWrite(physical, sizeBytes);
      return hostOffset(physical);
    },

    fill: (low, high, sizeBytes, kind) => {
      if (--patience.left < 0) return 0; // the interpreter can be stopped
      if (translations.isWatching) return 0; // so can it behind a walk that writes an entry that is watched
      if (crossesPage(low, sizeBytes)) return 0;
      const { codeDrops, tableTracks } = translations;
      const physical = resolve(currentHart(), kind as 0 | 1, low, high, sizeBytes);
      if (translations.codeDrops !== codeDrops) return 0; // A or D was set in the page of the code that asks
      if (translations.tableTracks !== tableTracks) return 0; // it may know one of these pages as writable
      if (physical < 0 || !inRam(memory, physical, sizeBytes)) return 0;
      const isTracked =
        kind === tlbKinds.write ? translations.isWriteTracked(physical) : translations.isReadTracked(physical);
      return isTracked ? 0 : hostOffset(physical);
    },

    system: (op, word, raw, lengthBytes) => {
      if (--patience.left < 0) patience.look();
      const hart = currentHart();
      return executeSystem(hart, op, word, raw >>> 0, lengthBytes as 2 | 4, services) === 1 ? leave(hart) : 0;
    },

    float: Object.fromEntries(floatHelperNames.map((name) => [name, float(name)])) as EngineHost['float'],
  };
};
