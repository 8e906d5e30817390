import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, describe, expect, it } from "vitest";
import { colours } from "../colours.ts";
import { loadCatalogue } from "../files.ts";
import { tokenSetRatio } from "../text/token-set-ratio.ts";
import { type CatalogueItem, generateCatalogue, generateProducts, writeCatalogue } from "./catalogue.ts";
import { brands, productTypes } from "./lexicon.ts";

describe("the lexicon", () => {
  it("has 40 types in 8 departments, with 7 or 8 attributes of two words each", () => {
    expect(new Set(productTypes.map(({ name }) => name)).size).toBe(40);
    expect(new Set(productTypes.map(({ department }) => department)).size).toBe(8);
    for (const { attributes } of productTypes) {
      expect([7, 8]).toContain(new Set(attributes.map(({ phrase }) => phrase)).size);
      for (const { phrase } of attributes) expect(phrase).toMatch(/^[a-z]+ [a-z]+$/);
    }
  });

  it("has attributes that the reward tells apart", () => {
    const phrases = [
      ...new Set(productTypes.flatMap(({ attributes }) => attributes.map(({ phrase }) => phrase))),
    ];
    const confused = phrases.flatMap((one) =>
      phrases
        .filter((other) => one < other && tokenSetRatio(one, other) > 85)
        .map((other) => `${one} = ${other}`),
    );
    expect(confused).toEqual([]);
  });

  it("has option values that the reward tells apart", () => {
    const normalised = (value: string) => colours.find((colour) => value.includes(colour)) ?? value;
    for (const { name, groups } of productTypes) {
      const values = groups.flatMap((group) => group.values);
      expect(new Set(values).size, name).toBe(values.length);
      const confused = values.filter((one) =>
        values.some((other) => one !== other && tokenSetRatio(normalised(one), normalised(other)) > 85),
      );
      expect(confused, name).toEqual([]);
    }
  });

  it("stays within 400 words", () => {
    const { items } = generateCatalogue({ seed: 1 });
    const words = items.flatMap(
      (item) =>
        textsOf(item)
          .toLowerCase()
          .match(/[a-z]+/g) ?? [],
    );
    const distinct = new Set([...words, ...brands.map((brand) => brand.toLowerCase())]);
    expect(distinct.size).toBeLessThanOrEqual(400);
  });
});

function textsOf(item: CatalogueItem): string {
  const options = Object.entries(item.customization_options).flatMap(([name, values]) => [
    name,
    ...(typeof values === "string" ? [] : values.map(({ value }: { value: string }) => value)),
  ]);
  return [item.name, item.full_description, ...item.small_description, ...options].join(" ");
}

describe("a generated catalogue", () => {
  it("is fixed by its seed", () => {
    const options = { seed: 7, products: 100 };
    expect(generateCatalogue(options)).toEqual(generateCatalogue(options));
    expect(generateCatalogue({ ...options, seed: 8 })).not.toEqual(generateCatalogue(options));
  });

  it("has no ASIN twice, each two digits, a capital and two digits", () => {
    const { items } = generateCatalogue({ seed: 1 });
    expect(new Set(items.map(({ asin }) => asin)).size).toBe(1600);
    for (const { asin } of items) expect(asin).toMatch(/^\d\d[A-Z]{2}$/);
  });

  it("names an attribute in a product's texts only if the product has it", () => {
    const { items, instructions } = generateCatalogue({ seed: 1 });
    const phrases = [
      ...new Set(productTypes.flatMap(({ attributes }) => attributes.map(({ phrase }) => phrase))),
    ];
    for (const item of items) {
      const texts = [item.name, item.small_description.join(" "), item.full_description].map((text) =>
        text.toLowerCase(),
      );
      const named = phrases.filter((phrase) => texts.some((text) => text.includes(phrase)));
      expect(named.sort(), item.name).toEqual([...(instructions[item.asin]?.attributes ?? [])].sort());
    }
  });

  it("has prices between 5 and 100 dollars, none a multiple of ten", () => {
    for (const { pricing } of generateCatalogue({ seed: 1 }).items) {
      const price = Number(pricing.replace("$", ""));
      expect(price).toBeGreaterThanOrEqual(5);
      expect(price).toBeLessThan(100);
      expect(price % 10).not.toBe(0);
    }
  });

  it("takes as many types as it is told, from all departments", () => {
    const { items } = generateCatalogue({ seed: 1, products: 200, types: 10 });
    expect(new Set(items.map(({ query }) => query)).size).toBe(10);
    expect(new Set(items.map(({ category }) => category)).size).toBeGreaterThan(6);
  });

  it("lengthens ASINs where five characters no longer suffice", () => {
    const [first] = generateProducts({ seed: 1, products: 1_180_000 });
    expect(first?.item.asin).toMatch(/^\d{4}[A-Z]{2}$/);
  });
});

describe("a written catalogue", () => {
  const directories: string[] = [];
  afterEach(() => Promise.all(directories.splice(0).map((directory) => rm(directory, { recursive: true }))));

  it("is loaded as the benchmark's own files are, and equals the one in memory", async () => {
    const directory = await mkdtemp(join(tmpdir(), "eef-catalogue-"));
    directories.push(directory);
    const options = { seed: 3, products: 300 };
    const files = await writeCatalogue(options, directory);
    const { items, instructions } = generateCatalogue(options);
    expect(JSON.parse(await readFile(files.products, "utf8"))).toEqual(items);
    expect(JSON.parse(await readFile(files.attributes, "utf8"))).toEqual(instructions);
    expect(loadCatalogue(directory).asins).toEqual(items.map(({ asin }) => asin));
  });
});
