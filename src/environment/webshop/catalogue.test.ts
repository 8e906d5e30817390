import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, describe, expect, it } from "vitest";
import { InvalidFileError } from "../../errors.ts";
import { createCatalogue } from "./catalogue.ts";
import { findCatalogueFiles, loadCatalogue } from "./files.ts";
import { generateCatalogue, writeCatalogue } from "./generator/index.ts";
import { parsePrices } from "./price.ts";
import { productRecord, testCatalogue, testRecords } from "./test-shop.test-helpers.ts";

const directory = mkdtempSync(join(tmpdir(), "eef-webshop-"));
afterAll(() => rmSync(directory, { recursive: true }));

function write(name: string, content: string): string {
  const path = join(directory, name);
  writeFileSync(path, content);
  return path;
}

describe("a catalogue", () => {
  it("prepares products as the benchmark does", () => {
    expect(testCatalogue().product("B000000001")).toEqual({
      asin: "B000000001",
      title: "Brass desk lamp B000000001",
      description: "A lamp for the desk.",
      bullets: ["Warm light", "Heavy foot"],
      options: [
        { name: "color", values: ["red", "navy | white", "café"] },
        { name: "size", values: ['28" x 28"', "red", "small"] },
      ],
      prices: [5.99, 12.99],
      category: "home",
      query: "desk lamps",
      productCategory: "Home › Lighting › Desk Lamps",
      attributes: ["warm light", "heavy foot"],
      instruction: { text: "Find me warm light desk lamps", attributes: ["warm light"] },
    });
    expect(testCatalogue().product("B000000002")).toMatchObject({
      prices: [100],
      attributes: ["DUMMY_ATTR"],
    });
    expect(testCatalogue().product("B000000003")).toMatchObject({ prices: [1299], bullets: ["One bullet"] });
  });

  it("leaves out products without a proper ASIN, and repeated ones", () => {
    const items = ["nan", "B0000000012", "B1", "B2", "B1"].map((asin, index) =>
      productRecord(asin, { name: `lamp ${index}` }),
    );
    const catalogue = createCatalogue({ items, instructions: {} });
    expect(catalogue.asins).toEqual(["B1", "B2"]);
    expect(catalogue.product("B1")?.title).toBe("lamp 2");
    expect(catalogue.search("lamp", 50)).toEqual(["B1", "B2"]);
  });

  it.each([
    [
      "a missing field",
      { ...productRecord("B1"), name: undefined },
      /items: element 1: name: .*expected string/,
    ],
    [
      "a price that is none",
      productRecord("B1", { pricing: "cheap" }),
      /items: element 1 \(B1\): pricing: expected/,
    ],
    [
      "an option without value",
      { ...productRecord("B1"), customization_options: { Size: [{}] } },
      /element 1: customization_options/,
    ],
  ])("says what is wrong with %s", (_, record, message) => {
    const items: Iterable<never> = JSON.parse(JSON.stringify([productRecord("B0"), record]));
    expect(() => createCatalogue({ items, instructions: {} })).toThrow(message);
  });

  it.each([
    ["", [100]],
    ["$17.4", [17.4]],
    ["$1,299.00", [1299]],
    ["$5.99 - $12.99", [5.99, 12.99]],
    ["$1$2$3", [1, 2]],
    ["12.99", undefined],
    ["$", undefined],
    ["$1.2.3", undefined],
  ])("reads the price %j", (text, prices) => expect(parsePrices(text)).toEqual(prices));
});

describe("the benchmark's files", () => {
  it("give the catalogue that the same records in memory give", async () => {
    const generated = { products: 60, seed: 3 };
    await writeCatalogue(generated, directory);
    const loaded = loadCatalogue(directory);
    const direct = createCatalogue(generateCatalogue(generated));
    expect([...loaded.products()]).toEqual([...direct.products()]);
    const title = direct.product(direct.asins[5] ?? "")?.title ?? "";
    expect(loaded.search(title, 50)).toEqual(direct.search(title, 50));
  });

  it("may be larger than what is read at once, and hold brackets and escapes in strings", () => {
    const long = `${'\\"[]{},é'.repeat(300_000)}end`;
    const products = write(
      "large.json",
      JSON.stringify([productRecord("B1", { full_description: long }), ...testRecords]),
    );
    const attributes = write(
      "attributes.json",
      JSON.stringify({ B1: { attributes: ['a "quoted", {one}'] }, 'x":': {} }),
    );
    const catalogue = loadCatalogue({ products, attributes });
    expect(catalogue.asins).toHaveLength(testRecords.length + 1);
    expect(catalogue.product("B1")).toMatchObject({ description: long, attributes: ['a "quoted", {one}'] });
  });

  it.each([
    [
      "breaks off",
      `[${JSON.stringify(productRecord("B1"))}, {`,
      /element 1: the file ends before its last \]/,
    ],
    ["is no list", "{}", /the start: expected \[, received \{/],
    ["is not JSON", "[{,}]", /element 0: expected JSON/],
    ["is empty", "", /ends before/],
  ])("are refused where a file %s", (_, content, message) => {
    const attributes = write("none.json", "{}");
    const load = () => loadCatalogue({ products: write("bad.json", content), attributes });
    expect(load).toThrow(InvalidFileError);
    expect(load).toThrow(message);
  });

  it("are looked for by name, and must be one of a kind", () => {
    const empty = mkdtempSync(join(directory, "empty-"));
    expect(() => findCatalogueFiles(empty)).toThrow(/expected one file items_shuffle\*\.json, found none/);
    for (const name of ["items_shuffle.json", "items_shuffle_1000.json"])
      writeFileSync(join(empty, name), "[]");
    expect(() => findCatalogueFiles(empty)).toThrow(/found items_shuffle\.json, items_shuffle_1000\.json/);
    expect(() => findCatalogueFiles(join(empty, "nowhere"))).toThrow(/cannot be read/);
  });
});
