/** Looking things up in what is sorted. */

/** How many of a sorted run are at or below a key. */
export const countUpTo = <Key extends bigint | number>(
  count: number,
  keyAt: (index: number) => Key,
  key: Key,
): number => {
  let low = 0;
  let high = count;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if (keyAt(middle) <= key) low = middle + 1;
    else high = middle;
  }
  return low;
};
