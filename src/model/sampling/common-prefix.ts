/** How many tokens `a`, from `start` on, and `b` have in common at their beginnings. */
export function commonPrefix(a: readonly number[], b: readonly number[], start = 0): number {
  const length = Math.min(a.length - start, b.length);
  let i = 0;
  while (i < length && a[start + i] === b[i]) i++;
  return i;
}
