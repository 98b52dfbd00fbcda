/* An interpreter of a small stack machine with computed gotos: one indirect jump for each bytecode. */
#include "guest.h"

enum op { PUSH, LOAD, STORE, ADD, MUL, AND, SHR, XOR, LESS, JUMP_ZERO, JUMP, CALL, RETURN, DUP, HALT };

#define NUMBERS 640000

static i64 program[256];
static i64 here;

static i64 emit(enum op op) {
  program[here] = op;
  return here++;
}
/* An operation with an operand; gives where the operand is, for jumps whose target is not known yet. */
static i64 emit_with(enum op op, i64 operand) {
  emit(op);
  program[here] = operand;
  return here++;
}

/*
 * odd(x) = x * 3 + 1; even(x) = x >> 1
 * sum = 0
 * for (i = 1; i < NUMBERS; i++) {
 *   x = i; steps = 0
 *   while ((x & 15) * (steps < 9)) { x = x & 1 ? odd(x) : even(x); steps++ }
 *   sum = (sum >> 1) ^ x * steps
 * }
 */
static i64 assembled(void) {
  enum { SUM, I, X, STEPS };
  i64 odd = here;
  emit_with(PUSH, 3), emit(MUL), emit_with(PUSH, 1), emit(ADD), emit(RETURN);
  i64 even = here;
  emit_with(PUSH, 1), emit(SHR), emit(RETURN);

  i64 start = here;
  emit_with(PUSH, 0), emit_with(STORE, SUM), emit_with(PUSH, 1), emit_with(STORE, I);
  i64 outer = here;
  emit_with(LOAD, I), emit_with(PUSH, NUMBERS), emit(LESS);
  i64 end = emit_with(JUMP_ZERO, 0);
  emit_with(LOAD, I), emit_with(STORE, X), emit_with(PUSH, 0), emit_with(STORE, STEPS);
  i64 inner = here;
  emit_with(LOAD, X), emit_with(PUSH, 15), emit(AND), emit_with(LOAD, STEPS), emit_with(PUSH, 9), emit(LESS), emit(MUL);
  i64 inner_end = emit_with(JUMP_ZERO, 0);
  emit_with(LOAD, X), emit(DUP), emit_with(PUSH, 1), emit(AND);
  i64 otherwise = emit_with(JUMP_ZERO, 0);
  emit_with(CALL, odd);
  i64 join = emit_with(JUMP, 0);
  program[otherwise] = here;
  emit_with(CALL, even);
  program[join] = here;
  emit_with(STORE, X), emit_with(LOAD, STEPS), emit_with(PUSH, 1), emit(ADD), emit_with(STORE, STEPS), emit_with(JUMP, inner);
  program[inner_end] = here;
  emit_with(LOAD, SUM), emit_with(PUSH, 1), emit(SHR), emit_with(LOAD, X), emit_with(LOAD, STEPS), emit(MUL), emit(XOR);
  emit_with(STORE, SUM), emit_with(LOAD, I), emit_with(PUSH, 1), emit(ADD), emit_with(STORE, I), emit_with(JUMP, outer);
  program[end] = here;
  emit_with(LOAD, SUM), emit(HALT);
  return start;
}

static u64 interpreted(i64 start) {
  static const void *const labels[] = {&&push,  &&load,      &&store, &&add,  &&mul,     &&and, &&shr, &&xor,
                                       &&less,  &&jump_zero, &&jump,  &&call, &&return_, &&dup, &&halt};
  u64 stack[64], variables[8] = {0}, *top = stack;
  const i64 *returns[16], **frame = returns, *pc = program + start;
#define NEXT goto *labels[*pc++]
  NEXT;
push: *++top = (u64)*pc++; NEXT;
load: *++top = variables[*pc++]; NEXT;
store: variables[*pc++] = *top--; NEXT;
add: top--, top[0] += top[1]; NEXT;
mul: top--, top[0] *= top[1]; NEXT;
and: top--, top[0] &= top[1]; NEXT;
shr: top--, top[0] >>= top[1]; NEXT;
xor: top--, top[0] ^= top[1]; NEXT;
less: top--, top[0] = top[0] < top[1]; NEXT;
jump_zero: pc = *top-- == 0 ? program + *pc : pc + 1; NEXT;
jump: pc = program + *pc; NEXT;
call: *frame++ = pc + 1, pc = program + *pc; NEXT;
return_: pc = *--frame; NEXT;
dup: top++, top[0] = top[-1]; NEXT;
halt: return *top;
}

u64 work(void) { return interpreted(assembled()); }
