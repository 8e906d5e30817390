import { z } from "zod";
import { InvalidFileError } from "../../errors.ts";
import { lazy } from "./lru-cache.ts";
import {
  indexedText,
  isListed,
  type Product,
  type ProductRecord,
  productOf,
  productRecordSchema,
} from "./product.ts";
import { createProductStore, type ProductStore } from "./product-store.ts";
import { buildSearchIndex } from "./search/index.ts";

/** The benchmark's products with their search index, and the wishes that people wrote for them. */
export interface Catalogue {
  /** In the order of the file. */
  readonly asins: readonly string[];
  has(asin: string): boolean;
  product(asin: string): Product | undefined;
  /** Every product, in the order of the file. */
  products(): IteratorObject<Product, undefined>;
  /** The first `limit` ASINs that a query finds, best first. */
  search(query: string, limit: number): readonly string[];
  /** ASINs of a category ("garden"), in the order of the file. */
  inCategory(category: string): readonly string[];
  /** ASINs of the products that the benchmark's authors found with `query`, in the order of the file. */
  ofQuery(query: string): readonly string[];
  humanInstructions(asin: string): readonly HumanInstruction[];
}

const attributeRecordSchema = z.object({
  attributes: z.array(z.string()).optional(),
  instruction: z.string().nullish(),
  instruction_attributes: z.array(z.string()).nullish(),
});
/** An entry of `items_ins_v2*.json`. */
export type AttributeRecord = z.input<typeof attributeRecordSchema>;

const humanInstructionsSchema = z.array(
  z.object({
    instruction: z.string(),
    instruction_attributes: z.array(z.string()),
    instruction_options: z.array(z.string()),
  }),
);
/** An element of an entry of `items_human_ins.json`. */
export type HumanInstruction = z.output<typeof humanInstructionsSchema>[number];

/** The parts of a catalogue, and how error messages call them. */
export interface CatalogueInput {
  /** Elements of `items_shuffle*.json`. */
  readonly products: Iterable<unknown>;
  /** The entry of `items_ins_v2*.json` for a product. */
  attributes(asin: string): unknown;
  /** The entry of `items_human_ins.json` for a product. */
  humanInstructions(asin: string): unknown;
  readonly names: {
    readonly products: string;
    readonly attributes: string;
    readonly humanInstructions: string;
  };
}

/** A catalogue of records in memory, in the benchmark's file format. */
export function createCatalogue(records: {
  readonly items: Iterable<ProductRecord>;
  readonly instructions: Readonly<Record<string, AttributeRecord>>;
  readonly humanInstructions?: Readonly<Record<string, readonly unknown[]>>;
}): Catalogue {
  const { items, instructions, humanInstructions = {} } = records;
  return buildCatalogue({
    products: items,
    attributes: (asin) => (Object.hasOwn(instructions, asin) ? instructions[asin] : undefined),
    humanInstructions: (asin) =>
      Object.hasOwn(humanInstructions, asin) ? humanInstructions[asin] : undefined,
    names: { products: "items", attributes: "instructions", humanInstructions: "humanInstructions" },
  });
}

/**
 * Reads every product once, into a compact store and the search index.
 *
 * @throws InvalidFileError that names the product and the field
 */
export function buildCatalogue(input: CatalogueInput): Catalogue {
  const store = createProductStore();
  const humanInstructions = new Map<string, readonly HumanInstruction[]>();
  const searchIndex = buildSearchIndex(readDocuments(input, store, humanInstructions));
  const asins = [...store.asins()];
  const products = () =>
    asins
      .values()
      .map(store.product)
      .filter((product) => product !== undefined);
  const byCategory = lazy(() => groupAsins(products(), (product) => product.category));
  const byQuery = lazy(() => groupAsins(products(), (product) => product.query));
  return {
    asins,
    has: store.has,
    product: store.product,
    products,
    search: (query, limit) => searchIndex.search(query, limit).map(({ id }) => id),
    inCategory: (category) => byCategory().get(category) ?? [],
    ofQuery: (query) => byQuery().get(query) ?? [],
    humanInstructions: (asin) => humanInstructions.get(asin) ?? [],
  };
}

/** Stores each product, and yields its text for the search index. */
function* readDocuments(
  input: CatalogueInput,
  store: ProductStore,
  humanInstructions: Map<string, readonly HumanInstruction[]>,
): Generator<{ readonly id: string; readonly text: string }> {
  let index = 0;
  for (const record of input.products) {
    const product = readProduct(input, record, index);
    index++;
    if (product === undefined || store.has(product.asin)) continue;
    store.add(product);
    const instructions = input.humanInstructions(product.asin);
    if (instructions !== undefined) {
      const { names } = input;
      humanInstructions.set(
        product.asin,
        parseRecord(humanInstructionsSchema, instructions, names.humanInstructions, `"${product.asin}"`),
      );
    }
    yield { id: product.asin, text: indexedText(product) };
  }
}

function readProduct(input: CatalogueInput, value: unknown, index: number): Product | undefined {
  const { names } = input;
  const record = parseRecord(productRecordSchema, value, names.products, `element ${index}`);
  if (!isListed(record.asin)) return undefined;
  const entry = input.attributes(record.asin);
  const attributes =
    entry === undefined
      ? {}
      : parseRecord(attributeRecordSchema, entry, names.attributes, `"${record.asin}"`);
  const product = productOf(record, attributes.attributes);
  if (typeof product === "string") {
    throw new InvalidFileError(names.products, `element ${index} (${record.asin})`, product);
  }
  const { instruction, instruction_attributes: wanted } = attributes;
  if (typeof instruction !== "string") return product;
  if (!wanted || wanted.length === 0) {
    throw new InvalidFileError(
      names.attributes,
      `"${record.asin}"`,
      "expected at least one of instruction_attributes beside the instruction, received none",
    );
  }
  return { ...product, instruction: { text: instruction, attributes: wanted } };
}

function parseRecord<S extends z.ZodType>(
  schema: S,
  value: unknown,
  file: string,
  where: string,
): z.output<S> {
  const result = schema.safeParse(value);
  if (result.success) return result.data;
  const [issue] = result.error.issues;
  const field = issue?.path.join(".") || "the record";
  throw new InvalidFileError(file, `${where}: ${field}`, issue?.message ?? "unexpected value", {
    hint: "Is it one of the benchmark's own files?",
  });
}

function groupAsins(products: Iterable<Product>, keyOf: (product: Product) => string): Map<string, string[]> {
  const groups = new Map<string, string[]>();
  for (const product of products) {
    const key = keyOf(product);
    const group = groups.get(key);
    if (group === undefined) groups.set(key, [product.asin]);
    else group.push(product.asin);
  }
  return groups;
}
