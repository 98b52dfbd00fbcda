/**
 * The module of floating-point functions: one for each helper of float/helpers.ts, with its results and flags, bit for
 * bit. Flags go straight into the hart's record. What a function does not do natively it hands to the helper itself,
 * which it imports (`softwareName`), and whose flags are accrued by who provides it.
 *
 * One instance serves a machine: calls from Wasm to Wasm are cheap, and it is compiled and optimized once.
 */

import { type FloatHelperName, floatHelperNames } from '../../float/helpers.ts';
import { anyMemory, ModuleBuilder } from '../../wasm/module.ts';
import { floatSignature, softwareName } from '../imports.ts';
import { emitArithmetic } from './arithmetic.ts';
import { emitClass, emitComparison, emitExtremum } from './compare.ts';
import { emitFromInteger, emitNarrow, emitToInteger, emitToIntegral, emitWiden, type IntegerName } from './convert.ts';
import { emitFusedDouble, emitFusedSingle, type Signs } from './fused.ts';
import { emitIsSignalling } from './nan.ts';
import { type Body, emitAccrue, type FormatName, type Shared } from './pieces.ts';
import { shapeOf, signatureOf } from './signature.ts';

export const emitFloatModule = (): Uint8Array<ArrayBuffer> => {
  const module = new ModuleBuilder(anyMemory);
  const software = new Map(floatHelperNames.map((name) => [name, module.import(softwareName(name), floatSignature)]));
  const isSignalling = (format: FormatName): number =>
    module.define({ parameters: ['i64'], results: ['i32'] }, (code) => emitIsSignalling(code, format));
  const shared: Shared = {
    accrue: module.define({ parameters: ['i32', 'i32'], results: [] }, emitAccrue),
    isSignalling: { s: isSignalling('s'), d: isSignalling('d') },
    toIntegral: module.define({ parameters: ['f64', 'i32'], results: ['f64'] }, emitToIntegral),
  };
  for (const name of floatHelperNames) {
    const { operands: count, rounds } = shapeOf(name);
    module.define(
      signatureOf(name),
      (code) => {
        const operands = Array.from({ length: count }, (_, index) => 1 + index);
        const mode = 1 + count;
        const callSoftware = (): void => {
          for (let index = 0; index < 3; index += 1) {
            if (index < count) code.get(operands[index]!);
            else code.i64(0n);
          }
          if (rounds) code.get(mode);
          else code.i32(0);
          code.call(software.get(name)!);
        };
        emitterOf(name)({ code, hart: 0, operands, mode, shared, callSoftware });
      },
      name,
    );
  }
  return module.finish();
};

const fusedSigns: Partial<Record<string, Signs>> = {
  madd: { minusProduct: false, minusAddend: false },
  msub: { minusProduct: false, minusAddend: true },
  nmsub: { minusProduct: true, minusAddend: false },
  nmadd: { minusProduct: true, minusAddend: true },
};

type Emit = (body: Body) => void;

const emitterOf = (name: FloatHelperName): Emit => {
  const [operation, suffix] = name.split('.') as [string, FormatName | IntegerName];
  if (name === 's.d') return emitNarrow;
  if (name === 'd.s') return emitWiden;
  if (suffix !== 's' && suffix !== 'd') return (body) => emitFromInteger(body, operation as FormatName, suffix);
  const signs = fusedSigns[operation];
  if (signs !== undefined) return (body) => (suffix === 'd' ? emitFusedDouble : emitFusedSingle)(body, signs);
  switch (operation) {
    case 'add':
    case 'sub':
    case 'mul':
    case 'div':
    case 'sqrt':
      return (body) => emitArithmetic(body, suffix, operation);
    case 'min':
    case 'max':
      return (body) => emitExtremum(body, suffix, operation === 'min');
    case 'eq':
    case 'lt':
    case 'le':
      return (body) => emitComparison(body, suffix, operation);
    case 'class':
      return (body) => emitClass(body, suffix);
    case 'w':
    case 'wu':
    case 'l':
    case 'lu':
      return (body) => emitToInteger(body, operation, suffix);
    default:
      throw new Error(`assertion: ${name} has an emitter`);
  }
};
