import { z } from "zod";

/** An option that a goal asks for. Human goals name only the value, synthetic ones the group too. */
export interface GoalOption {
  readonly name?: string | undefined;
  readonly value: string;
}

/** What one session asks for. */
export interface Goal {
  /** The product that the instruction was written for. */
  readonly asin: string;
  readonly category: string;
  readonly query: string;
  readonly title: string;
  readonly productCategory: string;
  /** The text that the page shows. */
  readonly instruction: string;
  /** At least one. */
  readonly attributes: readonly string[];
  readonly options: readonly GoalOption[];
  /** The highest price that counts as a hit; 1000000 if the instruction names none. */
  readonly priceUpper: number;
  /** How often the benchmark draws this goal in training, relative to others. */
  readonly weight: number;
}

/** A goal as the benchmark's Python writes it to JSON. */
export const goalRecordSchema = z
  .object({
    asin: z.string(),
    category: z.string(),
    query: z.string(),
    name: z.string(),
    product_category: z.string(),
    instruction_text: z.string(),
    attributes: z.array(z.string()).min(1),
    price_upper: z.number().positive(),
    goal_options: z.union([z.array(z.string()), z.record(z.string(), z.string())]),
    weight: z.number().default(1),
  })
  .transform(
    (record): Goal => ({
      asin: record.asin,
      category: record.category,
      query: record.query,
      title: record.name,
      productCategory: record.product_category,
      instruction: record.instruction_text,
      attributes: record.attributes,
      options: Array.isArray(record.goal_options)
        ? record.goal_options.map((value) => ({ value }))
        : Object.entries(record.goal_options).map(([name, value]) => ({ name, value })),
      priceUpper: record.price_upper,
      weight: record.weight,
    }),
  );
