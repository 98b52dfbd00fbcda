// What C++ says of types and scopes, for the tests of the debug information reader. It computes nothing of use.

namespace outer {
namespace inner {
enum class Level : unsigned char { low, high = 200 };

class Base {
public:
  virtual ~Base() {}
  virtual int value() const { return number; }
  static int count;
  int number = 3;
protected:
  Level level = Level::high;
};
int Base::count = 4;

struct Other { long extra[2]; };

class Derived : public Base, private Other {
public:
  int value() const override { return number + static_cast<int>(extra[0]); }
  int &reference;
  int &&temporary;
  int Base::*member = &Base::number;
  int (Base::*method)() const = &Base::value;
  explicit Derived(int &r) : reference(r), temporary(static_cast<int &&>(r)) {}
};
} // namespace inner

template <typename T, int N> struct Box {
  T items[N];
  using Element = T;
  Element first() const { return items[0]; }
  struct Nested { T *pointer; } nested;
};

struct Left : virtual inner::Other { int left; };
struct Right : virtual inner::Other { int right; };
struct Diamond : Left, Right { int bottom; decltype(nullptr) nothing; };
} // namespace outer

using Alias = outer::Box<short, 6>;
Alias box;
outer::Box<outer::inner::Level, 2> levels;
outer::Diamond diamond;

void operator delete(void *, unsigned long) {}
extern "C" void __cxa_pure_virtual() {}
extern "C" int atexit(void (*)()) { return 0; }
extern "C" int __cxa_atexit(void (*)(void *), void *, void *) { return 0; }
void *__dso_handle;
namespace __cxxabiv1 {
struct __class_type_info { virtual ~__class_type_info(); };
}

template <typename T> __attribute__((noinline)) T sum(const T *from, int count) {
  T total{};
  for (int i = 0; i < count; i++) total += from[i];
  return total;
}

int main() {
  int local = 5;
  outer::inner::Derived derived(local);
  auto twice = [&local](int x) { return x * 2 + local; };
  return derived.value() + twice(box.first()) + sum(box.items, 6);
}

#ifdef __riscv
// As in shapes.c.
__asm__(
    ".section .text.unlikely, \"ax\"\n.globl _start\n.type _start, @function\n_start:\n"
    ".option push\n.option norelax\nla gp, __global_pointer$\n.option pop\n"
    "la sp, stack_top\nla tp, thread_block\nli t0, 0x6000\ncsrs mstatus, t0\n"
    "li a0, 1\nli a1, 0\ncall main\n1: ebreak\nj 1b\n.size _start, .-_start\n"
    ".section .bss\n.balign 16\nthread_block: .skip 64\n.globl stack_bottom\nstack_bottom: .skip 8192\nstack_top:\n"
    ".text\n");
#endif
