/**
 * The meaning of an instruction as data: a small tree that the emitter, the reference evaluator and the
 * reads-and-writes query walk. It is not code and knows nothing of how operands are obtained.
 *
 * Every value is 64 bits wide. Comparisons give 0 or 1. Shift amounts use the low 6 bits of `b`.
 */

import type { FloatHelperName } from '../float/helpers.ts';

/** Integer register fields of the encoding; each reads an `x` register. */
export type XField = 'rs1' | 'rs2';

/** Floating-point register fields of the encoding; each reads a raw 64-bit `f` register. */
export type FField = 'rs1' | 'rs2' | 'rs3';

export type Binary =
  | 'add'
  | 'sub'
  | 'and'
  | 'or'
  | 'xor'
  | 'shl'
  | 'shrU'
  | 'shrS'
  | 'rotl'
  | 'rotr'
  | 'mul'
  | 'mulhSS' // high 64 bits of the signed product
  | 'mulhSU' // ... of signed a by unsigned b
  | 'mulhUU'
  | 'divS' // RISC-V rules for zero and overflow (unprivileged specification, M extension), never a trap
  | 'divU'
  | 'remS'
  | 'remU'
  | 'eq'
  | 'ne'
  | 'ltS'
  | 'ltU'
  | 'geS'
  | 'geU'
  | 'minS'
  | 'minU'
  | 'maxS'
  | 'maxU';

export type Unary =
  | 'sext8'
  | 'sext16'
  | 'sext32'
  | 'zext8'
  | 'zext16'
  | 'zext32'
  | 'clz'
  | 'ctz'
  | 'popcount'
  | 'byteReverse'
  | 'orCombineBytes'
  | 'unboxSingle' // the low 32 bits of a NaN-boxed value, or the canonical NaN 0x7fc00000 when the box is broken
  | 'boxSingle'; // ones in the upper 32 bits

/** Size of a memory access, in bytes. */
export type Size = 1 | 2 | 4 | 8;

/** What an atomic memory operation does with the old value `a` and the operand `b` (at the access's width). */
export type AtomicBinary = 'swap' | 'add' | 'xor' | 'and' | 'or' | 'minS' | 'maxS' | 'minU' | 'maxU';

export type Value =
  | { readonly k: 'const'; readonly value: bigint } // modulo 2^64; may be negative
  | { readonly k: 'x'; readonly field: XField }
  | { readonly k: 'f'; readonly field: FField }
  | { readonly k: 'imm' } // the row's immediate, sign-extended as its format says
  | { readonly k: 'field'; readonly name: FieldName } // a raw unsigned field of the encoding
  | { readonly k: 'pc' } // address of this instruction
  | { readonly k: 'nextPc' } // address of the instruction after it (2 or 4 bytes on)
  | { readonly k: 'binary'; readonly op: Binary; readonly a: Value; readonly b: Value }
  | { readonly k: 'unary'; readonly op: Unary; readonly a: Value }
  | { readonly k: 'select'; readonly condition: Value; readonly then: Value; readonly else: Value }
  | { readonly k: 'load'; readonly size: Size; readonly signed: boolean; readonly address: Value }
  | {
      readonly k: 'atomic';
      readonly op: AtomicBinary;
      readonly size: 4 | 8;
      readonly address: Value;
      readonly b: Value;
    } // gives the old value, sign-extended
  | { readonly k: 'loadReserved'; readonly size: 4 | 8; readonly address: Value }
  | { readonly k: 'storeConditional'; readonly size: 4 | 8; readonly address: Value; readonly value: Value } // gives 0 on success, 1 on failure
  | { readonly k: 'float'; readonly helper: FloatHelperName; readonly operands: readonly Value[] }; // accrues fflags; rounds by the row's rm

/** Raw fields that a meaning may name. `shamt` is 6 bits (5 in the W forms); `rm` is the rounding-mode field. */
export type FieldName = 'shamt' | 'rm';

export type Effect =
  | { readonly k: 'setX'; readonly value: Value } // rd; writes to x0 vanish
  | { readonly k: 'setF'; readonly value: Value } // rd of the f registers, raw 64 bits; marks mstatus.FS dirty
  | { readonly k: 'store'; readonly size: Size; readonly address: Value; readonly value: Value }
  // The target's bit 0 is already clear. A jump decides where the next instruction is; effects after it in a sequence
  // still happen: `jalr ra, 0(ra)` must take its target from the old ra, so it is sequence(jump(...), setX(nextPc)).
  | { readonly k: 'jump'; readonly target: Value }
  | { readonly k: 'branch'; readonly condition: Value; readonly target: Value }
  | { readonly k: 'sequence'; readonly effects: readonly Effect[] } // in order; a fault in one leaves nothing done
  | { readonly k: 'nothing' } // fence, pause, hints
  | { readonly k: 'system'; readonly op: SystemOp }; // done by the machine, outside translated code

/** Operations on the machine around the hart. Implemented by `machine/`, reached through the engine's slow path. */
export const systemOps = [
  'csrrw',
  'csrrs',
  'csrrc',
  'csrrwi',
  'csrrsi',
  'csrrci',
  'ecall',
  'ebreak',
  'mret',
  'sret',
  'wfi',
  'sfenceVma',
  'illegal',
] as const;
export type SystemOp = (typeof systemOps)[number];

/*
 * A row may use floating-point state only if mstatus.FS is not Off; the engine checks before the meaning runs.
 */

// Builders, so that rows read like the manual.

export const constant = (value: bigint | number): Value => ({ k: 'const', value: BigInt(value) });
export const x = (field: XField): Value => ({ k: 'x', field });
export const f = (field: FField): Value => ({ k: 'f', field });
export const field = (name: FieldName): Value => ({ k: 'field', name });
export const imm: Value = { k: 'imm' };
export const pc: Value = { k: 'pc' };
export const nextPc: Value = { k: 'nextPc' };
export const rs1: Value = x('rs1');
export const rs2: Value = x('rs2');
export const shamt: Value = field('shamt');
export const binary =
  (op: Binary) =>
  (a: Value, b: Value): Value => ({ k: 'binary', op, a, b });
export const unary =
  (op: Unary) =>
  (a: Value): Value => ({ k: 'unary', op, a });
export const select = (condition: Value, then: Value, otherwise: Value): Value => ({
  k: 'select',
  condition,
  then,
  else: otherwise,
});
export const load = (size: Size, signed: boolean, address: Value): Value => ({ k: 'load', size, signed, address });
export const float = (helper: FloatHelperName, ...operands: Value[]): Value => ({ k: 'float', helper, operands });
export const setX = (value: Value): Effect => ({ k: 'setX', value });
export const setF = (value: Value): Effect => ({ k: 'setF', value });
export const store = (size: Size, address: Value, value: Value): Effect => ({ k: 'store', size, address, value });
export const jump = (target: Value): Effect => ({ k: 'jump', target });
export const branch = (condition: Value, target: Value): Effect => ({ k: 'branch', condition, target });
export const sequence = (...effects: Effect[]): Effect => ({ k: 'sequence', effects });
export const nothing: Effect = { k: 'nothing' };
export const system = (op: SystemOp): Effect => ({ k: 'system', op });

// Walking the trees, once for every reader that only looks.

/** The values that a value is made of, one level down, in the order of evaluation. */
export const valueChildren = (value: Value): readonly Value[] => {
  switch (value.k) {
    case 'binary':
      return [value.a, value.b];
    case 'unary':
      return [value.a];
    case 'select':
      return [value.condition, value.then, value.else];
    case 'load':
    case 'loadReserved':
      return [value.address];
    case 'atomic':
      return [value.address, value.b];
    case 'storeConditional':
      return [value.address, value.value];
    case 'float':
      return value.operands;
    case 'const':
    case 'x':
    case 'f':
    case 'imm':
    case 'field':
    case 'pc':
    case 'nextPc':
      return [];
  }
};

/** The values that an effect is made of, one level down; those of a sequence's effects are not among them. */
export const effectValues = (effect: Effect): readonly Value[] => {
  switch (effect.k) {
    case 'setX':
    case 'setF':
      return [effect.value];
    case 'store':
      return [effect.address, effect.value];
    case 'jump':
      return [effect.target];
    case 'branch':
      return [effect.condition, effect.target];
    case 'sequence':
    case 'nothing':
    case 'system':
      return [];
  }
};
