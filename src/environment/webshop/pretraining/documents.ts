import type { Random } from "../../../random.ts";
import type { Exercise } from "../../../trainer/pretraining/stage.ts";
import type { Message } from "../../../trajectory.ts";
import { brands } from "../generator/lexicon.ts";
import { titleText } from "../generator/text.ts";
import {
  drawAsin,
  drawListing,
  drawSimpleWish,
  drawWish,
  type Listed,
  priceText,
  type Wish,
  wishSentence,
  wishText,
} from "./listing.ts";

/*
 * The reading exercises that the base checkpoint is pretrained on: copying words, looking things up in a listing,
 * judging products against a wish, ticking off options. They use the words of the generated shop and its way to lay
 * out a page, and nothing else of it: no catalogue, no goal, no episode, no action, no reward.
 */

type Turns = readonly (readonly [question: string, answer: string])[];

function exercise(turns: Turns): Exercise {
  return {
    messages: turns.flatMap(([question, answer]): Message[] => [
      { role: "user", content: question },
      { role: "assistant", content: answer },
    ]),
  };
}

const separator = " [SEP] ";

/** Words and numbers in any order; the answer repeats them. */
export function copying(random: Random): Exercise {
  const words = Array.from({ length: 3 + random.integer(12) }, () => {
    const kind = random.next();
    if (kind < 0.4) return drawAsin(random);
    if (kind < 0.5) return random.pick(brands);
    const { product } = drawWish(random);
    return kind < 0.8 ? titleText(product) : priceText(product.cents);
  });
  return exercise([[words.join(separator), words.join(", ")]]);
}

/** A listing, then questions by ASIN: the answer is the title and price that stand behind it. */
export function lookingUp(random: Random): Exercise {
  const wish = drawWish(random);
  const listing = drawListing(random, wish, 3 + random.integer(8), 0.3);
  const [first, ...others] = random.sample(listing, 5);
  const answer = ({ product }: Listed) => `${titleText(product)}, ${priceText(product.cents)}`;
  if (first === undefined) return exercise([]);
  return exercise([
    [`${listingText(random, wish, listing)}${separator}${first.asin}`, answer(first)],
    ...others.map((listed) => [listed.asin, answer(listed)] as const),
  ]);
}

/** The wish in the words one would search for. */
export function wording(random: Random): Exercise {
  const wish = drawWish(random);
  return exercise([[`${heading(wish)}${separator}Search`, `${wishText(wish)}.`]]);
}

/** Every product of a listing judged against a wish; a simple one has one criterion: an attribute, or a price. */
export function judging(options: {
  readonly wish: "simple" | "full";
  readonly products: readonly [least: number, most: number];
}): (random: Random) => Exercise {
  const [least, most] = options.products;
  return (random) => {
    const wish = options.wish === "simple" ? drawSimpleWish(random) : drawWish(random);
    const listing = drawListing(random, wish, least + random.integer(most - least + 1), 0.3);
    return exercise([[listingText(random, wish, listing), `${verdicts(listing, new Set()).join(", ")}.`]]);
  };
}

/**
 * Several listings, some read twice, for one wish: products judged until one fits, which is then named; a product
 * named before is `seen`.
 */
export function choosing(random: Random): Exercise {
  const wish = drawWish(random);
  const named = new Set<string>();
  const turns: [string, string][] = [];
  let listing = drawListing(random, wish, 10, 0.12);
  for (let turn = 0; turn < 2 + random.integer(3); turn++) {
    const chosen = listing.find(({ asin, fits }) => fits && !named.has(asin));
    const read = chosen === undefined ? listing : listing.slice(0, listing.indexOf(chosen) + 1);
    const judged = `${verdicts(read, named).join(", ")}.`;
    turns.push([
      listingText(random, wish, listing),
      chosen === undefined ? judged : `${judged} [${chosen.asin}]`,
    ]);
    if (chosen !== undefined) named.add(chosen.asin);
    if (chosen === undefined || random.chance(0.3)) {
      listing = drawListing(random, wish, random.chance(0.8) ? 10 : 1 + random.integer(9), 0.12);
    }
  }
  return exercise(turns);
}

/** A product's page: each wanted option is offered or not; one after another is named and then counts as done. */
export function tickingOff(random: Random): Exercise {
  let wish = drawWish(random);
  while (wish.options.length === 0) wish = drawWish(random);
  const seller = random.chance(0.5) ? wish.product : drawListing(random, wish, 1, 1)[0]?.product;
  const product = seller ?? wish.product;
  const page = [
    heading(wish),
    "Back to Search",
    "< Prev",
    ...product.groups.flatMap(({ name, values }) => [name, ...values]),
    titleText(product),
    `Price: ${priceText(product.cents)}`,
    "Rating: N.A.",
    "Description",
    "Features",
    "Reviews",
    "Buy Now",
  ].join(separator);
  const offered = new Set(product.groups.flatMap(({ values }) => values));
  const done = new Set<string>();
  const turns: [string, string][] = [];
  for (;;) {
    const states = wish.options.map(({ value }) => {
      const state = done.has(value) ? "done" : offered.has(value) ? "yes" : "no";
      return `[${value}] ${state}`;
    });
    const next = wish.options.find(({ value }) => offered.has(value) && !done.has(value));
    turns.push([
      page,
      next === undefined ? `${states.join(", ")}.` : `${states.join(", ")}. [${next.value}]`,
    ]);
    if (next === undefined) return exercise(turns);
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
