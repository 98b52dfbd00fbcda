/**
 * An expression of what is in memory, and whether it holds: it can become true or false only where something is written that
 * it was made of, so that is what must be watched, and it may be something else then. Registers change all the time and are
 * not in it. Addresses mean what they meant when it was made: what a page table says later is not asked about a page again.
 */

import { type Hart, privilege } from '../../vmm/machine/hart.ts';
import type { WatchRange } from '../../vmm/machine/translations.ts';
import { evaluateToNumber, type Scope } from '../expressions/evaluate.ts';
import type { Node } from '../expressions/node.ts';
import { parseExpression } from '../expressions/parse.ts';
import { InputError } from '../program/input-error.ts';
import { typeByName } from '../program/names/paths.ts';
import { globalValue } from '../values/globals.ts';
import { constantStop, registerStop } from './errors.ts';
import type { GuestMemory } from './guest-memory.ts';
import type { Program } from './program.ts';
import { namesAt } from './scope.ts';
import type { Target } from './target.ts';

export interface ExpressionState {
  readonly holds: boolean;
  /** What it was made of. */
  readonly ranges: readonly WatchRange[];
}

const pageBytes = 4096n;

export class WatchedExpression {
  readonly text: string;
  readonly #target: Target;
  readonly #program: Program;
  readonly #hart: Hart;
  readonly #memory: GuestMemory;
  readonly #node: Node;
  readonly #pages = new Map<bigint, number>();
  #ranges: WatchRange[] = [];

  /**
   * An expression of a program, as its addresses are mapped for a hart now.
   * @throws {InputError} when it cannot be understood, or is not of memory
   */
  constructor(target: Target, program: Program, hart: Hart, text: string) {
    this.text = text;
    this.#target = target;
    this.#program = program;
    this.#hart = hart;
    this.#memory = target.memory.inSpace(hart.get('satp'));
    this.#node = parseExpression(text, namesAt(program));
    let register: string | undefined;
    const noted = (name: string): undefined => {
      if (target.register(hart, name) !== undefined) register ??= name;
    };
    try {
      this.#evaluate(noted);
    } catch (error) {
      if (!(error instanceof InputError) || (register === undefined && this.#ranges.length === 0)) throw error;
    }
    if (register !== undefined) throw registerStop(text, register);
    if (this.#ranges.length === 0) throw constantStop(text);
  }

  /** What has no value does not hold. */
  look(): ExpressionState {
    let holds = false;
    try {
      holds = this.#evaluate(() => undefined);
    } catch (error) {
      if (!(error instanceof InputError)) throw error;
    }
    return { holds, ranges: this.#ranges };
  }

  #evaluate(register: Scope['register']): boolean {
    this.#ranges = [];
    const program = this.#program;
    const read = (address: bigint, sizeBytes: number) => this.#read(address, sizeBytes);
    const scope: Scope = {
      register,
      read,
      variable: (path, file) => program.try(() => program.info && globalValue(program.info, read, path, file)),
      symbol: (name) => program.find(name)?.address,
      type: (name) => program.try(() => program.info && typeByName(program.info, name)),
    };
    return evaluateToNumber(this.#node, scope) !== 0n;
  }

  #read(address: bigint, sizeBytes: number): Uint8Array | undefined {
    const bytes = new Uint8Array(sizeBytes);
    for (let done = 0; done < sizeBytes; ) {
      const at = BigInt.asUintN(64, address + BigInt(done));
      const inPage = Number(at % pageBytes);
      const piece = Math.min(sizeBytes - done, Number(pageBytes) - inPage);
      const page = this.#pageAt(at - BigInt(inPage));
      const found = page === undefined ? undefined : this.#target.machine.readRam(page + inPage, piece);
      if (page === undefined || found === undefined) return undefined;
      this.#ranges.push({ address: page + inPage, sizeBytes: piece });
      bytes.set(found, done);
      done += piece;
    }
    return bytes;
  }

  /** The physical page of a virtual one, also where it is loaded before the kernel has turned on translation. */
  #pageAt(virtual: bigint): number | undefined {
    const known = this.#pages.get(virtual);
    if (known !== undefined) return known;
    const loaded = this.#program.links.loaded(virtual);
    for (const address of loaded === undefined ? [virtual] : [virtual, loaded]) {
      const page = this.#translate(address);
      if (page === undefined || this.#target.machine.readRam(page, 1) === undefined) continue;
      this.#pages.set(virtual, page);
      return page;
    }
    return undefined;
  }

  /** As the kernel sees it, whatever mode the hart is in: in machine mode nothing is translated. */
  #translate(address: bigint): number | undefined {
    const hart = this.#hart;
    const mode = hart.privilege;
    if (this.#memory.satp(hart) === 0n) return this.#memory.translate(hart, address);
    hart.setLow('privilege', privilege.supervisor);
    try {
      return this.#memory.translate(hart, address);
    } finally {
      hart.setLow('privilege', mode);
    }
  }
}
