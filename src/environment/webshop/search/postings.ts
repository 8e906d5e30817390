import { compareCodePoints } from "../python-text.ts";
import { encodeLength, lengthFactors } from "./bm25.ts";
import { createGrowingArray } from "./growing-array.ts";
import { createVocabularyBuilder, type Vocabulary } from "./vocabulary.ts";

/** A document to index. Ids are distinct. */
export interface IndexedDocument {
  readonly id: string;
  readonly text: string;
}

/**
 * An inverted index in a few flat arrays. Documents are numbered by their ids in ascending order, so that "ties by
 * id" is "ties by number". The postings of term t are at `starts[t]` to `starts[t + 1]`, by ascending document.
 */
export interface Postings {
  readonly vocabulary: Vocabulary;
  readonly ids: readonly string[];
  /** How many documents have at least one term. */
  readonly nonEmptyDocuments: number;
  readonly starts: Uint32Array;
  readonly documents: Int32Array;
  /** How often the term occurs in the document; 255 stands for what `highFrequencies` says. */
  readonly frequencies: Uint8Array;
  /** Frequencies from 255 on, by the place of the posting. */
  readonly highFrequencies: ReadonlyMap<number, number>;
  /** Each document's number of terms, as `encodeLength` writes it. */
  readonly lengths: Uint8Array;
  /** `lengthFactors` of this index. */
  readonly factors: Float32Array;
  /** For each term the highest saturation (frequency times length factor) of its postings. */
  readonly highestSaturations: Float32Array;
  /** For each term the highest frequency of its postings. */
  readonly highestFrequencies: Uint32Array;
  /** For terms of many documents, the frequency by document: looked up faster than in the postings. */
  readonly denseFrequencies: ReadonlyMap<number, Uint8Array>;
}

/** Terms and frequencies share 32 bits while documents come in: 24 for the term, 8 for the frequency. */
const termBits = 24;
const maximumTerms = 2 ** termBits;
export const highFrequency = 255;
/** A term is dense if more than one document in this many has it. */
const denseShare = 16;

/** Documents in the order they came: for each its terms, once, with their frequencies. */
interface ForwardIndex {
  readonly vocabulary: Vocabulary;
  readonly ids: readonly string[];
  readonly starts: { at(index: number): number };
  readonly entries: { readonly length: number; at(index: number): number };
  readonly highFrequencies: ReadonlyMap<number, number>;
  readonly lengths: { at(index: number): number };
}

/** Reads all documents once and inverts them. Throws a RangeError for a repeated id. */
export function buildPostings(documents: Iterable<IndexedDocument>): Postings {
  return invert(readDocuments(documents));
}

function readDocuments(documents: Iterable<IndexedDocument>): ForwardIndex {
  const vocabulary = createVocabularyBuilder();
  const ids: string[] = [];
  const starts = createGrowingArray();
  const entries = createGrowingArray();
  const highFrequencies = new Map<number, number>();
  const lengths = createGrowingArray();
  let counts = new Uint32Array(1 << 16);
  let distinct: number[] = [];
  let length = 0;
  const count = (term: number): void => {
    if (term >= counts.length) {
      if (term >= maximumTerms) throw new RangeError(`an index holds at most ${maximumTerms} distinct terms`);
      const larger = new Uint32Array(counts.length * 2);
      larger.set(counts);
      counts = larger;
    }
    const before = counts[term] ?? 0;
    if (before === 0) distinct.push(term);
    counts[term] = before + 1;
    length++;
  };
  for (const { id, text } of documents) {
    length = 0;
    vocabulary.forEachTerm(text, count);
    ids.push(id);
    starts.push(entries.length);
    lengths.push(length);
    for (const term of distinct) {
      const frequency = counts[term] ?? 0;
      if (frequency >= highFrequency) highFrequencies.set(entries.length, frequency);
      entries.push(term + Math.min(frequency, highFrequency) * 2 ** termBits);
      counts[term] = 0;
    }
    distinct = [];
  }
  starts.push(entries.length);
  return { vocabulary: vocabulary.finish(), ids, starts, entries, highFrequencies, lengths };
}

function invert(forward: ForwardIndex): Postings {
  const { vocabulary, entries } = forward;
  const order = ascendingOrder(forward.ids);
  const lengths = new Uint8Array(order.length);
  let nonEmptyDocuments = 0;
  let totalLength = 0;
  order.forEach((source, document) => {
    const length = forward.lengths.at(source);
    lengths[document] = encodeLength(length);
    totalLength += length;
    if (length > 0) nonEmptyDocuments++;
  });
  const factors = lengthFactors(nonEmptyDocuments === 0 ? 1 : totalLength / nonEmptyDocuments);

  const starts = startsOf(forward);
  const documents = new Int32Array(entries.length);
  const frequencies = new Uint8Array(entries.length);
  const highFrequencies = new Map<number, number>();
  const free = starts.slice();
  for (let document = 0; document < order.length; document++) {
    const source = order[document] ?? 0;
    const end = forward.starts.at(source + 1);
    for (let entry = forward.starts.at(source); entry < end; entry++) {
      const value = entries.at(entry);
      const term = value & (maximumTerms - 1);
      const place = free[term] ?? 0;
      free[term] = place + 1;
      documents[place] = document;
      const frequency = value >>> termBits;
      frequencies[place] = frequency;
      if (frequency === highFrequency) {
        highFrequencies.set(place, forward.highFrequencies.get(entry) ?? frequency);
      }
    }
  }
  const arrays = { starts, documents, frequencies, highFrequencies, lengths, factors };
  return {
    vocabulary,
    ids: Array.from(order, (source) => forward.ids[source] ?? ""),
    nonEmptyDocuments,
    ...arrays,
    ...highestOf(arrays),
    denseFrequencies: denseFrequencies(arrays),
  };
}

/** Counts the postings of each term, and sums the counts. */
function startsOf({ vocabulary, entries }: ForwardIndex): Uint32Array {
  const starts = new Uint32Array(vocabulary.size + 1);
  for (let entry = 0; entry < entries.length; entry++) {
    const next = (entries.at(entry) & (maximumTerms - 1)) + 1;
    starts[next] = (starts[next] ?? 0) + 1;
  }
  for (let term = 0; term < vocabulary.size; term++) {
    starts[term + 1] = (starts[term + 1] ?? 0) + (starts[term] ?? 0);
  }
  return starts;
}

type Arrays = Pick<
  Postings,
  "starts" | "documents" | "frequencies" | "highFrequencies" | "lengths" | "factors"
>;

function highestOf({
  starts,
  documents,
  frequencies,
  highFrequencies,
  lengths,
  factors,
}: Arrays): Pick<Postings, "highestSaturations" | "highestFrequencies"> {
  const highestSaturations = new Float32Array(starts.length - 1);
  const highestFrequencies = new Uint32Array(starts.length - 1);
  for (let term = 0; term < highestFrequencies.length; term++) {
    const end = starts[term + 1] ?? 0;
    let highestFrequency = 0;
    let highestSaturation = 0;
    for (let place = starts[term] ?? 0; place < end; place++) {
      let frequency = frequencies[place] ?? 0;
      if (frequency === highFrequency) frequency = highFrequencies.get(place) ?? frequency;
      highestFrequency = Math.max(highestFrequency, frequency);
      const saturation = frequency * (factors[lengths[documents[place] ?? 0] ?? 0] ?? 0);
      highestSaturation = Math.max(highestSaturation, saturation);
    }
    highestFrequencies[term] = highestFrequency;
    // Rounded only here: rounding keeps the order.
    highestSaturations[term] = highestSaturation;
  }
  return { highestSaturations, highestFrequencies };
}

function denseFrequencies({ starts, documents, frequencies, lengths }: Arrays): Map<number, Uint8Array> {
  const dense = new Map<number, Uint8Array>();
  for (let term = 0; term + 1 < starts.length; term++) {
    const start = starts[term] ?? 0;
    const end = starts[term + 1] ?? 0;
    if ((end - start) * denseShare <= lengths.length) continue;
    const byDocument = new Uint8Array(lengths.length);
    for (let place = start; place < end; place++) byDocument[documents[place] ?? 0] = frequencies[place] ?? 0;
    dense.set(term, byDocument);
  }
  return dense;
}

/** The places of the ids, in the order of the ids. */
function ascendingOrder(ids: readonly string[]): Uint32Array {
  const order = Uint32Array.from(ids, (_, index) => index);
  order.sort((one, other) => compareCodePoints(ids[one] ?? "", ids[other] ?? ""));
  for (let place = 1; place < order.length; place++) {
    const id = ids[order[place] ?? 0];
    if (id === ids[order[place - 1] ?? 0]) throw new RangeError(`two documents have the id ${id}`);
  }
  return order;
}

/** The first place from `place` on whose document is not before `document`: doubling steps, then bisection. */
export function skipTo(documents: Int32Array, place: number, end: number, document: number): number {
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
    const middle = low + ((high - low) >> 1);
    if ((documents[middle] ?? 0) < document) low = middle + 1;
    else high = middle;
  }
  return low;
}
