/**
 * Breakpoints as translated code knows them. A region belongs to where its code lies in RAM and may be run at any virtual address, so
 * that an instruction at the right offset in its page compares its address when it is come to.
 */

/** Virtual addresses of breakpoints, by their offset in a page. */
export type Stops = ReadonlyMap<number, readonly bigint[]>;

/** Offsets in a page of those that another set does not have. */
export const newStops = (stops: Stops, before: Stops): ReadonlySet<number> => {
  const offsets = new Set<number>();
  for (const [offset, addresses] of stops)
    if (addresses.some((address) => before.get(offset)?.includes(address) !== true)) offsets.add(offset);
  return offsets;
};
