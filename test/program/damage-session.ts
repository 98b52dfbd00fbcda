/**
 * Reads a program file as the debugger does: opening, symbols, names, types, lines of addresses and addresses of lines,
 * frames, unwinding, values of variables, BTF. A typed error is as good as an answer; anything else that is thrown is a fault.
 * How much is asked for does not depend on the file, so what takes long is the reader's doing. It measures nothing itself.
 */
import { Program } from '../../adapter/dap/program.ts';
import { Btf, type BtfKind } from '../../adapter/program/btf/btf.ts';
import { DebugInfo } from '../../adapter/program/debug-info.ts';
import type { Entry } from '../../adapter/program/dwarf/entry.ts';
import { functionsOf } from '../../adapter/program/dwarf/functions.ts';
import type { MachineState } from '../../adapter/program/dwarf/unwind.ts';
import { ProgramError } from '../../adapter/program/errors.ts';
import { EarlyNames } from '../../adapter/program/names/early-names.ts';
import { NameIndex } from '../../adapter/program/names/name-index.ts';
import { scanNames } from '../../adapter/program/names/scan.ts';
import { walkStack } from '../../adapter/program/stack.ts';
import { declare, define } from '../../adapter/program/types/declaration.ts';
import { findMember, isComposite, sizeOf, stripped, type Type } from '../../adapter/program/types/type.ts';
import { bytesOf, memberOf } from '../../adapter/values/value.ts';
import { variableValue } from '../../adapter/values/variable.ts';

const most = { types: 200, members: 8, units: 20, children: 400, addresses: 24, frames: 24, lines: 8 } as const;

/** What was answered and what was refused. */
export interface Tally {
  answers: number;
  refusals: number;
}

class Session {
  readonly tally: Tally = { answers: 0, refusals: 0 };
  readonly #bytes: Uint8Array;

  constructor(bytes: Uint8Array) {
    this.#bytes = bytes;
  }

  attempt<Result>(act: () => Result): Result | undefined {
    try {
      const result = act();
      this.tally.answers++;
      return result;
    } catch (error) {
      if (!(error instanceof ProgramError)) throw error;
      // One line that names the file, and of debug information also the section and the offset.
      const place = error.code === 'debug' || error.code === 'unsupported' ? /^Offset 0x[0-9a-f]+ of .* in / : /./;
      if (!error.message.includes(fileName) || !place.test(error.message) || error.message.length > 1000) {
        throw new Error(`an error that does not say where: ${error.message.slice(0, 2000)}`);
      }
      this.tally.refusals++;
      return undefined;
    }
  }

  run(): void {
    const file = { name: fileName, bytes: this.#bytes };
    for (const make of [() => new Program(file), () => new Program(undefined, { debug: file })]) {
      const program = this.attempt(make);
      if (program === undefined) continue;
      this.attempt(() => {
        for (const address of addresses) program.describe(address);
        program.find('main');
        return program.info?.framesAt(0x8000_0010n);
      });
    }
    const info = this.attempt(() => new DebugInfo(this.#bytes, fileName));
    if (info === undefined) return;
    this.attempt(() => info.sections.buildId);
    this.attempt(() => info.sections.debugLink);
    info.names = this.attempt(() => NameIndex.of([scanNames(info.dwarf).arrays()]));
    const early = new EarlyNames(info.dwarf);
    for (const name of ['main', 'a', 'int', 'name']) this.attempt(() => early.first(name, ['function', 'structure']));
    this.#types(info);
    this.#lines(info);
    this.#units(info);
    this.#stack(info);
    this.#btf(info);
  }

  #types(info: DebugInfo): void {
    if (info.names === undefined) return;
    info.names.search('a');
    let left: number = most.types;
    for (const { name, offset, inTypes } of info.names) {
      if (left-- <= 0) break;
      this.attempt(() => info.names!.find(name));
      this.attempt(() => this.#type(info.types.read(info.dwarf.entryAt(offset, inTypes))));
      this.attempt(() => this.#type(info.types.typeOf(info.dwarf.entryAt(offset, inTypes))));
    }
  }

  #type(type: Type | undefined): void {
    this.attempt(() => define(type));
    this.attempt(() => declare(type, 'name'));
    this.attempt(() => findMember(type, 'no such member'));
    this.attempt(() => sizeOf(type));
    const whole = stripped(type);
    if (!isComposite(whole)) return;
    for (const member of whole.members.slice(0, most.members)) {
      this.attempt(() =>
        bytesOf(memberOf({ type, address: 0x8000_1000n }, member, machine.readMemory), machine.readMemory),
      );
    }
  }

  #lines(info: DebugInfo): void {
    const paths = this.attempt(() => info.sourcePaths()) ?? [];
    for (const path of paths.slice(0, most.lines)) {
      for (const line of [1, 30]) this.attempt(() => info.addressesOf(path, line));
    }
    for (const address of addresses) {
      this.attempt(() => info.lineAt(address));
      this.attempt(() => info.framesAt(address));
      this.attempt(() => info.frameRowAt(address));
    }
  }

  #units(info: DebugInfo): void {
    const units = this.attempt(() => [...info.dwarf.units, ...info.dwarf.typeUnits]) ?? [];
    this.attempt(() => info.dwarf.unitByDwoId(1n));
    this.attempt(() => info.dwarf.typeBySignature(1n));
    for (const unit of units.slice(0, most.units)) {
      this.attempt(() => info.dwarf.complete(unit));
      for (const own of (this.attempt(() => functionsOf(unit)) ?? []).slice(0, most.addresses)) {
        this.attempt(() => info.bodyAddress(own));
        this.#stack(info, own.entryPc + 8n);
      }
      this.attempt(() => {
        let left: number = most.children;
        for (const child of unit.root.children()) {
          if (left-- <= 0) break;
          this.#entry(info, child);
        }
      });
    }
  }

  #entry(info: DebugInfo, entry: Entry): void {
    this.attempt(() => entry.fullName);
    this.attempt(() => info.types.typeOf(entry));
    if (typeTags.has(entry.tag)) this.attempt(() => this.#type(info.types.read(entry)));
  }

  #stack(info: DebugInfo, pc = 0x8000_0010n): void {
    this.attempt(() => {
      let left: number = most.frames;
      for (const frame of walkStack(info, { ...machine, pc })) {
        if (left-- <= 0) break;
        for (const placed of this.attempt(() => frame.placed.slice(0, 4)) ?? []) {
          for (const { variables } of this.attempt(() => frame.blocks(placed)) ?? []) {
            for (const variable of variables.slice(0, most.members)) {
              this.attempt(() => {
                const value = variableValue(frame, variable, info.types.typeOf(variable.entry));
                return bytesOf(value, machine.readMemory);
              });
            }
          }
        }
      }
    });
  }

  #btf(info: DebugInfo): void {
    const btf = this.attempt(() => info.btf && new Btf(info.btf));
    if (btf === undefined) return;
    for (const kind of btfKinds) {
      let left: number = most.types;
      this.attempt(() => {
        for (const name of btf.names(kind)) {
          if (left-- <= 0) break;
          this.attempt(() => this.#type(btf.find(name, kind)));
        }
      });
    }
    for (let number = 0; number < most.types; number++) this.attempt(() => this.#type(btf.type(number)));
  }
}

/** The name under which every file is read, which every error has to say. */
const fileName = 'kernel.elf';
const addresses = Array.from({ length: most.addresses }, (_, index) => 0x8000_0000n + BigInt(12 * index));
const typeTags = new Set([0x01, 0x02, 0x04, 0x0f, 0x13, 0x15, 0x16, 0x17, 0x1f, 0x24, 0x26, 0x35]);
const btfKinds: readonly BtfKind[] = ['structure', 'union', 'enumeration', 'typedef', 'base', 'function', 'variable'];

/** A machine whose stack leads back into the program for ever. */
const machine: MachineState = {
  pc: 0n,
  readRegister: (number) => (number === 1 ? 0x8000_0024n : 0x8000_4000n),
  readMemory: (address, sizeBytes) => {
    const bytes = new Uint8Array(sizeBytes);
    if (sizeBytes === 8) new DataView(bytes.buffer).setBigUint64(0, 0x8000_0000n + (address & 0xfcn), true);
    return bytes;
  },
};

/** @throws what is no `ProgramError` */
export const readAsDebugger = (bytes: Uint8Array): Tally => {
  const session = new Session(bytes);
  session.run();
  return session.tally;
};
