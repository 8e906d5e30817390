import { termScore, termWeight } from "./bm25.ts";
import { highFrequency, type Postings } from "./postings.ts";

/** One distinct term of a query, with the place it has got to in its postings. */
export interface Clause {
  readonly end: number;
  place: number;
  /** By document, the term's frequency, if the term is dense; where it says 255, ask the postings. */
  readonly dense: Uint8Array | undefined;
  /** By length byte, the score of a document that has the term once. */
  readonly scoresByLength: Float32Array;
  /** The score of a document by the term's frequency and the document's length byte. */
  score(frequency: number, length: number): number;
  /** The frequency at a place of the postings where they say 255. */
  highFrequencyAt(place: number): number;
  /** The most that this clause and those before it (with lower bounds) can add to any document's score. */
  readonly highestUpTo: number;
  /** The same by the document's length byte; tighter, because long documents score less. */
  readonly highestByLength: Float64Array;
}

/** The clauses of a query by ascending bound. Terms that no document has are left out. */
export function clausesOf(postings: Postings, terms: readonly string[]): Clause[] {
  const boosts = new Map<number, number>();
  for (const term of terms) {
    const number = postings.vocabulary.find(term);
    if (number !== undefined) boosts.set(number, (boosts.get(number) ?? 0) + 1);
  }
  const bounded = Array.from(boosts, ([term, boost]) => {
    const place = postings.starts[term] ?? 0;
    const end = postings.starts[term + 1] ?? 0;
    const weight = termWeight(boost, end - place, postings.nonEmptyDocuments);
    return { term, place, end, weight, bound: termScore(weight, postings.highestSaturations[term] ?? 0) };
  }).sort((one, other) => one.bound - other.bound);

  const clauses: Clause[] = [];
  let highestUpTo = 0;
  let highestByLength = new Float64Array(256);
  for (const { term, place, end, weight, bound } of bounded) {
    highestUpTo += bound;
    const highestFrequency = postings.highestFrequencies[term] ?? 0;
    highestByLength = highestByLength.map((sum, length) => {
      const saturation = Math.fround(highestFrequency * (postings.factors[length] ?? 0));
      return sum + Math.min(bound, termScore(weight, saturation));
    });
    const scoresByLength = postings.factors.map((factor) => termScore(weight, factor));
    clauses.push({
      place,
      end,
      dense: postings.denseFrequencies.get(term),
      scoresByLength,
      score: (frequency, length) =>
        termScore(weight, Math.fround(frequency * (postings.factors[length] ?? 0))),
      highFrequencyAt: (place) => postings.highFrequencies.get(place) ?? highFrequency,
      highestUpTo,
      highestByLength,
    });
  }
  return clauses;
}
