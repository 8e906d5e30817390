import type { CachePlace } from "./key-value-cache.ts";
import type { AppendRow } from "./types.ts";

/** Tokens of one sequence computed at once; bounds the memory of attention scores. */
const longestPiece = 512;
/** Pieces of up to so many tokens are computed in one run of attention, each as if it were as long as the longest. */
export const shortPiece = 8;
/** Rows between two rows of a bucket that are computed in vain rather than starting another run. */
const largestGap = 4;

/** Some tokens of one row of a call, computed in one pass. */
export interface Piece {
  readonly slot: number;
  readonly tokens: readonly number[];
  /** Position of the first token. */
  readonly start: number;
  /** Tokens in the slot after the call, for which room is made at once. */
  readonly finalLength: number;
  /** Which of its tokens' logits are wanted, and where in the call's result. */
  readonly wanted: readonly { readonly token: number; readonly row: number }[];
}

/** Pieces whose attention is computed in one run: short neighbours in a bucket, or a longer piece. */
export interface AttentionRun {
  readonly firstRow: number;
  readonly rows: number;
  /** Queries of each row. */
  readonly width: number;
  readonly place: CachePlace;
  /** Which of the run's queries belong to which of the pass's tokens. */
  readonly stretches: readonly Stretch[];
  readonly mask: Float32Array;
}

/** `count` queries in a row that belong to as many tokens in a row. */
export interface Stretch {
  readonly query: number;
  readonly token: number;
  count: number;
}

/** Cuts the rows of a call into passes of bounded size, in order. */
export function planPasses(
  rows: readonly AppendRow[],
  passTokens: number,
  lengthOf: (slot: number) => number,
): Piece[][] {
  const passes: Piece[][] = [];
  let current: Piece[] = [];
  let room = passTokens;
  const close = () => {
    if (current.length > 0) passes.push(current);
    current = [];
    room = passTokens;
  };
  let firstRow = 0;
  for (const { slot, tokens, logits = 1 } of rows) {
    const length = lengthOf(slot);
    const firstWanted = tokens.length - logits;
    for (let done = 0; done < tokens.length; ) {
      // A pass holds one piece of a row, because the piece's keys must stand in the cache before the next.
      if (done > 0) close();
      const size = Math.min(tokens.length - done, longestPiece, room);
      const end = done + size;
      current.push({
        slot,
        tokens: tokens.slice(done, end),
        start: length + done,
        finalLength: length + tokens.length,
        wanted: tokens
          .slice(done, end)
          .flatMap((_, token) =>
            done + token < firstWanted ? [] : [{ token, row: firstRow + done + token - firstWanted }],
          ),
      });
      room -= size;
      done = end;
      if (room === 0) close();
    }
    firstRow += logits;
  }
  close();
  return passes;
}

export function isShort({ tokens }: Piece): boolean {
  return tokens.length <= shortPiece;
}

/** Groups the pieces of a pass, sorted by length, bucket and row, into runs of the attention graph. */
export function planAttention(
  placed: readonly { readonly piece: Piece; readonly place: CachePlace }[],
): AttentionRun[] {
  const groups: { piece: Piece; place: CachePlace; token: number }[][] = [];
  let token = 0;
  for (const { piece, place } of placed) {
    const group = groups.at(-1);
    const before = group?.at(-1);
    const joins =
      before !== undefined &&
      isShort(piece) &&
      isShort(before.piece) &&
      before.place.bucket === place.bucket &&
      place.row - before.place.row <= largestGap;
    if (joins) group?.push({ piece, place, token });
    else groups.push([{ piece, place, token }]);
    token += piece.tokens.length;
  }
  return groups.flatMap((group) => {
    const [first, last] = [group[0], group.at(-1)];
    if (first === undefined || last === undefined) return [];
    const width = Math.max(...group.map(({ piece }) => piece.tokens.length));
    const firstRow = first.place.row;
    const rows = last.place.row - firstRow + 1;
    const { capacity } = first.place.bucket;
    // Queries without a token look everywhere: their result is ignored, but must be finite.
    const mask = new Float32Array(rows * width * capacity);
    const stretches: Stretch[] = [];
    for (const { piece, place, token: firstToken } of group) {
      const firstQuery = (place.row - firstRow) * width;
      const count = piece.tokens.length;
      for (let index = 0; index < count; index++) {
        const start = (firstQuery + index) * capacity;
        mask.fill(Number.NEGATIVE_INFINITY, start + piece.start + index + 1, start + capacity);
      }
      const before = stretches.at(-1);
      // Tokens of a group follow one another; its queries do too where no row between them is left out or shorter.
      if (before !== undefined && before.query + before.count === firstQuery) before.count += count;
      else stretches.push({ query: firstQuery, token: firstToken, count });
    }
    return [{ firstRow, rows, width, place: first.place, stretches, mask }];
  });
}
