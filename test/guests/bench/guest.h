/*
 * What a workload sees of the world. One workload is one file with one work(), whose result depends on nothing but
 * itself: the same file is compiled for the host (host.c), and the two checksums must be equal.
 */
#pragma once
#include <stddef.h>
#include <stdint.h>

typedef uint8_t u8;
typedef uint16_t u16;
typedef uint32_t u32;
typedef uint64_t u64;
typedef int32_t i32;
typedef int64_t i64;

/* Does all of the workload and gives its checksum. */
u64 work(void);

/* Numbers that are the same everywhere: a linear congruential generator modulo 2^64, of which the high bits count. */
static inline u32 random_u32(u64 *state) {
  *state = *state * 6364136223846793005u + 1442695040888963407u;
  return (u32)(*state >> 32);
}

/* One more value into a checksum: FNV-1a, a word at a time. */
static inline u64 mixed(u64 sum, u64 value) {
  sum = (sum ^ value) * 0x100000001b3u;
  return sum ^ (sum >> 29);
}
#define CHECKSUM_START 0xcbf29ce484222325u

#ifndef HOST
void print(const char *text);
void print_hex(u64 value);
void print_decimal(u64 value);
__attribute__((noreturn)) void finish(void);
#endif
