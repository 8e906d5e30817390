import { analyze } from "./analyzer.ts";
import { createWorkspace, evaluate } from "./evaluate.ts";
import { buildPostings, type IndexedDocument } from "./postings.ts";

export interface SearchHit {
  readonly id: string;
  /** A float32 number above 0. */
  readonly score: number;
}

/** A full-text index that ranks as Lucene does with its EnglishAnalyzer and BM25 (k1 = 0.9, b = 0.4). */
export interface SearchIndex {
  /** How many documents it holds. */
  readonly size: number;
  /**
   * The documents that share a term with the query, at most `limit`, by descending score and then ascending id
   * (by code points). A term that occurs more than once counts more.
   */
  search(query: string, limit?: number): SearchHit[];
}

/** Indexes all documents, reading them once. Throws a RangeError if two have the same id. */
export function buildSearchIndex(documents: Iterable<IndexedDocument>): SearchIndex {
  const postings = buildPostings(documents);
  const workspace = createWorkspace();
  return {
    size: postings.ids.length,
    search: (query, limit = 50) =>
      evaluate(postings, analyze(query), limit, workspace).map(({ document, score }) => ({
        id: postings.ids[document] ?? "",
        score,
      })),
  };
}
