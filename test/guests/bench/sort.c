/* Quicksort of numbers, then of pointers to strings by comparing bytes, then searching text for words; again with other ones. */
#include "guest.h"

#define ROUNDS 5
#define NUMBERS 700000
#define WORDS 40000
#define WORD_BYTES 16
#define TEXT_BYTES 60000

static u32 numbers[NUMBERS];
static char words[WORDS][WORD_BYTES];
static const char *sorted[WORDS];
static char text[TEXT_BYTES + 1];

static void sort_numbers(u32 *from, i64 count) {
  while (count > 12) {
    u32 pivot = from[(count - 1) / 2];
    i64 low = 0, high = count - 1;
    for (;;) {
      while (from[low] < pivot) low++;
      while (from[high] > pivot) high--;
      if (low >= high) break;
      u32 swap = from[low];
      from[low++] = from[high];
      from[high--] = swap;
    }
    sort_numbers(from, high + 1);
    from += high + 1, count -= high + 1;
  }
  for (i64 i = 1; i < count; i++) {
    u32 value = from[i];
    i64 j = i;
    for (; j > 0 && from[j - 1] > value; j--) from[j] = from[j - 1];
    from[j] = value;
  }
}

static __attribute__((noinline)) int compared(const char *one, const char *other) {
  while (*one && *one == *other) one++, other++;
  return (int)(u8)*one - (int)(u8)*other;
}

static void sort_words(const char **from, i64 count) {
  while (count > 1) {
    const char *pivot = from[(count - 1) / 2];
    i64 low = 0, high = count - 1;
    for (;;) {
      while (compared(from[low], pivot) < 0) low++;
      while (compared(from[high], pivot) > 0) high--;
      if (low >= high) break;
      const char *swap = from[low];
      from[low++] = from[high];
      from[high--] = swap;
    }
    sort_words(from, high + 1);
    from += high + 1, count -= high + 1;
  }
}

static u32 occurrences(const char *word) {
  u32 found = 0;
  for (const char *at = text; *at; at++) {
    const char *t = at, *w = word;
    while (*w && *t == *w) t++, w++;
    found += *w == 0;
  }
  return found;
}

static u64 round_of(u64 *state, u64 sum) {
  for (u32 i = 0; i < NUMBERS; i++) numbers[i] = random_u32(state);
  sort_numbers(numbers, NUMBERS);
  for (u32 i = 0; i < NUMBERS; i++) sum = mixed(sum, numbers[i]);

  for (u32 i = 0; i < WORDS; i++) {
    u32 length = 3 + random_u32(state) % (WORD_BYTES - 4);
    for (u32 j = 0; j < length; j++) words[i][j] = (char)('a' + random_u32(state) % 4);
    words[i][length] = 0;
    sorted[i] = words[i];
  }
  sort_words(sorted, WORDS);
  for (u32 i = 0; i < WORDS; i++)
    for (const char *c = sorted[i]; *c; c++) sum = mixed(sum, (u8)*c);

  for (u32 i = 0; i < TEXT_BYTES; i++) text[i] = (char)('a' + random_u32(state) % 4);
  for (u32 i = 0; i < 100; i++) sum = mixed(sum, occurrences(words[i]));
  return sum;
}

u64 work(void) {
  u64 state = 7, sum = CHECKSUM_START;
  for (u32 round = 0; round < ROUNDS; round++) sum = round_of(&state, sum);
  return sum;
}
