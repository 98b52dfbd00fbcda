// Printing for user programs.

#include "library.h"

#define LINE_BYTES 80

static int append_text(char *line, int size, const char *text);
static int append_number(char *line, int size, long number);

void say(const char *format, ...)
{
  char line[LINE_BYTES];
  int size = 0;
  __builtin_va_list arguments;

  __builtin_va_start(arguments, format);
  for (; *format && size < LINE_BYTES - 1; format++) {
    if (*format != '%') {
      line[size++] = *format;
      continue;
    }
    format++;
    if (*format == 's')
      size = append_text(line, size, __builtin_va_arg(arguments, const char *));
    else
      size = append_number(line, size, __builtin_va_arg(arguments, long));
  }
  __builtin_va_end(arguments);
  line[size++] = '\n';
  user_write(line, size);
}

static int append_text(char *line, int size, const char *text)
{
  while (*text && size < LINE_BYTES - 1)
    line[size++] = *text++;
  return size;
}

static int append_number(char *line, int size, long number)
{
  char digits[20];
  int count = 0;

  if (number < 0) {
    size = append_text(line, size, "-");
    number = -number;
  }
  do
    digits[count++] = '0' + number % 10;
  while ((number /= 10) != 0);
  while (count > 0 && size < LINE_BYTES - 1)
    line[size++] = digits[--count];
  return size;
}
