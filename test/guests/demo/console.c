// The console on the ns16550a, print() and panic(), and the finisher that ends the machine.
// Output polls the transmitter; input comes by interrupt and is echoed. Control-P lists the processes.

#include "kernel.h"

#define UART_REGISTER(number) ((volatile u8 *)(UART + (number)))
enum { RBR = 0, THR = 0, IER = 1, FCR = 2, LCR = 3, LSR = 5 };
enum { LSR_RECEIVED = 0x01, LSR_TRANSMITTER_FREE = 0x20 };
enum { KEY_LIST_PROCESSES = 0x10 };

#define FINISHER_REGISTER ((volatile u32 *)FINISHER)
#define FINISHER_PASS 0x5555
#define FINISHER_FAIL(code) ((code) << 16 | 0x3333)
#define PANIC_EXIT_CODE 2

static void print_number(u64 number, u64 base, int digits_min);

void console_initialise(void)
{
  *UART_REGISTER(LCR) = 3; // eight data bits, no parity
  *UART_REGISTER(FCR) = 1;
  *UART_REGISTER(IER) = 1; // interrupt when a byte was received
}

void console_interrupt(void)
{
  while (*UART_REGISTER(LSR) & LSR_RECEIVED) {
    char key = *UART_REGISTER(RBR);
    if (key == KEY_LIST_PROCESSES)
      process_list();
    else
      put_character(key == '\r' ? '\n' : key);
  }
}

void put_character(char character)
{
  while (!(*UART_REGISTER(LSR) & LSR_TRANSMITTER_FREE))
    ;
  *UART_REGISTER(THR) = character;
}

void print(const char *format, ...)
{
  __builtin_va_list arguments;

  __builtin_va_start(arguments, format);
  for (; *format; format++) {
    if (*format != '%') {
      put_character(*format);
      continue;
    }
    switch (*++format) {
    case 's':
      for (const char *s = __builtin_va_arg(arguments, const char *); *s; s++)
        put_character(*s);
      break;
    case 'd': {
      long number = __builtin_va_arg(arguments, long);
      if (number < 0)
        put_character('-');
      print_number(number < 0 ? -number : number, 10, 1);
      break;
    }
    case 'x':
      print_number(__builtin_va_arg(arguments, u64), 16, 1);
      break;
    case 'p':
      put_character('0');
      put_character('x');
      print_number(__builtin_va_arg(arguments, u64), 16, 8);
      break;
    case 'c':
      put_character(__builtin_va_arg(arguments, int));
      break;
    }
  }
  __builtin_va_end(arguments);
}

void panic(const char *message)
{
  print("panic: %s\n", message);
  *FINISHER_REGISTER = FINISHER_FAIL(PANIC_EXIT_CODE);
  for (;;)
    asm volatile("wfi");
}

void power_off(void)
{
  *FINISHER_REGISTER = FINISHER_PASS;
  for (;;)
    asm volatile("wfi");
}

static void print_number(u64 number, u64 base, int digits_min)
{
  char digits[20];
  int count = 0;

  do {
    digits[count++] = "0123456789abcdef"[number % base];
    number /= base;
  } while (number != 0 || count < digits_min);
  while (count > 0)
    put_character(digits[--count]);
}

void *memcpy(void *to, const void *from, u64 size_bytes)
{
  char *t = to;
  const char *f = from;

  while (size_bytes-- > 0)
    *t++ = *f++;
  return to;
}

void *memset(void *to, int value, u64 size_bytes)
{
  char *t = to;

  while (size_bytes-- > 0)
    *t++ = value;
  return to;
}

int strings_equal(const char *a, const char *b)
{
  while (*a && *a == *b)
    a++, b++;
  return *a == *b;
}
