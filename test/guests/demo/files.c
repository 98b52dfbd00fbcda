// The file tree: built in, read only, with directories, files and symbolic links. Programs may only look names up.

#include "kernel.h"

#define PART_BYTES 128
#define LINKS_MAX 6

enum kind { DIRECTORY, FILE, LINK };

struct node {
  const char *name;
  enum kind kind;
  int parent; // a node's number
  const char *target;
};

// A node's number is its place in this table. 0 is the root.
static const struct node nodes[] = {
  {"", DIRECTORY, 0, 0},
  {"bin", DIRECTORY, 0, 0},
  {"boot", DIRECTORY, 0, 0},
  {"etc", DIRECTORY, 0, 0},
  {"usr", DIRECTORY, 0, 0},
  {"bin", LINK, 4, "/bin"},
  {"lib", DIRECTORY, 4, 0},
  {"sh", FILE, 1, 0},
  {"ls", FILE, 1, 0},
  {"editor", LINK, 1, "/etc/editor"},
  {"hosts", FILE, 3, 0},
  {"editor", LINK, 3, "/usr/bin/ed"},
  {"ed", FILE, 1, 0},
  {"motd", FILE, 3, 0},
  {"libc.so", LINK, 6, "libc.so.6"},
  {"libc.so.6", LINK, 6, "libc-2.so"},
  {"libc-2.so", FILE, 6, 0},
  // Each upgrade has left its link behind.
  {"kernel", LINK, 2, "latest"},
  {"latest", LINK, 2, "stable"},
  {"stable", LINK, 2, "version-3"},
  {"version-3", LINK, 2, "version-3.9"},
  {"version-3.9", LINK, 2, "version-3.9.4"},
  {"version-3.9.4", LINK, 2, "build-3904"},
  {"build-3904", LINK, 2, "signed-3904"},
  {"signed-3904", LINK, 2, "signed"},
  {"signed", LINK, 2, "image-3904"},
  {"image-3904", FILE, 2, 0},
};
#define NODES (int)(sizeof nodes / sizeof nodes[0])

static int path_resolve(int directory, const char *path, int links);
static const char *next_part(const char *path, char *part);
static int directory_find(int directory, const char *name);

void files_initialise(void)
{
  print("files: %d nodes\n", (u64)NODES);
}

int file_lookup(const char *path)
{
  return path_resolve(0, path, 0);
}

// The node that a path leads to from a directory, every link followed; or -1.
__attribute__((noinline)) static int path_resolve(int directory, const char *path, int links)
{
  char part[PART_BYTES];
  int node = *path == '/' ? 0 : directory;

#ifdef FIXED
  if (links > LINKS_MAX)
    return -1;
#endif
  while (node >= 0) {
    path = next_part(path, part);
    if (*part == 0)
      return node;
    node = directory_find(node, part);
    if (node >= 0 && nodes[node].kind == LINK)
      node = path_resolve(nodes[node].parent, nodes[node].target, links + 1);
  }
  return -1;
}

// Copies the path's first name, which is empty at the end, and returns what follows it.
__attribute__((noinline)) static const char *next_part(const char *path, char *part)
{
  int size = 0;

  while (*path == '/')
    path++;
  while (*path && *path != '/' && size < PART_BYTES - 1)
    part[size++] = *path++;
  part[size] = 0;
  return path;
}

static inline int names_equal(const char *a, const char *b)
{
  while (*a && *a == *b)
    a++, b++;
  return *a == *b;
}

__attribute__((noinline)) static int directory_find(int directory, const char *name)
{
  for (int i = 1; i < NODES; i++)
    if (nodes[i].parent == directory && names_equal(nodes[i].name, name))
      return i;
  return -1;
}
