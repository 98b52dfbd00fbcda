/*
 * Floating point without fused operations: the bodies of a solar system in double precision, with square roots and
 * divisions, and a matrix-vector iteration in single precision. Sums are compared bit for bit.
 */
#include "guest.h"

#define BODIES 5
#define MOVES 540000
#define SIDE 64
#define ITERATIONS 12500

struct body {
  double x, y, z, vx, vy, vz, mass;
};

static struct body bodies[BODIES];
static float matrix[SIDE][SIDE], vector[SIDE], image[SIDE];

static inline double square_root(double value) {
#ifdef HOST
  __asm__("sqrtsd %0, %0" : "+x"(value));
#else
  __asm__("fsqrt.d %0, %0" : "+f"(value));
#endif
  return value;
}

static u64 bits(double value) {
  union {
    double value;
    u64 bits;
  } u = {value};
  return u.bits;
}

static void moved(double dt) {
  for (int i = 0; i < BODIES; i++)
    for (int j = i + 1; j < BODIES; j++) {
      struct body *p = &bodies[i], *q = &bodies[j];
      double dx = p->x - q->x, dy = p->y - q->y, dz = p->z - q->z;
      double square = dx * dx + dy * dy + dz * dz;
      double magnitude = dt / (square * square_root(square));
      p->vx -= dx * q->mass * magnitude, p->vy -= dy * q->mass * magnitude, p->vz -= dz * q->mass * magnitude;
      q->vx += dx * p->mass * magnitude, q->vy += dy * p->mass * magnitude, q->vz += dz * p->mass * magnitude;
    }
  for (int i = 0; i < BODIES; i++)
    bodies[i].x += dt * bodies[i].vx, bodies[i].y += dt * bodies[i].vy, bodies[i].z += dt * bodies[i].vz;
}

u64 work(void) {
  u64 sum = CHECKSUM_START;
  for (int i = 0; i < BODIES; i++) {
    double r = 3.0 * i;
    bodies[i] = (struct body){r, 0.25 * r, 0.0625 * i, -0.03125 * r, i ? 1.5 / (1 + i) : 0, 0.01 * i, i ? 0.001 * i : 9.0};
  }
  for (u32 i = 0; i < MOVES; i++) {
    moved(0.001);
    if (i % 1000 == 0) sum = mixed(sum, bits(bodies[i / 1000 % BODIES].x));
  }
  for (int i = 0; i < BODIES; i++) sum = mixed(mixed(mixed(sum, bits(bodies[i].x)), bits(bodies[i].vy)), bits(bodies[i].z));

  for (int i = 0; i < SIDE; i++) {
    vector[i] = 1.0f + (float)i / 7.0f;
    for (int j = 0; j < SIDE; j++) matrix[i][j] = (float)((i * 5 + j * 3) % 17 - 8) / 64.0f;
  }
  for (u32 n = 0; n < ITERATIONS; n++) {
    float largest = 0.0f;
    for (int i = 0; i < SIDE; i++) {
      float value = 0.0f;
      for (int j = 0; j < SIDE; j++) value += matrix[i][j] * vector[j];
      image[i] = value;
      if (value > largest) largest = value;
      if (-value > largest) largest = -value;
    }
    for (int i = 0; i < SIDE; i++) vector[i] = image[i] / largest + 0.125f;
  }
  for (int i = 0; i < SIDE; i++) sum = mixed(sum, bits((double)vector[i]));
  return sum;
}
