/**
 * The operators of `meaning.ts` under the names in which rows use them, and the phrases that several extensions share.
 * No instruction stands here.
 */

import { binary, constant, imm, jump, nextPc, pc, rs1, sequence, setX, unary, type Value } from './meaning.ts';

export const add = binary('add');
export const sub = binary('sub');
export const and = binary('and');
export const or = binary('or');
export const xor = binary('xor');
export const shl = binary('shl');
export const shrU = binary('shrU');
export const shrS = binary('shrS');
export const rotl = binary('rotl');
export const rotr = binary('rotr');
export const mul = binary('mul');
export const mulhSS = binary('mulhSS');
export const mulhSU = binary('mulhSU');
export const mulhUU = binary('mulhUU');
export const divS = binary('divS');
export const divU = binary('divU');
export const remS = binary('remS');
export const remU = binary('remU');
export const eq = binary('eq');
export const ne = binary('ne');
export const ltS = binary('ltS');
export const ltU = binary('ltU');
export const geS = binary('geS');
export const geU = binary('geU');
export const minS = binary('minS');
export const minU = binary('minU');
export const maxS = binary('maxS');
export const maxU = binary('maxU');

export const sext8 = unary('sext8');
export const sext16 = unary('sext16');
export const sext32 = unary('sext32');
export const zext16 = unary('zext16');
export const zext32 = unary('zext32');
export const clz = unary('clz');
export const ctz = unary('ctz');
export const popcount = unary('popcount');
export const byteReverse = unary('byteReverse');
export const orCombineBytes = unary('orCombineBytes');
export const unboxSingle = unary('unboxSingle');
export const boxSingle = unary('boxSingle');

export const not = (a: Value): Value => xor(a, constant(-1));

/** Shift and rotate amounts of the W instructions: the low 5 bits. */
export const low5 = (a: Value): Value => and(a, constant(31));

/** Base register plus offset: the address of every load and store. */
export const base: Value = add(rs1, imm);

/** Where branches and `jal` go. */
export const relative: Value = add(pc, imm);

/** Go there and leave the return address in rd, which may be the register that the target came from. */
export const link = (target: Value) => sequence(jump(target), setX(nextPc));
