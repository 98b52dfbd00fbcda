/* Fused multiply-add, as compilers emit it for RISC-V by default: polynomials by Horner's rule, double and single. */
#include "guest.h"

#define POINTS 19000000

static u64 bits(double value) {
  union {
    double value;
    u64 bits;
  } u = {value};
  return u.bits;
}

u64 work(void) {
  u64 sum = CHECKSUM_START;
  double x = 0.1;
  float y = 0.1f;
  for (u32 i = 0; i < POINTS; i++) {
    double p = 1.0 / 5040;
    p = __builtin_fma(p, x, -1.0 / 120);
    p = __builtin_fma(p, x, 1.0 / 6);
    p = __builtin_fma(p, x, -0.7);
    p = __builtin_fma(p, x, 0.9);
    float q = 0.041666668f;
    q = __builtin_fmaf(q, y, 0.16666667f);
    q = __builtin_fmaf(q, y, 0.5f);
    q = __builtin_fmaf(q, y, -0.25f);
    x = p < 0.5 ? p + 0.31 : p - 0.27;
    y = q < 0.25f ? q + 0.75f : q - 0.125f;
    if (i % 64 == 0) sum = mixed(mixed(sum, bits(x)), bits((double)y));
  }
  return sum;
}
