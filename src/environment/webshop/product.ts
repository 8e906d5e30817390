import { z } from "zod";
import { type Prices, parsePrices } from "./price.ts";
import { pythonStrip } from "./python-text.ts";

/** A group of options, such as `size`, and its values in the order of the page. Both are lower case. */
export interface OptionGroup {
  readonly name: string;
  readonly values: readonly string[];
}

/** A product as the shop shows and judges it. Plain data, so that it can be stored as JSON. */
export interface Product {
  readonly asin: string;
  readonly title: string;
  /** Empty if there is none. */
  readonly description: string;
  /** The "Features"; never empty in the benchmark, but an entry may be blank. */
  readonly bullets: readonly string[];
  readonly options: readonly OptionGroup[];
  readonly prices: Prices;
  /** One word, such as `garden`. */
  readonly category: string;
  /** The search that the benchmark's authors found the product with, lower case. */
  readonly query: string;
  /** "Home & Kitchen › Bedding › …" */
  readonly productCategory: string;
  readonly attributes: readonly string[];
  /** The wish that the benchmark generated for it, if any. */
  readonly instruction?: SyntheticInstruction;
}

/** "Find me …", without options and price. */
export interface SyntheticInstruction {
  readonly text: string;
  /** The attributes that it asks for; at least one. */
  readonly attributes: readonly string[];
}

const optionContentSchema = z.object({ value: z.string() });

/** An element of `items_shuffle*.json`. Fields that the shop does not use are let through. */
export const productRecordSchema = z.object({
  asin: z.string(),
  name: z.string(),
  full_description: z.string().nullish(),
  pricing: z.string().nullish(),
  small_description: z.union([z.array(z.string()), z.string()]).nullish(),
  customization_options: z
    .union([z.record(z.string(), z.array(optionContentSchema).nullable()), z.literal("")])
    .nullish(),
  category: z.string(),
  query: z.string(),
  product_category: z.string(),
});
export type ProductRecord = z.input<typeof productRecordSchema>;

/** Attributes of a product that the benchmark has none for. */
const noAttributes: readonly string[] = ["DUMMY_ATTR"];

/** The benchmark leaves out products whose ASIN is `nan` or longer than ten characters. */
export function isListed(asin: string): boolean {
  return asin !== "nan" && asin.length <= 10;
}

/**
 * @param record as in `items_shuffle*.json`
 * @param attributes of `items_ins_v2*.json`, undefined where it has none
 * @returns the product, or a sentence that says what is wrong with the record
 */
export function productOf(
  record: z.output<typeof productRecordSchema>,
  attributes: readonly string[] | undefined,
): Product | string {
  const prices = parsePrices(record.pricing);
  if (prices === undefined) {
    return `pricing: expected "" or prices such as "$5.99 - $12.99", received ${JSON.stringify(record.pricing)}`;
  }
  const { small_description: bullets } = record;
  return {
    asin: record.asin,
    title: record.name,
    description: record.full_description ?? "",
    bullets: Array.isArray(bullets) ? bullets : [bullets ?? ""],
    options: optionGroups(record.customization_options),
    prices,
    category: record.category,
    query: pythonStrip(record.query.toLowerCase()),
    productCategory: record.product_category,
    attributes: attributes ?? noAttributes,
  };
}

function optionGroups(
  options: z.output<typeof productRecordSchema>["customization_options"],
): readonly OptionGroup[] {
  if (options === "" || options === null || options === undefined) return [];
  // A map keeps the place of a name's first occurrence and the values of its last, as a Python dict does.
  const groups = new Map<string, readonly string[]>();
  for (const [name, contents] of Object.entries(options)) {
    if (contents === null) continue;
    groups.set(
      name.toLowerCase(),
      contents.map(({ value }) => pythonStrip(value).replaceAll("/", " | ").toLowerCase()),
    );
  }
  return [...groups].map(([name, values]) => ({ name, values }));
}

/** The text that the search engine indexes: lower case title, description, first bullet and options. */
export function indexedText(product: Product): string {
  const options = product.options.map(({ name, values }) => `${name}: ${values.join(", ")}`).join(", and ");
  return [product.title, product.description, product.bullets[0] ?? "", options].join(" ").toLowerCase();
}
