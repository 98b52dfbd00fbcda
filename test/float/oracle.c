/*
 * Prints vectors of floating-point operations as real arithmetic answers them: on x86-64 the host's SSE unit
 * (oracle-x86.h), on riscv64 without an operating system whatever runs it (oracle-riscv.h). It chooses the operands,
 * runs each operation in each rounding mode, and prints; what an operation is belongs to those two.
 *
 *     add.d 3ff0000000000000 3cb0000000000000 = 3ff0000000000001/0 . . .
 *
 * name, operands, then an outcome (result, a slash, flags as in fflags, in hexadecimal) for each of RNE RTZ RDN RUP
 * and, on RISC-V, RMM. A dot repeats the outcome before it; a dash stands for what the oracle cannot answer.
 *
 *     gcc -O1 -frounding-math -fsignaling-nans -fno-math-errno -ffp-contract=off oracle.c -lm -o oracle
 *     ./oracle COUNT SEED [NAME]
 */
#include <stdbool.h>
#include <stdint.h>

/* Kinds of values: s and d are patterns, i is an integer register. */
struct operation {
  const char *name;
  char operand_kind;
  int operand_count;
  char result_kind;
  bool rounds;
  uint64_t (*run)(uint64_t a, uint64_t b, uint64_t c);
};

#ifdef __riscv
#include "oracle-riscv.h"
#else
#include "oracle-x86.h"
#endif

static const struct operation operations[] = {
#define FORMAT(f)                                                                                                     \
  {"add." #f, #f[0], 2, #f[0], true, add_##f}, {"sub." #f, #f[0], 2, #f[0], true, sub_##f},                           \
  {"mul." #f, #f[0], 2, #f[0], true, mul_##f}, {"div." #f, #f[0], 2, #f[0], true, div_##f},                           \
  {"sqrt." #f, #f[0], 1, #f[0], true, sqrt_##f},                                                                      \
  {"madd." #f, #f[0], 3, #f[0], true, madd_##f}, {"msub." #f, #f[0], 3, #f[0], true, msub_##f},                       \
  {"nmsub." #f, #f[0], 3, #f[0], true, nmsub_##f}, {"nmadd." #f, #f[0], 3, #f[0], true, nmadd_##f},                   \
  {"eq." #f, #f[0], 2, 'i', false, eq_##f}, {"lt." #f, #f[0], 2, 'i', false, lt_##f},                                 \
  {"le." #f, #f[0], 2, 'i', false, le_##f},                                                                           \
  {"w." #f, #f[0], 1, 'i', true, w_##f}, {"wu." #f, #f[0], 1, 'i', true, wu_##f},                                     \
  {"l." #f, #f[0], 1, 'i', true, l_##f}, {"lu." #f, #f[0], 1, 'i', true, lu_##f},                                     \
  {#f ".w", 'i', 1, #f[0], true, f##_w}, {#f ".wu", 'i', 1, #f[0], true, f##_wu},                                     \
  {#f ".l", 'i', 1, #f[0], true, f##_l}, {#f ".lu", 'i', 1, #f[0], true, f##_lu},
  FORMAT(s) FORMAT(d)
  {"s.d", 'd', 1, 's', true, s_d}, {"d.s", 's', 1, 'd', true, d_s},
#ifdef __riscv
#define RISCV_FORMAT(f)                                                                                               \
  {"min." #f, #f[0], 2, #f[0], false, min_##f}, {"max." #f, #f[0], 2, #f[0], false, max_##f},                         \
  {"class." #f, #f[0], 1, 'i', false, class_##f},
  RISCV_FORMAT(s) RISCV_FORMAT(d)
#endif
};

/* Random numbers: splitmix64, so that a seed means the same vectors everywhere. */
static uint64_t state;
static uint64_t next(void) {
  uint64_t z = state += 0x9e3779b97f4a7c15;
  z = (z ^ z >> 30) * 0xbf58476d1ce4e5b9;
  z = (z ^ z >> 27) * 0x94d049bb133111eb;
  return z ^ z >> 31;
}

static uint64_t compose(char kind, uint64_t sign, uint64_t exponent, uint64_t fraction) {
  if (kind == 's') return (sign & 1) << 31 | (exponent & 0xff) << 23 | (fraction & 0x7fffff);
  return (sign & 1) << 63 | (exponent & 0x7ff) << 52 | (fraction & 0xfffffffffffff);
}

/* A pattern of the kinds that find mistakes; `near` is another operand or any number. */
static uint64_t pattern(char kind, uint64_t near) {
  const uint64_t bias = kind == 's' ? 127 : 1023, fraction_bits = kind == 's' ? 23 : 52;
  const uint64_t beside = near + next() % 9 - 4;
  const uint64_t fractions[] = {0, 0, 1, -1, 1ull << (fraction_bits - 1), (1ull << (fraction_bits - 1)) - 1};
  const uint64_t exponents[] = {0, 0, 1, bias - 1, bias, bias + 1, 2 * bias, 2 * bias + 1};
  const uint64_t r = next();
  switch (r >> 8 & 7) {
    case 0: /* zeros, limits, infinities, NaNs */
      return compose(kind, r, exponents[next() % 8], fractions[next() % 6]);
    case 1: /* of an exponent near another operand's */
      return compose(kind, r, (near >> fraction_bits) + next() % 5 - 2, next());
    case 2: /* subnormal or little more */
      return compose(kind, r, next() % 3, next() >> next() % 64);
    case 3: /* an integer or a half, of the sizes that conversions care about */
      return compose(kind, r, bias + next() % 68 - 2, next() << next() % fraction_bits);
    case 4: /* around half of the least exponent, so that products come near the limits */
      return compose(kind, r, bias / 2 + next() % 60 - 30, next());
    case 5: /* a few units away from another operand */
      return compose(kind, beside >> (kind == 's' ? 31 : 63), beside >> fraction_bits, beside);
    case 6: /* a power of two or a neighbour */
      return compose(kind, r, next(), next() % 3 - 1);
    default: /* anything; or of an exponent that matters when a double becomes a single */
      return compose(kind, r, r >> 16 & 1 ? next() : bias + next() % 320 - 160, next());
  }
}

static uint64_t integer(void) {
  const uint64_t power = 1ull << next() % 64, r = next();
  const uint64_t values[] = {power, power - 1, power + 1, next() >> next() % 64, next() & ~(power - 1)};
  const uint64_t value = values[r % 5];
  return r >> 32 & 1 ? -value : value;
}

static uint64_t operand(char kind, uint64_t near) { return kind == 'i' ? integer() : pattern(kind, near); }

static uint64_t canonical(char kind, uint64_t value) {
  if (kind == 's' && (value & 0x7fffffff) > 0x7f800000) return 0x7fc00000;
  if (kind == 'd' && (value & INT64_MAX) > 0x7ff0000000000000) return 0x7ff8000000000000;
  return value;
}

static void print(const char *text) {
  while (*text) put(*text++);
}

static void print_hexadecimal(uint64_t value, int digits) {
  for (int shift = 4 * digits - 4; shift >= 0; shift -= 4) put("0123456789abcdef"[value >> shift & 15]);
}

static int digits_of(char kind) { return kind == 's' ? 8 : 16; }

static void vector(const struct operation *operation) {
  uint64_t operands[3] = {0, 0, 0}, previous = 0;
  unsigned previous_flags = ~0u;
  print(operation->name);
  for (int i = 0; i < operation->operand_count; i++) {
    operands[i] = operand(operation->operand_kind, i > 0 ? operands[next() % i] : next());
    put(' ');
    print_hexadecimal(operands[i], digits_of(operation->operand_kind));
  }
  print(" =");
  for (int mode = 0; mode < (operation->rounds ? MODES : 1); mode++) {
    is_known = true;
    environment_begin(mode);
    uint64_t result = operation->run(operands[0], operands[1], operands[2]);
    const unsigned flags = environment_end();
    result = canonical(operation->result_kind, result);
    put(' ');
    if (!is_known) {
      put('-');
      previous_flags = ~0u;
    } else if (flags == previous_flags && result == previous) {
      put('.');
    } else {
      print_hexadecimal(result, digits_of(operation->result_kind));
      put('/');
      print_hexadecimal(flags, 2);
      previous = result;
      previous_flags = flags;
    }
  }
  put('\n');
}

static bool is_same(const char *a, const char *b) {
  while (*a && *a == *b) a++, b++;
  return *a == *b;
}

/* `name` is null for all operations. */
static void vectors(unsigned count, uint64_t seed, const char *name) {
  for (unsigned i = 0; i < sizeof operations / sizeof *operations; i++) {
    if (name && !is_same(name, operations[i].name)) continue;
    state = seed + i;
    for (unsigned j = 0; j < count; j++) vector(&operations[i]);
  }
}

#ifdef __riscv
void oracle(void) { vectors(COUNT, SEED, 0); }
#else
int main(int argc, char **argv) {
  if (argc < 3) return 2;
  vectors(strtoul(argv[1], 0, 0), strtoull(argv[2], 0, 0), argc > 3 ? argv[3] : 0);
  return 0;
}
#endif
