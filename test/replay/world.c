/*
 * Everything that can reach a guest from outside, in one small program: entropy, the clock, timer interrupts, characters,
 * and a debugger's writes to memory and to a register. Two harts. It prints what it was given, so that a replay that is
 * given anything else prints something else.
 *
 *   make -C test/replay      (the ELF is committed, so a test needs no cross compiler)
 */

typedef unsigned char u8;
typedef unsigned short u16;
typedef unsigned int u32;
typedef unsigned long u64;

#define UART 0x10000000ul
#define FINISHER 0x00100000ul
#define CLINT_MTIMECMP 0x02004000ul
#define VIRTIO(slot) (0x10001000ul + 0x1000ul * (slot))
/* Where a debugger writes: behind everything that the program has. */
#define PATCHED 0x80008000ul

#define reg8(address) (*(volatile u8 *)(address))
#define reg32(address) (*(volatile u32 *)(address))
#define reg64(address) (*(volatile u64 *)(address))

/* Virtual I/O Device (VIRTIO) 1.2, section 4.2.2 and 2.7. */
enum { MAGIC = 0x0, DEVICE_ID = 0x8, DRIVER_FEATURES = 0x20, DRIVER_FEATURES_SEL = 0x24, QUEUE_SEL = 0x30, QUEUE_NUM = 0x38,
       QUEUE_READY = 0x44, QUEUE_NOTIFY = 0x50, STATUS = 0x70, QUEUE_DESC = 0x80, QUEUE_DRIVER = 0x90, QUEUE_DEVICE = 0xa0 };

static struct { u64 address; u32 length; u16 flags; u16 next; } descriptors[2] __attribute__((aligned(16)));
static volatile struct { u16 flags; u16 index; u16 ring[2]; u16 event; } available __attribute__((aligned(2)));
static volatile struct { u16 flags; u16 index; struct { u32 id; u32 length; } ring[2]; u16 event; } used __attribute__((aligned(4)));
static volatile u8 entropy[16];
static volatile u32 beats;

static void put(char c) { reg8(UART) = c; }
static void text(const char *s) { while (*s) put(*s++); }
static void hex(u64 value, int digits) {
  while (digits-- > 0) put("0123456789abcdef"[value >> (4 * digits) & 15]);
}
static void line(const char *name, u64 value, int digits) { text(name); text(" "); hex(value, digits); put('\n'); }
static u64 now(void) { u64 value; __asm__ volatile("rdtime %0" : "=r"(value)); return value; }

static void take_entropy(void) {
  u64 base = VIRTIO(0);
  while (reg32(base + DEVICE_ID) != 4) base += 0x1000;
  reg32(base + STATUS) = 0;
  reg32(base + STATUS) = 1 | 2;
  reg32(base + DRIVER_FEATURES_SEL) = 1;
  reg32(base + DRIVER_FEATURES) = 1;                    /* VIRTIO_F_VERSION_1 */
  reg32(base + STATUS) = 1 | 2 | 8;
  reg32(base + QUEUE_SEL) = 0;
  reg32(base + QUEUE_NUM) = 2;
  reg32(base + QUEUE_DESC) = (u32)(u64)&descriptors;
  reg32(base + QUEUE_DRIVER) = (u32)(u64)&available;
  reg32(base + QUEUE_DEVICE) = (u32)(u64)&used;
  reg32(base + QUEUE_READY) = 1;
  reg32(base + STATUS) = 1 | 2 | 8 | 4;
  for (u16 round = 1; round <= 2; round++) {
    descriptors[0].address = (u64)entropy;
    descriptors[0].length = sizeof entropy;
    descriptors[0].flags = 2;
    available.ring[(round - 1) & 1] = 0;
    __sync_synchronize();
    available.index = round;
    __sync_synchronize();
    reg32(base + QUEUE_NOTIFY) = 0;
    while (used.index != round) ;
    text("entropy ");
    for (int i = 0; i < 16; i++) hex(entropy[i], 2);
    put('\n');
  }
}

static void take_timer(void) {
  reg64(CLINT_MTIMECMP) = now() + 2000;
  __asm__ volatile("csrw mie, %0" :: "r"(1 << 7));
  __asm__ volatile("wfi");                              /* mstatus.MIE is 0: it wakes, and takes no trap */
  __asm__ volatile("csrw mie, zero");
  line("time", now(), 16);
}

static void take_characters(void) {
  for (char c = 0; c != 'q';) {
    while (!(reg8(UART + 5) & 1)) ;
    c = reg8(UART);
    put(c);
  }
  put('\n');
}

static void take_debugger(void) {
  u64 s11;
  while (reg32(PATCHED) == 0) ;
  __asm__ volatile("mv %0, s11" : "=r"(s11));
  line("memory", reg32(PATCHED), 8);
  line("s11", s11, 16);
}

void first(void) {
  text("world\n");
  line("time", now(), 16);
  take_entropy();
  take_timer();
  take_characters();
  take_debugger();
  line("beats", beats, 8);
  line("time", now(), 16);
  reg32(FINISHER) = 7 << 16 | 0x3333;
  for (;;) ;
}

void second(void) { for (;;) __sync_fetch_and_add(&beats, 1); }

__asm__(".section .text.start\n.globl _start\n_start:\n"
        " csrr t0, mhartid\n bnez t0, 1f\n li sp, 0x80007000\n j first\n"
        "1: li t1, 1\n bne t0, t1, 2f\n li sp, 0x80006000\n j second\n"
        "2: wfi\n j 2b\n .text");
