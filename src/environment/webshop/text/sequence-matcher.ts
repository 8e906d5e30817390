/**
 * How many characters Python's `difflib.SequenceMatcher(None, a, b)` finds in its matching blocks. `a` and `b`
 * are lists of code points. It takes the longest common block (the earliest in `a`, then in `b`, among equals),
 * and goes on to the left and to the right of it; blocks do not begin with characters that are popular in a long `b`.
 */
export function matchingCharacters(a: readonly number[], b: readonly number[]): number {
  const positions = positionsOf(b);
  let total = 0;
  const open = [{ aStart: 0, aEnd: a.length, bStart: 0, bEnd: b.length }];
  for (let range = open.pop(); range !== undefined; range = open.pop()) {
    const match = longestMatch(a, b, positions, range);
    if (match.size === 0) continue;
    total += match.size;
    open.push(
      { ...range, aEnd: match.aStart, bEnd: match.bStart },
      { ...range, aStart: match.aStart + match.size, bStart: match.bStart + match.size },
    );
  }
  return total;
}

interface Range {
  readonly aStart: number;
  readonly aEnd: number;
  readonly bStart: number;
  readonly bEnd: number;
}

/** From this length of `b` on, characters that make up more than a hundredth of it do not begin a block. */
const longText = 200;

function positionsOf(b: readonly number[]): Map<number, number[]> {
  const positions = new Map<number, number[]>();
  b.forEach((character, index) => {
    const found = positions.get(character);
    if (found === undefined) positions.set(character, [index]);
    else found.push(index);
  });
  if (b.length >= longText) {
    const limit = Math.floor(b.length / 100) + 1;
    for (const [character, found] of positions) if (found.length > limit) positions.delete(character);
  }
  return positions;
}

function longestMatch(
  a: readonly number[],
  b: readonly number[],
  positions: ReadonlyMap<number, readonly number[]>,
  { aStart, aEnd, bStart, bEnd }: Range,
): { aStart: number; bStart: number; size: number } {
  let bestA = aStart;
  let bestB = bStart;
  let size = 0;
  // lengths[j + 1]: the length of the common block that ends before the current place in a and at j in b.
  let lengths = new Map<number, number>();
  for (let i = aStart; i < aEnd; i++) {
    const next = new Map<number, number>();
    for (const j of positions.get(a[i] ?? -1) ?? []) {
      if (j < bStart) continue;
      if (j >= bEnd) break;
      const length = (lengths.get(j - 1) ?? 0) + 1;
      next.set(j, length);
      if (length > size) {
        bestA = i - length + 1;
        bestB = j - length + 1;
        size = length;
      }
    }
    lengths = next;
  }
  while (bestA > aStart && bestB > bStart && a[bestA - 1] === b[bestB - 1]) {
    bestA--;
    bestB--;
    size++;
  }
  while (bestA + size < aEnd && bestB + size < bEnd && a[bestA + size] === b[bestB + size]) size++;
  return { aStart: bestA, bStart: bestB, size };
}
