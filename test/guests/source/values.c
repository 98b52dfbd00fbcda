/* Values of every kind that C has, with what they hold, for the tests of expressions and values. No code runs: what the
 * variables are initialised with is what a debugger shows. */

typedef unsigned char u8;
typedef signed char s8;
typedef unsigned short u16;
typedef unsigned int u32;
typedef unsigned long u64;
typedef long s64;

enum flags { FLAG_READ = 1, FLAG_WRITE = 2, FLAG_EXECUTE = 4, FLAG_ALL = 7 };
enum state { IDLE, RUNNING, WAITING, ENDED };
enum negative { BELOW = -5, ABOVE = 5 };

struct list_head { struct list_head *next, *prev; };
struct hlist_node { struct hlist_node *next, **pprev; };
struct hlist_head { struct hlist_node *first; };
struct llist_node { struct llist_node *next; };
struct llist_head { struct llist_node *first; };

struct task {
  int pid;
  enum state state;
  char comm[16];
  struct list_head tasks;
  struct list_head children;
  struct list_head sibling;
  struct hlist_node hash;
  struct llist_node wake;
  struct task *parent;
  void (*entry)(struct task *);
  u32 on_cpu : 1, priority : 7, negative : 8;
  int offset : 5;
  u64 wide : 40;
  union { u64 whole; struct { u32 low, high; }; u8 bytes[8]; double real; } value;
  enum flags flags;
  const char *name;
};

void run(struct task *task) { task->pid++; }
void sleep(struct task *task) { task->pid--; }

struct task first, second, third;
struct list_head all = { &first.tasks, &third.tasks };
struct list_head empty = { &empty, &empty };
struct list_head circle[3] = { { &circle[1], 0 }, { &circle[2], 0 }, { &circle[1], 0 } };
struct list_head wild = { (struct list_head *)0x1234567800, 0 };
struct hlist_head hashed = { &first.hash };
struct llist_head woken = { &third.wake };

struct task first = {
  1, RUNNING, "init", { &second.tasks, &all }, { &second.sibling, &third.sibling }, { &first.sibling, &first.sibling },
  { &second.hash, &hashed.first }, { 0 }, 0, run, 1, 100, 200, -3, 0x123456789a, { 0x3ff8000000000000 },
  FLAG_READ | FLAG_EXECUTE, "the first",
};
struct task second = {
  2, WAITING, "kthreadd\n\"x\"", { &third.tasks, &first.tasks }, { &second.children, &second.children },
  { &third.sibling, &first.children }, { 0, &first.hash.next }, { 0 }, &first, sleep, 0, 1, 2, 4, 5, { 6 }, 0x10, 0,
};
struct task third = {
  3, 9, "0123456789abcdef", { &all, &second.tasks }, { &third.children, &third.children }, { &first.children, &second.sibling },
  { 0, 0 }, { &second.wake }, &first, 0, 0, 0, 0, 0, 0, { 0 }, FLAG_ALL, (char *)0x10,
};

s8 s8v = -100;
u8 u8v = 200;
short s16v = -30000;
u16 u16v = 60000;
int s32v = -2000000000;
u32 u32v = 4000000000u;
s64 s64v = -9000000000000000000;
u64 u64v = 18000000000000000000ul;
char cv = 'A';
_Bool bv = 1;
float fv = 1.5f;
double dv = -2.25;
long double ldv = 3.5L;
__int128 wide = ((__int128)0x123456789abcdef << 64) | 0xfedcba9876543210;
enum state statev = WAITING;
enum flags flagsv = FLAG_WRITE | FLAG_EXECUTE;
enum negative negativev = BELOW;
int array[5] = { 10, 20, 30, 40, 50 };
int matrix[2][3] = { { 1, 2, 3 }, { 4, 5, 6 } };
int *pointer = &array[2];
int **pointers[2] = { &pointer, 0 };
void (*function)(struct task *) = sleep;
void *nothing = &array[1];
const char *text = "a text";
char letters[2][4] = { "one", "two" };
struct task *tasks[3] = { &first, &second, &third };
static u64 hidden = 77;
u64 *reveal = &hidden;

int counted(void) {
  static int count = 42;
  return ++count;
}
