/* The same work on the host: what it prints is what the guest must print. */
#include <stdio.h>

#include "guest.h"

int main(void) {
  printf("%s: %016llx\n", NAME, (unsigned long long)work());
  return 0;
}
