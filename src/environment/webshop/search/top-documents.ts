/** The best documents so far: highest score first, and among equals the one offered first. */
export interface TopDocuments {
  /** A document gets in only with a score above this. -1 while there is room. */
  readonly threshold: number;
  /** Offers a document, whose score must be above `threshold`. */
  insert(document: number, score: number): void;
  result(): { document: number; score: number }[];
}

export function createTopDocuments(limit: number): TopDocuments {
  const documents: number[] = [];
  const scores: number[] = [];
  let threshold = limit > 0 ? -1 : Number.POSITIVE_INFINITY;
  return {
    get threshold() {
      return threshold;
    },
    insert(document, score) {
      let low = 0;
      let high = scores.length;
      while (low < high) {
        const middle = (low + high) >> 1;
        if ((scores[middle] ?? 0) >= score) low = middle + 1;
        else high = middle;
      }
      documents.splice(low, 0, document);
      scores.splice(low, 0, score);
      if (scores.length > limit) {
        documents.pop();
        scores.pop();
      }
      if (scores.length === limit) threshold = scores[limit - 1] ?? 0;
    },
    result: () => documents.map((document, index) => ({ document, score: scores[index] ?? 0 })),
  };
}
