import { createWriteStream } from "node:fs";
import { mkdir } from "node:fs/promises";
import { join } from "node:path";
import { Readable } from "node:stream";
import { pipeline } from "node:stream/promises";
import { createRandom, deriveSeed, type Random } from "../../../random.ts";
import type { CatalogueFiles } from "../files.ts";
import { type ProductType, productTypes } from "./lexicon.ts";
import { type CatalogueOptions, catalogueOptionsSchema, type ResolvedCatalogueOptions } from "./options.ts";
import { drawNearMiss, drawProduct, type Product } from "./product.ts";
import { bulletTexts, descriptionText, instructionText, titleText } from "./text.ts";
import { drawIndex } from "./weights.ts";

/** A value of an option group as `items_shuffle*.json` has it. */
export interface CatalogueOptionValue {
  readonly is_selected: boolean;
  readonly is_available: boolean;
  readonly value: string;
  readonly asin: string;
}

/** An entry of the benchmark's `items_shuffle*.json`. */
export interface CatalogueItem {
  readonly name: string;
  readonly full_description: string;
  readonly pricing: string;
  readonly images: string[];
  readonly product_category: string;
  readonly average_rating: string;
  readonly small_description: string[];
  /** Group name -> values; the benchmark writes an empty string where a product has none. */
  readonly customization_options: Record<string, CatalogueOptionValue[]> | "";
  readonly asin: string;
  readonly category: string;
  readonly query: string;
  readonly page: number;
}

/** An entry of the benchmark's `items_ins_v2*.json`. */
export interface CatalogueInstruction {
  readonly attributes: string[];
  readonly instruction: string;
  readonly instruction_attributes: string[];
}

/** An entry of the benchmark's `items_human_ins.json`; a generated shop has none. */
export interface HumanInstruction {
  readonly asin: string;
  readonly instruction: string;
  readonly attributes: string[];
  readonly options: string[];
  readonly instruction_attributes: string[];
  readonly instruction_options: string[];
}

export interface GeneratedProduct {
  readonly item: CatalogueItem;
  readonly instruction: CatalogueInstruction;
}

/** The benchmark's three files, in memory. */
export interface GeneratedCatalogue {
  readonly items: CatalogueItem[];
  readonly instructions: Record<string, CatalogueInstruction>;
  readonly humanInstructions: Record<string, HumanInstruction[]>;
}

/**
 * Near misses are made of one of this many latest products of the type, so memory does not grow with the catalogue.
 * Never of another near miss: families of many equal titles would form.
 */
const rememberedProducts = 30;

/** The products of a catalogue one after another, in constant memory but for the ASINs already used. */
export function* generateProducts(options: CatalogueOptions): Generator<GeneratedProduct> {
  const resolved = catalogueOptionsSchema.parse(options);
  const random = createRandom(deriveSeed("webshop-catalogue", resolved.seed));
  const types = spread(productTypes, resolved.types);
  const latest = new Map<ProductType, Product[]>();
  const usedAsins = new Set<number>();
  for (let index = 0; index < resolved.products; index++) {
    const type = types[index % types.length] as ProductType;
    const earlier = latest.get(type) ?? [];
    const isNearMiss = earlier.length > 0 && random.chance(resolved.nearMissRate);
    const product = isNearMiss
      ? drawNearMiss(random, random.pick(earlier), resolved)
      : drawProduct(random, type, resolved);
    if (!isNearMiss) latest.set(type, [...earlier, product].slice(-rememberedProducts));
    yield inFileFormat(random, product, drawAsin(random, usedAsins, resolved.products), resolved);
  }
}

/** The same as files in memory; the same options give the same catalogue on every machine. */
export function generateCatalogue(options: CatalogueOptions): GeneratedCatalogue {
  const items: CatalogueItem[] = [];
  const instructions: Record<string, CatalogueInstruction> = {};
  for (const { item, instruction } of generateProducts(options)) {
    items.push(item);
    instructions[item.asin] = instruction;
  }
  return { items, instructions, humanInstructions: {} };
}

/** Writes the benchmark's three files into `directory` (made if absent), product by product, for `loadCatalogue`. */
export async function writeCatalogue(
  options: CatalogueOptions,
  directory: string,
): Promise<Required<CatalogueFiles>> {
  await mkdir(directory, { recursive: true });
  const files = {
    products: join(directory, "items_shuffle.json"),
    attributes: join(directory, "items_ins_v2.json"),
    humanInstructions: join(directory, "items_human_ins.json"),
  };
  const write = (file: string, chunks: Iterable<string>) =>
    pipeline(Readable.from(chunks), createWriteStream(file));
  // Two passes over the same draws need less memory than one pass that keeps the second file's entries.
  await write(
    files.products,
    jsonLines("[", "]", options, ({ item }) => JSON.stringify(item)),
  );
  await write(
    files.attributes,
    jsonLines("{", "}", options, ({ item, instruction }) => `"${item.asin}": ${JSON.stringify(instruction)}`),
  );
  await write(files.humanInstructions, ["{}\n"]);
  return files;
}

function* jsonLines(
  open: string,
  close: string,
  options: CatalogueOptions,
  entry: (product: GeneratedProduct) => string,
): Generator<string> {
  let separator = `${open}\n`;
  let chunk = "";
  for (const product of generateProducts(options)) {
    chunk += separator + entry(product);
    separator = ",\n";
    if (chunk.length > 65_536) {
      yield chunk;
      chunk = "";
    }
  }
  yield `${chunk}\n${close}\n`;
}

function inFileFormat(
  random: Random,
  product: Product,
  asin: string,
  options: ResolvedCatalogueOptions,
): GeneratedProduct {
  const { type } = product;
  const count = drawIndex(random, options.attributesPerGoal, "attributesPerGoal");
  const wanted = random.sample(product.attributes, Math.max(count, 1));
  const phrases = (attributes: readonly { phrase: string }[]) => attributes.map(({ phrase }) => phrase);
  return {
    item: {
      name: titleText(product),
      full_description: descriptionText(random, product, options.searchNoise),
      pricing: `$${(product.cents / 100).toFixed(2)}`,
      images: [],
      product_category: [type.department, type.aisle, capitalised(type.name)].join(" › "),
      average_rating: "",
      small_description: bulletTexts(random, product),
      customization_options: customizationOptions(product, asin),
      asin,
      category: type.department.toLowerCase(),
      query: type.name,
      page: 1,
    },
    instruction: {
      attributes: phrases(product.attributes),
      instruction: instructionText(product, wanted),
      instruction_attributes: phrases(wanted),
    },
  };
}

function customizationOptions(product: Product, asin: string): CatalogueItem["customization_options"] {
  if (product.groups.length === 0) return "";
  return Object.fromEntries(
    product.groups.map(({ name, values }) => [
      capitalised(name),
      values.map((value) => ({ is_selected: false, is_available: true, value, asin })),
    ]),
  );
}

function capitalised(words: string): string {
  return words.replaceAll(/\b[a-z]/g, (letter) => letter.toUpperCase());
}

/** `count` elements at even distances, so that few types still come from all departments. */
function spread<T>(elements: readonly T[], count: number): T[] {
  return elements.filter(
    (_, index) =>
      Math.floor(((index + 1) * count) / elements.length) > Math.floor((index * count) / elements.length),
  );
}

/**
 * Two digits and two capital consonants, such as `47QX`; large catalogues get more digits. Short, and ending in
 * something that prices and sizes never end in, so that a small model can tell and copy them.
 */
function drawAsin(random: Random, used: Set<number>, products: number): string {
  const pairs = asinConsonants.length ** 2;
  let digits = 2;
  while (products > 0.5 * pairs * 10 ** digits) digits++;
  const space = pairs * 10 ** digits;
  let number = random.integer(space);
  while (used.has(number)) number = random.integer(space);
  used.add(number);
  return formatAsin(Math.floor(number / pairs), number % pairs, digits);
}

/** The consonants that generated ASINs end in: few enough that every pair of them can be a token. */
export const asinConsonants = "BCDFGHJKLMNPQRTX";

/** `digits` digits of `head`, then the consonants that `tail`, from 0 to 255, stands for. */
export function formatAsin(head: number, tail: number, digits = 2): string {
  const letter = (index: number) => asinConsonants.charAt(index % asinConsonants.length);
  return `${String(head).padStart(digits, "0")}${letter(Math.floor(tail / asinConsonants.length))}${letter(tail)}`;
}
