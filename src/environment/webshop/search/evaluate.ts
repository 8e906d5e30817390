import { type Clause, clausesOf } from "./clauses.ts";
import { highFrequency, type Postings, skipTo } from "./postings.ts";
import { createTopDocuments, type TopDocuments } from "./top-documents.ts";

/**
 * What a query needs while it runs, kept between queries. Documents are scored a window at a time, so that these
 * arrays stay in the processor's cache. `scores` and `touched` are all zero after each query.
 */
export interface Workspace {
  /** By document of the window, the sum of the scores of the clauses walked so far. */
  readonly scores: Float64Array;
  /** One bit for each document of the window that has a score. Signed, because V8 is faster with it. */
  readonly touched: Int32Array;
  /** Documents of the window that may get into the result, ascending, and what is known of their scores. */
  readonly candidates: Int32Array;
  readonly candidateScores: Float64Array;
}

/** `windowSize`: how many documents are scored at a time, a multiple of 32. The results do not depend on it. */
export function createWorkspace(windowSize = 8192): Workspace {
  return {
    scores: new Float64Array(windowSize),
    touched: new Int32Array(windowSize / 32),
    candidates: new Int32Array(windowSize),
    candidateScores: new Float64Array(windowSize),
  };
}

/**
 * The `limit` best documents for a bag of terms, by descending score and then ascending number. MaxScore (Turtle
 * and Flood 1995): once the worst of the best is known, the terms with the lowest bounds that together cannot lift a
 * document above it are not walked any more, only looked up for documents that other terms brought in. Exact: a
 * document left out could at most have tied with one of a lower number. Sums are exact in double precision, so the
 * order of adding does not matter.
 */
export function evaluate(
  postings: Postings,
  terms: readonly string[],
  limit: number,
  workspace: Workspace,
): { document: number; score: number }[] {
  const clauses = clausesOf(postings, terms);
  const top = createTopDocuments(limit);
  const windowSize = workspace.scores.length;
  let firstEssential = 0;
  for (let first = 0; first < postings.ids.length; first += windowSize) {
    while (
      firstEssential < clauses.length &&
      Math.fround(clauses[firstEssential]?.highestUpTo ?? 0) <= top.threshold
    ) {
      firstEssential++;
    }
    if (firstEssential === clauses.length) break;
    const walked = clauses.slice(firstEssential);
    const lookedUp = clauses.slice(0, firstEssential);
    let count: number;
    const [only] = walked;
    if (walked.length === 1 && only !== undefined) {
      count = walkOne(postings, only, lookedUp.at(-1), first, workspace, top.threshold);
    } else {
      for (const clause of walked) walk(postings, clause, first, workspace);
      count = gather(postings, lookedUp.at(-1), first, workspace, top.threshold);
    }
    for (let index = lookedUp.length - 1; index >= 0 && count > 0; index--) {
      const clause = lookedUp[index];
      if (clause === undefined) continue;
      const look = clause.dense === undefined ? lookUp : lookUpDense;
      count = look(postings, clause, lookedUp[index - 1], count, workspace, top.threshold);
    }
    offer(workspace, count, top);
  }
  return top.result();
}

/** Adds one clause's scores to the window of documents that begins at `first`, and moves the clause behind it. */
function walk(postings: Postings, clause: Clause, first: number, workspace: Workspace): void {
  const { documents, frequencies, lengths } = postings;
  const { scores, touched } = workspace;
  const { end, scoresByLength } = clause;
  const behind = first + workspace.scores.length;
  let place = skipTo(documents, clause.place, end, first);
  for (; place < end; place++) {
    const document = documents[place] ?? 0;
    if (document >= behind) break;
    const slot = document - first;
    const frequency = frequencies[place] ?? 0;
    const length = lengths[document] ?? 0;
    const score = frequency === 1 ? (scoresByLength[length] ?? 0) : scoreAt(clause, place, frequency, length);
    scores[slot] = (scores[slot] ?? 0) + score;
    touched[slot >> 5] = (touched[slot >> 5] ?? 0) | (1 << (slot & 31));
  }
  clause.place = place;
}

/** Where a single clause is walked, its documents are candidates at once. Returns their number. */
function walkOne(
  postings: Postings,
  clause: Clause,
  nextClause: Clause | undefined,
  first: number,
  workspace: Workspace,
  threshold: number,
): number {
  const { documents, frequencies, lengths } = postings;
  const { candidates, candidateScores } = workspace;
  const { end, scoresByLength } = clause;
  const rest = nextClause?.highestByLength ?? noRest;
  const behind = first + workspace.scores.length;
  let count = 0;
  let place = skipTo(documents, clause.place, end, first);
  for (; place < end; place++) {
    const document = documents[place] ?? 0;
    if (document >= behind) break;
    const length = lengths[document] ?? 0;
    const frequency = frequencies[place] ?? 0;
    const score = frequency === 1 ? (scoresByLength[length] ?? 0) : scoreAt(clause, place, frequency, length);
    if (Math.fround(score + (rest[length] ?? 0)) <= threshold) continue;
    candidates[count] = document;
    candidateScores[count] = score;
    count++;
  }
  clause.place = place;
  return count;
}

const noRest = new Float64Array(256);

/** Moves the window's scores to the candidates, without those that cannot pass the threshold. Returns their number. */
function gather(
  postings: Postings,
  nextClause: Clause | undefined,
  first: number,
  { scores, touched, candidates, candidateScores }: Workspace,
  threshold: number,
): number {
  const { lengths } = postings;
  const rest = nextClause?.highestByLength ?? noRest;
  let count = 0;
  for (let word = 0; word < touched.length; word++) {
    let bits = touched[word] ?? 0;
    if (bits === 0) continue;
    touched[word] = 0;
    while (bits !== 0) {
      const slot = word * 32 + 31 - Math.clz32(bits & -bits);
      bits &= bits - 1;
      const document = first + slot;
      const score = scores[slot] ?? 0;
      scores[slot] = 0;
      if (Math.fround(score + (rest[lengths[document] ?? 0] ?? 0)) <= threshold) continue;
      candidates[count] = document;
      candidateScores[count] = score;
      count++;
    }
  }
  return count;
}

/** Adds a clause's scores to the first `count` candidates, and keeps those that may still pass. Returns their number. */
function lookUp(
  postings: Postings,
  clause: Clause,
  nextClause: Clause | undefined,
  count: number,
  { candidates, candidateScores }: Workspace,
  threshold: number,
): number {
  const { documents, frequencies, lengths } = postings;
  const { end, scoresByLength } = clause;
  const rest = nextClause?.highestByLength ?? noRest;
  let { place } = clause;
  let kept = 0;
  for (let index = 0; index < count; index++) {
    const document = candidates[index] ?? 0;
    const length = lengths[document] ?? 0;
    let score = candidateScores[index] ?? 0;
    place = skipTo(documents, place, end, document);
    if (place < end && documents[place] === document) {
      const frequency = frequencies[place] ?? 0;
      score += frequency === 1 ? (scoresByLength[length] ?? 0) : scoreAt(clause, place, frequency, length);
    }
    if (Math.fround(score + (rest[length] ?? 0)) <= threshold) continue;
    candidates[kept] = document;
    candidateScores[kept] = score;
    kept++;
  }
  clause.place = place;
  return kept;
}

/** The same for a dense clause. */
function lookUpDense(
  { documents, lengths }: Postings,
  clause: Clause,
  nextClause: Clause | undefined,
  count: number,
  { candidates, candidateScores }: Workspace,
  threshold: number,
): number {
  const { dense = noFrequencies, end, scoresByLength } = clause;
  const rest = nextClause?.highestByLength ?? noRest;
  let kept = 0;
  for (let index = 0; index < count; index++) {
    const document = candidates[index] ?? 0;
    const length = lengths[document] ?? 0;
    let score = candidateScores[index] ?? 0;
    const frequency = dense[document] ?? 0;
    if (frequency === 1) {
      score += scoresByLength[length] ?? 0;
    } else if (frequency === highFrequency) {
      clause.place = skipTo(documents, clause.place, end, document);
      score += scoreAt(clause, clause.place, frequency, length);
    } else if (frequency > 0) {
      score += clause.score(frequency, length);
    }
    if (Math.fround(score + (rest[length] ?? 0)) <= threshold) continue;
    candidates[kept] = document;
    candidateScores[kept] = score;
    kept++;
  }
  return kept;
}

const noFrequencies = new Uint8Array(0);

function scoreAt(clause: Clause, place: number, frequency: number, length: number): number {
  return clause.score(frequency === highFrequency ? clause.highFrequencyAt(place) : frequency, length);
}

function offer({ candidates, candidateScores }: Workspace, count: number, top: TopDocuments): void {
  for (let index = 0; index < count; index++) {
    const score = Math.fround(candidateScores[index] ?? 0);
    if (score > top.threshold) top.insert(candidates[index] ?? 0, score);
  }
}
