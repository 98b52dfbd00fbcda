// A kernel to step through: linked high, it runs low until it has turned on translation. It has calls, recursion, inlined
// calls, structures, text and an enumeration.

enum colour { RED = 1, GREEN = 2, BLUE = 4 };

struct item {
  int value;
  enum colour colour;
  char name[8];
  struct item *next;
  unsigned low : 3, high : 5;
};

struct item items[4] = {
  { 1, RED, "one", &items[1], 1, 2 },
  { 2, GREEN, "two", &items[2], 3, 4 },
  { 3, RED | BLUE, "three", &items[3], 5, 6 },
  { 4, BLUE, "four", 0, 7, 8 },
};
static volatile int total;
unsigned long table[512] __attribute__((aligned(4096)));

static inline __attribute__((always_inline)) int twice(int number)
{
  int doubled = number * 2;
  total += doubled;
  return doubled;
}

__attribute__((noinline)) int sum(struct item *first)
{
  int found = 0;
  for (struct item *item = first; item; item = item->next)
    found += item->value;
  total += found;
  return found;
}

__attribute__((noinline)) int factorial(int number)
{
  if (number <= 1)
    return 1;
  return number * factorial(number - 1);
}

__attribute__((noinline)) int work(int start)
{
  int result = start;
  total += 1;
  result += twice(start);
  total += 2;
  result += sum(items);
  total += result;
  result += factorial(5);
  return result;
}

// Runs low: maps itself where it is linked, and all below 4 GiB where it is.
void map_memory(unsigned long start)
{
  unsigned long leaf = 0xcf; // dirty, accessed, executable, writable, readable, valid
  for (unsigned long page = 0; page < 4; page++)
    table[page] = (page << 28) | leaf;
  table[510] = ((start >> 30) << 28) | leaf;
}

int kernel_main(void)
{
  int answer = work(7);
  total = answer;
  return answer;
}
