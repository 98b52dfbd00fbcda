// The user programs' entry points, and the pids under which they know each other: init starts them in this order.
#pragma once

enum { PID_INIT = 1, PID_CLOCK, PID_SIEVE, PID_PONG, PID_PING, PID_INDEXER };

void init_main(void);
void clock_main(void);
void sieve_main(void);
void pong_main(void);
void ping_main(void);
void indexer_main(void);
