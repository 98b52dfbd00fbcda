// The pool of message buffers: sixteen of them, kept on a free list when no message is in them.
// The list is last in, first out, so the buffer at its end is taken only when all others are in use at once.

#include "kernel.h"

__attribute__((section(".bss.page.buffers"), aligned(PAGE_BYTES))) struct buffer buffers[BUFFERS];
struct buffer *freelist;

static int is_buffer(const struct buffer *pointer);

void buffers_initialise(void)
{
  for (int i = BUFFERS - 1; i >= 0; i--)
    buffer_free(&buffers[i]);
  print("buffers: %d of %d bytes at %p\n", (u64)BUFFERS, sizeof(struct buffer), buffers);
}

struct buffer *buffer_allocate(void)
{
  struct buffer *buffer = freelist;

  if (!buffer)
    return 0;
  if (buffer->next && !is_buffer(buffer->next)) {
    print("buffers: free node %p has next %p\n", buffer, buffer->next);
    panic("freelist: corrupt node");
  }
  freelist = buffer->next;
  buffer->next = 0;
  return buffer;
}

void buffer_free(struct buffer *buffer)
{
  buffer->next = freelist;
  freelist = buffer;
}

static int is_buffer(const struct buffer *pointer)
{
  u64 offset = (u64)pointer - (u64)buffers;

  return offset < sizeof buffers && offset % sizeof(struct buffer) == 0;
}
