/** How much memory this program has. In a browser: web/memory-use.ts. */

export interface MemoryUse {
  /** All of the process that is in memory. */
  readonly residentBytes: number;
  /** JavaScript's objects. */
  readonly heapBytes: number;
}

export const memoryUse = (): MemoryUse => {
  const { rss, heapUsed } = process.memoryUsage();
  return { residentBytes: rss, heapBytes: heapUsed };
};
