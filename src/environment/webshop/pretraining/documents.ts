import type { Random } from "../../../random.ts";
import type { DrawDocument, Exercise } from "../../../trainer/pretraining/stage.ts";
import type { Message } from "../../../trajectory.ts";
import { brands } from "../generator/lexicon.ts";
import { titleText } from "../generator/text.ts";
import {
  drawAsin,
  drawListing,
  drawWish,
  type Listed,
  priceText,
  type Wish,
  wishSentence,
  wishText,
} from "./listing.ts";

/*
 * The reading exercises that the base checkpoint is pretrained on: copying words, judging products against a wish,
 * finding the wanted options on a product's page. They use the words of the generated shop, its way to lay out a page
 * and the form of a turn (a thought, then a short answer), and nothing else of it: no catalogue, no goal, no episode,
 * no action, no reward.
 */

const separator = " [SEP] ";

type Turn = readonly (readonly [question: string, thought: string, answer?: string])[];

/** What stands at the beginning of some documents, as a transcript begins with a task. */
export const readingPrompt = "Read the page. Write a thought, then one answer: [words] or [none].";

function exercise(random: Random, turns: Turn): Exercise {
  const prompt: Message[] = random.chance(0.3) ? [{ role: "system", content: readingPrompt }] : [];
  return {
    messages: [
      ...prompt,
      ...turns.flatMap(([question, thought, answer]): Message[] => [
        { role: "user", content: question },
        {
          role: "assistant",
          content: `Thought: ${thought}.${answer === undefined ? "" : `\nAnswer: [${answer}]`}`,
        },
      ]),
    ],
  };
}

/** Words and numbers in any order; the answer repeats them. */
export const copying: DrawDocument = (random) => {
  const words = Array.from({ length: 2 + random.integer(12) }, () => {
    const kind = random.next();
    if (kind < 0.4) return drawAsin(random);
    if (kind < 0.5) return random.pick(brands);
    const wish = drawWish(random);
    if (kind < 0.6) return wish.options.map(({ value }) => value).join(" ") || random.pick(brands);
    return kind < 0.85 ? titleText(wish.product) : priceText(wish.product.cents);
  });
  return exercise(random, [[words.join(separator), words.join(", ")]]);
};

/** The wish in the words one would search for. */
export const wording: DrawDocument = (random) => {
  const wish = drawWish(random);
  return exercise(random, [
    [`WebShop${separator}${heading(wish)}${separator}Search`, wishText(wish), wishText(wish)],
  ]);
};

/** A listing in short: the names of its products in order, each with its price, or with its brand, or alone. */
export const outlining: DrawDocument = (random) => {
  const wish = drawWish(random);
  const listing = drawListing(random, wish, 2 + random.integer(9), 0.3);
  const detail = random.pick<(listed: Listed) => string>([
    ({ asin, product }) => `${asin} $${Math.floor(product.cents / 100)}`,
    ({ asin, product }) => `${asin} ${product.brand} $${Math.floor(product.cents / 100)}`,
    ({ asin }) => asin,
  ]);
  return exercise(random, [[listingText(random, wish, listing), listing.map(detail).join(", ")]]);
};

/** Many prices compared with one limit. */
export const comparing: DrawDocument = (random) => {
  const limit = 10 * (1 + random.integer(13));
  const prices = Array.from({ length: 4 + random.integer(10) }, () =>
    random.chance(0.5)
      ? 100 + random.integer(9900)
      : Math.max(100, limit * 100 + random.integer(2000) - 1000),
  );
  const question = [`Price lower than ${limit}.00 dollars`, ...prices.map(priceText)].join(separator);
  const compared = prices.map(
    (cents) => `$${Math.floor(cents / 100)} < ${limit} ${cents < limit * 100 ? "yes" : "no"}`,
  );
  return exercise(random, [[question, compared.join(", ")]]);
};

/** Every product of a listing judged against a wish. */
export function judging(least: number, most: number): DrawDocument {
  return (random) => {
    const wish = drawWish(random);
    const listing = drawListing(random, wish, least + random.integer(most - least + 1), 0.3);
    return exercise(random, [[listingText(random, wish, listing), verdicts(listing, new Set()).join(", ")]]);
  };
}

/** One page of a product after another: the wanted options that it offers are named one by one. */
export const findingOptions: DrawDocument = (random) => {
  const wish = drawWishWithOptions(random);
  const pages = 1 + random.integer(3);
  return exercise(random, Array.from({ length: pages }, () => optionTurns(random, wish)).flat());
};

/**
 * Pages of all kinds for one wish, in no order: in a listing, the first product that fits and was not named before;
 * on a product's page, its options.
 */
export const browsing: DrawDocument = (random) => {
  const wish = drawWish(random);
  const named = new Set<string>();
  const turns: Turn[number][] = [];
  let listing = drawListing(random, wish, 10, 0.12);
  for (let page = 2 + random.integer(3); page > 0; page--) {
    if (random.chance(0.35)) {
      turns.push(...optionTurns(random, wish));
      continue;
    }
    const chosen = listing.find(({ asin, fits }) => fits && !named.has(asin));
    const read = chosen === undefined ? listing : listing.slice(0, listing.indexOf(chosen) + 1);
    turns.push([
      listingText(random, wish, listing),
      verdicts(read, named).join(", "),
      chosen?.asin ?? "none",
    ]);
    if (chosen !== undefined) named.add(chosen.asin);
    if (chosen === undefined || random.chance(0.3)) {
      listing = drawListing(random, wish, random.chance(0.8) ? 10 : 1 + random.integer(9), 0.12);
    }
  }
  return exercise(random, turns);
};

function drawWishWithOptions(random: Random): Wish {
  for (;;) {
    const wish = drawWish(random);
    if (wish.options.length > 0) return wish;
  }
}

/** A product's page again and again, until all that is wanted has been named, or something is not there. */
function optionTurns(random: Random, wish: Wish): Turn[number][] {
  const offer = random.chance(0.5) ? wish.product : drawListing(random, wish, 1, 1)[0]?.product;
  const product = offer ?? wish.product;
  const options = product.groups.flatMap(({ name, values }) => [name, ...values]);
  const page = [
    heading(wish),
    "Back to Search",
    "< Prev",
    ...options,
    titleText(product),
    `Price: ${priceText(product.cents)}`,
    "Rating: N.A.",
    "Description",
    "Features",
    "Reviews",
    "Buy Now",
  ].join(separator);
  if (wish.options.length === 0) return [[page, "fits", "all"]];
  const offered = new Set(product.groups.flatMap(({ values }) => values));
  const readAloud = options.join(" ");
  const done = new Set<string>();
  const turns: Turn[number][] = [];
  for (;;) {
    const state = (value: string) => (done.has(value) ? "done" : offered.has(value) ? "yes" : "no");
    const states = wish.options.map(({ value }) => `${value} ${state(value)}`).join(", ");
    const thought = `${readAloud}: ${states}`;
    const missing = wish.options.some(({ value }) => !offered.has(value));
    const next = wish.options.find(({ value }) => offered.has(value) && !done.has(value));
    turns.push([page, thought, missing ? "none" : (next?.value ?? "all")]);
    if (missing || next === undefined) return turns;
    done.add(next.value);
  }
}

function heading(wish: Wish): string {
  return `Instruction:${separator}${wishSentence(wish)}`;
}

function listingText(random: Random, wish: Wish, listing: readonly Listed[]): string {
  const page = 1 + random.integer(5);
  return [
    heading(wish),
    "Back to Search",
    `Page ${page} (Total results: ${random.chance(0.7) ? 50 : 1 + random.integer(50)})`,
    ...(page > 1 ? ["< Prev"] : []),
    "Next >",
    ...listing.flatMap(({ asin, product }) => [asin, titleText(product), priceText(product.cents)]),
  ].join(separator);
}

/** Each product read aloud, then checked point by point; of what was named before only that it is `seen`. */
function verdicts(listing: readonly Listed[], named: ReadonlySet<string>): string[] {
  return listing.map(({ asin, product, checked, fits }) => {
    if (named.has(asin)) return `${asin} seen`;
    const read = `${titleText(product)} $${Math.floor(product.cents / 100)}`;
    return `${asin} ${read}: ${checked.join(", ")} ${fits ? "yes" : "no"}`;
  });
}
