/** What an expression is once it is read: a tree whose parts know how they were written. */

import type { Spot } from './errors.ts';

/** `*` a pointer, `&` a reference, a number: an array of so many; in the order in which they are put around the name. */
export type TypeLayer = '*' | '&' | number;

/** `unsigned long **`; `name` with its tag: `struct buffer`. */
export interface TypeName {
  readonly spot: Spot;
  readonly name: string;
  readonly layers: readonly TypeLayer[];
}

export type UnaryOperator = '-' | '+' | '~' | '!' | '*' | '&';

/** Of binary operators, C's; the higher binds tighter. */
// biome-ignore format: a table
export const ranks = {
  '||': 1, '&&': 2, '|': 3, '^': 4, '&': 5, '==': 6, '!=': 6, '<': 7, '>': 7, '<=': 7, '>=': 7, '<<': 8, '>>': 8,
  '+': 9, '-': 9, '*': 10, '/': 10, '%': 10,
} as const;

export type BinaryOperator = keyof typeof ranks;

/** One step of a path inside a type: the name of a member, or an index. */
export type MemberStep = string | number;

export type NodeShape =
  /** `base` 10 is signed in C while it fits; the others take the unsigned types, too. */
  | { readonly kind: 'number'; readonly value: bigint; readonly base: number; readonly suffix: string }
  | { readonly kind: 'float'; readonly value: number }
  | { readonly kind: 'character'; readonly value: number }
  | { readonly kind: 'text'; readonly bytes: Uint8Array }
  | { readonly kind: 'truth'; readonly value: boolean }
  | { readonly kind: 'null' }
  | { readonly kind: 'register'; readonly name: string }
  /** `path` is the name with what it is in, outermost first: `ns::Class::member`. */
  | { readonly kind: 'name'; readonly path: readonly string[]; readonly file: string | undefined }
  | { readonly kind: 'unary'; readonly operator: UnaryOperator; readonly operand: Node }
  | { readonly kind: 'binary'; readonly operator: BinaryOperator; readonly left: Node; readonly right: Node }
  | { readonly kind: 'choice'; readonly condition: Node; readonly yes: Node; readonly no: Node }
  | { readonly kind: 'member'; readonly object: Node; readonly name: string; readonly arrow: boolean }
  | { readonly kind: 'index'; readonly object: Node; readonly index: Node }
  | { readonly kind: 'slice'; readonly object: Node; readonly first: Node | undefined; readonly end: Node | undefined }
  | { readonly kind: 'cast'; readonly type: TypeName; readonly operand: Node }
  | { readonly kind: 'sizeof'; readonly of: Node | TypeName }
  | { readonly kind: 'offsetof'; readonly type: TypeName; readonly steps: readonly MemberStep[] }
  | {
      readonly kind: 'container';
      readonly pointer: Node;
      readonly type: TypeName;
      readonly steps: readonly MemberStep[];
    };

export type Node = NodeShape & { readonly spot: Spot };
