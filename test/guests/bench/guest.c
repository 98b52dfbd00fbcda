/* main() of every guest: does the work, prints the checksum, ends the machine. And the console, by polling. */
#include "guest.h"

/*
 *   0x0010_0000  finisher   writing a code ends the machine
 *   0x1000_0000  UART       ns16550a
 */
#define FINISHER ((volatile u32 *)0x00100000)
#define FINISHER_PASS 0x5555
#define UART ((volatile u8 *)0x10000000)
#define UART_LSR 5
#define UART_LSR_TX 0x20

static void print_byte(char byte) {
  while (!(UART[UART_LSR] & UART_LSR_TX)) {
  }
  UART[0] = (u8)byte;
}

void print(const char *text) {
  while (*text) print_byte(*text++);
}

void print_hex(u64 value) {
  for (int shift = 60; shift >= 0; shift -= 4) print_byte("0123456789abcdef"[(value >> shift) & 15]);
}

void print_decimal(u64 value) {
  if (value >= 10) print_decimal(value / 10);
  print_byte((char)('0' + value % 10));
}

void finish(void) {
  *FINISHER = FINISHER_PASS;
  for (;;) __asm__ volatile("wfi");
}

/* The compiler may call these for any assignment. */
void *memcpy(void *to, const void *from, size_t size) {
  u8 *t = to;
  const u8 *f = from;
  if ((((uintptr_t)t | (uintptr_t)f) & 7) == 0)
    for (; size >= 8; size -= 8, t += 8, f += 8) *(u64 *)t = *(const u64 *)f;
  while (size--) *t++ = *f++;
  return to;
}
void *memset(void *to, int value, size_t size) {
  u8 *t = to;
  while (size--) *t++ = (u8)value;
  return to;
}

int main(void) {
  u64 sum = work();
  print(NAME ": ");
  print_hex(sum);
  print("\n");
  finish();
}
