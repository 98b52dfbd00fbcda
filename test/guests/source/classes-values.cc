// Values of C++, for the tests of expressions and values. No code runs: what the variables are initialised with is shown.

namespace outer {
enum class Level : unsigned char { low, high = 200 };

struct Other { long extra; };
struct Base { int number; static int count; };
int Base::count = 4;

struct Derived : Other, Base {
  Level level;
  int &reference;
  int Base::*member;
};

template <typename T, int N> struct Box {
  T items[N];
  static T total;
};
template <typename T, int N> T Box<T, N>::total = 9;

namespace inner { int depth = 3; }
} // namespace outer

int number = 5;
outer::Derived derived{{7}, {8}, outer::Level::high, number, nullptr};
outer::Base *base = &derived;
outer::Box<short, 6> box{{1, 2, 3, 4, 5, 6}};
short *total = &outer::Box<short, 6>::total;
int &alias = number;
outer::Level level = outer::Level::low;
bool truth = true;
char16_t wide = u'\u20ac';
