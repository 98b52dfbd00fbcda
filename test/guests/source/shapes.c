/* What C can say of types, scopes and code, for the tests of the debug information reader. It computes nothing of use. */

typedef unsigned char u8;
typedef unsigned short u16;
typedef unsigned int u32;
typedef unsigned long u64;

enum colour { red, green = 7, blue = -3 };
enum { anonymous_first = 0x80000000u, anonymous_second };
enum wide { wide_value = 0x123456789abcdefL };

struct list { struct list *next, **previous; };
struct opaque;

struct bits {
  u32 low : 3, : 2, middle : 7;
  int negative : 5;
  u64 far : 40;
  u8 tail;
  u16 last : 9;
  _Bool flag : 1;
};

struct __attribute__((packed)) squeezed { u8 a; u64 b; u16 c : 12; };

struct everything {
  struct list link;
  int numbers[3][5];
  const char *name;
  char *const *volatile names;
  int (*handler)(struct everything *self, const char *format, ...);
  void (*(*factory)(int))(void);
  union { u64 whole; struct { u32 low, high; }; float real; } value;
  struct { int inner; } named;
  enum colour colour;
  struct opaque *opaque;
  double ratio;
  long double precise;
  struct bits bits;
  struct squeezed squeezed __attribute__((aligned(16)));
  int (*table)[4];
  char text[];
};

struct everything *global_pointer;
volatile int global_counter = 3;
static u64 hidden = 42;
int matrix[2][3][4];
const enum colour favourite = blue;
static _Thread_local int per_thread = 5;

__attribute__((noinline)) int leaf(int value, int *result) {
  *result += value;
  __asm__ volatile("" ::: "memory");
  return value * 3 + global_counter;
}

static inline __attribute__((always_inline)) int innermost(int a, int b) {
  int product = a * b;
  global_counter += product;
  return product + leaf(a, (int *)&global_counter);
}

static inline __attribute__((always_inline)) int around(int a) {
  int total = 0;
  for (int index = 0; index < a; index++) {
    int square = index * index;
    total += innermost(square, a);
  }
  return total;
}

__attribute__((noinline)) static int variable_length(int count) {
  int array[count];
  for (int i = 0; i < count; i++) array[i] = i;
  int sum = 0;
  for (int i = 0; i < count; i++) sum += array[i];
  return sum + leaf(count, &sum);
}

__attribute__((noinline)) int recursive(int depth, long keep, struct list *node) {
  struct list here = { node, (struct list **)&node };
  if (depth == 0) {
    int deep = (int)keep;
    return leaf(deep, &deep);
  }
  return recursive(depth - 1, keep * 2, &here) + (here.next == node);
}

__attribute__((noinline)) static double floating(double x, float y) {
  double z = x * y;
  leaf((int)z, (int *)&global_counter);
  return z + x;
}

int main(int count, char **arguments) {
  static int calls;
  struct bits bits = { .low = 5, .middle = 100, .negative = -7, .far = 123456789012, .last = 300, .flag = 1 };
  int result = around(count + 4);
  calls += variable_length(7);
  result += recursive(5, 11, 0);
  result += (int)floating(1.5, 2.5f);
  hidden += result + bits.middle;
  per_thread += calls;
  global_pointer = (struct everything *)arguments;
  return result + (int)hidden;
}

#ifdef __riscv
/* Entered in machine mode by QEMU or this project's board: registers first, floating point on, then main. */
__asm__(
    ".section .text.unlikely, \"ax\"\n.globl _start\n.type _start, @function\n_start:\n"
    ".option push\n.option norelax\nla gp, __global_pointer$\n.option pop\n"
    "la sp, stack_top\nla tp, thread_block\nli t0, 0x6000\ncsrs mstatus, t0\n"
    "li a0, 1\nli a1, 0\ncall main\n1: ebreak\nj 1b\n.size _start, .-_start\n"
    ".section .bss\n.balign 16\nthread_block: .skip 64\n.globl stack_bottom\nstack_bottom: .skip 8192\nstack_top:\n"
    ".text\n");
#endif
