import { createRandom, deriveSeed } from "../../random.ts";
import type { Catalogue } from "./catalogue.ts";
import { WebShopError } from "./errors.ts";
import { listingBlock } from "./listing.ts";
import { createLruCache } from "./lru-cache.ts";
import { tagNouns } from "./noun-tagger.ts";
import { createBlock, type PageBlock, textNode } from "./page-block.ts";
import { createProductView, type ProductView } from "./product-view.ts";
import { pythonStrip } from "./python-text.ts";
import { type NounTagger, type RewardParts, rewardOf } from "./reward.ts";
import type { Session, SessionState } from "./session.ts";
import { createPythonRandom } from "./text/python-random.ts";

export { pageSize } from "./listing.ts";

/** Results of a search, at most. */
const resultLimit = 50;

/** A catalogue opened for business: what all sessions share. It has caches, but nothing that changes an answer. */
export interface Shop {
  readonly catalogue: Catalogue;
  readonly seed: number;
  /** @throws WebShopError if there is no such product */
  view(asin: string): ProductView;
  /** The price that a purchase is judged by. Where the product has a price range, it is drawn from the seed. */
  price(asin: string, session?: Session): number;
  /** ASINs that a query finds, best first. Not for the random search `<r>`. */
  search(query: string): readonly string[];
  /** The head of every page but the first and the last. */
  instruction(state: SessionState): PageBlock;
  /** The page of results that a state shows, below the instruction. */
  listing(state: SessionState): PageBlock;
  /** Judges the purchase of `view` in a state, with the options chosen there. */
  reward(view: ProductView, state: SessionState): RewardParts;
}

export interface ShopOptions {
  /** Fixes the prices of products with a price range, and the random search. */
  readonly seed?: number;
  /** What counts as a noun of a title; see noun-tagger.ts. */
  readonly nounTagger?: NounTagger;
}

export function openShop(catalogue: Catalogue, { seed = 0, nounTagger = tagNouns }: ShopOptions = {}): Shop {
  const nounsOf = createLruCache(4096, nounTagger);
  const view = createLruCache(4096, (asin: string) => {
    const product = catalogue.product(asin);
    if (product !== undefined) return createProductView(product);
    throw new WebShopError(`there is no product ${JSON.stringify(asin)} in the catalogue`, {
      hint: "Is the catalogue the one that the goals or the recorded episode were made with?",
    });
  });
  const search = createLruCache(1024, (query: string) => runSearch(catalogue, query));
  const listingOf = createLruCache(1024, (key: string) => {
    const end = key.indexOf(" ");
    return listingBlock(search(key.slice(end + 1)), Number(key.slice(0, end)), view);
  });
  const instructionOf = createLruCache(1024, (instruction: string) =>
    createBlock([textNode("Instruction:"), textNode(instruction)]),
  );
  const price: Shop["price"] = (asin, session) =>
    session?.prices?.[asin] ?? drawnPrice(view(asin).product.prices, seed, asin);
  return {
    catalogue,
    seed,
    view,
    price,
    search,
    instruction: ({ session }) => instructionOf(session.goal.instruction),
    listing: (state) => {
      const { query = "", pageNumber } = state;
      if (isRandomSearch(query)) return listingBlock(drawResults(catalogue, seed, state), pageNumber, view);
      return listingOf(`${pageNumber} ${query}`);
    },
    reward: (bought, { session, options }) =>
      rewardOf(
        {
          view: bought,
          price: price(bought.product.asin, session),
          options: options.map(([, value]) => value),
        },
        session.goal,
        nounsOf,
      ),
  };
}

/** The benchmark draws the price of a range uniformly when it starts. */
export function drawnPrice(
  [lowest, highest = lowest]: readonly number[],
  seed: number,
  asin: string,
): number {
  if (lowest === undefined || highest === undefined) throw new RangeError(`product ${asin} has no price`);
  if (lowest === highest) return lowest;
  return lowest + (highest - lowest) * createRandom(deriveSeed("webshop-price", seed, asin)).next();
}

function isRandomSearch(query: string): boolean {
  return query === "<r>" || query.startsWith("<r> ");
}

/** Other products for every search of every session, but always the same for one state. */
function drawResults(
  { asins }: Catalogue,
  seed: number,
  { session, searches }: SessionState,
): readonly string[] {
  const random = createPythonRandom(deriveSeed("webshop-random-search", seed, session.id, searches));
  return random.sample(asins, Math.min(resultLimit, asins.length));
}

/** `<c> category` and `<q> query` list all their products, in the catalogue's order. */
function runSearch(catalogue: Catalogue, query: string): readonly string[] {
  const [prefix, ...words] = query.split(" ");
  if (prefix === "<c>") return catalogue.inCategory(pythonStrip(words[0] ?? ""));
  if (prefix === "<q>") return catalogue.ofQuery(pythonStrip(words.join(" ")));
  return catalogue.search(query, resultLimit);
}
