/**
 * The rows of call frame information: what they say of a frame, and the instructions that make them. Where the instructions of a
 * pc are, is for `frames.ts`. DWARF 5 chapters 6.4.2 and 6.4.3.
 */

import type { Cursor } from '../cursor.ts';

/** How the value that a register has in the caller is found. */
export type RegisterRule =
  | { readonly kind: 'same' }
  | { readonly kind: 'undefined' }
  /** It was saved at CFA + offset. */
  | { readonly kind: 'offset'; readonly offset: bigint }
  /** It is CFA + offset. */
  | { readonly kind: 'value-offset'; readonly offset: bigint }
  | { readonly kind: 'register'; readonly register: number }
  | { readonly kind: 'expression'; readonly expression: Uint8Array }
  | { readonly kind: 'value-expression'; readonly expression: Uint8Array };

export type CfaRule =
  | { readonly kind: 'register'; readonly register: number; readonly offset: bigint }
  | { readonly kind: 'expression'; readonly expression: Uint8Array };

/** The rules that hold at a pc. */
export interface FrameRow {
  readonly cfa: CfaRule;
  readonly rules: ReadonlyMap<number, RegisterRule>;
  readonly returnRegister: number;
  /** Whether the frame is that of a signal handler's trampoline: the pc is not after a call. */
  readonly signal: boolean;
}

export interface CommonInformation {
  readonly codeAlignment: number;
  readonly dataAlignment: bigint;
  readonly returnRegister: number;
  readonly instructions: Cursor;
  readonly addressEncoding: number;
  readonly hasAugmentation: boolean;
  readonly signal: boolean;
  readonly addressBytes: number;
}

/** Remembered rows beyond this are damage. */
const rememberedMax = 64;
const rulesMax = 256;
/** Rules that are copied by all rows that are remembered. */
const copiedMax = 100_000;
/** Instructions that make one row; of a real function some hundreds. */
const instructionsMax = 100_000;

/** DW_CFA: the high two bits are the operation, or 0 and the low six are. */
const instruction = {
  advanceLoc: 0x40,
  offset: 0x80,
  restore: 0xc0,
  nop: 0x00,
  setLoc: 0x01,
  advanceLoc1: 0x02,
  advanceLoc2: 0x03,
  advanceLoc4: 0x04,
  offsetExtended: 0x05,
  restoreExtended: 0x06,
  undefined: 0x07,
  sameValue: 0x08,
  register: 0x09,
  rememberState: 0x0a,
  restoreState: 0x0b,
  defCfa: 0x0c,
  defCfaRegister: 0x0d,
  defCfaOffset: 0x0e,
  defCfaExpression: 0x0f,
  expression: 0x10,
  offsetExtendedSf: 0x11,
  defCfaSf: 0x12,
  defCfaOffsetSf: 0x13,
  valOffset: 0x14,
  valOffsetSf: 0x15,
  valExpression: 0x16,
  gnuArgsSize: 0x2e,
} as const;

/** Runs instructions until the row of the wanted pc is there. */
export class RowProgram {
  readonly #common: CommonInformation;
  readonly #pc: bigint;
  readonly #address: (cursor: Cursor) => bigint;
  #location: bigint;
  #done = false;
  #copied = 0;
  #instructions = 0;
  #cfa: CfaRule | undefined;
  #rules = new Map<number, RegisterRule>();
  #initial: ReadonlyMap<number, RegisterRule> = new Map();
  readonly #remembered: { cfa: CfaRule | undefined; rules: Map<number, RegisterRule> }[] = [];

  constructor(common: CommonInformation, start: bigint, pc: bigint, address: (cursor: Cursor) => bigint) {
    this.#common = common;
    this.#location = start;
    this.#pc = pc;
    this.#address = address;
  }

  rememberInitial(): void {
    this.#initial = new Map(this.#rules);
    this.#done = false;
  }

  row(): FrameRow | undefined {
    if (this.#cfa === undefined) return undefined;
    const { returnRegister, signal } = this.#common;
    return { cfa: this.#cfa, rules: this.#rules, returnRegister, signal };
  }

  run(cursor: Cursor): void {
    while (!cursor.atEnd && !this.#done) {
      if (++this.#instructions > instructionsMax) throw cursor.damaged(`up to ${instructionsMax} instructions`, 'more');
      this.#one(cursor);
    }
  }

  #advance(distance: number): void {
    this.#goTo(this.#location + BigInt(distance) * BigInt(this.#common.codeAlignment));
  }

  #goTo(location: bigint): void {
    // Rows hold from their location on: one beyond the pc is too late.
    if (location > this.#pc) this.#done = true;
    else this.#location = location;
  }

  #set(cursor: Cursor, register: number, rule: RegisterRule | undefined): void {
    if (rule === undefined) this.#rules.delete(register);
    else this.#rules.set(register, rule);
    if (this.#rules.size > rulesMax) throw cursor.damaged(`rules for up to ${rulesMax} registers`, 'more');
  }

  #factored(units: bigint): bigint {
    return units * this.#common.dataAlignment;
  }

  #one(cursor: Cursor): void {
    const at = cursor.offset;
    const code = cursor.u8();
    const low = code & 0x3f;
    switch (code & 0xc0) {
      case instruction.advanceLoc:
        this.#advance(low);
        return;
      case instruction.offset:
        this.#set(cursor, low, { kind: 'offset', offset: this.#factored(cursor.uleb64()) });
        return;
      case instruction.restore:
        this.#set(cursor, low, this.#initial.get(low));
        return;
      default:
        if (!this.#locate(code, cursor) && !this.#defineCfa(code, cursor) && !this.#defineRegister(code, cursor)) {
          throw cursor.damaged('an instruction of call frame information', `0x${code.toString(16)}`, at);
        }
    }
  }

  #locate(code: number, cursor: Cursor): boolean {
    switch (code) {
      case instruction.nop:
        return true;
      case instruction.gnuArgsSize:
        cursor.skipLeb();
        return true;
      case instruction.setLoc:
        this.#goTo(this.#address(cursor));
        return true;
      case instruction.advanceLoc1:
        this.#advance(cursor.u8());
        return true;
      case instruction.advanceLoc2:
        this.#advance(cursor.u16());
        return true;
      case instruction.advanceLoc4:
        this.#advance(cursor.u32());
        return true;
      case instruction.rememberState:
        if (this.#remembered.length >= rememberedMax) throw cursor.damaged(`${rememberedMax} remembered rows`, 'more');
        this.#copied += this.#rules.size;
        if (this.#copied > copiedMax) throw cursor.damaged(`up to ${copiedMax} remembered rules`, 'more');
        this.#remembered.push({ cfa: this.#cfa, rules: new Map(this.#rules) });
        return true;
      case instruction.restoreState: {
        const state = this.#remembered.pop();
        if (state === undefined) throw cursor.damaged('a row that was remembered', 'none');
        this.#cfa = state.cfa;
        this.#rules = state.rules;
        return true;
      }
      default:
        return false;
    }
  }

  #defineCfa(code: number, cursor: Cursor): boolean {
    const current = this.#cfa?.kind === 'register' ? this.#cfa : undefined;
    const define = (register: number, offset: bigint) => {
      this.#cfa = { kind: 'register', register, offset };
    };
    switch (code) {
      case instruction.defCfa: {
        const register = cursor.uleb();
        define(register, cursor.uleb64());
        return true;
      }
      case instruction.defCfaSf: {
        const register = cursor.uleb();
        define(register, this.#factored(cursor.sleb64()));
        return true;
      }
      case instruction.defCfaRegister:
        define(cursor.uleb(), current?.offset ?? 0n);
        return true;
      case instruction.defCfaOffset:
      case instruction.defCfaOffsetSf: {
        if (current === undefined) throw cursor.damaged('a CFA that is a register and an offset', 'another one');
        const sf = code === instruction.defCfaOffsetSf;
        define(current.register, sf ? this.#factored(cursor.sleb64()) : cursor.uleb64());
        return true;
      }
      case instruction.defCfaExpression:
        this.#cfa = { kind: 'expression', expression: cursor.view(cursor.uleb()) };
        return true;
      default:
        return false;
    }
  }

  #defineRegister(code: number, cursor: Cursor): boolean {
    if (code < instruction.offsetExtended || code > instruction.valExpression) return false;
    const register = cursor.uleb();
    switch (code) {
      case instruction.offsetExtended:
        this.#set(cursor, register, { kind: 'offset', offset: this.#factored(cursor.uleb64()) });
        return true;
      case instruction.offsetExtendedSf:
        this.#set(cursor, register, { kind: 'offset', offset: this.#factored(cursor.sleb64()) });
        return true;
      case instruction.restoreExtended:
        this.#set(cursor, register, this.#initial.get(register));
        return true;
      case instruction.undefined:
        this.#set(cursor, register, { kind: 'undefined' });
        return true;
      case instruction.sameValue:
        this.#set(cursor, register, { kind: 'same' });
        return true;
      case instruction.register:
        this.#set(cursor, register, { kind: 'register', register: cursor.uleb() });
        return true;
      case instruction.valOffset:
        this.#set(cursor, register, { kind: 'value-offset', offset: this.#factored(cursor.uleb64()) });
        return true;
      case instruction.valOffsetSf:
        this.#set(cursor, register, { kind: 'value-offset', offset: this.#factored(cursor.sleb64()) });
        return true;
      case instruction.expression:
        this.#set(cursor, register, { kind: 'expression', expression: cursor.view(cursor.uleb()) });
        return true;
      case instruction.valExpression:
        this.#set(cursor, register, { kind: 'value-expression', expression: cursor.view(cursor.uleb()) });
        return true;
      default:
        return false;
    }
  }
}
