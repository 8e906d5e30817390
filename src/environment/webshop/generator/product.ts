import type { Random } from "../../../random.ts";
import { type Attribute, brands, type OptionGroup, type ProductType } from "./lexicon.ts";
import type { ResolvedCatalogueOptions } from "./options.ts";
import { drawIndex } from "./weights.ts";

/** What a product is, before it is put into the benchmark's file format. */
export interface Product {
  readonly type: ProductType;
  readonly brand: string;
  /** In the order of the title; at most one of them stands behind the type. */
  readonly attributes: readonly Attribute[];
  /** The groups it offers, each with the values it offers, in the order of the product's page. */
  readonly groups: readonly OptionGroup[];
  /** Dollars and cents in cents, so that prices are exact. */
  readonly cents: number;
}

/** Share of products that offer the first groups of their type's list. */
const usualGroupsRate = 0.8;

export function drawProduct(random: Random, type: ProductType, options: ResolvedCatalogueOptions): Product {
  return {
    type,
    brand: random.pick(brands),
    attributes: drawAttributes(random, type, options),
    groups: drawGroups(random, type, options),
    cents: drawPrice(random, type.prices),
  };
}

/** A product that looks like `original` and misses a wish that fits it in one respect. */
export function drawNearMiss(random: Random, original: Product, options: ResolvedCatalogueOptions): Product {
  const { type } = original;
  const copy = { ...original, brand: random.pick(brands), attributes: random.shuffle(original.attributes) };
  const kind = random.pick(["attribute", "price", "option"] as const);
  if (kind === "attribute") {
    return {
      ...drawProduct(random, type, options),
      attributes: exchangeAttribute(random, type, copy.attributes),
    };
  }
  if (kind === "price") {
    const lowest = Math.min(Math.floor(original.cents / 100) + 10, type.prices[1] - 1);
    return { ...copy, cents: drawPrice(random, [lowest, type.prices[1]]) };
  }
  return { ...copy, groups: drawGroups(random, type, options), cents: drawPrice(random, type.prices) };
}

function drawAttributes(random: Random, type: ProductType, options: ResolvedCatalogueOptions): Attribute[] {
  const count = drawIndex(random, options.attributesPerProduct, "attributesPerProduct");
  return withOneSuffix(random.shuffle(type.attributes)).slice(0, Math.max(count, 1));
}

function exchangeAttribute(random: Random, type: ProductType, attributes: readonly Attribute[]): Attribute[] {
  const kept = random.sample(attributes, attributes.length - 1);
  const others = random.shuffle(type.attributes.filter((attribute) => !attributes.includes(attribute)));
  return withOneSuffix([...kept, ...others]).slice(0, attributes.length);
}

/** "with steel frame for living room" would make long titles, so only the first suffix attribute is kept. */
function withOneSuffix(attributes: readonly Attribute[]): Attribute[] {
  const first = attributes.find(({ place }) => place !== "before");
  return attributes.filter((attribute) => attribute.place === "before" || attribute === first);
}

function drawGroups(random: Random, type: ProductType, options: ResolvedCatalogueOptions): OptionGroup[] {
  const count = drawIndex(random, options.groupsPerProduct, "groupsPerProduct");
  // Products of a type mostly differ in the values they offer, seldom in the kind of choice.
  const groups = random.chance(usualGroupsRate)
    ? type.groups.slice(0, count)
    : random.sample(type.groups, count);
  return random.shuffle(groups).map(({ name, values }) => {
    const offered = random.sample(
      values,
      Math.max(drawIndex(random, options.valuesPerGroup, "valuesPerGroup"), 1),
    );
    // A shop lists its values in one order everywhere.
    return { name, values: values.filter((value) => offered.includes(value)) };
  });
}

/** Cheap products are more common than dear ones; prices end in .99, .5 or .0, as in the benchmark. */
function drawPrice(random: Random, [lowest, highest]: readonly [number, number]): number {
  const dollars = Math.floor(lowest + (highest - lowest) * random.next() ** 1.5);
  const ending = random.pick([99, 99, 50, 0]);
  // A price equal to a limit ("lower than 40.00 dollars") would be judged differently by the reward and by a reader.
  return dollars * 100 + (ending === 0 && dollars % 10 === 0 ? 50 : ending);
}
