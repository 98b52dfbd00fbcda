/*
 * The operations on x86-64: SSE arithmetic, which is IEEE 754 in hardware and detects tininess after rounding as
 * RISC-V does, and libm's fma. Where x86 does not mean the same as RISC-V, the answer is left out (is_known):
 *   - conversions of what does not fit, and of NaNs: x86 has one "indefinite" integer;
 *   - infinity times zero plus a quiet NaN: invalid on RISC-V, not on x86;
 *   - minimum, maximum and classification: not here;
 *   - rounding to nearest, ties away: x86 has no such mode.
 * Results that are NaN are made canonical by the caller, because x86 propagates payloads.
 */
#include <fenv.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { MODES = 4 };
static bool is_known;

static void put(char character) { putchar_unlocked(character); }

static void environment_begin(int mode) {
  static const int modes[] = {FE_TONEAREST, FE_TOWARDZERO, FE_DOWNWARD, FE_UPWARD};
  fesetround(modes[mode]);
  feclearexcept(FE_ALL_EXCEPT);
}

static unsigned environment_end(void) {
  const int raised = fetestexcept(FE_ALL_EXCEPT);
  fesetround(FE_TONEAREST);
  return (raised & FE_INEXACT ? 1 : 0) | (raised & FE_UNDERFLOW ? 2 : 0) | (raised & FE_OVERFLOW ? 4 : 0) |
         (raised & FE_DIVBYZERO ? 8 : 0) | (raised & FE_INVALID ? 16 : 0);
}

/* Volatile operands and results keep the compiler from computing, moving or dropping an operation. */
#define LOAD(type, x, bits)                                                                                           \
  volatile type x;                                                                                                    \
  memcpy((void *)&x, &bits, sizeof x)

#define RESULT(type, expression)                                                                                      \
  volatile type result = (expression);                                                                                \
  uint64_t bits = 0;                                                                                                  \
  memcpy(&bits, (void *)&result, sizeof result);                                                                      \
  return bits

#define ARITHMETIC(name, type, expression)                                                                            \
  static uint64_t name(uint64_t a, uint64_t b, uint64_t c) {                                                          \
    LOAD(type, x, a);                                                                                                 \
    LOAD(type, y, b);                                                                                                 \
    (void)c, (void)y;                                                                                                 \
    RESULT(type, expression);                                                                                         \
  }

#define FUSED(name, type, expression)                                                                                 \
  static uint64_t name(uint64_t a, uint64_t b, uint64_t c) {                                                          \
    LOAD(type, x, a);                                                                                                 \
    LOAD(type, y, b);                                                                                                 \
    LOAD(type, z, c);                                                                                                 \
    const int kind_x = fpclassify(x), kind_y = fpclassify(y);                                                         \
    if ((kind_x == FP_INFINITE && kind_y == FP_ZERO) || (kind_x == FP_ZERO && kind_y == FP_INFINITE)) is_known = false; \
    feclearexcept(FE_ALL_EXCEPT);                                                                                     \
    RESULT(type, expression);                                                                                         \
  }

#define COMPARISON(name, type, operator)                                                                              \
  static uint64_t name(uint64_t a, uint64_t b, uint64_t c) {                                                          \
    LOAD(type, x, a);                                                                                                 \
    LOAD(type, y, b);                                                                                                 \
    (void)c;                                                                                                          \
    return x operator y;                                                                                              \
  }

/* Rounding to an integer in floating point raises the flags; the conversion of an integer that fits adds none. */
#define TO_INTEGER(name, type, round, integer_type, extended_type, least, limit)                                      \
  static uint64_t name(uint64_t a, uint64_t b, uint64_t c) {                                                          \
    LOAD(type, x, a);                                                                                                 \
    (void)b, (void)c;                                                                                                 \
    is_known = !isnan(x);                                                                                             \
    if (!is_known) return 0;                                                                                          \
    volatile type rounded = round(x);                                                                                 \
    is_known = rounded >= (type)least && rounded < (type)limit;                                                       \
    return is_known ? (uint64_t)(extended_type)(integer_type)rounded : 0;                                             \
  }

#define FROM_INTEGER(name, type, integer_type)                                                                        \
  static uint64_t name(uint64_t a, uint64_t b, uint64_t c) {                                                          \
    volatile integer_type integer = (integer_type)a;                                                                  \
    (void)b, (void)c;                                                                                                 \
    RESULT(type, (type)integer);                                                                                      \
  }

#define OPERATIONS(f, type, root, fused, round)                                                                       \
  ARITHMETIC(add_##f, type, x + y)                                                                                    \
  ARITHMETIC(sub_##f, type, x - y)                                                                                    \
  ARITHMETIC(mul_##f, type, x * y)                                                                                     \
  ARITHMETIC(div_##f, type, x / y)                                                                                    \
  ARITHMETIC(sqrt_##f, type, root(x))                                                                                 \
  FUSED(madd_##f, type, fused(x, y, z))                                                                               \
  FUSED(msub_##f, type, fused(x, y, -z))                                                                              \
  FUSED(nmsub_##f, type, fused(-x, y, z))                                                                             \
  FUSED(nmadd_##f, type, fused(-x, y, -z))                                                                            \
  COMPARISON(eq_##f, type, ==)                                                                                        \
  COMPARISON(lt_##f, type, <)                                                                                         \
  COMPARISON(le_##f, type, <=)                                                                                        \
  TO_INTEGER(w_##f, type, round, int32_t, int64_t, -0x1p31, 0x1p31)                                                   \
  TO_INTEGER(wu_##f, type, round, uint32_t, int32_t, 0, 0x1p32)                                                       \
  TO_INTEGER(l_##f, type, round, int64_t, int64_t, -0x1p63, 0x1p63)                                                   \
  TO_INTEGER(lu_##f, type, round, uint64_t, int64_t, 0, 0x1p64)                                                       \
  FROM_INTEGER(f##_w, type, int32_t)                                                                                  \
  FROM_INTEGER(f##_wu, type, uint32_t)                                                                                \
  FROM_INTEGER(f##_l, type, int64_t)                                                                                  \
  FROM_INTEGER(f##_lu, type, uint64_t)

#define NARROW_OR_WIDEN(name, from, to)                                                                                          \
  static uint64_t name(uint64_t a, uint64_t b, uint64_t c) {                                                          \
    LOAD(from, x, a);                                                                                                 \
    (void)b, (void)c;                                                                                                 \
    RESULT(to, (to)x);                                                                                                \
  }

OPERATIONS(s, float, __builtin_sqrtf, fmaf, rintf)
OPERATIONS(d, double, __builtin_sqrt, fma, rint)
NARROW_OR_WIDEN(s_d, double, float)
NARROW_OR_WIDEN(d_s, float, double)
