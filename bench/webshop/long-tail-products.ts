import { closeSync, openSync, writeSync } from "node:fs";
import { join } from "node:path";
import { createRandom, deriveSeed, type Random } from "../../src/random.ts";

/**
 * Products of the size and the word frequencies of a scraped catalogue: about 2 kB of JSON each, words that follow
 * Zipf's law over a large vocabulary. They mean nothing; only their amount matters. The project's own generator makes
 * shorter texts of some hundred words.
 */
interface LongTailProduct {
  readonly item: Record<string, unknown>;
  readonly asin: string;
  readonly instruction: Record<string, unknown>;
}

const vocabularySize = 300_000;
const syllables = "ba ce di fo gu ha je ki lo mu na pe qui ro su ta ve wi xo yu zan mer lin dor tek".split(
  " ",
);
const commonWords = (
  "and for with the of to in your is easy use home black white blue red green set size pack inch large small soft " +
  "cotton steel wood glass water light table chair lamp shirt shoes women men kids kitchen outdoor wireless portable " +
  "durable comfortable adjustable lightweight high quality great gift perfect design style modern natural organic"
).split(" ");

/** Writes `items_shuffle.json` and `items_ins_v2.json` of `count` products into a directory. */
export function writeLongTailCatalogue(count: number, seed: number, directory: string): void {
  const items = openSync(join(directory, "items_shuffle.json"), "w");
  const instructions = openSync(join(directory, "items_ins_v2.json"), "w");
  let itemsText = "[";
  let instructionsText = "{";
  let separator = "";
  for (const { asin, item, instruction } of longTailProducts(count, seed)) {
    itemsText += `${separator}${JSON.stringify(item)}`;
    instructionsText += `${separator}"${asin}":${JSON.stringify(instruction)}`;
    separator = ",\n";
    if (itemsText.length < 2 ** 20) continue;
    writeSync(items, itemsText);
    writeSync(instructions, instructionsText);
    itemsText = "";
    instructionsText = "";
  }
  writeSync(items, `${itemsText}]`);
  writeSync(instructions, `${instructionsText}}`);
  closeSync(items);
  closeSync(instructions);
}

/** `count` products, the same for the same seed, one after another. */
function* longTailProducts(count: number, seed: number): Generator<LongTailProduct> {
  const random = createRandom(deriveSeed("long-tail-products", seed));
  for (let index = 0; index < count; index++) {
    const asin = `B${index.toString(36).toUpperCase().padStart(5, "0")}${random
      .integer(36 ** 4)
      .toString(36)
      .toUpperCase()
      .padStart(4, "0")}`;
    const query = sentence(random, 2);
    const attributes = Array.from({ length: 1 + random.integer(5) }, () => sentence(random, 2));
    yield {
      asin,
      item: {
        name: sentence(random, 8 + random.integer(16)),
        full_description: sentence(random, random.integer(150)),
        pricing: random.chance(0.9) ? `$${(1 + random.next() * 200).toFixed(2)}` : "",
        images: [],
        product_category: `${sentence(random, 2)} › ${sentence(random, 2)} › ${sentence(random, 1)}`,
        average_rating: "",
        small_description: Array.from({ length: 1 + random.integer(6) }, () =>
          sentence(random, 10 + random.integer(25)),
        ),
        customization_options: random.chance(0.5) ? "" : options(random),
        asin,
        category: random.pick(["beauty", "garden", "grocery", "fashion", "electronics"]),
        query,
        page: 1,
      },
      instruction: {
        attributes,
        instruction: `i am looking for ${query} that is ${attributes[0]}`,
        instruction_attributes: attributes.slice(0, 1),
      },
    };
  }
}

function options(random: Random): Record<string, unknown> {
  const values = (count: number) =>
    Array.from({ length: count }, () => ({ value: sentence(random, 1 + random.integer(3)) }));
  return { Color: values(1 + random.integer(10)), Size: values(1 + random.integer(6)) };
}

function sentence(random: Random, words: number): string {
  return Array.from({ length: words }, () => word(random)).join(" ");
}

/** The word of rank r comes up about in proportion to 1 / r. */
function word(random: Random): string {
  const rank = Math.floor(vocabularySize ** random.next());
  return commonWords[rank - 1] ?? spelled(rank);
}

function spelled(rank: number): string {
  let result = "";
  for (let rest = rank; rest > 0; rest = Math.floor(rest / syllables.length)) {
    result += syllables[rest % syllables.length] ?? "";
  }
  return result;
}
