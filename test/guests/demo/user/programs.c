// Six small programs that keep the kernel busy. Each counts what it does, so how the machine's clock runs decides
// only how their lines interleave, never what they do.
//
//   init      starts the others; when all but ping have ended, tells ping to finish; then reads sixteen reports
//   clock     sleeps
//   sieve     computes, in memory from sbrk
//   indexer   looks names up; when 800 are done, tells ping to begin
//   ping      exchanges messages with pong; when told to finish, reports and ends
//   pong      answers

#include "library.h"
#include "programs.h"

enum { BEGIN = 1, PING, PONG, QUIT, FINISH, REPORT };

struct message {
  long kind;
  long number;
  unsigned char payload[200];
};

#define NAMES 1200
#define NAMES_BEFORE_PING 800
#define NAME_OF_THE_KERNEL 700
#define ROUNDS 3000
#define SIEVE_PASSES 3
#define SIEVE_LIMIT 30000

static long message_count; // each process has its own

static void send(long pid, long kind, long number);
static void receive(struct message *message, long kind);
static unsigned long checksum(const struct message *message);

void init_main(void)
{
  static const char *const services[] = {"clock", "sieve", "pong", "ping", "indexer"};
  struct message message;
  int reports = 0;

  say("init: pid %d, starting services", user_getpid());
  for (int i = 0; i < 5; i++)
    if (user_spawn(services[i]) < 0)
      say("init: cannot start %s", services[i]);
  for (int i = 0; i < 4; i++)
    user_wait();
  say("init: all but ping have ended");
  send(PID_PING, FINISH, 0);
  user_wait();
  for (long total = 0; reports < 16; reports++) {
    long sender = user_receive(&message, sizeof message);
    total += message.number;
    if (reports == 15)
      say("init: 16 reports read, the last from pid %d; their sum is %d", sender, total);
  }
  user_power_off();
}

void clock_main(void)
{
  for (long i = 1; i <= 3; i++) {
    user_sleep(2);
    say("clock: slept %d times", i);
    send(PID_INIT, REPORT, i);
  }
  user_exit(0);
}

void sieve_main(void)
{
  unsigned char *composite = user_sbrk(SIEVE_LIMIT);

  for (long pass = 1; pass <= SIEVE_PASSES; pass++) {
    long limit = SIEVE_LIMIT / SIEVE_PASSES * pass, primes = 0;
    for (long i = 0; i < limit; i++)
      composite[i] = 0;
    for (long i = 2; i < limit; i++) {
      if (composite[i])
        continue;
      primes++;
      for (long j = 2 * i; j < limit; j += i)
        composite[j] = 1;
    }
    say("sieve: %d primes below %d", primes, limit);
    send(PID_INIT, REPORT, primes);
    user_yield();
  }
  user_exit(0);
}

void indexer_main(void)
{
  static const char *const names[] = {"/bin/sh",     "/etc/hosts", "/usr/lib/libc.so", "/bin/editor",
                                      "/usr/bin/ls", "/etc/motd",  "/boot/image-3904", "/usr/bin/editor"};

  for (long count = 1; count <= NAMES; count++) {
    const char *name = count == NAME_OF_THE_KERNEL ? "/boot/kernel" : names[count % 8];
    long node = user_lookup(name);
    if (node < 0)
      say("indexer: %s: too many links", name);
    else if (count == NAME_OF_THE_KERNEL)
      say("indexer: name %d, %s, is node %d", count, name, node);
    if (count % 400 == 0) {
      say("indexer: %d names", count);
      send(PID_INIT, REPORT, count);
    }
    if (count == NAMES_BEFORE_PING)
      send(PID_PING, BEGIN, 0);
  }
  user_exit(0);
}

void ping_main(void)
{
  struct message message;

  receive(&message, BEGIN);
  say("ping: the index is there, beginning");

  for (long round = 1; round <= ROUNDS; round++) {
    send(PID_PONG, PING, round);
    receive(&message, PONG);
    if (message.number != round)
      say("ping: round %d was answered with %d", round, message.number);
    if (round % 500 == 0)
      say("ping: %d rounds, checksum %d", round, checksum(&message) % 100000);
  }
  send(PID_PONG, QUIT, 0);

  receive(&message, FINISH);
  say("ping: finishing, with seven reports");
  for (long i = 1; i <= 7; i++)
    send(PID_INIT, REPORT, message_count);
  say("ping: %d messages sent", message_count);
  user_exit(0);
}

void pong_main(void)
{
  struct message message;

  for (;;) {
    user_receive(&message, sizeof message);
    if (message.kind == QUIT)
      break;
    send(PID_PING, PONG, message.number);
  }
  say("pong: %d messages sent", message_count);
  user_exit(0);
}

static void send(long pid, long kind, long number)
{
  struct message message;

  message.kind = kind;
  message.number = number;
  for (unsigned long i = 0; i < sizeof message.payload; i++)
    message.payload[i] = number + i;
  while (user_send(pid, &message, sizeof message) < 0)
    user_yield();
  message_count++;
}

// Skips whatever else may come.
static void receive(struct message *message, long kind)
{
  do
    user_receive(message, sizeof *message);
  while (message->kind != kind);
}

static unsigned long checksum(const struct message *message)
{
  unsigned long sum = 5381;

  for (unsigned long i = 0; i < sizeof message->payload; i++)
    sum = sum * 33 + message->payload[i];
  return sum;
}
