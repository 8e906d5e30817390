/**
 * The numbers of Lucene's BM25Similarity with k1 = 0.9 and b = 0.4, in the float32 arithmetic it uses, so that
 * scores come out equal to the last bit.
 */
const k1 = Math.fround(0.9);
const b = Math.fround(0.4);
const oneMinusB = Math.fround(1 - b);

/** Lengths below this are kept exactly; a longer one keeps its four highest bits after subtracting this. */
const exactLengths = 24;

/** A document's number of terms as one byte (Lucene's SmallFloat.intToByte4). Monotone; exact below 40. */
export function encodeLength(length: number): number {
  if (length < exactLengths) return length;
  const rest = length - exactLengths;
  const bits = 32 - Math.clz32(rest);
  if (bits < 4) return exactLengths + rest;
  const shift = bits - 4;
  return exactLengths + (((rest >>> shift) & 7) | ((shift + 1) << 3));
}

/** The smallest length that `encodeLength` gives this byte to. */
export function decodeLength(byte: number): number {
  if (byte < exactLengths) return byte;
  const rest = byte - exactLengths;
  const shift = (rest >>> 3) - 1;
  return exactLengths + (shift < 0 ? rest & 7 : ((rest & 7) | 8) * 2 ** shift);
}

/**
 * For each length byte, what a term's frequency is multiplied by: 1 / (k1 * (1 - b + b * length / average)).
 * `averageLength` is the mean number of terms of the documents that have any.
 */
export function lengthFactors(averageLength: number): Float32Array {
  const average = Math.fround(averageLength);
  return Float32Array.from({ length: 256 }, (_, byte) => {
    const relative = Math.fround(Math.fround(b * decodeLength(byte)) / average);
    return Math.fround(1 / Math.fround(k1 * Math.fround(oneMinusB + relative)));
  });
}

/** A term's weight in a query that holds it `boost` times, if `documentFrequency` of `documentCount` documents have it. */
export function termWeight(boost: number, documentFrequency: number, documentCount: number): number {
  const inverseFrequency = Math.log(
    1 + (documentCount - documentFrequency + 0.5) / (documentFrequency + 0.5),
  );
  return Math.fround(boost * Math.fround(inverseFrequency));
}

/**
 * What one term adds to a document's score. `saturation` is the term's frequency in the document times the length
 * factor, in float32. Never falls as `saturation` grows, so that its maximum gives an upper bound.
 */
export function termScore(weight: number, saturation: number): number {
  return Math.fround(weight - Math.fround(weight / Math.fround(1 + saturation)));
}
