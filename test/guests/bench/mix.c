/* What embedded processors are judged by: linked lists, small matrices, a state machine over text, a CRC of it all. */
#include "guest.h"

#define NODES 400
#define SIDE 24
#define TEXT_BYTES 1024
#define ROUNDS 6600

struct node {
  struct node *next;
  i32 key, value;
};

static struct node nodes[NODES];
static i32 a[SIDE][SIDE], b[SIDE][SIDE], c[SIDE][SIDE];
static char text[TEXT_BYTES + 1];

static u16 crc16(u16 crc, u32 value) {
  for (int bit = 0; bit < 32; bit++, value >>= 1) crc = (u16)(((crc ^ value) & 1) ? (crc >> 1) ^ 0xa001 : crc >> 1);
  return crc;
}

static struct node *reversed(struct node *list) {
  struct node *result = NULL;
  while (list) {
    struct node *next = list->next;
    list->next = result;
    result = list;
    list = next;
  }
  return result;
}

/* Merge sort of a list, by key. */
static struct node *merged(struct node *one, struct node *other) {
  struct node head, *tail = &head;
  while (one && other) {
    struct node **lesser = one->key <= other->key ? &one : &other;
    tail->next = *lesser;
    tail = *lesser;
    *lesser = (*lesser)->next;
  }
  tail->next = one ? one : other;
  return head.next;
}
static struct node *sorted(struct node *list) {
  if (!list || !list->next) return list;
  struct node *slow = list, *fast = list->next;
  while (fast && fast->next) slow = slow->next, fast = fast->next->next;
  struct node *half = slow->next;
  slow->next = NULL;
  return merged(sorted(list), sorted(half));
}

static u16 lists(u16 crc, u32 seed) {
  for (u32 i = 0; i < NODES; i++) {
    nodes[i].key = (i32)((i * 7919 + seed * 31) % 1009);
    nodes[i].value = (i32)(i ^ seed);
    nodes[i].next = i + 1 < NODES ? &nodes[i + 1] : NULL;
  }
  struct node *list = sorted(reversed(nodes));
  for (i32 key = 0; key < 20; key++) {
    struct node *found = list;
    while (found && found->key != key * 50) found = found->next;
    crc = crc16(crc, found ? (u32)found->value : 0);
  }
  return crc;
}

static u16 matrices(u16 crc, u32 seed) {
  for (u32 i = 0; i < SIDE; i++)
    for (u32 j = 0; j < SIDE; j++) a[i][j] = (i32)(i * j + seed) % 97, b[i][j] = (i32)(i + j * seed) % 89 - 44;
  for (u32 i = 0; i < SIDE; i++)
    for (u32 j = 0; j < SIDE; j++) {
      i32 sum = 0;
      for (u32 m = 0; m < SIDE; m++) sum += a[i][m] * b[m][j];
      c[i][j] = sum >> 3;
    }
  i32 trace = 0;
  for (u32 i = 0; i < SIDE; i++) trace += c[i][i] ^ c[i][SIDE - 1 - i];
  return crc16(crc, (u32)trace);
}

/* Numbers in text: integer, fraction, exponent, or neither. */
enum state { START, SIGN, INTEGER, POINT, FRACTION, EXPONENT, EXPONENT_SIGN, SCIENTIFIC, INVALID, STATES };
static enum state next_state(enum state state, char c) {
  int digit = c >= '0' && c <= '9', sign = c == '+' || c == '-';
  switch (state) {
    case START: return digit ? INTEGER : sign ? SIGN : c == '.' ? POINT : INVALID;
    case SIGN: return digit ? INTEGER : c == '.' ? POINT : INVALID;
    case INTEGER: return digit ? INTEGER : c == '.' ? FRACTION : c == 'e' ? EXPONENT : INVALID;
    case POINT: return digit ? FRACTION : INVALID;
    case FRACTION: return digit ? FRACTION : c == 'e' ? EXPONENT : INVALID;
    case EXPONENT: return digit ? SCIENTIFIC : sign ? EXPONENT_SIGN : INVALID;
    case EXPONENT_SIGN: return digit ? SCIENTIFIC : INVALID;
    case SCIENTIFIC: return digit ? SCIENTIFIC : INVALID;
    default: return INVALID;
  }
}
static u16 machine(u16 crc, u32 seed) {
  static const char alphabet[] = "0123456789+-.e,,";
  u64 random = seed;
  for (u32 i = 0; i < TEXT_BYTES; i++) text[i] = alphabet[random_u32(&random) % 16];
  u32 ends[STATES] = {0};
  enum state state = START;
  for (const char *c = text; *c; c++) {
    if (*c == ',') ends[state]++, state = START;
    else state = next_state(state, *c);
  }
  for (u32 i = 0; i < STATES; i++) crc = crc16(crc, ends[i]);
  return crc;
}

u64 work(void) {
  u64 sum = CHECKSUM_START;
  u16 crc = 0xffff;
  for (u32 round = 0; round < ROUNDS; round++) {
    crc = lists(crc, round);
    crc = matrices(crc, round);
    crc = machine(crc, round);
    sum = mixed(sum, crc);
  }
  return sum;
}
