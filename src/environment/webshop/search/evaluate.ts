import { termScore, termWeight } from "./bm25.ts";
import { highFrequency, type Postings } from "./postings.ts";
import { createTopDocuments, type TopDocuments } from "./top-documents.ts";

/** Documents are scored this many at a time, in an array that fits the processor's cache. */
const windowSize = 8192;

/** One distinct term of a query, with the place it has got to in its postings. */
interface Clause {
  readonly weight: number;
  /** The most that it can add to any score. */
  readonly bound: number;
  readonly end: number;
  place: number;
}

/** What a query needs while it runs; kept between queries because it is zero again after each. */
export interface Workspace {
  readonly scores: Float64Array;
  /** One bit for each document of the window that has a score. */
  readonly touched: Uint32Array;
}

export function createWorkspace(): Workspace {
  return { scores: new Float64Array(windowSize), touched: new Uint32Array(windowSize / 32) };
}

/**
 * The `limit` best documents for a bag of terms, by descending score and then ascending number. MaxScore (Turtle
 * and Flood 1995): once the worst of the best is known, the terms with the lowest bounds that together cannot lift a
 * document above it are not walked any more, only looked up for documents that other terms brought in. Exact: a
 * document left out could at most have tied with one of a lower number.
 */
export function evaluate(
  postings: Postings,
  terms: readonly string[],
  limit: number,
  workspace: Workspace,
): { document: number; score: number }[] {
  const clauses = clausesOf(postings, terms);
  const boundsUpTo = cumulativeBounds(clauses);
  const top = createTopDocuments(limit);
  let firstEssential = 0;
  for (let first = 0; first < postings.ids.length; first += windowSize) {
    while (
      firstEssential < clauses.length &&
      Math.fround(boundsUpTo[firstEssential + 1] ?? 0) <= top.threshold
    ) {
      firstEssential++;
    }
    if (firstEssential === clauses.length) break;
    for (let index = firstEssential; index < clauses.length; index++) {
      const clause = clauses[index];
      if (clause !== undefined) addScores(postings, clause, first, workspace);
    }
    collect(postings, clauses.slice(0, firstEssential), boundsUpTo, first, workspace, top);
  }
  return top.result();
}

/** The clauses of a query by ascending bound. Terms that no document has are left out. */
function clausesOf(postings: Postings, terms: readonly string[]): Clause[] {
  const boosts = new Map<number, number>();
  for (const term of terms) {
    const number = postings.vocabulary.find(term);
    if (number !== undefined) boosts.set(number, (boosts.get(number) ?? 0) + 1);
  }
  const clauses = Array.from(boosts, ([term, boost]): Clause => {
    const place = postings.starts[term] ?? 0;
    const end = postings.starts[term + 1] ?? 0;
    const weight = termWeight(boost, end - place, postings.nonEmptyDocuments);
    return { weight, bound: termScore(weight, postings.highestSaturations[term] ?? 0), place, end };
  });
  return clauses.sort((one, other) => one.bound - other.bound);
}

/** At n, the sum of the first n bounds. */
function cumulativeBounds(clauses: readonly Clause[]): Float64Array {
  const sums = new Float64Array(clauses.length + 1);
  clauses.forEach((clause, index) => {
    sums[index + 1] = (sums[index] ?? 0) + clause.bound;
  });
  return sums;
}

/** Adds one clause's scores to the window of documents that begins at `first`, and moves the clause behind it. */
function addScores(postings: Postings, clause: Clause, first: number, workspace: Workspace): void {
  const { documents, frequencies, lengths, factors, highFrequencies } = postings;
  const { scores, touched } = workspace;
  const { weight, end } = clause;
  const behind = first + windowSize;
  let place = skipTo(documents, clause.place, end, first);
  for (; place < end; place++) {
    const document = documents[place] ?? 0;
    if (document >= behind) break;
    let frequency = frequencies[place] ?? 0;
    if (frequency === highFrequency) frequency = highFrequencies.get(place) ?? frequency;
    const saturation = Math.fround(frequency * (factors[lengths[document] ?? 0] ?? 0));
    const slot = document - first;
    scores[slot] = (scores[slot] ?? 0) + termScore(weight, saturation);
    touched[slot >> 5] = (touched[slot >> 5] ?? 0) | (1 << (slot & 31));
  }
  clause.place = place;
}

/** Completes the scores of the window's documents with the clauses that were not walked, and offers the documents. */
function collect(
  postings: Postings,
  lookedUp: readonly Clause[],
  boundsUpTo: Float64Array,
  first: number,
  { scores, touched }: Workspace,
  top: TopDocuments,
): void {
  for (let word = 0; word < touched.length; word++) {
    let bits = touched[word] ?? 0;
    touched[word] = 0;
    while (bits !== 0) {
      const slot = word * 32 + 31 - Math.clz32(bits & -bits);
      bits &= bits - 1;
      let score = scores[slot] ?? 0;
      scores[slot] = 0;
      let left = lookedUp.length;
      while (left > 0 && Math.fround(score + (boundsUpTo[left] ?? 0)) > top.threshold) {
        left--;
        const clause = lookedUp[left];
        if (clause !== undefined) score += scoreOf(postings, clause, first + slot);
      }
      const rounded = Math.fround(score);
      if (left === 0 && rounded > top.threshold) top.insert(first + slot, rounded);
    }
  }
}

/** What a clause adds to one document's score; moves the clause to it. */
function scoreOf(postings: Postings, clause: Clause, document: number): number {
  const { documents, frequencies, lengths, factors, highFrequencies } = postings;
  const place = skipTo(documents, clause.place, clause.end, document);
  clause.place = place;
  if (place >= clause.end || documents[place] !== document) return 0;
  let frequency = frequencies[place] ?? 0;
  if (frequency === highFrequency) frequency = highFrequencies.get(place) ?? frequency;
  return termScore(clause.weight, Math.fround(frequency * (factors[lengths[document] ?? 0] ?? 0)));
}

/** The first place from `place` on whose document is not before `document`: doubling steps, then bisection. */
function skipTo(documents: Int32Array, place: number, end: number, document: number): number {
  if (place >= end || (documents[place] ?? 0) >= document) return place;
  let step = 1;
  let low = place;
  while (low + step < end && (documents[low + step] ?? 0) < document) {
    low += step;
    step *= 2;
  }
  let high = Math.min(low + step, end);
  low++;
  while (low < high) {
    const middle = Math.floor((low + high) / 2);
    if ((documents[middle] ?? 0) < document) low = middle + 1;
    else high = middle;
  }
  return low;
}
