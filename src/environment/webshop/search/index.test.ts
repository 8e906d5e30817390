import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { z } from "zod";
import { createRandom, type Random } from "../../../random.ts";
import { loadCatalogue } from "../files.ts";
import { indexedText } from "../product.ts";
import { analyze } from "./analyzer.ts";
import { decodeLength, encodeLength } from "./bm25.ts";
import { createWorkspace, evaluate } from "./evaluate.ts";
import { buildSearchIndex, type SearchHit } from "./index.ts";
import { buildPostings } from "./postings.ts";
import { hasRealData, readRealData, realDataDirectory } from "./real-data.test-helpers.ts";

interface Document {
  readonly id: string;
  readonly text: string;
}

/** Lucene's formula, document by document, with nothing left out. */
function plainSearch(documents: readonly Document[]): (query: string, limit: number) => SearchHit[] {
  const { fround } = Math;
  const counted = documents.map(({ id, text }) => ({
    id,
    terms: analyze(text),
    counts: counts(analyze(text)),
  }));
  const filled = counted.filter(({ terms }) => terms.length > 0);
  const average = fround(filled.reduce((sum, { terms }) => sum + terms.length, 0) / filled.length);
  return (query, limit) => {
    const clauses = [...counts(analyze(query))].map(([term, boost]) => {
      const having = filled.filter((other) => other.counts.has(term)).length;
      const idf = fround(Math.log(1 + (filled.length - having + 0.5) / (having + 0.5)));
      return { term, weight: fround(boost * idf) };
    });
    const hits = filled.map(({ id, terms, counts: own }) => {
      const relative = fround(fround(fround(0.4) * decodeLength(encodeLength(terms.length))) / average);
      const factor = fround(1 / fround(fround(0.9) * fround(fround(1 - fround(0.4)) + relative)));
      let sum = 0;
      for (const { term, weight } of clauses) {
        const frequency = own.get(term) ?? 0;
        sum += fround(weight - fround(weight / fround(1 + fround(frequency * factor))));
      }
      return { id, score: fround(sum) };
    });
    return hits
      .filter(({ score }) => score > 0)
      .sort((one, other) => other.score - one.score || (one.id < other.id ? -1 : 1))
      .slice(0, limit);
  };
}

function counts(terms: readonly string[]): Map<string, number> {
  const result = new Map<string, number>();
  for (const term of terms) result.set(term, (result.get(term) ?? 0) + 1);
  return result;
}

const words = ["red", "blue", "lamp", "lamps", "chair", "the", "wood", "x1"];

function randomText(random: Random): string {
  const times = () => (random.chance(0.01) ? 300 : 1 + random.integer(2));
  return Array.from({ length: random.integer(10) }, () => `${random.pick(words)} `.repeat(times())).join("");
}

describe("the search index", () => {
  it("finds, scores and orders as the plain formula does, at every limit", () => {
    fc.assert(
      fc.property(fc.nat(), fc.nat(200), fc.nat(45), (seed, size, limit) => {
        const random = createRandom(seed);
        const ids = random.sample([...Array(1000).keys()], size);
        const documents = ids.map((id) => ({ id: String(id), text: randomText(random) }));
        const query = randomText(random);
        const expected = plainSearch(documents)(query, limit);
        expect(buildSearchIndex(documents).search(query, limit)).toEqual(expected);
        // Windows of 32 documents, so that the shortcuts of later windows are taken.
        const postings = buildPostings(documents);
        const found = evaluate(postings, analyze(query), limit, createWorkspace(32));
        expect(found.map(({ document, score }) => ({ id: postings.ids[document], score }))).toEqual(expected);
      }),
      { numRuns: 60 },
    );
  });

  it("leaves nothing out in a large corpus, where most documents are never looked at", () => {
    const random = createRandom(4);
    const vocabulary = Array.from({ length: 60 }, (_, rank) => ({
      word: `w${rank}q`,
      share: 0.6 / (1 + rank),
    }));
    const words = () =>
      vocabulary.flatMap(({ word: own, share }) => {
        if (!random.chance(share)) return [];
        return random.chance(0.2) ? Array.from({ length: 1 + random.integer(4) }, () => own) : [own];
      });
    const documents = Array.from({ length: 20_000 }, (_, index) => ({
      id: `D${(index * 7919) % 20_000}`,
      text: words().slice(0, 39).join(" "),
    }));
    const index = buildSearchIndex(documents);
    const search = plainSearch(documents);
    for (let round = 0; round < 12; round++) {
      const query = random
        .sample(vocabulary, 1 + random.integer(6))
        .map((entry) => entry.word)
        .join(" ");
      const limit = random.pick([1, 3, 10, 50]);
      expect(index.search(query, limit)).toEqual(search(query, limit));
    }
  });

  it("counts a term that a document repeats hundreds of times in full", () => {
    const documents = [
      { id: "often", text: "lamp ".repeat(700) },
      { id: "less", text: `${"lamp ".repeat(300)}${"wood ".repeat(400)}` },
      ...Array.from({ length: 40 }, (_, index) => ({
        id: `other${index}`,
        text: index % 2 ? "wood" : "lamp wood",
      })),
    ];
    const [first, second] = buildSearchIndex(documents).search("lamp", 2);
    expect([first?.id, second?.id]).toEqual(["often", "less"]);
    const walkedAndLookedUp = buildSearchIndex(documents).search("lamp wood", 1);
    expect(walkedAndLookedUp[0]?.id).toBe("less");
  });

  it("finds nothing without a term, and nothing in an empty corpus", () => {
    expect(buildSearchIndex([{ id: "1", text: "lamp" }]).search("the of")).toEqual([]);
    expect(buildSearchIndex([]).search("lamp")).toEqual([]);
  });

  it("refuses two documents of one id", () => {
    const twice = [
      { id: "1", text: "lamp" },
      { id: "1", text: "chair" },
    ];
    expect(() => buildSearchIndex(twice)).toThrow(/two documents have the id 1/);
  });

  it.skipIf(!hasRealData)("gives Lucene's terms, top 50 and scores for every recorded query", () => {
    const schema = z.object({
      query: z.string(),
      tokens: z.array(z.string()),
      hits: z.array(z.tuple([z.string(), z.number()])),
    });
    const products = loadCatalogue(realDataDirectory).products();
    const index = buildSearchIndex(
      Iterator.from(products).map((product) => ({ id: product.asin, text: indexedText(product) })),
    );
    const lines = readRealData("bm25_1k.jsonl").trim().split("\n");
    expect(lines.length).toBeGreaterThan(0);
    for (const line of lines) {
      const { query, tokens, hits } = schema.parse(JSON.parse(line));
      expect(analyze(query)).toEqual(tokens);
      expect(index.search(query)).toEqual(hits.map(([id, score]) => ({ id, score: Math.fround(score) })));
    }
  });
});
