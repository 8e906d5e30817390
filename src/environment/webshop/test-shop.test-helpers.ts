import { type Catalogue, createCatalogue } from "./catalogue.ts";
import type { Goal } from "./goal.ts";
import type { ProductRecord } from "./product.ts";

/** A small shop for tests, with the odd products that real catalogues have. */

export function productRecord(asin: string, changes: Partial<ProductRecord> = {}): ProductRecord {
  return {
    asin,
    name: `Brass desk lamp ${asin}`,
    full_description: "A lamp for the desk.",
    pricing: "$17.40",
    small_description: ["Warm light", "Heavy foot"],
    customization_options: "",
    category: "home",
    query: "Desk lamps ",
    product_category: "Home › Lighting › Desk Lamps",
    ...changes,
  };
}

const values = (...names: string[]) => names.map((value) => ({ value }));

export const testRecords: readonly ProductRecord[] = [
  productRecord("B000000001", {
    customization_options: {
      Color: values("Red ", "Navy/White", "café"),
      Size: values('28" x 28"', "red", "small"),
      Empty: null,
    },
    pricing: "$5.99 - $12.99 - $20",
  }),
  productRecord("B000000002", {
    name: " ",
    full_description: "",
    pricing: "",
    small_description: ["", " ", "\n", "Tom & Jerry &amp; <b>co</b>"],
    customization_options: { Style: values("features", "Buy Now", "< Prev", "attributes", "back[1]", "") },
  }),
  productRecord("B000000003", { small_description: "One bullet", pricing: "$1,299.00", category: "garden" }),
  ...Array.from({ length: 30 }, (_, index) =>
    productRecord(`C${String(index).padStart(9, "0")}`, { name: `Plain table ${index}`, query: "tables" }),
  ),
];

export function testCatalogue(): Catalogue {
  return createCatalogue({
    items: testRecords,
    instructions: {
      B000000001: {
        attributes: ["warm light", "heavy foot"],
        instruction: "Find me warm light desk lamps",
        instruction_attributes: ["warm light"],
      },
      B000000003: { attributes: [], instruction: "Find me lamps", instruction_attributes: ["heavy foot"] },
    },
    humanInstructions: {
      B000000003: [
        {
          instruction: "..i want a lamp.",
          instruction_attributes: ["heavy foot"],
          instruction_options: ["red"],
        },
        { instruction: "a lamp", instruction_attributes: [], instruction_options: [] },
      ],
    },
  });
}

export const testGoal: Goal = {
  asin: "B000000001",
  category: "home",
  query: "desk lamps",
  title: "Brass desk lamp B000000001",
  productCategory: "Home › Lighting › Desk Lamps",
  instruction: "i want a warm lamp, and price lower than 20.00 dollars",
  attributes: ["warm light"],
  options: [{ value: "navy" }],
  priceUpper: 20,
  weight: 1,
};
