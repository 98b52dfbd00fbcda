// Pages and Sv39 page tables (Privileged, 4.4). The kernel maps itself at its physical addresses in every address
// space; entry 1 of a root table, the second gigabyte, is the process's own.

#include "kernel.h"

#define MEGAPAGE_BYTES (2UL << 20)
#define SATP_SV39 (8UL << 60)
#define PTE_TO_ADDRESS(entry) ((entry) >> 10 << 12)
#define ADDRESS_TO_PTE(address) ((u64)(address) >> 12 << 10)
#define INDEX(address, level) ((address) >> (12 + 9 * (level)) & 511)
#define USER_ROOT_ENTRY INDEX(USER_BASE, 2)

struct free_page {
  struct free_page *next;
};

extern char _text_end[], _end[];

static struct free_page *free_pages;
static page_table kernel_root;

static u64 *entry_at(page_table root, u64 virtual_address, int level_wanted, int create);
static void map_at(page_table root, u64 address, u64 physical, u64 permissions, int level);
static u64 user_to_physical(page_table root, u64 address);
static u64 bytes_in_page(u64 address, u64 size_bytes);

u64 memory_initialise(void)
{
  u64 count = 0;

  for (u64 page = MEMORY_END - PAGE_BYTES; page >= (u64)_end; page -= PAGE_BYTES, count++) {
    struct free_page *node = (struct free_page *)page;
    node->next = free_pages;
    free_pages = node;
  }

  kernel_root = page_allocate();
  page_map(kernel_root, FINISHER, FINISHER, PTE_R | PTE_W);
  page_map(kernel_root, UART, UART, PTE_R | PTE_W);
  map_at(kernel_root, PLIC, PLIC, PTE_R | PTE_W, 1);
  map_at(kernel_root, PLIC + MEGAPAGE_BYTES, PLIC + MEGAPAGE_BYTES, PTE_R | PTE_W, 1);
  // The first two megabytes page by page, so that text is not writable and data is not executable.
  for (u64 page = MEMORY_BASE; page < MEMORY_BASE + MEGAPAGE_BYTES; page += PAGE_BYTES)
    page_map(kernel_root, page, page, page < (u64)_text_end ? PTE_R | PTE_X : PTE_R | PTE_W);
  for (u64 page = MEMORY_BASE + MEGAPAGE_BYTES; page < MEMORY_END; page += MEGAPAGE_BYTES)
    map_at(kernel_root, page, page, PTE_R | PTE_W, 1);
  address_space_activate(kernel_root);
  return count;
}

void *page_allocate(void)
{
  struct free_page *page = free_pages;

  if (!page)
    panic("out of pages");
  free_pages = page->next;
  u64 *words = (u64 *)page;
  for (int i = 0; i < PAGE_BYTES / 8; i++)
    words[i] = 0;
  return page;
}

void page_free(void *page)
{
  struct free_page *node = page;

  node->next = free_pages;
  free_pages = node;
}

page_table kernel_address_space(void)
{
  return kernel_root;
}

page_table address_space_create(void)
{
  page_table root = page_allocate();

  for (int i = 0; i < 512; i++)
    root[i] = kernel_root[i];
  return root;
}

// Gives back the page tables, and the pages that may be written: the image's text is shared by all.
void address_space_destroy(page_table root)
{
  u64 *middle = (u64 *)PTE_TO_ADDRESS(root[USER_ROOT_ENTRY]);

  for (int i = 0; i < 512; i++) {
    if (!(middle[i] & PTE_V))
      continue;
    u64 *leaves = (u64 *)PTE_TO_ADDRESS(middle[i]);
    for (int j = 0; j < 512; j++)
      if (leaves[j] & PTE_W)
        page_free((void *)PTE_TO_ADDRESS(leaves[j]));
    page_free(leaves);
  }
  page_free(middle);
  page_free(root);
}

void address_space_activate(page_table root)
{
  csr_write(satp, SATP_SV39 | (u64)root >> 12);
  asm volatile("sfence.vma" ::: "memory");
}

void page_map(page_table root, u64 virtual_address, u64 physical_address, u64 permissions)
{
  map_at(root, virtual_address, physical_address, permissions, 0);
}

// Both copies look a page up once, then move what lies in it.
int copy_from_user(page_table root, void *to, u64 from, u64 size_bytes)
{
  while (size_bytes > 0) {
    u64 physical = user_to_physical(root, from), part_bytes = bytes_in_page(from, size_bytes);
    if (!physical)
      return -1;
    memcpy(to, (void *)physical, part_bytes);
    to += part_bytes, from += part_bytes, size_bytes -= part_bytes;
  }
  return 0;
}

int copy_to_user(page_table root, u64 to, const void *from, u64 size_bytes)
{
  while (size_bytes > 0) {
    u64 physical = user_to_physical(root, to), part_bytes = bytes_in_page(to, size_bytes);
    if (!physical)
      return -1;
    memcpy((void *)physical, from, part_bytes);
    to += part_bytes, from += part_bytes, size_bytes -= part_bytes;
  }
  return 0;
}

int copy_string_from_user(page_table root, char *to, u64 from, u64 size_bytes_max)
{
  for (u64 i = 0; i < size_bytes_max; i++) {
    if (copy_from_user(root, to + i, from + i, 1) < 0)
      return -1;
    if (to[i] == 0)
      return 0;
  }
  return -1;
}

static u64 user_to_physical(page_table root, u64 address)
{
  if (address >= USER_STACK_TOP)
    return 0;
  u64 *entry = entry_at(root, address, 0, 0);
  if (!entry || !(*entry & PTE_V) || !(*entry & PTE_U))
    return 0;
  return PTE_TO_ADDRESS(*entry) | address % PAGE_BYTES;
}

static u64 bytes_in_page(u64 address, u64 size_bytes)
{
  u64 rest_bytes = PAGE_BYTES - address % PAGE_BYTES;

  return size_bytes < rest_bytes ? size_bytes : rest_bytes;
}

// A and D are set from the start, so the hardware need not (Privileged, 4.3.1).
static void map_at(page_table root, u64 address, u64 physical, u64 permissions, int level)
{
  *entry_at(root, address, level, 1) = ADDRESS_TO_PTE(physical) | permissions | PTE_V | PTE_A | PTE_D;
}

static u64 *entry_at(page_table root, u64 virtual_address, int level_wanted, int create)
{
  u64 *table = root;

  for (int level = 2; level > level_wanted; level--) {
    u64 *entry = &table[INDEX(virtual_address, level)];
    if (!(*entry & PTE_V)) {
      if (!create)
        return 0;
      *entry = ADDRESS_TO_PTE(page_allocate()) | PTE_V;
    }
    table = (u64 *)PTE_TO_ADDRESS(*entry);
  }
  return &table[INDEX(virtual_address, level_wanted)];
}
